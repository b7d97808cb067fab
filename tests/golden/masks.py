#!/usr/bin/env python3
"""Writes masks/, the same two lesions in every way that people keep masks, and masks.inc, how many
pixels are set and where, or why a file is refused, for tests/unit/data/test_mask_reading.c.

Written by Pillow and OpenCV; areas and boxes are numpy's of what was drawn. Debian: python3-pil
python3-opencv.

    /usr/bin/python3 masks.py
"""
import pathlib
import shutil

import cv2
import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
out = here / "masks"
shutil.rmtree(out, ignore_errors=True)
out.mkdir()
W, H = 96, 80
y, x = np.mgrid[0:H, 0:W]
first = ((x - 30) / 14.0) ** 2 + ((y - 28) / 11.0) ** 2 <= 1
second = ((x - 70) / 8.0) ** 2 + ((y - 55) / 6.0) ** 2 <= 1
both = first | second
read, refused = [], []


def grey(*levels):
    """Background, first and second lesion of these values."""
    off, one, two = levels if len(levels) == 3 else (levels[0], levels[1], levels[1])
    return np.where(second, two, np.where(first, one, off))


def save(name, picture, **options):
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture.astype(np.uint8) if picture.dtype != np.uint16 else picture)
    picture.save(out / name, **options)
    return name


def indexed(values, palette):
    picture = Image.fromarray(values.astype(np.uint8), "P")
    picture.putpalette(sum(palette, ()))
    return picture


def takes(name, reading, shape=both, rule="", tolerance=0.0):
    ys, xs = np.where(shape)
    read.append((name, rule, reading, int(shape.sum()), tolerance,
                 (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)))


def refuses(name, reason, rule=""):
    refused.append((name, rule, reason))


def told(name, rule, shape=both, tolerance=0.0):
    takes(name, f"mask_values {rule}", shape, rule, tolerance)


rng = np.random.default_rng(1)
black, dark_red, white = (0, 0, 0), (128, 0, 0), (255, 255, 255)
smooth = cv2.GaussianBlur(rng.normal(0, 1, (H, W)), (0, 0), 6)
tissue = 120 + 60 * smooth / np.abs(smooth).max() + rng.normal(0, 6, (H, W))
frame = np.clip(np.stack([tissue + 60, tissue - 10, tissue - 25], axis=2), 0, 255)
big = cv2.resize(grey(0, 255).astype(np.uint8), (W * 4, H * 4), interpolation=cv2.INTER_LINEAR)
heat = 255 * np.exp(-(((x - 48) / 18.0) ** 2 + ((y - 40) / 14.0) ** 2))

# One channel of two values.
takes(save("255.png", grey(0, 255)), "0/255")
takes(save("1.png", grey(0, 1)), "0/1")
takes(save("200.png", grey(0, 200)), "0/200")
takes(save("bit.png", Image.fromarray(both)), "0/1")
takes(save("bit.bmp", Image.fromarray(both)), "0/1")
takes(save("bit.tif", Image.fromarray(both), compression="group4"), "0/1")
opaque = np.full((H, W), 255)
takes(save("alpha.png", np.dstack([grey(0, 255), opaque])), "0/255")
takes(save("alpha1.png", np.dstack([grey(0, 1), opaque])), "0/1")
takes(save("rgb.png", np.dstack([grey(0, 255)] * 3)), "0/255")
takes(save("rgb1.png", np.dstack([grey(0, 1)] * 3)), "0/1")
takes(save("rgba.png", np.dstack([grey(0, 255)] * 3 + [opaque])), "0/255")
for high in (1, 255, 4095, 65535):
    cv2.imwrite(str(out / f"16bit{high}.png"), grey(0, high).astype(np.uint16))
    takes(f"16bit{high}.png", f"0/{high}")
takes(save("full.png", grey(255, 255)), "255 alone", np.full((H, W), True))

# Palettes.
takes(save("voc.png", indexed(grey(0, 1), [black, dark_red])), "palette index 0/1")
takes(save("ramp.png", indexed(grey(0, 1), [(i, i, i) for i in range(256)])), "palette index 0/1")
takes(save("ramp255.png", indexed(grey(0, 255), [(i, i, i) for i in range(256)])), "0/255")
takes(save("palette.png", indexed(grey(0, 1), [black, white])), "0/255")
takes(save("white_first.png", indexed(grey(1, 0), [white, black])), "0/255")
takes(save("unnamed.png", indexed(grey(0, 1), [black, black])), "palette index 0/1")

# Near two levels.
for quality in (30, 50, 75, 95):
    takes(save(f"q{quality}.jpg", grey(0, 255), quality=quality), "0/255", tolerance=0.01)
takes(save("rgb.jpg", np.dstack([grey(0, 255)] * 3), quality=75), "0/255", tolerance=0.01)
takes(save("was_jpeg.png", np.asarray(Image.open(out / "q50.jpg"))), "0/255", tolerance=0.01)
takes(save("dim.jpg", grey(0, 200), quality=90), "0/about 210", tolerance=0.01)
takes(save("lossy.webp", np.dstack([grey(0, 255)] * 3), quality=80), "0/255", tolerance=0.01)
takes(save("enlarged.png", big), "0/255", big >= 128)
takes(save("reduced.png", cv2.resize(big, (W, H), interpolation=cv2.INTER_AREA)), "0/255",
      tolerance=0.01)

# What leaves a doubt, and the rule that settles it.
refuses(save("classes.png", grey(0, 1, 2)), "mask_values \"=1,2\"")
told("classes.png", "=1,2")
told("classes.png", "=2", second)
told("classes.png", "= 1", first)
told("classes.png", "nonzero")
told("classes.png", ">=2", second)
refuses("classes.png", "values from 0 to 2, expected 0 and 1", "0/1")
refuses(save("two.png", grey(0, 2)), "the values 0 (91.")
told("two.png", "0/2")
refuses(save("grey_classes.png", grey(0, 128, 255)), "the values 0 (91.9 %), 128")
told("grey_classes.png", ">=200", second)
refuses(save("ignored.png", grey(0, 1, 255)), "the values 0 (91.9 %), 1 (")
told("ignored.png", "=1", first)
refuses(save("red.png", np.dstack([grey(0, 255), 0 * x, 0 * x])),
        "a mask in colour, of #000000 (91.9 %), #ff0000 (8.12 %)")
for rule in ("red", "#ff0000", "#f01010", "nonzero"):
    told("red.png", rule)
save("two_colours.png", np.dstack([255 * first, 255 * second, 0 * x]))
refuses("two_colours.png", "mask_values \"#ff0000\"")
told("two_colours.png", "red", first & ~second)
told("two_colours.png", "green", second)
told(save("red.jpg", np.dstack([grey(0, 255), 0 * x, 0 * x]), quality=90, subsampling=0), "red",
     tolerance=0.01)
refuses("red.jpg", "a mask in colour, of more than 8 colours about")
refuses(save("frame.png", frame), "a picture in colour")
refuses(save("frame.jpg", frame, quality=90), "a picture in colour")
refuses(save("tissue.png", np.clip(tissue, 0, 255)), "is it a picture?")
refuses(save("noise.png", rng.integers(0, 256, (H, W))), "is it a picture?")
refuses(save("in_alpha.png", np.dstack([grey(255, 255)] * 3 + [grey(0, 255)])),
        "of the one value 255 whose alpha channel has several")
refuses(save("black_alpha.png", np.dstack([grey(0, 0)] * 3 + [grey(0, 255)])),
        "of the one value 0 whose alpha channel has several")
refuses(save("heat.png", heat), "neither dark nor bright")
told("heat.png", ">=128", heat.astype(np.uint8) >= 128)
refuses(save("1.jpg", grey(0, 1), quality=95), "which may not keep them")
refuses(save("class15.png", indexed(grey(0, 15), [(i, 0, 0) for i in range(16)])),
        "a mask in colour")
told("class15.png", "=15")
told("class15.png", "0/15")
refuses(save("grey_first.png", indexed(grey(0, 1), [(120, 120, 120), (6, 230, 230)])),
        "a mask in colour, of #787878 (91.9 %), #06e6e6 (8.12 %)")
told("grey_first.png", "=1")
told("grey_first.png", "cyan")
takes(save("inverted.png", grey(255, 0)), "0/255", ~both)
takes("inverted.png", "0/255 inverted", both, "inverted")
told("inverted.png", "255/0")
told("inverted.png", "black")
told(save("inverted.jpg", grey(255, 0), quality=75), "255/0", tolerance=0.01)
takes("1.png", "0/1 inverted", ~both, "inverted")

with open(here / "masks.inc", "w") as text:
    text.write("/* Made by masks.py. */\nstatic const GoldenMask golden_masks[] = {\n")
    for name, rule, reading, area, tolerance, box in read:
        sides = ", ".join(str(int(side)) for side in box)
        quoted = rule.replace('"', '\\"')
        text.write(f'    {{"golden/masks/{name}", "{quoted}", "{reading}", {area}, {tolerance}, {{{sides}}}}},\n')
    text.write("};\nstatic const GoldenDoubt golden_doubts[] = {\n")
    for name, rule, reason in refused:
        quoted = reason.replace('"', '\\"')
        text.write(f'    {{"golden/masks/{name}", "{rule}", "{quoted}"}},\n')
    text.write("};\n")
