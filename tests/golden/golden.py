"""Cases of golden numbers: what PyTorch, in double precision, makes of given numbers.

A case is a group of an HDF5 file. The numbers that go in are not stored: inputs, parameters and
cotangents are made by numbers() below and by golden_numbers() of tests/unit/golden_file.h from
their names. Stored is what must come out, as `samples` of it (evenly spaced entries, all of them
if there are few) and the 2-norm of the whole:

    names P             parameters, in the order of declaration
    formula P x 3       value = scale x u + offset + split x (1 where u >= 0, else -1),
                        u = numbers("CASE/NAME")
    counts P x 2        numbers of the parameter, numbers sampled of its gradient
    norms P, samples    of d L / d parameter, L = sum over the outputs of cotangent x output
    output_counts, output_norms, output_samples     the same of the outputs, in NHWC order
"""
import math
import re

import h5py
import numpy
import torch


def numbers(name, count):
    """`count` numbers in [-1, 1): splitmix64 from the FNV-1a hash of the name."""
    seed = 0xcbf29ce484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001b3 % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) + numpy.arange(1, count + 1, dtype=numpy.uint64) * \
            numpy.uint64(0x9e3779b97f4a7c15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xbf58476d1ce4e5b9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94d049bb133111eb)
        z = z ^ (z >> numpy.uint64(31))
    return (z >> numpy.uint64(11)).astype(float) * 2.0**-52 - 1


def sampled(values, most):
    """Of flat `values`: how many are sampled, and those."""
    count = min(len(values), most)
    return count, values[numpy.arange(count) * len(values) // count]


def to_nchw(values, n, h, w, c):
    return torch.from_numpy(values.reshape(n, h, w, c)).permute(0, 3, 1, 2)


class Case:
    """Makes the numbers of a case as it goes, then writes what came out."""

    def __init__(self, file, name, most=256, noise=0):
        self.group, self.name, self.most = file.create_group(name), name, most
        self.noise = noise
        self.parameters, self.outputs, self.loss = [], [], 0
        self.inputs = 0

    def make(self, name, shape, scale, offset, split=0):
        """A parameter: float32 numbers, held as doubles."""
        u = numbers(f"{self.name}/{name}", math.prod(shape))
        values = scale * u + offset + split * numpy.where(u >= 0, 1, -1)
        tensor = torch.from_numpy(values.astype(numpy.float32).astype(float).reshape(shape))
        tensor.requires_grad_()
        self.parameters.append((name, tensor, scale, offset, split))
        return tensor

    def weight(self, name, *shape):
        """Convolution weights O x I x H x W that keep the signal's size."""
        return self.make(f"{name}.weight", shape, math.sqrt(3 / math.prod(shape[1:])), 0)

    def bias(self, name, count):
        return self.make(f"{name}.bias", (count,), 0.5, 0)

    def scale(self, name, count):
        return self.make(f"{name}.weight", (count,), 0.4, 1)

    def buffers(self, name, count):
        """Running mean and variance of a norm; not differentiated."""
        mean = self.make(f"{name}.running_mean", (count,), 0.5, 0)
        variance = self.make(f"{name}.running_var", (count,), 0.4, 1)
        return mean.detach(), variance.detach()

    def variable(self, name, n, h, w, c):
        """A map whose every number is differentiated: in C a 1x1 convolution of one-hot pixels."""
        values = self.make(f"{name}.weight", (c, n * h * w, 1, 1), 2, 0)
        return values.reshape(c, n, h, w).permute(1, 0, 2, 3)

    def input(self, n, h, w, c):
        values = 2 * numbers(f"{self.name}/input{self.inputs}", n * h * w * c)
        self.inputs += 1
        return self.disturbed(to_nchw(values.astype(numpy.float32).astype(float), n, h, w, c))

    def disturbed(self, tensor):
        return tensor + self.noise * torch.randn(tensor.shape, dtype=tensor.dtype)

    def fill(self, module, prefix="", rare=None):
        """Gives a module's parameters numbers that matter, from their names; biases whose name
        begins with `rare` are those of heads that expect little.

        Every ReLU's input keeps far from zero, on for half of the channels and off for the others:
        one within rounding of zero may open in one program and stay closed in another, and then
        the gradients of two correct programs differ by far more than rounding.
        """
        for name, parameter in module.named_parameters():
            full = prefix + name
            before_relu = re.search(r"^(rfpn\.aspp|extra)\.", full)
            norm = re.search(r"gn\d?(\.\d+)?\.(weight|bias)$|\.1\.(weight|bias)$", full)
            if parameter.dim() == 4:
                scale = math.sqrt(3 / math.prod(parameter.shape[1:]))
                made = (0.3 * scale if before_relu else scale, 0)
            elif norm and name.endswith("weight"):
                made = (0.1, 0.3)
            elif rare and full.startswith(rare):
                made = (0.1, -math.log(99))
            elif norm or before_relu:
                made = (0.2, 0, 2)
            else:
                made = (0.5, 0)
            parameter.data = self.make(full, parameter.shape, *made).data
            self.parameters[-1] = (full, parameter) + self.parameters[-1][2:]

    def output(self, map_nchw):
        values = map_nchw.permute(0, 2, 3, 1).reshape(-1)
        cotangent = numbers(f"{self.name}/cotangent{len(self.outputs)}", len(values))
        cotangent = torch.from_numpy(cotangent.astype(numpy.float32).astype(float))
        self.loss = self.loss + (values * cotangent).sum()
        self.outputs.append(values.detach().numpy())

    def gradients(self):
        return [(p[1].grad if p[1].grad is not None else torch.zeros(p[1].shape)).double()
                .reshape(-1).numpy() for p in self.parameters]

    def write_tensors(self, prefix, tensors):
        parts = [sampled(values, self.most) for values in tensors]
        self.group[f"{prefix}counts"] = numpy.array(
            [(len(values), part[0]) for values, part in zip(tensors, parts)],
            dtype=numpy.int64).reshape(-1, 2)
        self.group[f"{prefix}norms"] = [numpy.linalg.norm(values) for values in tensors]
        self.group[f"{prefix}samples"] = numpy.concatenate(
            [part[1] for part in parts] or [[0.0]]).astype(numpy.float32)

    def write(self):
        """Writes the outputs, and the gradients that the parameters hold."""
        self.group["names"] = numpy.array([p[0] for p in self.parameters] or [""], dtype="S")
        self.group["formula"] = numpy.array([p[2:] for p in self.parameters]).reshape(-1, 3)
        self.write_tensors("", self.gradients())
        self.write_tensors("output_", self.outputs)


def steady_case(file, name, most, draw, allowed=1e-4):
    """Draws and writes the case, once it is known that noise a few times float32's rounding changes
    no gradient by more than `allowed`."""
    torch.manual_seed(1)
    found = []
    for noise in (0, 1e-6, 1e-6):
        with h5py.File("scratch", "w", driver="core", backing_store=False) as scratch:
            case = Case(scratch, name, most, noise)
            draw(case)
            case.loss.backward()
            found.append(case.gradients())
    floor = 1e-2 * math.sqrt(sum((g ** 2).sum() for g in found[0]) / sum(map(len, found[0])))
    worst = max(numpy.linalg.norm(g - other) / max(numpy.linalg.norm(g), floor * math.sqrt(len(g)))
                for others in found[1:] for g, other in zip(found[0], others))
    print(f"{name}: gradients move by {worst:.1e}")
    assert worst < allowed, f"{name} hangs on rounding"
    case = Case(file, name, most)
    draw(case)
    case.loss.backward()
    case.write()
    return case


def create(path):
    return h5py.File(path, "w")
