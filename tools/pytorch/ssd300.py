"""SSD300 on VGG16 in PyTorch: the network of gisd's architecture ssd300.

Names and shapes of the state dict are those of torchvision's ssd300_vgg16 (with base 64 and size
300), and of a gisd checkpoint's /parameters. Other than torchvision's this needs no torchvision, and
has other sizes and widths.
"""
import torch
from torch import nn
from torch.nn import functional as F

from improved_ssd import level_sides


def convolution(inputs, outputs, kernel=3, **settings):
    return [nn.Conv2d(inputs, outputs, kernel, **settings), nn.ReLU()]


def block(inputs, outputs, count):
    layers = convolution(inputs, outputs, padding=1)
    for _ in range(count - 1):
        layers += convolution(outputs, outputs, padding=1)
    return layers


class Backbone(nn.Module):
    def __init__(self, base, sides):
        super().__init__()
        halve = lambda ceil=False: [nn.MaxPool2d(2, 2, ceil_mode=ceil)]
        self.features = nn.Sequential(
            *block(3, base, 2), *halve(), *block(base, 2 * base, 2), *halve(),
            *block(2 * base, 4 * base, 3), *halve(True), *block(4 * base, 8 * base, 3))
        linear = nn.Sequential(nn.MaxPool2d(3, 1, 1),
                               *convolution(8 * base, 16 * base, padding=6, dilation=6),
                               *convolution(16 * base, 16 * base, 1))
        self.extra = nn.ModuleList(
            [nn.Sequential(*halve(), *block(8 * base, 8 * base, 3), linear)])
        inputs = 16 * base
        for index, side in enumerate(sides[1:-1]):
            outputs = 8 * base if index == 0 else 4 * base
            shrinking = {} if side in (5, 3) else {"stride": 2, "padding": 1}
            self.extra.append(nn.Sequential(*convolution(inputs, outputs // 2, 1),
                                            *convolution(outputs // 2, outputs, **shrinking)))
            inputs = outputs
        self.scale_weight = nn.Parameter(torch.full((8 * base,), 20.0))

    def forward(self, image):
        x = self.features(image)
        levels = [self.scale_weight.view(1, -1, 1, 1) * F.normalize(x)]
        for layer in self.extra:
            x = layer(x)
            levels.append(x)
        return levels


class Head(nn.Module):
    """A 3x3 convolution a level, its numbers as rows of one prior each."""

    def __init__(self, channels, boxes, numbers):
        super().__init__()
        self.numbers = numbers
        self.module_list = nn.ModuleList(
            nn.Conv2d(c, b * numbers, 3, padding=1) for c, b in zip(channels, boxes))

    def forward(self, levels):
        maps = [module(level).permute(0, 2, 3, 1)
                for module, level in zip(self.module_list, levels)]
        return torch.cat([m.reshape(len(m), -1, self.numbers) for m in maps], 1)


class SSD300(nn.Module):
    """Image N x 3 x S x S -> offsets N x P x 4, logits N x P x (1 + K), the background's first."""

    def __init__(self, base=64, classes=3, size=300):
        super().__init__()
        sides = level_sides(size)
        channels = [8 * base, 16 * base, 8 * base] + [4 * base] * (len(sides) - 3)
        boxes = [4 if k == 0 or k + 2 >= len(sides) else 6 for k in range(len(sides))]
        self.backbone = Backbone(base, sides)
        self.head = nn.Module()
        self.head.classification_head = Head(channels, boxes, classes + 1)
        self.head.regression_head = Head(channels, boxes, 4)

    def forward(self, image):
        levels = self.backbone(image)
        return self.head.regression_head(levels), self.head.classification_head(levels)
