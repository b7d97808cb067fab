#!/usr/bin/python3
"""Writes published/bit.npz and published/features.txt: Big Transfer's weights as Google publishes
them, of a narrow R50, and what that network computes in PyTorch.

    cd tests/golden && ./published.py        (Debian: python3-torch)

The network is written here anew after the paper and bit_pytorch/models.py, not taken from
tools/pytorch. Its parameters have the published names and the layout H x W x I x O; the values are
few, so that the file is small. features.txt: the mean over pixels of each channel before the head
(norm and ReLU included), of the image whose value at (y, x, c) is sin(0.3 y + 0.7 x + c).
"""
import pathlib

import numpy
import torch
import torch.nn.functional as F

BASE, SIZE, UNITS = 4, 128, (3, 4, 6, 3)
random = numpy.random.default_rng(7)
weights = {}


def kernel(name, height, inputs, outputs):
    values = random.integers(-4, 5, (height, height, inputs, outputs)) / 8
    weights[name] = values.astype(numpy.float32)


def norm(name, channels):
    weights[f"{name}/gamma"] = (random.integers(6, 11, channels) / 8).astype(numpy.float32)
    weights[f"{name}/beta"] = (random.integers(-2, 3, channels) / 8).astype(numpy.float32)


def convolve(x, name, stride=1):
    w = torch.from_numpy(weights[f"{name}/standardized_conv2d/kernel"]).double().permute(3, 2, 0, 1)
    variance, mean = torch.var_mean(w, dim=[1, 2, 3], keepdim=True, unbiased=False)
    return F.conv2d(x, (w - mean) / torch.sqrt(variance + 1e-10), stride=stride,
                    padding=w.shape[2] // 2)


def normalise(x, name):
    channels = x.shape[1]
    groups = next(g for g in range(min(32, channels), 0, -1) if channels % g == 0)
    gamma, beta = (torch.from_numpy(weights[f"{name}/{part}"]).double() for part in ("gamma", "beta"))
    return F.relu(F.group_norm(x, groups, gamma, beta, 1e-5))


def units():
    inputs = BASE
    for block, count in enumerate(UNITS):
        middle = BASE << block
        for unit in range(count):
            yield f"resnet/block{block + 1}/unit{unit + 1:02d}", block, unit, inputs, middle
            inputs = 4 * middle


def draw():
    kernel("resnet/root_block/standardized_conv2d/kernel", 7, 3, BASE)
    for name, _, unit, inputs, middle in units():
        for letter, height, i, o in (("a", 1, inputs, middle), ("b", 3, middle, middle),
                                     ("c", 1, middle, 4 * middle)):
            kernel(f"{name}/{letter}/standardized_conv2d/kernel", height, i, o)
            norm(f"{name}/{letter}/group_norm", i)
        if unit == 0:
            kernel(f"{name}/a/proj/standardized_conv2d/kernel", 1, inputs, 4 * middle)
    norm("resnet/group_norm", 32 * BASE)
    kernel("resnet/head/conv2d/kernel", 1, 32 * BASE, 5)
    weights["resnet/head/conv2d/bias"] = numpy.zeros(5, numpy.float32)


def features(x):
    x = convolve(x, "resnet/root_block", 2)
    x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
    for name, block, unit, _, _ in units():
        stride = 2 if block and unit == 0 else 1
        a = normalise(x, f"{name}/a/group_norm")
        shortcut = convolve(a, f"{name}/a/proj", stride) if unit == 0 else x
        y = convolve(a, f"{name}/a")
        y = convolve(normalise(y, f"{name}/b/group_norm"), f"{name}/b", stride)
        x = convolve(normalise(y, f"{name}/c/group_norm"), f"{name}/c") + shortcut
    return normalise(x, "resnet/group_norm").mean(dim=(2, 3))


draw()
folder = pathlib.Path(__file__).parent / "published"
folder.mkdir(exist_ok=True)
numpy.savez_compressed(folder / "bit.npz", **weights)
y, x, c = (torch.arange(n, dtype=torch.float64) for n in (SIZE, SIZE, 3))
image = torch.sin(0.3 * y[None, :, None] + 0.7 * x[None, None, :] + c[:, None, None])[None]
with open(folder / "features.txt", "w", encoding="ascii") as file:
    values = features(image)[0].tolist()
    print("bit_features", len(values), *(f"{v:.12g}" for v in values), file=file)
