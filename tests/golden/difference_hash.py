#!/usr/bin/python3
"""Writes difference_hash.txt: the bright field and the difference hash of a picture by formula, from
numpy (Debian: python3-numpy).

    cd tests/golden && ./difference_hash.py

    field 4     x0 y0 x1 y1
    hash 256    its bits: columns 1 to 16 of 8 rows of 17 cells, each brighter than its left
                neighbour or not; then rows 1 to 16 of 17 rows of 8 cells, against the one above
"""
import numpy

WIDTH, HEIGHT = 211, 157


def picture():
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    red = (x * 7 + y * 3 + x * y // 50) % 256
    green = (x * x // 97 + y * 5) % 256
    blue = (x * 2 + y * y // 61) % 256
    rgb = numpy.stack([red, green, blue], 2)
    rgb[:, :40] = rgb[:9] = rgb[150:] = 12
    rgb[20:45, 5:30] = 240
    return rgb


def longest_run(lines):
    runs, start = [(0, 0)], None
    for i, line in enumerate([*lines, False]):
        if line and start is None:
            start = i
        if not line and start is not None:
            runs.append((start, i))
            start = None
    first, end = max(runs, key=lambda run: run[1] - run[0])
    return (first, end) if 4 * (end - first) >= len(lines) else (0, len(lines))


def cells(luma, columns, rows):
    height, width = luma.shape
    xs = numpy.arange(columns + 1) * width // columns
    ys = numpy.arange(rows + 1) * height // rows
    return numpy.array([[luma[ys[r]:ys[r + 1], xs[c]:xs[c + 1]].mean() for c in range(columns)]
                        for r in range(rows)])


rgb = picture()
bright = rgb.max(2) >= 32
x0, x1 = longest_run(bright.mean(0) >= 0.25)
y0, y1 = longest_run(bright.mean(1) >= 0.25)
luma = (rgb @ numpy.array([77, 150, 29]) >> 8)[y0:y1, x0:x1]
across, down = cells(luma, 17, 8), cells(luma, 8, 17)
bits = numpy.concatenate([(across[:, 1:] > across[:, :-1]).ravel(), (down[1:] > down[:-1]).ravel()])
with open("difference_hash.txt", "w") as file:
    print("field 4", x0, y0, x1, y1, file=file)
    print("hash 256", *bits.astype(int), file=file)
