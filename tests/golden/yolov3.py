#!/usr/bin/python3
"""Writes yolov3.h5: YOLOv3 and its tiny form as the program darknet computes them, and their loss as
PyTorch and darknet do.

    cd tests/golden && ./yolov3.py        (Debian: darknet, gcc, python3-torch, python3-h5py)

NAME/rows: x, y, w, h (fractions), objectness and a score for each class, of every row, that
darknet's own library makes of weights and an image from numbers() of golden.py. NAME/found: what is
left of them above a score of 0.01 after suppression at 0.45, the best 100: class, score, x0, y0, x1,
y1. loss/*: sums and gradients of the tiny network's rows; the gradients are darknet's deltas.
"""
import pathlib
import sys
import tempfile

import numpy
import torch
from torch.nn import functional as F

from golden import create, numbers

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/darknet"))
import darknet  # noqa: E402

BASE, SIZE, CLASSES = 4, 96, 4
ANCHORS = [(10, 14), (23, 27), (37, 58), (81, 82), (135, 169), (344, 319)]
# x0, y0, x1, y1, class in fractions of the square: two of one cell and anchor and two classes, two of
# one cell and other anchors, a small one in a corner, one as large as the square.
TRUTHS = [(0.30, 0.35, 0.52, 0.60, 0), (0.31, 0.37, 0.50, 0.62, 2), (0.40, 0.42, 0.47, 0.50, 1),
          (0.01, 0.02, 0.06, 0.05, 3), (0.00, 0.00, 1.00, 1.00, 3), (0.70, 0.10, 0.98, 0.20, 1)]


def corners(rows):
    x, y, w, h = rows[:, :4].T
    return numpy.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)


def write_network(file, architecture, folder):
    def of_case(name, count):
        return numbers(f"{architecture}/{name}", count)

    cfg, weights = folder / "network.cfg", folder / "network.weights"
    darknet.write_cfg(cfg, architecture, BASE, SIZE, CLASSES)
    darknet.write_weights(weights, darknet.random_parameters(architecture, BASE, SIZE, CLASSES,
                                                             of_case))
    network = darknet.Darknet(cfg, weights)
    network.predict(((of_case("image", SIZE * SIZE * 3) + 1) / 2).reshape(SIZE, SIZE, 3))
    rows, found = network.boxes(-1), network.boxes(0.01, 0.45)
    assert numpy.isfinite(rows).all()
    listed = [(k, row[5 + k], *box) for row, box in zip(found, numpy.clip(corners(found), 0, 1))
              for k in range(CLASSES) if row[5 + k] > 0.01]
    listed.sort(key=lambda one: (-one[1], one[0]))
    assert (rows[:, 5:] > listed[100][1]).sum(0).max() < 400  # the most that gisd looks at of a class
    file[f"{architecture}/rows"] = rows.astype(numpy.float32)
    file[f"{architecture}/found"] = numpy.array(listed[:100], numpy.float32)
    print(architecture, rows.shape, "scores", rows[:, 5:].min(), "to", rows[:, 5:].max(),
          len(listed), "found")


def iou(a, b):
    w = torch.clamp(torch.minimum(a[..., 2], b[..., 2]) - torch.maximum(a[..., 0], b[..., 0]), min=0)
    h = torch.clamp(torch.minimum(a[..., 3], b[..., 3]) - torch.maximum(a[..., 1], b[..., 1]), min=0)
    area = lambda box: (box[..., 2] - box[..., 0]) * (box[..., 3] - box[..., 1])
    return w * h / (area(a) + area(b) - w * h)


def write_loss(file, folder):
    """Plain PyTorch in double precision, map by map: see src/loss/yolo_loss.h."""
    truths = torch.tensor(TRUTHS, dtype=torch.double)
    centre = torch.stack([truths[:, 0] + truths[:, 2], truths[:, 1] + truths[:, 3]], 1) / 2
    sides = truths[:, 2:4] - truths[:, :2]
    anchors = torch.tensor(ANCHORS, dtype=torch.double) / SIZE
    shape = torch.minimum(sides[:, None], anchors).prod(-1)
    best = (shape / (sides.prod(-1)[:, None] + anchors.prod(-1) - shape)).argmax(1)
    made = 2 * numbers("loss/rows", 135 * (5 + CLASSES))
    rows = torch.tensor(made.astype(numpy.float32).astype(float).reshape(135, -1))
    # Two boxes on the last truth, which another row owns: by 0.75, so that nothing is held against its
    # row, and by 0.66, which is too little.
    rows[3 * 3 * 3 + 5 * 3 + 2, :4] = torch.tensor([-3.178, 2.197, -0.594, -1.799])
    rows[3 * 3 * 3 + 5 * 3, :4] = torch.tensor([-3.178, 2.197, 0.573, -0.377])
    rows.requires_grad_()
    sums, ignored, first, darknet_delta = dict.fromkeys(("box", "objectness", "classes"), 0), 0, 0, []
    for cells, mask in ((3, (3, 4, 5)), (6, (0, 1, 2))):
        part = rows[first:first + cells * cells * 3].reshape(cells, cells, 3, -1)
        first += cells * cells * 3
        y, x = torch.meshgrid(torch.arange(cells), torch.arange(cells), indexing="ij")
        own = anchors[list(mask)]
        at = torch.stack([(x[..., None] + part[..., 0].sigmoid()) / cells,
                          (y[..., None] + part[..., 1].sigmoid()) / cells], -1)
        half = part[..., 2:4].exp() * own / 2
        boxes = torch.cat([at - half, at + half], -1).detach()
        hidden = (iou(boxes[..., None, :], truths[:, :4]) > 0.7).any(-1)
        owned, wanted = {}, {}
        for t in range(len(truths)):
            if int(best[t]) in mask:
                i, j = (min(int(c * cells), cells - 1) for c in centre[t])
                key = j, i, mask.index(int(best[t]))
                owned[key] = t
                wanted.setdefault(key, torch.zeros(CLASSES, dtype=torch.double))[int(truths[t, 4])] = 1
        ignored += sum(bool(hidden[index]) and index not in owned
                       for index in numpy.ndindex(cells, cells, 3))
        for index in numpy.ndindex(cells, cells, 3):
            t, numbers_of = owned.get(index), part[index]
            if t is None and hidden[index]:
                continue
            sums["objectness"] += F.binary_cross_entropy_with_logits(
                numbers_of[4], torch.tensor(float(t is not None), dtype=torch.double))
            if t is None:
                continue
            offset = centre[t] * cells - torch.tensor([index[1], index[0]])
            scale = 2 - sides[t].prod()
            sums["box"] += scale * F.binary_cross_entropy_with_logits(numbers_of[:2], offset,
                                                                      reduction="sum")
            sums["box"] += scale * ((numbers_of[2:4] - (sides[t] / own[index[2]]).log()) ** 2).sum() / 2
            sums["classes"] += F.binary_cross_entropy_with_logits(numbers_of[5:], wanted[index],
                                                                  reduction="sum")
        layer = darknet.YoloLayer(folder, cells, CLASSES,
                                  [(w * cells, h * cells) for w, h in anchors.tolist()], mask)
        given = torch.cat([centre, sides, truths[:, 4:]], 1).numpy()
        darknet_delta.append(layer.delta(part.detach().numpy(), given).reshape(-1, 5 + CLASSES))
    sum(sums.values()).backward()
    gradient = rows.grad.numpy()
    worst = abs(gradient + numpy.concatenate(darknet_delta)).max()
    print("loss", {name: float(value) for name, value in sums.items()}, ignored,
          "rows ignored; gradients are darknet's deltas to", worst)
    assert worst < 2e-6 and ignored == 1
    file["loss/rows"] = rows.detach().numpy().astype(numpy.float32)
    file["loss/truths"] = numpy.array(TRUTHS)
    file["loss/sums"] = [float(sums[name]) for name in ("box", "objectness", "classes")]
    file["loss/gradient"] = gradient


if __name__ == "__main__":
    with create("yolov3.h5") as golden, tempfile.TemporaryDirectory() as made:
        for each in "yolov3", "yolov3_tiny":
            write_network(golden, each, pathlib.Path(made))
        write_loss(golden, pathlib.Path(made))
