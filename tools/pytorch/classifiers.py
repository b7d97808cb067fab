#!/usr/bin/python3
"""The classification networks of torchvision: the bridge to gisd's checkpoints, and a comparison.

    import classifiers
    network = classifiers.network_of("resnet50", classes=3)     # 4 outputs: normal, then the classes
    classifiers.save("start.h5", network, classifiers.describe("resnet50", classes=3))

    tools/pytorch/classifiers.py [--build build/release] [--network vgg19 ...] [--size 224] [--safetensors]

Parameters have torchvision's names and shapes on both sides; only its counters of batches
(num_batches_tracked) have no place in a checkpoint, as the share of a new observation is fixed.

With --safetensors a random network of torchvision, counters and all, becomes a safetensors file, that a
checkpoint with gisd-weights, and logits of gisd-detect on a picture are compared.

The comparison writes a random network of full width from torchvision, lets train_steps (built with the
tests) run it on four phantom images, and compares with double precision: logits in evaluation; loss,
every parameter's gradient, and running statistics of one training step on the four images. Gradients of
the layers before maxima over many windows hang on rounding where two pixels of a window are nearly equal
(docs/verification.md): PyTorch's own error in single precision stands beside gisd's, and three times that
is the bound where it is more than 1e-3.

Exit code 1 if a bound is broken: outputs and losses 1e-4, statistics 1e-4, gradients 1e-3. Needs
python3-torchvision, python3-h5py.
"""
import argparse
import copy
import csv
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

import h5py
import numpy
import torch
from torch import nn
from torchvision import models

from compare import picture as random_picture, write_png

SIZES = {"vgg19": 224, "vgg19_bn": 224, "resnet50": 224, "inception_v3": 299}
AUXILIARY_WEIGHT = 0.4


def network_of(kind, classes):
    settings = {"transform_input": False, "init_weights": False} if kind == "inception_v3" else {}
    return getattr(models, kind)(num_classes=classes + 1, **settings)


def describe(kind, classes, size=None):
    """The attributes of /model of a network that has not been trained."""
    return {"architecture": kind, "base": 32 if kind == "inception_v3" else 64, "classes": classes,
            "class_names": [f"class{k}" for k in range(classes)], "size": size or SIZES[kind],
            "tuning": "global", "operating_point": 0.5}


def save(path, network, about):
    """A checkpoint of /model and /parameters alone."""
    with h5py.File(path, "w") as file:
        model = file.create_group("model")
        for key, value in about.items():
            model.attrs[key] = value
        for name, tensor in network.state_dict().items():
            if not name.endswith("num_batches_tracked"):
                file[f"parameters/{name}"] = tensor.float().numpy()


def save_safetensors(path, network):
    """The whole state dict as safetensors."""
    header, data, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in network.state_dict().items():
        data.append(tensor.numpy().tobytes())
        header[name] = {"dtype": {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype],
                        "shape": list(tensor.shape), "data_offsets": [end, end + len(data[-1])]}
        end += len(data[-1])
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def load(path):
    """The network and its /model attributes, from a checkpoint of either program."""
    with h5py.File(path, "r") as file:
        about = dict(file["model"].attrs)
        kind = about["architecture"]
        state = {}
        file["parameters"].visititems(lambda name, item: state.__setitem__(
            name, torch.from_numpy(item[()])) if isinstance(item, h5py.Dataset) else None)
    network = network_of(kind.decode() if isinstance(kind, bytes) else kind, int(about["classes"]))
    network.load_state_dict(state, strict=False)
    return network, about


def randomise(network, seed):
    """Numbers that matter, and ReLUs that keep away from zero: a norm before one opens half of the
    channels; what is added to a residual unit's shortcut opens all."""
    generator = torch.Generator().manual_seed(seed)
    norms = {name for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    for name, tensor in list(network.named_parameters()) + list(network.named_buffers()):
        owner, kind = name.rsplit(".", 1)
        if kind == "num_batches_tracked":
            continue
        u = 2 * torch.rand(tensor.shape, generator=generator) - 1
        if kind in ("running_mean", "running_var"):
            values = 0.5 * u if kind == "running_mean" else 1 + 0.4 * u
        elif owner in norms and owner.startswith("AuxLogits."):
            values = 1 + 0.4 * u if kind == "weight" else 0.5 * u
        elif owner in norms and kind == "weight":
            values = 0.3 + 0.1 * u
        elif owner in norms and owner.endswith(("bn3", "downsample.1")):
            values = 2 + 0.2 * u
        elif owner in norms:
            values = 0.2 * u + 2 * u.sign()
        elif kind == "bias":
            values = 0.5 * u if norms else 0.2 * u + u.sign()
        else:
            values = u * math.sqrt((3 if norms else 5) / math.prod(tensor.shape[1:]))
        tensor.data.copy_(values)


# ---- the comparison ----

def make_pack(build, folder, size):
    """Four phantom images to train on, with different labels."""
    data, pack = os.path.join(folder, "data"), os.path.join(folder, "pack.h5")
    program = os.path.join(build, "bin", "gisd-data")
    subprocess.run([program, "phantom", data, "--images", "40", "--overlays", "0", "--seed", "4"],
                   check=True, stdout=subprocess.DEVNULL)
    manifest = os.path.join(data, "manifest.csv")
    with open(manifest, newline="") as file:
        rows = list(csv.DictReader(file))
    kept = {row["label"]: dict(row, split="train") for row in rows}
    with open(manifest, "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(list(kept.values())[:4])
    subprocess.run([program, "pack", manifest, pack, "--size", str(size)], check=True,
                   stdout=subprocess.DEVNULL)
    return pack


def relative(found, expected):
    found, expected = numpy.asarray(found).ravel(), numpy.asarray(expected).ravel()
    return float(numpy.linalg.norm(found - expected) / numpy.linalg.norm(expected))


def step(network, images, labels):
    """Losses, gradients and running statistics of one step in training mode, without dropout."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    outputs = network(images)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    losses = [nn.functional.cross_entropy(logits, labels) for logits in outputs]
    total = losses[0] + sum(AUXILIARY_WEIGHT * loss for loss in losses[1:])
    total.backward()
    gradients = {name: p.grad.double().numpy() for name, p in network.named_parameters()}
    measured = {name: b.double().numpy() for name, b in network.named_buffers()
                if not name.endswith("num_batches_tracked")}
    return [float(total)] + [float(loss) for loss in losses], gradients, measured


def compare_gradients(found, expected):
    """(error, name), the worst first; gradients are taken as at least a hundredth of the mean one."""
    squares = sum((g ** 2).sum() for g in expected.values())
    floor = 1e-2 * (squares / sum(g.size for g in expected.values())) ** 0.5
    return sorted(((numpy.linalg.norm(found[name] - g) /
                    max(numpy.linalg.norm(g), floor * g.size ** 0.5), name)
                   for name, g in expected.items()), reverse=True)


def compare(build, folder, kind, size):
    """Prints the errors; returns whether the bounds hold."""
    network = network_of(kind, 3)
    randomise(network, size)
    start, out = os.path.join(folder, "start.h5"), os.path.join(folder, "out.h5")
    save(start, network, describe(kind, 3, size))
    subprocess.run([os.path.join(build, "tests", "train_steps"), make_pack(build, folder, size), start,
                    out, "1", "sgd", "1e-6", "f32"], check=True)
    with h5py.File(out, "r") as file:
        images = torch.from_numpy(file["input"][()]).permute(0, 3, 1, 2).contiguous()
        labels = torch.from_numpy(file["labels"][()])
        logits, losses = file["logits"][()], file["losses"][0]
        gradients = {name: file[f"gradients/{name}"][()] for name, _ in network.named_parameters()}
        measured = {name: file[f"measured/{name}"][()] for name, _ in network.named_buffers()
                    if not name.endswith("num_batches_tracked")}
    single, double = copy.deepcopy(network), network.double()
    with torch.no_grad():
        evaluation = relative(logits, double.eval()(images.double()).numpy())
    expected = step(double, images.double(), labels)
    loss = max(abs(a / b - 1) for a, b in zip(losses, expected[0]))
    statistics = max([relative(measured[name], expected[2][name]) for name in measured] or [0])
    errors = compare_gradients(gradients, expected[1])
    own = compare_gradients(step(single, images, labels)[1], expected[1])
    print(f"{kind} size {size}: logits {evaluation:.1e}, losses {loss:.1e}, statistics "
          f"{statistics:.1e}, gradients {errors[0][0]:.1e} ({errors[0][1]}), median "
          f"{errors[len(errors) // 2][0]:.1e}; PyTorch's own in single precision {own[0][0]:.1e} "
          f"({own[0][1]}), median {own[len(own) // 2][0]:.1e}", flush=True)
    return max(evaluation, loss, statistics) <= 1e-4 and errors[0][0] <= max(1e-3, 3 * own[0][0])


def compare_imported(build, folder, kind, size):
    """As compare(), of gisd-detect's logits alone, through a safetensors file."""
    torch.manual_seed(size)
    network = network_of(kind, 3)
    randomise(network, size)
    weights, checkpoint, picture, raw = (os.path.join(folder, name) for name in
                                         ("w.safetensors", "c.h5", "picture.png", "raw.h5"))
    save_safetensors(weights, network)
    write_png(picture, random_picture(numpy.random.default_rng(size)))
    for command in ([os.path.join(build, "bin", "gisd-weights"), "import", weights, checkpoint, "--set",
                     f"size={size}", "--architecture", kind, "--classes", "GC,GU,CG"],
                    [os.path.join(build, "bin", "gisd-detect"), checkpoint, picture, "--raw", raw]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with h5py.File(raw, "r") as file:
        image, logits = file["picture/input"][()], file["picture/logits"][()]
    with torch.no_grad():
        expected = network.double().eval()(torch.from_numpy(image).double()[None]).numpy()
    error = relative(logits, expected)
    print(f"{kind} size {size} from safetensors: logits {error:.1e}", flush=True)
    return error <= 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--network", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--size", type=int, help="side of the input (the network's own)")
    parser.add_argument("--safetensors", action="store_true",
                        help="compare logits behind gisd-weights import instead")
    arguments = parser.parse_args()
    one = compare_imported if arguments.safetensors else compare
    kept = True
    for kind in arguments.network:
        with tempfile.TemporaryDirectory() as folder:
            kept &= one(arguments.build, folder, kind, arguments.size or SIZES[kind])
    print("every bound is kept" if kept else "a bound is broken")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
