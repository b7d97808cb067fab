#!/usr/bin/python3
"""Compares whole forward passes of gisd-detect with the network in PyTorch.

    tools/pytorch/compare.py [--detect build/release/bin/gisd-detect] [--base 16] [--size S ...]

For every backbone and size: a checkpoint with random parameters (feedback and gate included), a
random picture through `gisd-detect --raw`, the same network input through improved_ssd.py, and the
relative error (2-norm) of offsets, class logits and mask logits. Exit code 1 if one is above 1e-4.
Needs python3-torch, python3-h5py and python3-numpy.
"""
import argparse
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import h5py
import numpy
import torch

import improved_ssd

LARGEST_ERROR = 1e-4
OUTPUTS = ("loc", "cls", "mask")


def write_png(path, pixels):
    """height x width x 3 bytes as PNG."""
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" +
                   chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def picture(generator):
    """Soft blobs of colour under coarse noise on 480 x 360 pixels."""
    y, x = numpy.mgrid[0:360, 0:480]
    pixels = numpy.full((360, 480, 3), 120.0)
    for _ in range(30):
        centre = generator.uniform(0, 480, 2)
        radius = generator.uniform(15, 90)
        blob = numpy.exp(-((x - centre[0]) ** 2 + (y - centre[1] * 0.75) ** 2) / radius ** 2)
        pixels += blob[..., None] * generator.uniform(-90, 90, 3)
    pixels += numpy.kron(generator.normal(0, 25, (90, 120, 3)), numpy.ones((4, 4, 1)))
    return pixels.clip(0, 255).astype(numpy.uint8)


def compare(detect, folder, backbone, base, size):
    """The relative error of each output."""
    depth, width = map(int, backbone[1:].split("x"))
    about = improved_ssd.describe(depth, width, base, size=size)
    network = improved_ssd.network_of(about)
    improved_ssd.randomise(network, seed=size)
    paths = [os.path.join(folder, name) for name in ("start.h5", "picture.png", "raw.h5")]
    improved_ssd.save(paths[0], network, about)
    write_png(paths[1], picture(numpy.random.default_rng(size)))
    subprocess.run([detect, paths[0], paths[1], "--raw", paths[2]], check=True,
                   stdout=subprocess.DEVNULL)
    with h5py.File(paths[2], "r") as file:
        found = {name: file["picture"][name][()] for name in ("input",) + OUTPUTS}
    with torch.no_grad():
        outputs = network.double()(torch.from_numpy(found["input"]).double()[None])
    errors = []
    for name, output in zip(OUTPUTS, outputs):
        expected = output[0].numpy()
        if expected.shape != found[name].shape:
            sys.exit(f"{backbone} {size} {name}: shape {found[name].shape}, "
                     f"expected {expected.shape}")
        difference = numpy.linalg.norm(found[name] - expected)
        errors.append(difference / numpy.linalg.norm(expected))
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--detect", default="build/release/bin/gisd-detect")
    parser.add_argument("--backbone", nargs="+", default=["r50x1", "r100x2"])
    parser.add_argument("--base", type=int, default=16)
    parser.add_argument("--size", type=int, nargs="+", default=[96, 160, 300, 512])
    arguments = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        for backbone in arguments.backbone:
            for size in arguments.size:
                errors = compare(arguments.detect, folder, backbone, arguments.base, size)
                worst = max([worst] + errors)
                print(f"{backbone} base {arguments.base} size {size}: " +
                      ", ".join(f"{n} {e:.1e}" for n, e in zip(OUTPUTS, errors)), flush=True)
    print(f"largest relative error {worst:.1e}, allowed {LARGEST_ERROR:.0e}")
    return 0 if worst <= LARGEST_ERROR else 1


if __name__ == "__main__":
    sys.exit(main())
