#!/usr/bin/python3
"""Writes operations.h5: every operation of nn/ forwards and backwards, as PyTorch has it.

    cd tests/golden && ./operations.py        (Debian: python3-torch, python3-h5py)

A case NAME stands for draw_NAME() of tests/unit/nn/test_operations.c.
"""
import torch
from torch.nn import functional as F

from golden import Case, create


def convolution(case, x, outputs, kernel, stride=1, padding=0, dilation=1, bias=True,
                standardised=False, name="c"):
    weight = case.weight(name, outputs, x.shape[1], *kernel)
    offset = case.bias(name, outputs) if bias else None
    if standardised:
        variance, mean = torch.var_mean(weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        weight = (weight - mean) / torch.sqrt(variance + 1e-10)
    return F.conv2d(x, weight, offset, stride, padding, dilation)


def plain_convolution(case):
    case.output(convolution(case, case.variable("x", 2, 5, 7, 3), 4, (3, 3), 2, 1))


def standardised_convolution(case):
    x = case.variable("x", 1, 7, 6, 2)
    case.output(convolution(case, x, 3, (3, 5), 1, (2, 4), 2, False, True))


def standardised_with_bias(case):
    case.output(convolution(case, case.variable("x", 2, 3, 3, 5), 2, (1, 1), standardised=True))


def dilated_on_one_pixel(case):
    case.output(convolution(case, case.variable("x", 3, 1, 1, 1), 1, (3, 3), 1, 6, 6))


def wide_1x1(case):
    case.output(convolution(case, case.variable("x", 1, 3, 4, 33), 17, (1, 1), 2))


def stem(case):
    x = case.variable("x", 2, 9, 11, 3)
    case.output(convolution(case, x, 5, (7, 7), 2, 3, 1, False, True))


def rows_and_columns(case):
    x = case.variable("x", 1, 5, 4, 2)
    x = convolution(case, x, 3, (1, 7), 1, (0, 3), bias=False, name="row")
    case.output(convolution(case, x, 2, (7, 1), 1, (3, 0), bias=False, name="column"))


def dilation_beyond_the_map(case):
    case.output(convolution(case, case.variable("x", 1, 4, 3, 1), 1, (3, 3), 1, 7, 7, False))


def last_three_to_one(case):
    case.output(convolution(case, case.variable("x", 2, 3, 3, 4), 6, (3, 3)))


def group_norm_of(groups, relu, *shape):
    def draw(case):
        x = case.variable("x", *shape)
        y = F.group_norm(x, groups, case.scale("n", shape[3]), case.bias("n", shape[3]), 1e-5)
        case.output(F.relu(y) if relu else y)
    return draw


def elementwise(case):
    a, b = case.variable("a", 2, 3, 5, 3), case.variable("b", 2, 3, 5, 3)
    for y in (F.relu(a), torch.sigmoid(b), a + b, a * b):
        case.output(y)


def same_twice(case):
    a, g = case.variable("a", 1, 3, 3, 5), case.variable("g", 1, 4, 1, 1)
    case.output(a + a)
    case.output(a * a)
    case.output(g * g + (1 - g) * g)
    case.output(torch.cat([a, a, a], 1))
    rows = a.permute(0, 2, 3, 1).reshape(1, -1, 5)
    case.output(torch.cat([rows, rows, rows], 1).permute(0, 2, 1)[..., None])


def blend(case):
    g = torch.sigmoid(case.variable("g", 2, 3, 4, 1))
    a, b = case.variable("a", 2, 3, 4, 3), case.variable("b", 2, 3, 4, 3)
    case.output(g * a + (1 - g) * b)


def pools(case):
    shapes = (2, 5, 5, 3), (1, 6, 4, 2), (1, 1, 1, 4), (1, 2, 7, 1), (2, 1, 2, 2)
    for name, shape in zip("abcde", shapes):
        x = case.variable(name, *shape)
        case.output(F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2))
        case.output(x.mean((2, 3), keepdim=True))


def nearest(case):
    x, y = case.variable("x", 2, 3, 4, 3), case.variable("y", 2, 1, 1, 3)
    for source, size in ((x, (7, 5)), (x, (6, 8)), (x, (2, 3)), (y, (3, 5))):
        case.output(F.interpolate(source, size=size, mode="nearest"))


def bilinear(case):
    x, y = case.variable("x", 2, 3, 4, 3), case.variable("y", 2, 1, 1, 3)
    z = case.variable("z", 1, 1, 3, 37)
    for source, size in ((x, (7, 5)), (x, (6, 8)), (x, (3, 4)), (y, (3, 5)), (z, (2, 11))):
        case.output(F.interpolate(source, size=size, mode="bilinear", align_corners=False))


def concat(case):
    parts = [case.variable(name, 2, 3, 2, c) for name, c in (("a", 4), ("b", 1), ("c", 7))]
    case.output(torch.cat(parts, 1))
    levels = [case.variable("d", 2, 3, 3, 8), case.variable("e", 2, 2, 1, 4),
              case.variable("f", 2, 1, 1, 12)]
    rows = [level.permute(0, 2, 3, 1).reshape(2, -1, 4) for level in levels]
    case.output(torch.cat(rows, 1).permute(0, 2, 1)[..., None])


CASES = {
    "plain_convolution": plain_convolution,
    "standardised_convolution": standardised_convolution,
    "standardised_with_bias": standardised_with_bias,
    "dilated_on_one_pixel": dilated_on_one_pixel,
    "wide_1x1": wide_1x1,
    "stem": stem,
    "rows_and_columns": rows_and_columns,
    "dilation_beyond_the_map": dilation_beyond_the_map,
    "last_three_to_one": last_three_to_one,
    "group_norm": group_norm_of(3, False, 2, 5, 3, 6),
    "group_norm_relu": group_norm_of(2, True, 2, 5, 3, 6),
    "instance_norm": group_norm_of(5, True, 2, 4, 5, 5),
    "layer_norm_of_one_pixel": group_norm_of(1, False, 3, 1, 1, 8),
    "group_norm_over_chunks": group_norm_of(1, True, 1, 12, 11, 2),
    "elementwise": elementwise,
    "same_twice": same_twice,
    "blend": blend,
    "pools": pools,
    "nearest": nearest,
    "bilinear": bilinear,
    "concat": concat,
}

if __name__ == "__main__":
    with create("operations.h5") as file:
        for name, draw in CASES.items():
            case = Case(file, name)
            draw(case)
            case.loss.backward()
            case.write()
