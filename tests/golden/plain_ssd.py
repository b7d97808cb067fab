#!/usr/bin/python3
"""Writes plain_ssd.h5: the plain SSD300, and the norm of its first level, as PyTorch has them.

    cd tests/golden && ./plain_ssd.py        (Debian: python3-torch, python3-h5py)

A case NAME stands for draw_NAME() of tests/unit/model/test_plain_ssd.c. The network is that of
tools/pytorch/ssd300.py; where python3-torchvision is installed, names and shapes are compared with
those of torchvision.
"""
import math
import pathlib
import sys

import torch
from torch.nn import functional as F

from golden import create, steady_case

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytorch"))
import ssd300  # noqa: E402


def l2_norm(case):
    x = case.variable("x", 2, 3, 4, 5)
    scale = case.make("n.scale_weight", (5,), 0.4, 1)
    case.output(scale.view(1, -1, 1, 1) * F.normalize(x))


def whole_network(case):
    """One image of 300, four channels in the first layer. ReLUs are on for half of the channels and
    off for the others, as golden.py says why; all gradients have about one size."""
    network = ssd300.SSD300(base=4, classes=3).double()
    for name, parameter in network.named_parameters():
        if name.endswith("scale_weight"):
            made = (4, 20)
        elif parameter.dim() == 4:
            gain = 1 if name.startswith("backbone.extra.") else 3
            made = (math.sqrt(gain / math.prod(parameter.shape[1:])), 0)
        else:
            made = (0.2, 0, 2) if name.startswith("backbone.") else (0.3, 0)
        parameter.data = case.make(name, parameter.shape, *made).data
        case.parameters[-1] = (name, parameter) + case.parameters[-1][2:]
    for rows in network(case.input(1, 300, 300, 3)):
        case.output(rows.permute(0, 2, 1)[..., None])


def compare_with_torchvision():
    try:
        from torchvision.models.detection import ssd300_vgg16
    except ImportError:
        print("no torchvision: names and shapes are not compared")
        return
    theirs = ssd300_vgg16(weights=None, weights_backbone=None, num_classes=21)
    ours = ssd300.SSD300(classes=20).state_dict()
    shapes = [{name: tuple(tensor.shape) for name, tensor in state.items()}
              for state in (theirs.state_dict(), ours)]
    assert shapes[0] == shapes[1], set(shapes[0].items()) ^ set(shapes[1].items())
    assert sum(tensor.numel() for tensor in ours.values()) == 26285486
    network = ssd300.SSD300(classes=20).eval()
    network.load_state_dict(theirs.state_dict())
    image = torch.rand(1, 3, 300, 300)
    with torch.no_grad():
        head = theirs.eval().head(list(theirs.backbone(image).values()))
        location, classification = network(image)
    assert torch.allclose(head["bbox_regression"], location, atol=1e-5)
    assert torch.allclose(head["cls_logits"], classification, atol=1e-5)
    print("torchvision's ssd300_vgg16 has the same names, shapes and outputs")


if __name__ == "__main__":
    compare_with_torchvision()
    with create("plain_ssd.h5") as file:
        steady_case(file, "l2_norm", 256, l2_norm)
        steady_case(file, "whole_network", 16, whole_network)
