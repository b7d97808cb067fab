#!/usr/bin/python3
"""Writes losses.txt: what PyTorch (autograd, double precision) says of every loss.

Needs python3-torch and python3-numpy; the tests themselves only read the text.
    cd tests/golden && ./losses.py
"""
import math

import torch
import torch.nn.functional as F

torch.manual_seed(20)
blocks = []


def put(name, tensor):
    values = torch.as_tensor(tensor).detach().double().flatten().tolist()
    blocks.append(f"{name} {len(values)}\n" + " ".join(f"{v:.17g}" for v in values) + "\n")


def exact(tensor):
    """float32 numbers, which text and C both hold exactly, as doubles with a gradient."""
    return tensor.float().double().requires_grad_()


# Sigmoid focal loss, straight from its definition.
logits = exact(torch.randn(40, 3) * 4)
targets = torch.randint(-1, 3, (40,))
put("focal_logits", logits)
put("focal_targets", targets)
truth = torch.zeros(40, 3, dtype=torch.double)
for row, target in enumerate(targets.tolist()):
    if target >= 0:
        truth[row, target] = 1
for alpha, gamma in ((0.25, 2), (0.25, 0), (0.6, 0.5), (0.75, 3.7)):
    p = torch.sigmoid(logits)
    p_true = torch.where(truth > 0, p, 1 - p)
    weight = truth * alpha + (1 - truth) * (1 - alpha)
    cost = weight * (1 - p_true) ** gamma * F.binary_cross_entropy_with_logits(
        logits, truth, reduction="none")
    gradient, = torch.autograd.grad(cost.sum(), logits)
    put(f"focal_sum_{alpha}_{gamma}", cost.sum())
    put(f"focal_gradient_{alpha}_{gamma}", gradient)

# Box regression over positives.
predictions = exact(torch.randn(40, 4) * 2)
offsets = exact(torch.randn(40, 4))
positive = targets >= 0
put("box_predictions", predictions)
put("box_offsets", offsets)
for name, loss in (("smooth", F.smooth_l1_loss), ("l1", F.l1_loss)):
    total = loss(predictions[positive], offsets[positive], reduction="sum")
    gradient, = torch.autograd.grad(total, predictions)
    put(f"box_sum_{name}", total)
    put(f"box_gradient_{name}", gradient)

# Softmax cross-entropy.
logits = exact(torch.randn(6, 4) * 5)
labels = torch.tensor([0, 3, 1, 2, 2, 0])
total = F.cross_entropy(logits, labels, reduction="sum")
gradient, = torch.autograd.grad(total, logits)
put("entropy_logits", logits)
put("entropy_labels", labels)
put("entropy_sum", total)
put("entropy_gradient", gradient)
weights = torch.tensor([0.5, 2.0, 0.0, 1.25], dtype=torch.double)
put("entropy_weights", weights)
for name, weight, smoothing in (("smoothed", None, 0.1), ("weighted", weights, 0),
                                ("both", weights, 0.3)):
    total = F.cross_entropy(logits, labels, weight, reduction="sum", label_smoothing=smoothing)
    gradient, = torch.autograd.grad(total, logits)
    put(f"entropy_sum_{name}", total)
    put(f"entropy_gradient_{name}", gradient)

# Structure loss (Fan et al. 2020, as PraNet's code, with |average - mask| as weight).
def structure(low, mask):
    logit = F.interpolate(low, size=mask.shape[2:], mode="bilinear", align_corners=False)
    weight = 1 + 5 * (F.avg_pool2d(mask, 31, 1, 15) - mask).abs()
    cost = F.binary_cross_entropy_with_logits(logit, mask, reduction="none")
    cost = (weight * cost).sum() / weight.sum()
    s = torch.sigmoid(logit)
    common = (s * mask * weight).sum()
    union = ((s + mask) * weight).sum()
    return cost + 1 - (common + 1) / (union - common + 1)


for name, size, small in (("a", 64, 8), ("b", 44, 6), ("empty", 40, 5), ("full", 48, 6)):
    low = exact(torch.randn(1, 1, small, small) * 3)
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    mask = ((x - 0.4 * size) ** 2 + 2 * (y - 0.6 * size) ** 2 < (0.3 * size) ** 2).double()
    mask[:5, -9:] = 1
    if name in ("empty", "full"):
        mask.fill_(name == "full")
    loss = structure(low, mask[None, None])
    gradient, = torch.autograd.grad(loss, low)
    put(f"structure_low_{name}", low)
    put(f"structure_mask_{name}", mask)
    put(f"structure_loss_{name}", loss)
    put(f"structure_gradient_{name}", gradient)

# Softmax of the positives and of three times as many hard negatives (SSD), one image after another.
for name, count in (("few", 3), ("many", 15), ("none", 0)):
    logits = exact(torch.randn(40, 4) * 3)
    with torch.no_grad():
        logits[7] = logits[6] = logits[5] = logits[30]  # equal costs: the first ones count
    targets = torch.full((40,), -1)
    targets[torch.randperm(29)[:count]] = torch.randint(0, 3, (count,))
    targets[5:8] = -1
    cost = F.cross_entropy(logits, targets + 1, reduction="none")
    background = torch.where(targets < 0, cost.detach(), -torch.ones(40, dtype=torch.double))
    order = background.sort(descending=True, stable=True).indices
    rank = torch.empty(40, dtype=torch.long)
    rank[order] = torch.arange(40)
    positives = targets >= 0
    counts = positives | ((rank < 3 * positives.sum().clamp(min=1)) & ~positives)  # three where there are none
    total = cost[counts].sum()
    gradient, = torch.autograd.grad(total, logits)
    put(f"negatives_logits_{name}", logits)
    put(f"negatives_targets_{name}", targets)
    put(f"negatives_sum_{name}", total)
    put(f"negatives_gradient_{name}", gradient)

# Agreement of views: rows 2 i and 2 i + 1 are of one image. One prediction is a vector of zeros.
projections, predictions = torch.randn(10, 7).float().double(), torch.randn(10, 7)
predictions[4] = 0
predictions = exact(predictions)
crossed = projections.reshape(5, 2, 7).flip(1).reshape(10, 7)
total = -F.cosine_similarity(predictions, crossed, dim=1).sum() / 2
gradient, = torch.autograd.grad(total, predictions)
put("agreement_projections", projections)
put("agreement_predictions", predictions)
put("agreement_sum", total)
put("agreement_gradient", gradient)
put("agreement_deviation", F.normalize(projections, dim=1).std(0, unbiased=False).mean() * math.sqrt(7))

with open("losses.txt", "w") as file:
    file.write("".join(blocks))
