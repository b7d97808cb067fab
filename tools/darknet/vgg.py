#!/usr/bin/python3
"""Compares what gisd-weights makes of darknet's VGG files with what darknet makes of them.

    tools/darknet/vgg.py [BUILD]

Random weights of a narrow VGG19 and VGG16 in darknet's own format are imported as a file to start from;
PyTorch runs its layers on a picture in the form of the network here, and darknet's library the file on the
same picture behind the crop layer of its vgg-16.cfg. Beside the picture PyTorch has what is 0 to darknet,
where gisd pads zeros. Prints the largest difference, relative to the largest number; exits with 1 above 1e-4.
Needs Debian's darknet, python3-torch and python3-h5py.
"""
import ctypes
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy
import torch

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import darknet  # noqa: E402

BASE, SIZE, BOUND = 4, 224, 1e-4
COUNTS = {"vgg19": (2, 2, 4, 4, 4), "ssd300": (2, 2, 3, 3, 3)}
FORMS = {"vgg19": ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]),
         "ssd300": ([123, 117, 104], [1, 1, 1])}


def write_network(folder, counts, hidden, generator):
    """cfg and weights; hidden: outputs of the connected layers."""
    cfg = f"[net]\nbatch=1\nheight={SIZE}\nwidth={SIZE}\nchannels=3\n\n[crop]\n" \
          f"crop_height={SIZE}\ncrop_width={SIZE}\nflip=0\nangle=0\n"
    numbers, inputs = [], 3

    def layer(outputs, inputs):
        numbers.append(generator.uniform(-0.3, 0.3, outputs))
        numbers.append(generator.uniform(-1, 1, outputs * inputs) * (6 / inputs) ** 0.5)

    for stage, count in enumerate(counts):
        width = BASE << min(stage, 3)
        for _ in range(count):
            cfg += f"[convolutional]\nfilters={width}\nsize=3\nstride=1\npad=1\nactivation=relu\n"
            layer(width, inputs * 9)
            inputs = width
        cfg += "[maxpool]\nsize=2\nstride=2\n"
    inputs *= 49
    for outputs in hidden:
        cfg += f"[connected]\noutput={outputs}\nactivation=relu\n"
        layer(outputs, inputs)
        inputs = outputs
    (folder / "network.cfg").write_text(cfg)
    with open(folder / "network.weights", "wb") as file:
        numpy.array([0, 2, 0, 0, 0], "<i4").tofile(file)
        numpy.concatenate(numbers).astype("<f4").tofile(file)


def darknet_output(folder, pixels, count):
    network = darknet.Darknet(folder / "network.cfg", folder / "network.weights")
    network.library.network_predict.restype = ctypes.POINTER(ctypes.c_float)
    network.pixels = numpy.ascontiguousarray(pixels.transpose(2, 0, 1) / numpy.float32(255))
    found = network.library.network_predict(network.network, network.pixels.ctypes.data)
    return numpy.ctypeslib.as_array(found, (count,)).copy()


def gisd_output(folder, architecture, pixels, build):
    subprocess.run([build / "bin/gisd-weights", "import", folder / "network.weights",
                    folder / "start.h5", "-a", architecture, "--set", f"base={BASE}", "--force"],
                   check=True, stdout=subprocess.DEVNULL)
    with h5py.File(folder / "start.h5") as file:
        found = {}
        file["parameters"].visititems(lambda name, item: found.update(
            {name: torch.tensor(item[()])} if isinstance(item, h5py.Dataset) else {}))
    offset, scale = (numpy.array(numbers, numpy.float32) for numbers in FORMS[architecture])
    x = numpy.full((SIZE + 2, SIZE + 2, 3), 127.5, numpy.float32)
    x[1:-1, 1:-1] = pixels
    x = torch.tensor(((x - offset) / scale).transpose(2, 0, 1)[None])
    place = 0
    for stage, count in enumerate(COUNTS[architecture]):
        for _ in range(count):
            name = f"features.{place}"
            if architecture == "ssd300":
                name = f"backbone.{name}" if stage < 4 else f"backbone.extra.0.{place - 23}"
            x = torch.relu(torch.conv2d(x, found[f"{name}.weight"], found[f"{name}.bias"],
                                        padding=0 if place == 0 else 1))
            place += 2
        x = torch.max_pool2d(x, 2)
        place += 1
    x = x.flatten(1)
    for name in ("classifier.0", "classifier.3") if architecture == "vgg19" else ():
        x = torch.relu(x @ found[f"{name}.weight"].T + found[f"{name}.bias"])
    return x.numpy().ravel()


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/release").resolve()
    generator, worst = numpy.random.default_rng(1), 0
    pixels = generator.integers(0, 256, (SIZE, SIZE, 3)).astype(numpy.float32)
    for architecture, counts in COUNTS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            hidden = (64 * BASE, 64 * BASE) if architecture == "vgg19" else ()
            write_network(folder, counts, hidden, generator)
            ours = gisd_output(folder, architecture, pixels, build)
            theirs = darknet_output(folder, pixels, ours.size)
        away = abs(ours - theirs).max() / abs(theirs).max()
        print(f"{architecture}: {ours.size} numbers up to {abs(theirs).max():.3g}, "
              f"worst difference {away:.1e} of that")
        worst = max(worst, away)
    sys.exit(int(worst > BOUND))


if __name__ == "__main__":
    main()
