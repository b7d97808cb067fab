#!/usr/bin/python3
"""Writes operations.h5: every operation of nn/ forwards and backwards, as PyTorch has it.

    cd tests/golden && ./operations.py        (Debian: python3-torch, python3-h5py)

A case NAME stands for draw_NAME() of tests/unit/nn/test_operations.c, test_pools.c or
test_batch_norm.c.
"""
import math

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


def leaky_relu(case):
    case.output(F.leaky_relu(case.variable("a", 2, 3, 5, 3), 0.1))


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


def linear(case):
    x = case.variable("x", 3, 1, 1, 7)
    case.output(F.linear(x.flatten(1), case.weight("l", 5, 7), case.bias("l", 5))[..., None, None])


def linear_of_a_map(case):
    x = case.variable("x", 2, 3, 2, 5)
    case.output(F.linear(x.flatten(1), case.weight("l", 4, 5 * 3 * 2), case.bias("l", 4))
                [..., None, None])


# (input shape NHWC, kernel, stride, padding, ceil mode)
MAX_POOLS = (((2, 5, 5, 3), (3, 3), 2, (1, 1), False), ((1, 5, 7, 2), (2, 2), 2, 0, True),
             ((1, 4, 3, 4), (3, 3), 1, (1, 1), False), ((1, 6, 6, 1), (3, 2), 2, (1, 0), False),
             ((1, 6, 6, 1), (3, 3), 2, 0, True), ((1, 4, 5, 2), (13, 13), 1, (6, 6), False),
             ((1, 2, 2, 3), (2, 2), 2, (1, 1), True))

# ... and whether the border counts
AVERAGE_POOLS = (((2, 4, 5, 3), (3, 3), 1, (1, 1), False, True),
                 ((2, 4, 5, 3), (3, 3), 1, (1, 1), False, False),
                 ((1, 5, 5, 2), (2, 2), 2, 0, True, True),
                 ((1, 6, 6, 2), (3, 3), 2, (1, 1), True, True),
                 ((1, 6, 5, 2), (3, 2), 2, (1, 0), True, False),
                 ((1, 7, 7, 1), (7, 7), 1, 0, False, True))

ADAPTIVE_POOLS = (((2, 3, 3, 2), (7, 7)), ((1, 5, 7, 3), (2, 3)), ((2, 4, 3, 2), (1, 1)),
                  ((1, 3, 3, 1), (3, 3)), ((1, 7, 4, 2), (3, 5)))


def max_pools(case):
    for i, (shape, *settings, ceil) in enumerate(MAX_POOLS):
        case.output(F.max_pool2d(case.variable(f"x{i}", *shape), *settings, ceil_mode=ceil))


def same_pools(case):
    for i, (h, w, kernel) in enumerate(((4, 5, 2), (1, 1, 2), (3, 2, 3))):
        x = F.pad(case.variable(f"x{i}", 2, h, w, 3), (0, kernel - 1) * 2, value=-math.inf)
        case.output(F.max_pool2d(x, kernel, 1))


def average_pools(case):
    for i, (shape, *settings) in enumerate(AVERAGE_POOLS):
        case.output(F.avg_pool2d(case.variable(f"x{i}", *shape), *settings))


def adaptive_pools(case):
    for i, (shape, size) in enumerate(ADAPTIVE_POOLS):
        case.output(F.adaptive_avg_pool2d(case.variable(f"x{i}", *shape), size))


def batch_norm_of(training, epsilon, relu, *shape):
    def draw(case):
        x = case.variable("x", *shape)
        scale, offset = case.scale("n", shape[3]), case.bias("n", shape[3])
        y = F.batch_norm(x, *case.buffers("n", shape[3]), scale, offset, training, 0.1, epsilon)
        case.output(F.relu(y) if relu else y)
    return draw


def running_statistics(case):
    """Three passes over two shards each; then the buffers, and what they make of a seventh."""
    norm = torch.nn.BatchNorm2d(5, eps=1e-3).double()
    norm.weight.data, norm.bias.data = case.scale("n", 5).data, case.bias("n", 5).data
    norm.running_mean, norm.running_var = case.buffers("n", 5)
    with torch.no_grad():
        for _ in range(3 * 2):
            norm(case.input(2, 3, 4, 5))
    case.output(norm.running_mean[None, :, None, None])
    case.output(norm.running_var[None, :, None, None])
    case.output(norm.eval()(case.input(2, 3, 4, 5)))


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
    "leaky_relu": leaky_relu,
    "same_twice": same_twice,
    "blend": blend,
    "pools": pools,
    "nearest": nearest,
    "bilinear": bilinear,
    "concat": concat,
    "linear": linear,
    "linear_of_a_map": linear_of_a_map,
    "max_pools": max_pools,
    "same_pools": same_pools,
    "average_pools": average_pools,
    "adaptive_pools": adaptive_pools,
    "batch_norm": batch_norm_of(True, 1e-5, False, 2, 5, 3, 6),
    "batch_norm_relu": batch_norm_of(True, 1e-3, True, 3, 4, 5, 3),
    "batch_norm_of_vectors": batch_norm_of(True, 1e-5, True, 6, 1, 1, 4),
    "batch_norm_over_chunks": batch_norm_of(True, 1e-5, True, 2, 12, 9, 2),
    "batch_norm_stored": batch_norm_of(False, 1e-3, True, 2, 4, 3, 5),
    "running_statistics": running_statistics,
}

if __name__ == "__main__":
    with create("operations.h5") as file:
        for name, draw in CASES.items():
            case = Case(file, name)
            draw(case)
            case.loss.backward()
            case.write()
