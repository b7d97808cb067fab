#!/usr/bin/python3
"""Writes network.h5: a small whole network and 30 training steps of it, as PyTorch has them.

    cd tests/golden && ./network.py        (Debian: python3-torch, python3-h5py)

    whole_network       a case as in golden.py: 2 images, all three outputs, every gradient
    training/adamw, training/sgd    the same of a run's first step; L is the training loss
    training/.../losses 30 x 4: total, classification, box, segmentation loss of every
                        step; at rates low enough that float32 and double go one way (at ten times
                        these PyTorch itself differs by a tenth between the two)
    data/               8 images of 120 x 120 in memory (what a data set holds for networks of
                        96 x 96), their masks, boxes (image x0 y0 x1 y1 class) and has_mask
"""
import pathlib
import sys

import numpy
import torch
from torch.nn import functional as F

from golden import create, steady_case

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytorch"))
import improved_ssd  # noqa: E402
import training  # noqa: E402

SIZE, SIDE, IMAGES, BATCH, STEPS, CLASSES = 96, 120, 8, 4, 30, 3


def network(case, base=4):
    whole = improved_ssd.ImprovedSSD(base=base, classes=CLASSES, size=SIZE).double()
    case.fill(whole, rare="cls.")
    return whole


def whole_network(case):
    location, classification, mask = network(case, 16)(case.input(2, SIZE, SIZE, 3))
    for rows in location, classification:
        case.output(rows.permute(0, 2, 1)[..., None])
    case.output(mask)


def draw_data(generator):
    """Smooth pictures with ellipses; image 2 is normal, image 5 has no mask, two have two boxes."""
    y, x = numpy.mgrid[0:SIDE, 0:SIDE] / SIDE
    pixels = numpy.zeros((IMAGES, SIDE, SIDE, 3))
    masks = numpy.zeros((IMAGES, SIDE, SIDE), numpy.uint8)
    boxes = []
    for image in range(IMAGES):
        for channel in range(3):
            a, b, c = generator.uniform(-9, 9, 3)
            pixels[image, ..., channel] = 125 + 50 * numpy.sin(a * x + b * y + c)
        for lesion in range(0 if image == 2 else 2 if image in (1, 6) else 1):
            centre = generator.uniform(0.3, 0.7, 2)
            radius = generator.uniform(0.06, 0.28, 2)
            inside = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2 < 1
            pixels[image][inside] += generator.uniform(-50, 50, 3)
            masks[image][inside] = 1
            boxes.append((image, *(centre - radius), *(centre + radius), (image + lesion) % CLASSES))
    masks[5] = 0
    has_mask = numpy.ones(IMAGES, numpy.uint8)
    has_mask[5] = 0
    pixels += numpy.round(generator.normal(0, 1, pixels.shape)) * 4
    # A patch of one colour would leave only rounding behind a filter whose weights sum to zero.
    assert 0 < pixels.min() and pixels.max() < 255
    return pixels.astype(numpy.uint8), masks, numpy.float32(boxes), has_mask


def write_data(file):
    pixels, masks, boxes, has_mask = draw_data(numpy.random.default_rng(9))
    for name, values in (("pixels", pixels), ("masks", masks)):
        file.create_dataset(f"data/{name}", data=values, compression="gzip", compression_opts=9)
    file["data/boxes"], file["data/has_mask"] = boxes, has_mask
    inputs = F.interpolate(torch.from_numpy(pixels).double().permute(0, 3, 1, 2), size=(SIZE, SIZE),
                           mode="bilinear", align_corners=False)
    inputs = (inputs - 127.5) / 127.5
    small = F.interpolate(torch.from_numpy(masks)[:, None].float(), size=(SIZE, SIZE),
                          mode="nearest-exact")[:, 0].double()
    examples = []
    for image in range(IMAGES):
        own = boxes[boxes[:, 0] == image]
        examples.append((inputs[image],
                         {"boxes": own[:, 1:5], "classes": own[:, 5].astype(int),
                          "mask": small[image] if has_mask[image] else None}))
        check_matching(examples[-1][1])
    return examples


def check_matching(truth):
    """No choice of the matching may hang on rounding."""
    iou = training.overlaps(torch.tensor(truth["boxes"]).double(), training.priors(SIZE))
    if len(iou):
        best = iou.topk(2).values
        assert (best[:, 0] - best[:, 1]).min() > 1e-3 and (iou - 0.5).abs().min() > 1e-3


def thirty_steps(file, examples):
    per_epoch = IMAGES // BATCH
    batches = [examples[s % per_epoch * BATCH:(s % per_epoch + 1) * BATCH] for s in range(STEPS)]

    def first_step(case):
        case.network = network(case)
        images = torch.stack([case.disturbed(image) for image, _ in batches[0]])
        truths = [truth for _, truth in batches[0]]
        case.loss = training.objective(case.network(images), truths, training.priors(SIZE))[0]

    for kind, peak in (("adamw", 1e-4), ("sgd", 1e-4)):
        case = steady_case(file, f"training/{kind}", 16, first_step)
        losses = list(training.train(case.network, batches, kind=kind, peak=peak, warmup=4))
        case.group["losses"] = losses
        print(kind, *("%.4f" % parts[0] for parts in losses))


if __name__ == "__main__":
    with create("network.h5") as file:
        steady_case(file, "whole_network", 16, whole_network)
        thirty_steps(file, write_data(file))
