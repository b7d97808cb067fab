#!/usr/bin/env python3
"""Polygons and the run lengths that COCO's own program (pycocotools of cocodataset/cocoapi) makes of
them: coco_runs.txt.

    PYTHONPATH=.../cocoapi/PythonAPI tests/golden/coco_runs.py tests/golden/coco_runs.txt

A line a case: width, height, packed text, area, then the corners. The text was unpacked to a mask,
packed again and compared before it was written.
"""
import sys

import numpy as np
from pycocotools import mask

random = np.random.default_rng(3)


def cases():
    yield 20, 10, [1, 1, 10, 1, 10, 8]
    yield 20, 10, [1, 1, 10, 1, 10, 8, 10, 8, 1, 8]  # a corner twice
    yield 20, 10, [0, 0, 20, 0, 20, 10, 0, 10]  # all of it
    yield 20, 10, [-5, -5, 25, -5, 25, 15, -5, 15]  # more than that
    yield 20, 10, [0.5, 0.5, 1.5, 0.5, 1.5, 1.5, 0.5, 1.5]
    yield 20, 10, [3, 3, 3.1, 3, 3.1, 3.1, 3, 3.1]  # nothing
    yield 20, 10, [2, 2, 18, 8, 18, 2, 2, 8]  # crosses itself
    yield 20, 10, [4, 2, 4, 8, 12, 8, 12, 2]  # the other way round
    yield 1, 1, [0, 0, 1, 0, 1, 1, 0, 1]
    for _ in range(40):  # rough and smooth outlines, some beyond the border
        width, height = int(random.integers(5, 90)), int(random.integers(5, 90))
        count = int(random.integers(3, 40))
        angle = np.sort(random.uniform(0, 2 * np.pi, count))
        radius = random.uniform(0.2, 0.7, count) * min(width, height)
        x = width * random.uniform(0.3, 0.7) + radius * np.cos(angle)
        y = height * random.uniform(0.3, 0.7) + radius * np.sin(angle)
        yield width, height, np.stack([x, y], 1).ravel().round(2).tolist()
    for _ in range(20):  # tangles
        width, height = int(random.integers(5, 60)), int(random.integers(5, 60))
        points = random.uniform(-0.3, 1.3, (int(random.integers(3, 12)), 2)) * [width, height]
        yield width, height, points.ravel().tolist()
    for _ in range(10):  # whole and half numbers, where rounding decides
        width, height = 30, 25
        points = random.integers(0, 61, (int(random.integers(3, 9)), 2)) / 2
        yield width, height, points.ravel().tolist()


with open(sys.argv[1], "w") as file:
    for width, height, corners in cases():
        runs = mask.frPyObjects([corners], height, width)[0]
        pixels = mask.decode(runs)
        assert mask.encode(np.asfortranarray(pixels))["counts"] == runs["counts"]
        text = runs["counts"].decode()
        numbers = " ".join(repr(float(value)) for value in corners)
        print(width, height, text, int(mask.area(runs)), numbers, file=file)
