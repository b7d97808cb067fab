#!/usr/bin/python3
"""Writes embedding.h5: the head of self-supervision and its loss, as PyTorch has them.

    cd tests/golden && ./embedding.py        (Debian: python3-torch, python3-h5py)

One case, for tests/unit/task/test_self_supervision.c: the features of two views of four images, rows
2 i and 2 i + 1 of image i, through projector and predictor with the names of gisd's parameters; the
gradients are those of the mean of SimSiam's loss over the images.
"""
import math

from torch.nn import functional as F

from golden import create, steady_case

IMAGES, WIDTH, NARROW = 4, 12, 3


def linear(case, name, outputs, inputs):
    return case.make(f"embedding.{name}.weight", (outputs, inputs), 2 * math.sqrt(3 / inputs), 0)


def norm(case, name, x, relu):
    """Every ReLU's input keeps far from zero: see golden.py."""
    count = x.shape[1]
    scale = case.make(f"embedding.{name}.weight", (count,), 0.1, 0.3 if relu else 1)
    offset = case.make(f"embedding.{name}.bias", (count,), 0.2, 0, 2 if relu else 0)
    case.buffers(f"embedding.{name}", count)
    y = F.batch_norm(x, None, None, scale, offset, True)
    return F.relu(y) if relu else y


def simsiam(case):
    x = case.variable("features", 2 * IMAGES, 1, 1, WIDTH)[:, :, 0, 0]
    x = norm(case, "projector.1", x @ linear(case, "projector.0", WIDTH, WIDTH).t(), True)
    z = norm(case, "projector.4", x @ linear(case, "projector.3", WIDTH, WIDTH).t(), False)
    x = norm(case, "predictor.1", z @ linear(case, "predictor.0", NARROW, WIDTH).t(), True)
    p = x @ linear(case, "predictor.3", WIDTH, NARROW).t() + case.make(
        "embedding.predictor.3.bias", (WIDTH,), 0.5, 0)
    for y in (z, p):
        case.output(y[:, :, None, None])
    one, other = z.detach()[0::2], z.detach()[1::2]
    agreement = (F.cosine_similarity(p[0::2], other) + F.cosine_similarity(p[1::2], one)) / 2
    case.loss = -agreement.mean()


if __name__ == "__main__":
    with create("embedding.h5") as file:
        case = steady_case(file, "simsiam", 256, simsiam)
        case.group["loss"] = [float(case.loss)]
