"""YOLOv3 and YOLOv3-tiny as the program darknet runs them: cfg files of any width and size, made of
those of Debian's package `darknet`, and its library by ctypes."""
import ctypes
import pathlib
import re
import subprocess

import numpy

CFG = {"yolov3": "/usr/share/darknet/cfg/yolov3.cfg",
       "yolov3_tiny": "/usr/share/darknet/cfg/yolov3-tiny.cfg"}
BASE = {"yolov3": 32, "yolov3_tiny": 16}
SCALES = {"yolov3": 3, "yolov3_tiny": 2}
LIBRARY = "/usr/lib/darknet/libdarknet.so"


class Box(ctypes.Structure):
    _fields_ = [(name, ctypes.c_float) for name in "xywh"]


class Detection(ctypes.Structure):
    _fields_ = [("bbox", Box), ("classes", ctypes.c_int),
                ("prob", ctypes.POINTER(ctypes.c_float)),
                ("mask", ctypes.POINTER(ctypes.c_float)), ("objectness", ctypes.c_float),
                ("sort_class", ctypes.c_int)]


def sections(architecture, base, size, classes):
    """[(name, {key: value})] of the cfg file."""
    found = []
    for line in pathlib.Path(CFG[architecture]).read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        elif line:
            key, value = re.split(r"\s*=\s*", line, maxsplit=1)
            found[-1][1][key] = value
    found[0][1].update(batch=1, subdivisions=1, width=size, height=size)
    for index, (name, keys) in enumerate(found):
        if name == "yolo":
            keys["classes"] = classes
            found[index - 1][1]["filters"] = 3 * (5 + classes)
        elif "batch_normalize" in keys:
            keys["filters"] = int(keys["filters"]) * base // BASE[architecture]
    return found


def anchors(architecture):
    """[(width, height)] in pixels, the smallest first."""
    values = [float(value) for name, keys in sections(architecture, 1, 32, 1) if name == "yolo"
              for value in keys["anchors"].split(",")]
    return list(zip(values[0::2], values[1::2]))[:3 * SCALES[architecture]]


def write_cfg(path, architecture, base, size, classes):
    with open(path, "w") as file:
        for name, keys in sections(architecture, base, size, classes):
            file.write(f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()))


def convolutions(architecture, base, size, classes):
    """[(section, filters, channels, kernel, has a norm)] of the network, in the file's order."""
    made, outputs = [], []
    for index, (name, keys) in enumerate(sections(architecture, base, size, classes)[1:]):
        before = outputs[-1] if outputs else 3
        if name == "convolutional":
            filters = int(keys["filters"])
            made.append((index, filters, before, int(keys["size"]), "batch_normalize" in keys))
            before = filters
        elif name == "route":
            layers = [int(layer) for layer in keys["layers"].split(",")]
            before = sum(outputs[layer if layer >= 0 else index + layer] for layer in layers)
        outputs.append(before)
    return made


def random_parameters(architecture, base, size, classes, numbers):
    """{name: values} under gisd's names. numbers(name, count): floats from -1 to 1. Norms do not fit
    what they see, so their scales keep activations near 1: smaller ones where sums of branches grow."""
    parameters = {}
    scale = 0.55 if architecture == "yolov3" else 0.8

    def make(name, shape, scale, offset):
        count = int(numpy.prod(shape))
        parameters[name] = (scale * numbers(name, count) + offset).astype(numpy.float32).reshape(shape)

    for section, filters, channels, kernel, norm in convolutions(architecture, base, size, classes):
        name = f"layers.{section}"
        fan_in = channels * kernel * kernel
        make(f"{name}.conv.weight", (filters, channels, kernel, kernel),
             ((6 if norm else 3) / fan_in) ** 0.5, 0)
        if norm:
            make(f"{name}.norm.weight", (filters,), 0.2, scale)
            make(f"{name}.norm.bias", (filters,), 0.4, 0)
            make(f"{name}.norm.running_mean", (filters,), 0.2, 0)
            make(f"{name}.norm.running_var", (filters,), 0.3, 1)
        else:
            make(f"{name}.conv.bias", (filters,), 0.5, 0)
    return parameters


def write_weights(path, parameters):
    """darknet's file of parameters that are in the network's order."""
    with open(path, "wb") as file:
        numpy.array([0, 2, 0], "<i4").tofile(file)
        numpy.array([0], "<u8").tofile(file)
        for name in parameters:
            if not name.endswith(".conv.weight"):
                continue
            layer = name[:-len("conv.weight")]
            for part in ("conv.bias", "norm.bias", "norm.weight", "norm.running_mean",
                         "norm.running_var", "conv.weight"):
                if layer + part in parameters:
                    parameters[layer + part].astype("<f4").tofile(file)


class Darknet:
    """A network in darknet's own library."""

    def __init__(self, cfg, weights):
        self.library = ctypes.CDLL(LIBRARY)
        self.library.load_network.restype = ctypes.c_void_p
        self.library.network_predict.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.library.set_batch_network.argtypes = [ctypes.c_void_p, ctypes.c_int]
        boxes = self.library.get_network_boxes
        boxes.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_float,
                          ctypes.c_float, ctypes.c_void_p, ctypes.c_int,
                          ctypes.POINTER(ctypes.c_int)]
        boxes.restype = ctypes.POINTER(Detection)
        self.library.do_nms_sort.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
                                             ctypes.c_float]
        self.library.free_detections.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self.network = self.library.load_network(str(cfg).encode(), str(weights).encode(), 0)
        self.library.set_batch_network(self.network, 1)

    def predict(self, pixels):
        """pixels: H x W x 3 from 0 to 1, of the network's size."""
        self.pixels = numpy.ascontiguousarray(pixels.transpose(2, 0, 1), numpy.float32)
        self.library.network_predict(self.network, self.pixels.ctypes.data)

    def boxes(self, threshold, overlap=None):
        """Rows of x, y, w, h (fractions), objectness and a score for each class, of what has an
        objectness above the threshold; with `overlap`, suppressed scores are 0."""
        count = ctypes.c_int(0)
        found = self.library.get_network_boxes(self.network, 1, 1, threshold, 0.5, None, 1,
                                               ctypes.byref(count))
        if overlap:
            classes = found[0].classes
            self.library.do_nms_sort(found, count.value, classes, overlap)
        rows = [[one.bbox.x, one.bbox.y, one.bbox.w, one.bbox.h, one.objectness,
                 *one.prob[:one.classes]] for one in found[:count.value]]
        self.library.free_detections(found, count.value)
        return numpy.array(rows)


DELTA = r"""
#include "darknet.h"
#include <string.h>
void forward_network(network *net);
/* delta of the last layer, as training with that truth has it */
void yolo_delta(network *net, float *input, float *truth, float *delta)
{
    layer l = net->layers[net->n - 1];
    net->train = 1;
    net->input = input;
    net->truth = truth;
    forward_network(net);
    memcpy(delta, l.delta, l.outputs * sizeof *delta);
}
"""


class YoloLayer:
    """One of darknet's layers called yolo by itself: what it makes of rows while it trains."""

    def __init__(self, folder, cells, classes, anchors, mask):
        folder = pathlib.Path(folder)
        self.shape = (len(mask) * (5 + classes), cells, cells)
        (folder / "delta.c").write_text(DELTA)
        subprocess.run(["gcc", "-shared", "-fPIC", "-I/usr/lib/darknet/include", "-o",
                        folder / "delta.so", folder / "delta.c", LIBRARY,
                        "-Wl,-rpath,/usr/lib/darknet"], check=True)
        values = ",".join(f"{number:.9g}" for anchor in anchors for number in anchor)
        cfg = folder / f"layer{cells}.cfg"
        cfg.write_text(f"[net]\nbatch=1\nwidth={cells}\nheight={cells}\nchannels={self.shape[0]}\n\n"
                       f"[yolo]\nmask={','.join(map(str, mask))}\nanchors={values}\n"
                       f"classes={classes}\nnum={len(anchors)}\nignore_thresh=.7\ntruth_thresh=1\n")
        self.library = ctypes.CDLL(str(folder / "delta.so"))
        library = ctypes.CDLL(LIBRARY)
        library.load_network.restype = ctypes.c_void_p
        self.network = library.load_network(str(cfg).encode(), None, 0)

    def delta(self, rows, truths):
        """rows: cells x cells x anchors x (5 + classes); truths: x, y, w, h, class. -dL/drow."""
        planes = numpy.ascontiguousarray(
            rows.reshape(*self.shape[1:], -1).transpose(2, 0, 1), numpy.float32)
        truth = numpy.zeros(90 * 5, numpy.float32)
        truth[:truths.size] = truths.ravel()
        delta = numpy.zeros(self.shape, numpy.float32)
        self.library.yolo_delta(ctypes.c_void_p(self.network),
                                ctypes.c_void_p(planes.ctypes.data),
                                ctypes.c_void_p(truth.ctypes.data),
                                ctypes.c_void_p(delta.ctypes.data))
        return delta.transpose(1, 2, 0).reshape(rows.shape)
