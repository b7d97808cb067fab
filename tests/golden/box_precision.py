#!/usr/bin/python3
"""Writes box_precision.inc: average precision of boxes of three classes, by definition and slowly.

Run: /usr/bin/python3 tests/golden/box_precision.py > tests/golden/box_precision.inc   (needs numpy)
Written from the text of eval/detection.h alone: PASCAL VOC's matching, the area under the precision made
monotone, at every recall; images that stand several times are written out as copies.
"""
import numpy as np

rng = np.random.default_rng(20261129)
IMAGES, CLASSES = 40, 3
lesions, found = [], []
for i in range(IMAGES):
    for _ in range(rng.integers(0, 4)):
        x, y = rng.integers(0, 60, 2)
        lesions.append((i, rng.integers(0, CLASSES), x, y, x + rng.integers(8, 30), y + rng.integers(8, 30)))
for i, c, x0, y0, x1, y1 in lesions:
    for _ in range(rng.integers(0, 4)):
        d = rng.integers(-5, 6, 4)
        named = c if rng.random() < 0.85 else rng.integers(0, CLASSES)
        found.append((i, named, x0 + d[0], y0 + d[1], x1 + d[2], y1 + d[3]))
for i in range(IMAGES):
    for _ in range(rng.integers(0, 3)):
        x, y = rng.integers(0, 60, 2)
        found.append((i, rng.integers(0, CLASSES), x, y, x + 12, y + 15))
found = [found[k] for k in rng.permutation(len(found)) if found[k][4] > found[k][2] and found[k][5] > found[k][3]]
scores = rng.permutation(len(found)) / len(found) * 0.9 + 0.05  # no two of a score
weights = rng.multinomial(IMAGES, np.ones(IMAGES) / IMAGES)


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def average_precision(times, c, bound):
    """NaN without a lesion of the class."""
    copies = [(i, k) for i in range(IMAGES) for k in range(times[i])]
    truth = [(copy, les[2:]) for copy in copies for les in lesions if les[0] == copy[0] and les[1] == c]
    boxes = [(-s, f[0], copy, f[2:]) for copy in copies for f, s in zip(found, scores)
             if f[0] == copy[0] and f[1] == c]
    if not truth:
        return np.nan
    taken, right = set(), []
    for _, _, copy, box in sorted(boxes, key=lambda row: row[0]):
        overlaps = [(iou(box, les), -k) for k, (of, les) in enumerate(truth) if of == copy]
        best, k = max(overlaps, default=(0, 1))
        right.append(bool(overlaps) and best >= bound and k not in taken)
        if right[-1]:
            taken.add(k)
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    return sum(max(precision[j:]) for j in range(len(right)) if right[j]) / len(truth)


def show(kind, name, values):
    print(f"static const {kind} {name}[] = {{{', '.join(str(v) for v in values)}}};")


print("/* Written by box_precision.py; do not edit. */")
print(f"enum {{ BOX_IMAGES = {IMAGES}, BOX_CLASSES = {CLASSES}, BOX_LESIONS = {len(lesions)}, BOX_FOUND = {len(found)} }};")
for name, rows in (("lesion", lesions), ("found", found)):
    print(f"static const int box_{name}[][6] = {{"
          + ", ".join("{" + ", ".join(str(int(v)) for v in row) + "}" for row in rows) + "};")
show("double", "box_score", [repr(float(s)) for s in scores])
show("size_t", "box_weight", weights)
for name, times in (("plain", np.ones(IMAGES, int)), ("weighted", weights)):
    each = [average_precision(times, c, 0.5) for c in range(CLASSES)]
    all_bounds = [np.mean([average_precision(times, c, p / 100) for p in range(50, 100, 5)]) for c in range(CLASSES)]
    # each class at IoU 0.5, their mean, and that of 0.5:0.95
    show("double", f"golden_{name}_boxes", [repr(float(v)) for v in each + [np.mean(each), np.mean(all_bounds)]])
