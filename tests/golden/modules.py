#!/usr/bin/python3
"""Writes modules.h5: the parts of the improved SSD forwards and backwards, as PyTorch has them.

    cd tests/golden && ./modules.py        (Debian: python3-torch, python3-h5py)

A case NAME stands for draw_NAME() of tests/unit/model/test_modules.c. The networks are those of
tools/pytorch/improved_ssd.py; parameters are random, feedback and gate included.
"""
import pathlib
import sys

import torch

from golden import create, steady_case

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytorch"))
import improved_ssd  # noqa: E402


def network(case, parts, base, **settings):
    """An improved SSD whose named parts have the case's numbers."""
    whole = improved_ssd.ImprovedSSD(base=base, **settings).double()
    for part in parts:
        case.fill(getattr(whole, part), part + ".")
    return whole


def residual_stages(case):
    """Stem to stage 4 with feedback: odd sizes, units with and without a projection."""
    net = network(case, ["backbone"], 16)
    x = case.input(1, 75, 75, 3)
    low = net.backbone.start(x)
    feedback = [case.variable(f"f{k}", 1, n, n, 64) for k, n in enumerate((10, 5, 3))]
    for tap in net.backbone.taps(low, feedback):
        case.output(tap)


def recursive_pyramid(case):
    """Two steps: the feedback's ASPP, the shared backbone, the gates."""
    net = network(case, ["backbone", "rfpn"], 16)
    for level in net.rfpn(net.backbone, case.input(1, 96, 96, 3), 2):
        case.output(level)


def pyramid_without_recursion(case):
    net = network(case, ["backbone", "rfpn"], 16)
    drop = [p for p in case.parameters if "feedback" in p[0] or "aspp" in p[0] or "gate" in p[0]]
    for level in net.rfpn(net.backbone, case.input(1, 96, 96, 3), 1):
        case.output(level)
    case.parameters = [p for p in case.parameters if not any(p is q for q in drop)]


def segmentation(case):
    """Three receptive field blocks, their fusion, the mask and the attention."""
    net = network(case, ["seg"], 4)
    levels = [case.variable(f"p{k}", 2, n, n, 16) for k, n in enumerate((7, 4, 2))]
    for y in net.seg(levels):
        case.output(y)


def detection_heads(sides, size):
    """Extra layers and both heads; the last map is reached from 3 or from 2 pixels."""
    def draw(case):
        net = network(case, ["extra", "loc", "cls"], 4, size=size)
        levels = [case.variable(f"p{k}", 2, n, n, 16) for k, n in enumerate(sides)]
        for layer in net.extra:
            levels.append(layer(levels[-1]))
        for heads, numbers in ((net.loc, 4), (net.cls, 3)):
            maps = [head(level).permute(0, 2, 3, 1) for head, level in zip(heads, levels)]
            rows = torch.cat([m.reshape(len(m), -1, numbers) for m in maps], 1)
            case.output(rows.permute(0, 2, 1)[..., None])
    return draw


CASES = {
    "residual_stages": residual_stages,
    "recursive_pyramid": recursive_pyramid,
    "pyramid_without_recursion": pyramid_without_recursion,
    "segmentation": segmentation,
    "heads_from_three": detection_heads((12, 6, 3), 96),
    "heads_from_two": detection_heads((8, 4, 2), 64),
}

if __name__ == "__main__":
    with create("modules.h5") as file:
        for name, draw in CASES.items():
            steady_case(file, name, 32, draw)
