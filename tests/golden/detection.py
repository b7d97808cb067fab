#!/usr/bin/python3
"""Writes detection.h5: priors, matching, encoding and suppression, from plain Python readings of
docs/model.md, and resizing, from PyTorch.

    cd tests/golden && ./detection.py        (Debian: python3-torch, python3-h5py)

    priors/SIZE                  P x 4
    matching/truths  T x 6       image, x0, y0, x1, y1, class; input size 300
    matching/positives N x 7     image, prior, class, four offsets
    suppression/logits, offsets  of the priors of size 96, 3 classes; logits are multiples of 1/4,
                                 so that many scores are tied
    suppression/found D x 6      class, score, x0, y0, x1, y1, the best first
    resize/source, resize/N      48 x 37 x 3 bytes, and as floats at other sizes (H x W x 3)
"""
import math
import pathlib
import sys

import numpy
import torch
from torch.nn import functional as F

from golden import create, numbers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytorch"))
import training  # noqa: E402

SIZE, CLASSES = 96, 3


def write_matching(file, generator):
    all_priors = training.priors(300)
    truths, positives, image = [], [], 0
    while image < 6:
        count = (0, 1, 2, 2, 3, 4)[image]
        low = generator.uniform(0, 0.6, (count, 2))
        boxes = numpy.float32(numpy.concatenate([low, low + generator.uniform(0.12, 0.4, (count, 2))],
                                                1))
        iou = training.overlaps(torch.tensor(boxes).double().reshape(-1, 4), all_priors)
        if count:  # no choice may hang on float32's rounding
            best = iou.topk(2).values
            if (best[:, 0] - best[:, 1]).min() < 1e-6 or (iou - 0.5).abs().min() < 1e-6:
                continue
        classes = generator.integers(0, CLASSES, count)
        truths += [(image, *box, k) for box, k in zip(boxes, classes)]
        targets, offsets = training.match({"boxes": boxes, "classes": classes}, all_priors)
        for prior in torch.nonzero(targets >= 0)[:, 0].tolist():
            positives.append((image, prior, int(targets[prior]), *offsets[prior].tolist()))
        image += 1
    file["matching/truths"], file["matching/positives"] = truths, positives


def decode(prior, offset):
    centre = prior[:2] + offset[:2] * 0.1 * prior[2:]
    side = prior[2:] * numpy.exp(numpy.minimum(offset[2:] * 0.2, math.log(1000 / 16)))
    return numpy.concatenate([centre - side / 2, centre + side / 2]).clip(0, 1)


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(w, 0) * max(h, 0)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    return common / (area(a) + area(b) - common)


def write_suppression(file):
    all_priors = training.priors(SIZE).numpy()
    count = len(all_priors)
    logits = numpy.round(numbers("suppression/logits", count * CLASSES) * 24) / 4 - 2.0
    offsets = numpy.float32(4 * numbers("suppression/offsets", count * 4)).astype(float)
    logits, offsets = logits.reshape(count, CLASSES), offsets.reshape(count, 4)
    boxes = [decode(prior, offset) for prior, offset in zip(all_priors, offsets)]
    found, nearest = [], 1
    for k in range(CLASSES):
        scores = 1 / (1 + numpy.exp(-logits[:, k]))
        order = sorted(numpy.flatnonzero(scores > 0.01), key=lambda p: (-scores[p], p))[:400]
        kept = []
        for prior in order:
            if boxes[prior][0] >= boxes[prior][2] or boxes[prior][1] >= boxes[prior][3]:
                continue
            overlaps = [iou(boxes[prior], boxes[other]) for other in kept]
            nearest = min([nearest] + [abs(o - 0.45) for o in overlaps])
            if all(overlap <= 0.45 for overlap in overlaps):
                kept.append(prior)
        found += [(-scores[prior], k, prior) for prior in kept]
    assert nearest > 1e-6
    found = sorted(found)[:200]
    file["suppression/logits"] = logits.astype(numpy.float32)
    file["suppression/offsets"] = offsets.astype(numpy.float32)
    file["suppression/found"] = [(k, -score, *boxes[prior]) for score, k, prior in found]


def write_resize(file, generator):
    source = generator.integers(0, 256, (48, 37, 3)).astype(numpy.uint8)
    file["resize/source"] = source
    image = torch.from_numpy(source).double().permute(2, 0, 1)[None]
    for index, size in enumerate(((24, 37), (20, 11), (48, 64), (100, 90), (7, 80))):
        made = F.interpolate(image, size=size, mode="bilinear", align_corners=False, antialias=True)
        file[f"resize/{index}"] = made[0].permute(1, 2, 0).numpy().astype(numpy.float32)


if __name__ == "__main__":
    with create("detection.h5") as file:
        generator = numpy.random.default_rng(8)
        for size in 64, 96, 300:
            file.create_dataset(f"priors/{size}", data=training.priors(size).numpy(),
                                dtype="f4", compression="gzip")
        write_matching(file, generator)
        write_suppression(file)
        write_resize(file, generator)
        print(len(file["matching/positives"]), "positives,", len(file["suppression/found"]), "found")
