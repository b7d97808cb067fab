"""What training does around the network, in PyTorch and straight from docs/model.md: priors,
matching, the three losses, the optimisers. Written to compare with, not to be fast.

An image's truth is a dict: boxes (n x 4 corners in fractions), classes (n), mask (S x S of 0 and 1,
or None where nobody annotated one).
"""
import math

import torch
from torch.nn import functional as F

from improved_ssd import level_sides


# ---- priors and matching ----

def priors(size):
    """P x 4: centre x, centre y, width, height in fractions."""
    sides = level_sides(size)
    count = len(sides)
    step = 70 // (count - 2)
    percent = [10] + [20 + step * i for i in range(count)]
    rows = []
    for level, side in enumerate(sides):
        low, high = percent[level] / 100, percent[level + 1] / 100
        shapes = [(low, low), (math.sqrt(low * high), math.sqrt(low * high))]
        for ratio in (2,) if level == 0 or level >= count - 2 else (2, 3):
            wide, narrow = low * math.sqrt(ratio), low / math.sqrt(ratio)
            shapes += [(wide, narrow), (narrow, wide)]
        for y in range(side):
            for x in range(side):
                rows += [((x + 0.5) / side, (y + 0.5) / side, min(w, 1), min(h, 1))
                         for w, h in shapes]
    return torch.tensor(rows, dtype=torch.double).float().double()


def corners(boxes):
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


def overlaps(boxes, all_priors):
    """IoU of every box (corners) with every prior. A prior's area is that of its sides, so that a
    box inside several priors of one shape overlaps them equally, to the last bit."""
    low = torch.maximum(boxes[:, None, :2], corners(all_priors)[None, :, :2])
    high = torch.minimum(boxes[:, None, 2:], corners(all_priors)[None, :, 2:])
    common = (high - low).clamp(min=0).prod(2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return common / (area[:, None] + all_priors[:, 2:].prod(1)[None] - common)


def match(truth, all_priors):
    """P class indices, -1 for background, and P x 4 encoded offsets."""
    targets = torch.full((len(all_priors),), -1)
    offsets = torch.zeros(len(all_priors), 4, dtype=torch.double)
    boxes = torch.as_tensor(truth["boxes"], dtype=torch.double).reshape(-1, 4)
    if len(boxes) == 0:
        return targets, offsets
    iou = overlaps(boxes, all_priors)
    best, owner = iou.max(0)
    owner = torch.where(best >= 0.5, owner, torch.full_like(owner, -1))
    free = iou.clone()
    for _ in range(len(boxes)):  # each truth its own prior, the best pair first
        at = int(free.argmax())
        row, prior = divmod(at, free.shape[1])
        owner[prior] = row
        free[row] = -1
        free[:, prior] = -1
    chosen = owner >= 0
    targets[chosen] = torch.as_tensor(truth["classes"])[owner[chosen]].long()
    box, prior = boxes[owner[chosen]], all_priors[chosen]
    centre, side = (box[:, :2] + box[:, 2:]) / 2, box[:, 2:] - box[:, :2]
    offsets[chosen] = torch.cat([(centre - prior[:, :2]) / prior[:, 2:] / 0.1,
                                 (side / prior[:, 2:]).log() / 0.2], 1)
    return targets, offsets


# ---- losses ----

def focal(logits, targets, alpha, gamma):
    """Plain sum over priors and classes."""
    truth = torch.zeros_like(logits)
    rows = torch.nonzero(targets >= 0)[:, 0]
    truth[rows, targets[rows]] = 1
    p = torch.sigmoid(logits)
    p_true = torch.where(truth > 0, p, 1 - p)
    weight = truth * alpha + (1 - truth) * (1 - alpha)
    cost = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return (weight * (1 - p_true) ** gamma * cost).sum()


def structure(low, mask):
    """Weighted cross-entropy plus weighted IoU of one image; low: s x s logits."""
    mask = torch.as_tensor(mask, dtype=low.dtype)[None, None]
    logit = F.interpolate(low[None, None], size=mask.shape[2:], mode="bilinear",
                          align_corners=False)
    weight = 1 + 5 * (F.avg_pool2d(mask, 31, 1, 15) - mask).abs()
    cost = F.binary_cross_entropy_with_logits(logit, mask, reduction="none")
    cost = (weight * cost).sum() / weight.sum()
    s = torch.sigmoid(logit)
    common, union = (s * mask * weight).sum(), ((s + mask) * weight).sum()
    return cost + 1 - (common + 1) / (union - common + 1)


def objective(outputs, truths, all_priors, alpha=0.25, gamma=2.0, segmentation_weight=1.0,
              box_loss=F.smooth_l1_loss):
    """Total, classification, box and segmentation loss of a batch."""
    location, classification, mask = outputs
    zero = location.sum() * 0
    sums, positives, masks = [zero, zero, zero], 0, 0
    for image, truth in enumerate(truths):
        targets, offsets = match(truth, all_priors)
        chosen = targets >= 0
        positives += int(chosen.sum())
        sums[0] = sums[0] + focal(classification[image], targets, alpha, gamma)
        if chosen.any():
            sums[1] = sums[1] + box_loss(location[image][chosen], offsets[chosen].to(location),
                                         reduction="sum")
        if truth["mask"] is not None:
            masks += 1
            sums[2] = sums[2] + structure(mask[image, 0], truth["mask"])
    parts = sums[0] / max(1, positives), sums[1] / max(1, positives), sums[2] / max(1, masks)
    return (parts[0] + parts[1] + segmentation_weight * parts[2],) + parts


# ---- optimisation ----

def make_optimiser(network, kind, weight_decay, momentum=0.9):
    """Only convolution weights decay."""
    weights = [p for p in network.parameters() if p.dim() == 4]
    others = [p for p in network.parameters() if p.dim() != 4]
    groups = [{"params": weights, "weight_decay": weight_decay},
              {"params": others, "weight_decay": 0.0}]
    if kind == "sgd":
        return torch.optim.SGD(groups, lr=1, momentum=momentum)
    return torch.optim.AdamW(groups, lr=1)


def cosine(step, steps, peak, warmup):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def train(network, batches, kind="adamw", peak=1e-3, warmup=0, weight_decay=1e-4, clip_norm=10.0,
          constant=False, **settings):
    """Steps over `batches` (lists of (input 3 x S x S, truth)); yields the four losses of each,
    with the gradients of that step still in the parameters."""
    all_priors = priors(network.size)
    optimiser = make_optimiser(network, kind, weight_decay)
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = peak if constant else cosine(step, len(batches), peak, warmup)
        optimiser.zero_grad()
        images = torch.stack([image for image, _ in batch])
        losses = objective(network(images), [truth for _, truth in batch], all_priors, **settings)
        losses[0].backward()
        yield [float(loss) for loss in losses]
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(network.parameters(), clip_norm)
        optimiser.step()
