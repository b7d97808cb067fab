#!/usr/bin/python3
"""Which self-supervised method suits a small backbone on processors: SimSiam, BYOL or SimCLR.

    OMP_NUM_THREADS=1 tools/pytorch/self_supervision.py POLYPS_MANIFEST [--minutes 4] [--method simsiam ...]
    OMP_NUM_THREADS=1 tools/pytorch/self_supervision.py POLYPS_MANIFEST --features features.h5 ...

Trains the backbone of the improved SSD on the frames of the manifest's training part without looking at
labels or masks, by each method for the same time, and asks two linear probes what its features know:

  frame  polyp or lesion-free, from the mean of the last map: AUC on frames kept back
  place  is this cell of the map of stride 16 polyp or not, in frames with a mask: AUC likewise

The first can be told by what surrounds the picture where polyps and lesion-free frames are of different
sources; the second cannot. `deviation` is the standard deviation of the normalised embedding's
components, times the root of their number: 1 where it fills the sphere, 0 where it has collapsed.

Random weights are measured too. With --features gisd's own pretrained files are, in place of methods;
the manifest's column split must then tell what they have learnt from. Needs python3-torch, python3-h5py,
python3-pil.
"""
import argparse
import copy
import csv
import math
import os
import time

import h5py
import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

from improved_ssd import Backbone

SIZE = int(os.environ.get("SIZE", 96))
STORED = SIZE * 5 // 4


# ---- the frames ----

def read_frames(manifest):
    """Pictures (N x 3 x STORED x STORED, 0 to 1), masks, labels, whether a frame is kept back."""
    folder = os.path.dirname(manifest)
    pictures, masks, labels, kept = [], [], [], []
    with open(manifest, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        picture = Image.open(os.path.join(folder, row["image"])).convert("RGB")
        pictures.append(numpy.asarray(picture.resize((STORED, STORED), Image.BILINEAR, reducing_gap=3)))
        mask = numpy.zeros((STORED, STORED), numpy.uint8)
        if row["mask"]:
            mask = Image.open(os.path.join(folder, row["mask"])).convert("L").resize((STORED, STORED), Image.BOX)
            mask = numpy.asarray(mask)
        masks.append(mask)
        labels.append(row["label"] != "normal")
        # The manifest's own split; where it has none, three patients (or scenes) in ten.
        name = row["patient"] or row["image"]
        kept.append(row["split"] in ("val", "test") or
                    (not row["split"] and sum(name.encode()) * 2654435761 % 1000 < 300))
    pictures = torch.from_numpy(numpy.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return (pictures, torch.from_numpy(numpy.stack(masks)).float() / 255, torch.tensor(labels),
            torch.tensor(kept))


LUMA = torch.tensor([0.299, 0.587, 0.114])


def view(pictures, generator, settings):
    """One random view of each: window, flips, an affine map of colours, grey, blur."""
    count = len(pictures)

    def uniform(low, high):
        return low + (high - low) * torch.rand(count, generator=generator)

    side = uniform(settings.window, 1)
    x, y = uniform(0, 1) * (1 - side), uniform(0, 1) * (1 - side)
    flip = torch.where(torch.rand(2, count, generator=generator) < 0.5, -1.0, 1.0)
    where = torch.zeros(count, 2, 3)
    where[:, 0, 0], where[:, 1, 1] = side * flip[0], side * flip[1]
    where[:, 0, 2], where[:, 1, 2] = 2 * x + side - 1, 2 * y + side - 1
    grid = F.affine_grid(where, (count, 3, SIZE, SIZE), align_corners=False)
    out = F.grid_sample(pictures.float() / 255, grid, align_corners=False)

    grey = torch.rand(count, generator=generator) < settings.grey
    saturation = torch.where(grey, torch.zeros(count), uniform(1 - settings.saturation, 1 + settings.saturation))
    angle = uniform(-settings.hue, settings.hue) * math.pi / 180
    same, part, turn = (1 + 2 * angle.cos()) / 3, (1 - angle.cos()) / 3, angle.sin() / math.sqrt(3)
    rotation = torch.stack([torch.stack([same, part - turn, part + turn], 1),
                            torch.stack([part + turn, same, part - turn], 1),
                            torch.stack([part - turn, part + turn, same], 1)], 1)
    colour = saturation[:, None, None] * rotation + (1 - saturation)[:, None, None] * LUMA
    contrast = uniform(1 - settings.contrast, 1 + settings.contrast)
    brightness = uniform(1 - settings.brightness, 1 + settings.brightness)
    colour = colour * (contrast * brightness)[:, None, None]
    out = torch.einsum("nij,njhw->nihw", colour, out) + (0.5 * brightness * (1 - contrast))[:, None, None, None]
    out = out.clamp(0, 1)

    sigma = torch.where(torch.rand(count, generator=generator) < 0.5,
                        uniform(0.05, settings.blur * SIZE / 300), torch.zeros(count))
    taps = torch.exp(-torch.arange(-2.0, 3) ** 2 / (2 * sigma.clamp(min=0.05)[:, None] ** 2))
    taps /= taps.sum(1, keepdim=True)
    kernel = taps.repeat_interleave(3, 0)
    flat = F.pad(out.reshape(1, count * 3, SIZE, SIZE), (2, 2, 2, 2), mode="reflect")
    flat = F.conv2d(flat, kernel[:, None, None, :], groups=count * 3)
    flat = F.conv2d(flat, kernel[:, None, :, None], groups=count * 3)
    return flat.reshape(count, 3, SIZE, SIZE) * 2 - 1


# ---- the methods ----

class Encoder(nn.Module):
    """Backbone, mean over the last map, projector."""

    def __init__(self, base, hidden, last_norm):
        super().__init__()
        self.backbone = Backbone(50, base, 0)
        features = 32 * base
        layers = [nn.Linear(features, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(),
                  nn.Linear(hidden, hidden, bias=not last_norm)]
        if last_norm:
            layers.append(nn.BatchNorm1d(hidden))
        self.projector = nn.Sequential(*layers)

    def features(self, x):
        return self.backbone.taps(self.backbone.start(x), (None, None, None))

    def forward(self, x):
        return self.projector(self.features(x)[2].mean((2, 3)))


def predictor(hidden):
    return nn.Sequential(nn.Linear(hidden, hidden // 4, bias=False), nn.BatchNorm1d(hidden // 4), nn.ReLU(),
                         nn.Linear(hidden // 4, hidden))


def likeness(p, z):
    return F.cosine_similarity(p, z.detach(), dim=1).mean()


def nt_xent(one, other, temperature):
    z = F.normalize(torch.cat([one, other]), dim=1)
    logits = z @ z.t() / temperature
    logits.fill_diagonal_(-1e9)
    count = len(one)
    return F.cross_entropy(logits, torch.cat([torch.arange(count, 2 * count), torch.arange(count)]))


class Method:
    def __init__(self, name, settings):
        self.name, self.settings = name, settings
        self.online = Encoder(settings.base, settings.hidden, name != "simclr")
        self.predictor = predictor(settings.hidden) if name != "simclr" else nn.Identity()
        self.target = copy.deepcopy(self.online) if name == "byol" else None

    def parameters(self):
        return list(self.online.parameters()) + list(self.predictor.parameters())

    def loss(self, one, other):
        count = len(one)
        z = self.online(torch.cat([one, other]))
        unit = F.normalize(z.detach(), dim=1)
        deviation = float(unit.std(0).mean()) * math.sqrt(z.shape[1])
        if self.name == "simclr":
            return nt_xent(z[:count], z[count:], self.settings.temperature), deviation
        p = self.predictor(z)
        if self.name == "byol":
            with torch.no_grad():
                z = self.target(torch.cat([one, other]))
        return -(likeness(p[:count], z[count:]) + likeness(p[count:], z[:count])) / 2, deviation

    def after_step(self, done):
        if self.target is not None:
            decay = 1 - 0.01 * (math.cos(math.pi * done) + 1) / 2
            with torch.no_grad():
                for mine, theirs in zip(self.target.parameters(), self.online.parameters()):
                    mine.lerp_(theirs, 1 - decay)


def train(name, pictures, settings):
    """The encoder after settings.minutes; the rate falls as a cosine over that time."""
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    method = Method(name, settings)
    if settings.optimiser == "sgd":
        optimiser = torch.optim.SGD(method.parameters(), settings.rate, momentum=0.9, weight_decay=1e-4)
    else:
        optimiser = torch.optim.AdamW(method.parameters(), settings.rate, weight_decay=1e-4)
    begun, step, last = time.process_time(), 0, 0
    while True:
        order = torch.randperm(len(pictures), generator=generator)
        for first in range(0, len(order) - settings.batch + 1, settings.batch):
            done = (time.process_time() - begun) / (60 * settings.minutes)
            if done >= 1:
                return method.online, step
            for group in optimiser.param_groups:
                group["lr"] = settings.rate * (math.cos(math.pi * done) + 1) / 2
            chosen = pictures[order[first:first + settings.batch]]
            loss, deviation = method.loss(view(chosen, generator, settings), view(chosen, generator, settings))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(method.parameters(), 10)
            optimiser.step()
            method.after_step(done)
            step += 1
            if int(done * 8) > last or step == 1:
                last = int(done * 8)
                print(f"    {name} step {step}: loss {float(loss.detach()):.4f}, deviation {deviation:.3f}", flush=True)


# ---- the probes ----

def area_under_curve(scores, truth):
    order = torch.argsort(scores)
    ranks = torch.empty(len(scores), dtype=torch.float64)
    ranks[order] = torch.arange(1, len(scores) + 1, dtype=torch.float64)
    positive = int(truth.sum())
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def probe(features, truth, kept):
    """AUC on what is kept back of a logistic regression on the rest, with the penalty 1e-3."""
    features = features.double()
    features = (features - features[~kept].mean(0)) / (features[~kept].std(0) + 1e-6)
    weight = torch.zeros(features.shape[1] + 1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=100, line_search_fn="strong_wolfe")
    learnt, labels = features[~kept], truth[~kept].double()

    def closure():
        optimiser.zero_grad()
        logits = learnt @ weight[1:] + weight[0]
        value = F.binary_cross_entropy_with_logits(logits, labels) + 1e-3 * (weight[1:] ** 2).sum()
        value.backward()
        return value

    optimiser.step(closure)
    return area_under_curve((features @ weight[1:].detach())[kept], truth[kept])


@torch.no_grad()
def measure(encoder, frames):
    pictures, masks, labels, kept = frames
    encoder.eval()
    inner = F.interpolate(pictures.float() / 255, (SIZE, SIZE), mode="area") * 2 - 1
    last, middle = [], []
    for part in inner.split(64):
        taps = encoder.features(part)
        last.append(taps[2].mean((2, 3)))
        middle.append(taps[1])
    middle = torch.cat(middle)
    shares = F.adaptive_avg_pool2d(masks[:, None], middle.shape[2:])
    annotated = masks.flatten(1).max(1).values > 0
    cells = middle[annotated].permute(0, 2, 3, 1).flatten(0, 2)
    truth = (shares[annotated] > 0.5).flatten()
    kept_cells = kept[annotated].repeat_interleave(middle.shape[2] * middle.shape[3])
    with torch.enable_grad():
        return probe(torch.cat(last), labels, kept), probe(cells, truth, kept_cells)


def read_features(path, settings):
    encoder = Encoder(settings.base, settings.hidden, True)
    with h5py.File(path) as file:
        state = {name[len("backbone."):]: torch.from_numpy(values[()])
                 for name, values in file["parameters"].items() if name.startswith("backbone.")}
    encoder.backbone.load_state_dict(state, strict=False)  # the first taps' norms have not learnt
    return encoder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest")
    parser.add_argument("--features", nargs="*", default=[], help="files of a backbone r50x1")
    parser.add_argument("--method", nargs="*", default=["simsiam", "byol", "simclr"])
    parser.add_argument("--minutes", type=float, default=4, help="of processor time for each")
    parser.add_argument("--base", type=int, default=8)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--optimiser", default="adamw", choices=["adamw", "sgd"])
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--window", type=float, default=0.45, help="smallest side of a view")
    parser.add_argument("--grey", type=float, default=0.2)
    parser.add_argument("--brightness", type=float, default=0.4)
    parser.add_argument("--contrast", type=float, default=0.4)
    parser.add_argument("--saturation", type=float, default=0.2)
    parser.add_argument("--hue", type=float, default=10)
    parser.add_argument("--blur", type=float, default=4)
    parser.add_argument("--seed", type=int, default=1)
    settings = parser.parse_args()
    torch.set_num_threads(1)
    frames = read_frames(settings.manifest)
    kept = frames[3]
    print(f"{int((~kept).sum())} frames to learn from, {int(kept.sum())} kept back "
          f"({int((kept & frames[2]).sum())} with a polyp)")
    torch.manual_seed(settings.seed)
    frame, place = measure(Encoder(settings.base, settings.hidden, True), frames)
    print(f"random     frame {frame:.4f}  place {place:.4f}", flush=True)
    for path in settings.features:
        frame, place = measure(read_features(path, settings), frames)
        print(f"{path}  frame {frame:.4f}  place {place:.4f}", flush=True)
    for name in settings.method if not settings.features else []:
        encoder, steps = train(name, frames[0][~kept], settings)
        frame, place = measure(encoder, frames)
        print(f"{name:10} frame {frame:.4f}  place {place:.4f}  after {steps} steps", flush=True)


if __name__ == "__main__":
    main()
