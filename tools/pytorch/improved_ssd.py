#!/usr/bin/python3
"""The improved SSD in PyTorch, and the bridge between its state dict and a gisd checkpoint.

    import improved_ssd
    network, about = improved_ssd.load("checkpoint.h5")     # gisd -> PyTorch
    improved_ssd.save("start.h5", network, about)           # PyTorch -> gisd

Parameters have one name and one shape on both sides (float32, convolution weights O x I x H x W),
so nothing is renamed or transposed. A saved file has the groups /model (attributes) and /parameters
only, which gisd-detect and `initial_checkpoint` take; training state stays with gisd.

    python3 improved_ssd.py random OUT.h5 [--backbone r50x1] [--base 64] [--size 300] [--seed 0]

writes a network whose every parameter is random and matters, feedback and gate included (a fresh
network has those at zero, which would hide mistakes in them). Needs python3-torch, python3-h5py.
"""
import argparse
import math
import re

import torch
from torch import nn
from torch.nn import functional as F

UNITS = {50: (3, 4, 6, 3), 100: (3, 4, 23, 3), 150: (3, 8, 36, 3)}
PYRAMID_LEVELS = 3
SEGMENTATION_CHANNELS = 32


# ---- backbone: Big Transfer's ResNet-v2 (Kolesnikov et al. 2020) ----

class StandardisedConv(nn.Conv2d):
    """A convolution whose every filter is brought to mean 0 and variance 1 before use."""

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        weight = (self.weight - mean) / torch.sqrt(variance + 1e-10)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation)


def norm(channels):
    """GroupNorm of BiT's 32 groups, or of the largest number below that divides the channels."""
    groups = next(count for count in range(32, 0, -1) if channels % count == 0)
    return nn.GroupNorm(groups, channels, eps=1e-5)


class Unit(nn.Module):
    """Pre-activation bottleneck; `feedback` is the width of the pyramid's feedback, 0 for none."""

    def __init__(self, inputs, middle, stride, feedback):
        super().__init__()
        outputs = 4 * middle
        self.gn1 = norm(inputs)
        self.conv1 = StandardisedConv(inputs, middle, 1, bias=False)
        self.gn2 = norm(middle)
        self.conv2 = StandardisedConv(middle, middle, 3, stride, 1, bias=False)
        self.gn3 = norm(middle)
        self.conv3 = StandardisedConv(middle, outputs, 1, bias=False)
        changes = stride != 1 or inputs != outputs
        self.proj = StandardisedConv(inputs, outputs, 1, stride, bias=False) if changes else None
        self.feedback = nn.Conv2d(feedback, outputs, 1) if feedback else None

    def forward(self, x, feedback=None):
        active = F.relu(self.gn1(x))
        shortcut = x if self.proj is None else self.proj(active)
        y = self.conv1(active)
        y = self.conv2(F.relu(self.gn2(y)))
        y = self.conv3(F.relu(self.gn3(y))) + shortcut
        return y if feedback is None else y + self.feedback(feedback)


class Backbone(nn.Module):
    def __init__(self, depth, channels, feedback):
        super().__init__()
        self.stem = StandardisedConv(3, channels, 7, 2, 3, bias=False)
        self.stages = nn.ModuleList()
        inputs = channels
        for stage, count in enumerate(UNITS[depth]):
            middle = channels << stage
            units = []
            for index in range(count):
                first_of_later = stage > 0 and index == 0
                units.append(Unit(inputs, middle, 2 if first_of_later else 1,
                                  feedback if first_of_later else 0))
                inputs = 4 * middle
            self.stages.append(nn.ModuleList(units))
        self.tap_gn = nn.ModuleList(norm(channels * 8 << level) for level in range(PYRAMID_LEVELS))

    def start(self, x):
        """Stem and first stage: the same in every step of the recursion."""
        x = F.max_pool2d(F.pad(self.stem(x), (1, 1, 1, 1)), 3, 2)
        for unit in self.stages[0]:
            x = unit(x)
        return x

    def taps(self, x, feedback):
        taps = []
        for level in range(PYRAMID_LEVELS):
            for index, unit in enumerate(self.stages[level + 1]):
                x = unit(x, feedback[level]) if index == 0 else unit(x)
            taps.append(F.relu(self.tap_gn[level](x)))
        return taps


# ---- recursive feature pyramid (Qiao et al. 2021) ----

class PoolingPyramid(nn.Module):
    """Four views of a level, a quarter of its channels each: what goes back into the backbone."""

    def __init__(self, channels):
        super().__init__()
        quarter = channels // 4
        self.b0 = nn.Conv2d(channels, quarter, 1)
        self.b1 = nn.Conv2d(channels, quarter, 3, padding=3, dilation=3)
        self.b2 = nn.Conv2d(channels, quarter, 3, padding=6, dilation=6)
        self.b3 = nn.Conv2d(channels, quarter, 1)

    def forward(self, x):
        whole = self.b3(x.mean((2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return F.relu(torch.cat([self.b0(x), self.b1(x), self.b2(x), whole], 1))


class RecursivePyramid(nn.Module):
    def __init__(self, taps, channels, recursive=True):
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(tap, channels, 1) for tap in taps)
        self.out = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in taps)
        self.aspp = PoolingPyramid(channels) if recursive else None
        self.gate = nn.Conv2d(channels, 1, 1) if recursive else None

    def pyramid(self, taps):
        sides = [lateral(tap) for lateral, tap in zip(self.lateral, taps)]
        for level in (1, 0):
            above = F.interpolate(sides[level + 1], size=sides[level].shape[2:], mode="nearest")
            sides[level] = sides[level] + above
        return [out(side) for out, side in zip(self.out, sides)]

    def forward(self, backbone, image, steps):
        low = backbone.start(image)
        levels = self.pyramid(backbone.taps(low, [None] * PYRAMID_LEVELS))
        for _ in range(steps - 1):
            feedback = [self.aspp(level) for level in levels]
            renewed = self.pyramid(backbone.taps(low, feedback))
            gates = [torch.sigmoid(self.gate(level)) for level in renewed]
            levels = [g * new + (1 - g) * old for g, new, old in zip(gates, renewed, levels)]
        return levels


# ---- segmentation branch (modified receptive field blocks) ----

def normed_conv(inputs, outputs, kernel, dilation=1):
    height, width = kernel
    padding = (height // 2 * dilation, width // 2 * dilation)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=dilation, bias=False),
        nn.GroupNorm(outputs // 4, outputs, eps=1e-5))


class ReceptiveFieldBlock(nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        self.b0 = normed_conv(inputs, channels, (1, 1))
        for name, k in (("b1", 3), ("b2", 5), ("b3", 7)):
            setattr(self, name, nn.Sequential(
                normed_conv(inputs, channels, (1, 1)), normed_conv(channels, channels, (1, k)),
                normed_conv(channels, channels, (k, 1)), normed_conv(channels, channels, (3, 3), k)))
        self.cat = normed_conv(4 * channels, channels, (3, 3))
        self.res = normed_conv(inputs, channels, (1, 1))

    def forward(self, x):
        views = torch.cat([self.b0(x), self.b1(x), self.b2(x), self.b3(x)], 1)
        return F.relu(self.cat(views) + self.res(x))


class SegmentationBranch(nn.Module):
    def __init__(self, inputs, attention=True):
        super().__init__()
        c = SEGMENTATION_CHANNELS
        self.rfb = nn.ModuleList(ReceptiveFieldBlock(inputs, c) for _ in range(PYRAMID_LEVELS))
        self.fuse = nn.Sequential(normed_conv(3 * c, 3 * c, (3, 3)), nn.ReLU(),
                                  normed_conv(3 * c, c, (3, 3)), nn.ReLU())
        self.mask = nn.Conv2d(c, 1, 1)
        self.att = nn.Conv2d(c, inputs, 1) if attention else None

    def forward(self, levels):
        views = [block(level) for block, level in zip(self.rfb, levels)]
        side = views[0].shape[2:]
        views = [F.interpolate(view, size=side, mode="bilinear", align_corners=False)
                 for view in views]
        fused = self.fuse(torch.cat(views, 1))
        return self.mask(fused), torch.sigmoid(self.att(fused)) if self.att else None


# ---- detection head ----

def level_sides(size):
    """Side of the map of every detection level."""
    halved = lambda n: (n - 1) // 2 + 1
    sides = [halved(halved(halved(size)))]
    for _ in range(PYRAMID_LEVELS - 1):
        sides.append(halved(sides[-1]))
    while sides[-1] > 1:
        sides.append(1 if sides[-1] == 3 else halved(sides[-1]))
    return sides


class ImprovedSSD(nn.Module):
    """Image N x 3 x S x S -> offsets N x P x 4, class logits N x P x K, mask logits N x 1 x s x s.

    Without `segmentation` the mask is None; without `attention` the branch gives the mask alone; with
    `background` there is one logit more, the first, and the classes are a softmax.
    """

    def __init__(self, depth=50, width=1, base=64, classes=3, steps=2, size=300, segmentation=True,
                 attention=True, background=False):
        super().__init__()
        channels = base * width
        pyramid = 4 * channels
        self.logits, self.steps, self.size = classes + background, steps, size
        self.backbone = Backbone(depth, channels, pyramid if steps > 1 else 0)
        self.rfpn = RecursivePyramid([8 * channels, 16 * channels, 32 * channels], pyramid,
                                     steps > 1)
        self.seg = SegmentationBranch(pyramid, attention) if segmentation else None
        sides = level_sides(size)
        boxes = [4 if k == 0 or k + 2 >= len(sides) else 6 for k in range(len(sides))]
        self.extra = nn.ModuleList()
        for side in sides[PYRAMID_LEVELS - 1:-1]:
            stride, padding = (1, 0) if side == 3 else (2, 1)
            self.extra.append(nn.Sequential(
                nn.Conv2d(pyramid, pyramid // 2, 1), nn.ReLU(),
                nn.Conv2d(pyramid // 2, pyramid, 3, stride, padding), nn.ReLU()))
        self.loc = nn.ModuleList(nn.Conv2d(pyramid, b * 4, 3, padding=1) for b in boxes)
        self.cls = nn.ModuleList(nn.Conv2d(pyramid, b * self.logits, 3, padding=1)
                                 for b in boxes)

    def forward(self, image):
        levels = self.rfpn(self.backbone, image, self.steps)
        mask, attention = self.seg(levels) if self.seg else (None, None)
        if attention is not None:
            levels[0] = levels[0] * attention
        for layer in self.extra:
            levels.append(layer(levels[-1]))

        def rows(heads, numbers):
            maps = [head(level).permute(0, 2, 3, 1) for head, level in zip(heads, levels)]
            return torch.cat([m.reshape(len(m), -1, numbers) for m in maps], 1)

        return rows(self.loc, 4), rows(self.cls, self.logits), mask


# ---- the bridge ----

def describe(depth=50, width=1, base=64, classes=3, steps=2, size=300):
    """The attributes of /model of a network that has not been trained."""
    return {"architecture": "improved_ssd", "depth": depth, "width": width, "base": base,
            "classes": classes, "class_names": [f"class{k}" for k in range(classes)],
            "steps": steps, "size": size, "tuning": "global", "operating_point": 0.5}


def network_of(about):
    keys = ("depth", "width", "base", "classes", "steps", "size")
    flags = {"segmentation": bool(about.get("segmentation", 1)) and bool(about.get("masks", 1)),
             "attention": bool(about.get("attention", 1)),
             "background": bool(about.get("background", 0))}
    return ImprovedSSD(**{key: int(about[key]) for key in keys}, **flags)


def randomise(network, seed=0, calm=False):
    """Gives every parameter numbers that matter but keep the signal's size.

    In a calm network every ReLU's input keeps far from zero, on for half of the channels and off
    for the other half. Else, of millions of ReLUs some lie within rounding of their kink, open in
    one program and closed in the other, and the gradients of two correct programs differ by far
    more than rounding.
    """
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in network.named_parameters():
        numbers = torch.randn(parameter.shape, generator=generator)
        before_relu = re.search(r"^(rfpn\.aspp|extra)\.", name)
        norm = re.search(r"gn\d?(\.\d+)?\.(weight|bias)$|\.1\.(weight|bias)$", name)
        if parameter.dim() == 4:
            fan_in = math.prod(parameter.shape[1:])
            parameter.data = numbers / math.sqrt(fan_in) * (0.3 if calm and before_relu else 1)
        elif norm and name.endswith("weight"):
            parameter.data = (1 + 0.2 * numbers) * (0.3 if calm else 1)
        elif calm and (norm or before_relu):
            parameter.data = numbers.sign() * (2 + 0.1 * numbers)
        else:
            parameter.data = 0.3 * numbers


def load(path):
    """The network and its /model attributes, from a checkpoint of either program."""
    import h5py
    with h5py.File(path, "r") as file:
        about = dict(file["model"].attrs)
        state = {name: torch.from_numpy(data[()]) for name, data in file["parameters"].items()}
    if about["architecture"] not in ("improved_ssd", b"improved_ssd"):
        raise ValueError(f"{path}: /model architecture {about['architecture']!r}, "
                         "expected improved_ssd")
    network = network_of(about)
    network.load_state_dict(state)
    return network, about


def save(path, network, about):
    """A checkpoint of /model and /parameters alone."""
    import h5py
    with h5py.File(path, "w") as file:
        model = file.create_group("model")
        for key, value in about.items():
            model.attrs[key] = value
        parameters = file.create_group("parameters")
        for name, tensor in network.state_dict().items():
            parameters.create_dataset(name, data=tensor.float().numpy())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    random = commands.add_parser("random", help="write a checkpoint with random parameters")
    random.add_argument("output")
    random.add_argument("--backbone", default="r50x1")
    random.add_argument("--base", type=int, default=64)
    random.add_argument("--classes", type=int, default=3)
    random.add_argument("--steps", type=int, default=2)
    random.add_argument("--size", type=int, default=300)
    random.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    depth, width = map(int, re.fullmatch(r"r(\d+)x(\d+)", arguments.backbone).groups())
    about = describe(depth, width, arguments.base, arguments.classes, arguments.steps,
                     arguments.size)
    network = network_of(about)
    randomise(network, arguments.seed)
    save(arguments.output, network, about)


if __name__ == "__main__":
    main()
