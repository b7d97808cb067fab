#!/usr/bin/python3
"""Writes classifiers.h5: the classification networks as torchvision has them, and
classifier_names.txt: names and shapes of torchvision's own state dicts, for a thousand classes.

    cd tests/golden && ./classifiers.py        (Debian: python3-torchvision, python3-h5py)

The networks are built by torchvision's own code, narrowed by putting narrower layers where it makes
its layers; commands.pytorch and tools/pytorch/classifiers.py compare them at full width. Outputs of a
case, of which only the first pass is differentiated:

    logits of a first batch in training mode (then those of the auxiliary head), without dropout
    logits of the first batch in evaluation mode, after two more batches in training mode
    running means and variances by then, one after the other, in the order of `names`

Of the network with the auxiliary head, whose input has to be large, only what stands behind the
branching and the last weights before it have gradients: among so many windows of maxima some have two
pixels that are equal but for rounding, and shifts that the next norm removes have gradients that are
nothing but rounding; PyTorch's own in single precision are there off by a hundredth. The smaller one
has them all.
"""
import functools
import math
import re

import torch
from torch import nn
from torchvision.models import inception, resnet, vgg

from golden import create, steady_case

CLASSES = 4


def narrow_vgg(base, norms):
    layers = [v if v == "M" else v * base // 64 for v in vgg.cfgs["E"]]
    network = vgg.VGG(vgg.make_layers(layers, batch_norm=norms), CLASSES, dropout=0)
    hidden = 64 * base
    for place, inputs, outputs in ((0, 8 * base * 49, hidden), (3, hidden, hidden),
                                   (6, hidden, CLASSES)):
        network.classifier[place] = nn.Linear(inputs, outputs)
    return network


class NarrowResNet(resnet.ResNet):
    def __init__(self, base):
        self.base = base
        super().__init__(resnet.Bottleneck, [3, 4, 6, 3], CLASSES)
        self.fc = nn.Linear(32 * base, CLASSES)

    def _make_layer(self, block, planes, *rest, **settings):
        if planes == 64:  # the first: before it the stem
            self.inplanes = self.base
            self.conv1 = nn.Conv2d(3, self.base, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(self.base)
        return super()._make_layer(block, planes * self.base // 64, *rest, **settings)


def narrow_inception(base, head):
    def scaled(channels):
        return channels if channels == 3 else channels * base // 32

    def unit(inputs, outputs, **settings):
        return inception.BasicConv2d(scaled(inputs), scaled(outputs), **settings)

    def auxiliary(inputs, classes):
        head = inception.InceptionAux(inputs, classes, conv_block=unit)
        head.fc = nn.Linear(scaled(768), classes)
        return head

    blocks = [functools.partial(getattr(inception, f"Inception{kind}"), conv_block=unit)
              for kind in "ABCDE"]
    network = inception.Inception3(CLASSES, aux_logits=head, init_weights=False, dropout=0,
                                   inception_blocks=[unit, *blocks, auxiliary])
    network.fc = nn.Linear(scaled(2048), CLASSES)
    return network


def fill(case, network):
    """Parameters from their names, so that ReLUs keep away from zero (see golden.py): a norm or bias
    before one opens half of the channels; what is added to a residual unit's shortcut opens all."""
    tensors = list(network.named_parameters()) + list(network.named_buffers())
    norms = {name for name, module in network.named_modules()
             if isinstance(module, nn.BatchNorm2d)}
    calm = len(norms) > 0
    for name, tensor in tensors:
        owner, kind = name.rsplit(".", 1)
        if kind == "num_batches_tracked":
            continue
        if kind == "running_mean":
            made = (0.5, 0)
        elif kind == "running_var":
            made = (0.4, 1)
        elif owner in norms and owner.startswith("AuxLogits."):
            # Of five numbers a channel: they have to differ by more than rounding.
            made = (0.4, 1) if kind == "weight" else (0.5, 0)
        elif owner in norms and kind == "weight":
            made = (0.1, 0.3)
        elif owner in norms and owner.endswith(("bn3", "downsample.1")):
            made = (0.2, 2)
        elif owner in norms:
            made = (0.2, 0, 2)
        elif kind == "bias":
            made = (0.5, 0) if calm else (0.2, 0, 1)
        else:
            made = (math.sqrt((3 if calm else 5) / math.prod(tensor.shape[1:])), 0)
        values = case.make(name, tensor.shape, *made)
        tensor.data.copy_(values.data)
        if kind not in ("running_mean", "running_var"):
            case.parameters[-1] = (name, tensor) + case.parameters[-1][2:]


def passes(make, images, size, differentiated=""):
    def draw(case):
        network = make().double().train()
        fill(case, network)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(re.match(differentiated, name) is not None)
        first = case.input(images, size, size, 3)
        logits = network(first)
        for output in logits if isinstance(logits, tuple) else (logits,):
            case.output(output[..., None, None])
        with torch.no_grad():
            for _ in range(2):
                network(case.input(images, size, size, 3))
            evaluated = network.eval()(first)
        case.output(evaluated[..., None, None])
        running = [tensor for name, tensor in network.named_buffers()
                   if not name.endswith("num_batches_tracked")]
        if running:
            case.output(torch.cat(running)[None, :, None, None])
    return draw


CASES = {
    "vgg19": passes(lambda: narrow_vgg(8, False), 2, 64),
    "vgg19_bn": passes(lambda: narrow_vgg(8, True), 2, 70),
    "resnet50": passes(lambda: NarrowResNet(16), 2, 97),
    "inception_v3": passes(lambda: narrow_inception(8, False), 2, 139),
    "inception_v3_auxiliary": passes(lambda: narrow_inception(4, True), 5, 299,
                                     r"AuxLogits|Mixed_7|fc|Mixed_6e.*conv\.weight"),
}


def write_names():
    networks = {"vgg19": vgg.vgg19(), "vgg19_bn": vgg.vgg19_bn(), "resnet50": resnet.resnet50(),
                "inception_v3": inception.inception_v3(init_weights=False)}
    with open("classifier_names.txt", "w") as file:
        for kind, network in networks.items():
            for name, value in network.state_dict().items():
                if not name.endswith("num_batches_tracked"):
                    file.write(f"{kind} {name} {'x'.join(map(str, value.shape))}\n")


if __name__ == "__main__":
    with create("classifiers.h5") as file:
        for name, draw in CASES.items():
            steady_case(file, name, 16, draw)
    write_names()
