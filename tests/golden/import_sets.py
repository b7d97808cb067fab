#!/usr/bin/env python3
"""Small data sets in the layouts of annotating tools, with what is right about them: import/LAYOUT.

    PYTHONPATH=.../cocoapi/PythonAPI tests/golden/import_sets.py tests/golden/import

Each layout is written as its own documentation describes it, by programs that know it where there
are any (pycocotools for COCO's run lengths, Pillow for masks, PyYAML, lxml). The numbers in
expected.csv are computed from the scene, not from the files: boxes and areas of the shapes drawn.

expected.csv: image (its place below source), label, split, area of the mask in pixels (empty: there
is none), boxes as a manifest has them.
"""
import csv
import json
import math
import pathlib
import shutil
import sys

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 160, 120


class Ellipse:
    """A lesion: its class, centre and half axes in pixels."""

    def __init__(self, kind, x, y, rx, ry):
        self.kind, self.x, self.y, self.rx, self.ry = kind, x, y, rx, ry

    def pixels(self):
        """The pixels whose centres lie inside."""
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
        return ((x - self.x) / self.rx) ** 2 + ((y - self.y) / self.ry) ** 2 <= 1

    def corners(self, count=48):
        """A polygon of (nearly) the same shape."""
        turn = [2 * math.pi * i / count for i in range(count)]
        return [(round(self.x + self.rx * math.cos(t), 2), round(self.y + self.ry * math.sin(t), 2))
                for t in turn]

    def box(self):
        return self.x - self.rx, self.y - self.ry, self.x + self.rx, self.y + self.ry


def box_of(pixels):
    y, x = np.nonzero(pixels)
    return int(x.min()), int(y.min()), int(x.max()) + 1, int(y.max()) + 1


SCENES = {
    "one.png": [Ellipse("adenoma", 50, 60, 30, 20)],
    "two lesions.jpg": [Ellipse("adenoma", 40, 40, 28, 21), Ellipse("serrated", 110, 80, 35, 25)],
    "Läsion-胃.png": [Ellipse("serrated", 80, 60, 40.5, 30.25)],
    "sub/UPPER.JPG": [Ellipse("adenoma", 120, 30, 25, 22), Ellipse("adenoma", 40, 80, 30, 30)],
    "none.png": [],
}


class Layout:
    def __init__(self, root, name):
        self.folder = root / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.source = self.folder / "source"
        self.source.mkdir(parents=True)
        self.rows = []

    def path(self, name):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def picture(self, place, lesions):
        pixels = np.full((HEIGHT, WIDTH, 3), (190, 110, 95), np.uint8)
        for lesion in lesions:
            pixels[lesion.pixels()] = (220, 80, 70)
        Image.fromarray(pixels).save(self.path(place))

    def text(self, place, text, encoding="utf-8"):
        self.path(place).write_bytes(text.encode(encoding))

    def expect(self, image, lesions, split="", label=None, area=True, boxes=None):
        """boxes: of the lesions unless given; area: True: of all lesions together."""
        if boxes is None:
            boxes = [(*lesion.box(), lesion.kind) for lesion in lesions]
        if label is None:
            largest = max(boxes, key=lambda b: (b[2] - b[0]) * (b[3] - b[1]), default=None)
            label = largest[4] if largest else "normal"
        if area is True:
            area = int(np.any([lesion.pixels() for lesion in lesions], 0).sum()) if lesions else ""
        self.rows.append([image, label, split, "" if area is None else area,
                          ";".join("%g %g %g %g %s" % box for box in boxes)])

    def close(self):
        with open(self.folder / "expected.csv", "w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["image", "label", "split", "area", "boxes"])
            writer.writerows(sorted(self.rows))


# ---- COCO: cocodataset.org/#format-data ----

def coco(root):
    from pycocotools import mask as coco_mask

    layout = Layout(root, "coco")

    def packed(pixels):
        runs = coco_mask.encode(np.asfortranarray(pixels.astype(np.uint8)))
        return {"size": runs["size"], "counts": runs["counts"].decode()}

    def counted(pixels):
        flat, counts, value = pixels.ravel(order="F"), [], False
        start = 0
        for i in range(1, flat.size + 1):
            if i == flat.size or flat[i] != flat[start]:
                if not counts and flat[start]:
                    counts.append(0)
                counts.append(i - start)
                start = i
        return {"size": list(pixels.shape), "counts": counts}

    def polygon(lesion):
        return [[value for corner in lesion.corners() for value in corner]]

    def drawn(segmentation):
        """Pixels as pycocotools draws any kind of segmentation."""
        runs = segmentation
        if isinstance(segmentation, list) or isinstance(segmentation["counts"], list):
            runs = coco_mask.frPyObjects(segmentation, HEIGHT, WIDTH)
        return coco_mask.decode(coco_mask.merge(runs) if isinstance(runs, list) else runs) > 0

    files = {"train": {"images": [], "annotations": []}, "val": {"images": [], "annotations": []}}
    categories = [{"id": 7, "name": "adenoma", "supercategory": "polyp"},
                  {"id": 2, "name": "serrated", "supercategory": "polyp"}]
    writers = {"one.png": [polygon], "two lesions.jpg": [packed, counted],
               "Läsion-胃.png": [polygon], "sub/UPPER.JPG": [counted, polygon]}
    number = 0
    for image_id, (name, lesions) in enumerate(SCENES.items(), 40):
        split = "val" if name.startswith("two") or name == "none.png" else "train"
        layout.picture(f"images/{name}", lesions)
        file = files[split]
        file["images"].append({"id": image_id, "file_name": name, "width": WIDTH,
                               "height": HEIGHT, "license": 1, "date_captured": None})
        united, boxes = np.zeros((HEIGHT, WIDTH), bool), []
        for lesion, writer in zip(lesions, writers.get(name, [])):
            number += 1
            segmentation = writer(lesion if writer is polygon else lesion.pixels())
            pixels = drawn(segmentation)
            x0, y0, x1, y1 = lesion.box()
            united |= pixels
            boxes.append((x0, y0, x1, y1, lesion.kind))
            file["annotations"].append({
                "id": number, "image_id": image_id, "iscrowd": int(writer is counted),
                "category_id": {"adenoma": 7, "serrated": 2}[lesion.kind],
                "bbox": [x0, y0, x1 - x0, y1 - y0], "area": float(pixels.sum()),
                "segmentation": segmentation})
        layout.expect(f"images/{name}", lesions, split, boxes=boxes,
                      area=int(united.sum()) if lesions else None)
    # two parts make one lesion, of which no box is given
    parts = [Ellipse("serrated", 30, 60, 20, 30), Ellipse("serrated", 110, 60, 30, 20)]
    segmentation = polygon(parts[0]) + polygon(parts[1])
    layout.picture("images/parts.png", parts)
    files["train"]["images"].append({"id": 90, "file_name": "parts.png", "width": WIDTH,
                                     "height": HEIGHT})
    files["train"]["annotations"].append({"id": 90, "image_id": 90, "category_id": 2, "iscrowd": 0,
                                          "segmentation": segmentation})
    pixels = drawn(segmentation)
    layout.expect("images/parts.png", parts, "train", area=int(pixels.sum()),
                  boxes=[(*box_of(pixels), "serrated")])
    # a box and no outline; an image that is not there; one of another size; one that nothing names
    layout.picture("images/box.png", [])
    files["val"]["images"].append({"id": 91, "file_name": "box.png", "width": WIDTH,
                                   "height": HEIGHT})
    files["val"]["annotations"].append({"id": 91, "image_id": 91, "category_id": 7, "iscrowd": 0,
                                        "bbox": [10.5, 20.25, 30.5, 40], "segmentation": []})
    layout.expect("images/box.png", [], "val", boxes=[(10.5, 20.25, 41, 60.25, "adenoma")], area=None)
    layout.picture("images/unnamed.png", [])
    layout.picture("images/size.png", [])
    files["val"]["images"] += [{"id": 92, "file_name": "gone.png", "width": 8, "height": 8},
                               {"id": 93, "file_name": "size.png", "width": 8, "height": 8}]
    files["val"]["annotations"].append({"id": 92, "image_id": 92, "category_id": 7, "iscrowd": 0,
                                        "bbox": [1, 1, 2, 2]})
    for split, content in files.items():
        layout.text(f"annotations/instances_{split}.json",
                    json.dumps({"info": {}, "licenses": [], **content, "categories": categories}))
    layout.text("annotations/captions_train.json", '{"images": [], "annotations": []}')
    layout.close()


# ---- images and masks, as many ways as people save them ----

def masks(root):
    layout = Layout(root, "masks")
    shape = Ellipse("polyp", 80, 60, 40, 30)
    set_ = shape.pixels()
    grey = set_.astype(np.uint8)
    random = np.random.default_rng(1)

    def palette(pixels):
        image = Image.fromarray(pixels.astype(np.uint8), "P")
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0])
        return image

    def colour(r, g, b):
        return Image.fromarray(grey[..., None] * np.array([r, g, b], np.uint8))

    read = {
        "plain.png": Image.fromarray(grey * 255),
        "ones.png": Image.fromarray(grey),
        "palette.png": palette(grey),
        "bit.png": Image.fromarray(set_),
        "deep.png": Image.fromarray(grey.astype(np.uint16) * 65535),
        "deep ones.png": Image.fromarray(grey.astype(np.uint16)),
        "deep 300.png": Image.fromarray(grey.astype(np.uint16) * 300),
        "deep 200.png": Image.fromarray(grey.astype(np.uint16) * 200),
        "rgb.png": colour(255, 255, 255),
        "red.png": colour(255, 0, 0),
        "alpha.png": Image.fromarray(np.stack([grey * 255, 255 - grey * 9], -1), "LA"),
        "rings.jpg": Image.fromarray(grey * 255),
        "smooth.png": Image.fromarray(grey * 255).resize((640, 480)).resize((WIDTH, HEIGHT),
                                                                          Image.LANCZOS),
        "flat.tif": Image.fromarray(grey * 255),
        "flat.bmp": Image.fromarray(grey * 255),
    }
    for name, mask in read.items():
        layout.picture(f"train/images/{name.replace('.', ' ')}.jpg", [shape])
        mask.save(layout.path(f"train/masks/{name.replace('.', ' ')}.{name[-3:]}"))
        layout.expect(f"train/images/{name.replace('.', ' ')}.jpg", [shape], "train",
                      boxes=[(*box_of(set_), "polyp")])
    refused = {
        "numbers.png": Image.fromarray(grey + 2 * Ellipse("", 20, 20, 9, 9).pixels().astype(np.uint8)),
        "picture.png": Image.fromarray(random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)),
        "all.png": Image.fromarray(np.full((HEIGHT, WIDTH), 255, np.uint8)),
        "inverted.png": Image.fromarray(255 - grey * 255),
        "small.png": Image.fromarray(grey[::2] * 255),
    }
    for name, mask in refused.items():
        layout.picture(f"train/images/{name}", [shape])
        mask.save(layout.path(f"train/masks/{name}"))
    # names, one mask a lesion, side by side
    two = [Ellipse("polyp", 40, 40, 28, 21), Ellipse("polyp", 110, 80, 35, 25)]
    pixels = [lesion.pixels() for lesion in two]
    both = Image.fromarray(np.any(pixels, 0).astype(np.uint8) * 255)
    boxes = [(*box_of(part), "polyp") for part in pixels]
    layout.picture("val/Läsion-胃.JPG", two)
    both.save(layout.path("val/Läsion-胃_mask.png"))
    layout.expect("val/Läsion-胃.JPG", two, "val", boxes=boxes)
    layout.picture("val/benign (1).png", two)
    for suffix, part in zip(["_mask", "_mask_1"], pixels):
        Image.fromarray(part).save(layout.path(f"val/benign (1){suffix}.png"))
    layout.expect("val/benign (1).png", two, "val", boxes=boxes)
    for place, mask in [("ISIC_1.jpg", "ISIC_1_segmentation.png"), ("a.b-2.jpg", "a.b-2-seg.png")]:
        layout.picture(f"test/images/{place}", two)
        both.save(layout.path(f"test/masks/{mask}"))
        layout.expect(f"test/images/{place}", two, "test", boxes=boxes)
    layout.picture("test/images/nuclei.png", two)
    for number, part in enumerate(pixels):
        Image.fromarray(part).save(layout.path(f"test/masks/nuclei/{number}.png"))
    layout.expect("test/images/nuclei.png", two, "test", boxes=boxes)
    # one lesion that its mask shows in two parts beside another: a box each
    halves = set_.copy()
    halves[:, 78:82] = False
    layout.picture("test/images/x_0.png", [shape])
    for number, part in enumerate([halves, Ellipse("polyp", 15, 15, 12, 12).pixels()]):
        Image.fromarray(part).save(layout.path(f"test/masks/x_0_{number}.png"))
    layout.expect("test/images/x_0.png", [], "test", label="polyp",
                  area=int((halves | Ellipse("polyp", 15, 15, 12, 12).pixels()).sum()),
                  boxes=[(*box_of(halves), "polyp"), (3, 3, 27, 27, "polyp")])
    # nothing there
    layout.picture("test/images/empty.png", [])
    Image.fromarray(np.zeros((HEIGHT, WIDTH), bool)).save(layout.path("test/masks/empty.png"))
    layout.expect("test/images/empty.png", [], "test")
    layout.picture("test/images/normal/clean.png", [])
    layout.expect("test/images/normal/clean.png", [], "test")
    layout.picture("test/images/alone.png", [])
    both.save(layout.path("test/masks/of nothing.png"))
    layout.close()


# ---- a folder a class, a table of labels ----

def folders(root):
    layout = Layout(root, "folders")
    for place, label, split in [("train/polyp/a b.jpg", "polyp", "train"),
                                ("train/Normal/1.PNG", "normal", "train"),
                                ("valid/polyp/深/2.png", "polyp", "val"),
                                ("test/clean bowel/é.webp", "normal", "test"),
                                ("ulcer/3.bmp", "ulcer", "")]:
        layout.picture(place, [])
        layout.expect(place, [], split, label=label)
    layout.picture("loose.png", [])
    layout.text("test/polyp/readme.txt", "hello")
    layout.close()


def labels(root):
    layout = Layout(root, "labels")
    lines = ["\ufeffimage,class,scene"]
    for place, label, scene in [("images/a.jpg", "normal-cecum", "s0"), ("images/ü,1.jpg", "polyp", "s1"),
                                ("images/c.jpg", "polyp", "s1")]:
        layout.picture(place, [])
        layout.expect(place, [], "test", label="normal" if label == "normal-cecum" else label)
        lines.append(f'"{place}",{label},{scene}')
    layout.picture("images/d.jpg", [])
    lines.append("images/gone.jpg,polyp,s2")
    layout.text("labels.csv", "\r\n".join(lines) + "\r\n")
    layout.close()


# ---- YOLO: docs.ultralytics.com/datasets/detect and /segment; older: obj.data of Darknet ----

def yolo_box(number, lesion):
    x0, y0, x1, y1 = lesion.box()
    return "%d %.6f %.6f %.6f %.6f" % (number, (x0 + x1) / 2 / WIDTH, (y0 + y1) / 2 / HEIGHT,
                                       (x1 - x0) / WIDTH, (y1 - y0) / HEIGHT)


def yolo_polygon(number, lesion):
    return f"{number} " + " ".join("%.6f %.6f" % (x / WIDTH, y / HEIGHT)
                                   for x, y in lesion.corners())


def yolo(root):
    import yaml

    layout = Layout(root, "yolo")
    numbers = {"adenoma": 0, "serrated": 2}
    writers = {"one.png": [yolo_polygon], "two lesions.jpg": [yolo_box, yolo_box],
               "Läsion-胃.png": [yolo_polygon], "sub/UPPER.JPG": [yolo_polygon, yolo_box]}
    for name, lesions in SCENES.items():
        split = "val" if name.startswith("two") or name == "none.png" else "train"
        layout.picture(f"images/{split}/{name}", lesions)
        lines = [writer(numbers[lesion.kind], lesion)
                 for writer, lesion in zip(writers.get(name, []), lesions)]
        layout.text(f"labels/{split}/{pathlib.Path(name).with_suffix('.txt')}",
                    "\r\n".join(lines) + "\n")
        drawn = writers.get(name) and yolo_box not in writers[name]
        layout.expect(f"images/{split}/{name}", lesions, split, area=True if drawn else None)
    layout.picture("images/train/background.png", [])
    layout.expect("images/train/background.png", [], "train")
    layout.picture("images/train/pixels.png", [])
    layout.text("labels/train/pixels.txt", "0 40 30 20 10\n")
    layout.picture("images/other.png", [])
    layout.text("labels/train.cache", "")
    layout.text("val.txt", "./images/val/two lesions.jpg\n/home/somebody/set/images/val/none.png\n"
                "./images/val/gone.jpg\n")
    layout.text("data.yaml", yaml.safe_dump(
        {"path": "../datasets/polyps", "train": ["images/train"], "val": "val.txt",
         "test": "../test/images", "nc": 3, "names": {0: "adenoma", 1: "hyperplastic", 2: "serrated"}}))
    layout.close()


def yolo_darknet(root):
    layout = Layout(root, "yolo_darknet")
    lesion = Ellipse("ulcer", 60.5, 50.25, 30, 20)
    layout.picture("obj_train_data/a.jpg", [lesion])
    layout.text("obj_train_data/a.txt", yolo_box(1, lesion))
    layout.expect("obj_train_data/a.jpg", [lesion], "train", area=None)
    layout.text("obj.names", "polyp\nulcer\n")
    layout.text("train.txt", "data/obj_train_data/a.jpg\n")
    layout.text("obj.data", "classes = 2\nnames = data/obj.names\ntrain = data/train.txt\n"
                "backup = backup/\n")
    layout.close()


# ---- Pascal VOC: host.robots.ox.ac.uk/pascal/VOC, the development kit's chapter on annotations ----

def voc(root):
    from lxml import etree
    from lxml.builder import E

    layout = Layout(root, "voc")

    def annotation(name, lesions, **change):
        objects = []
        for lesion in lesions:
            x0, y0, x1, y1 = box_of(lesion.pixels())
            objects.append(E.object(
                E.name(lesion.kind), E.pose("Unspecified"), E.truncated("0"), E.difficult("1"),
                E.part(E.name("rim"), E.bndbox(E.xmin("1"), E.ymin("1"), E.xmax("2"), E.ymax("2"))),
                E.bndbox(E.xmin(str(x0 + 1)), E.ymin(str(y0 + 1)), E.xmax(str(x1)), E.ymax(str(y1)))))
        size = change.get("size", (WIDTH, HEIGHT))
        tree = E.annotation(
            E.folder("set"), E.filename(name), E.source(E.database("synthetic")),
            E.size(E.width(str(size[0])), E.height(str(size[1])), E.depth("3")),
            E.segmented("0"), *objects)
        return etree.tostring(tree, encoding=change.get("encoding", "utf-8"), pretty_print=True,
                              xml_declaration=True)

    def objects_mask(lesions):
        """Numbers 1, 2, ... with a border of 255 that is left open."""
        numbers = np.zeros((HEIGHT, WIDTH), np.uint8)
        for number, lesion in enumerate(lesions, 1):
            wide = Ellipse("", lesion.x, lesion.y, lesion.rx + 3, lesion.ry + 3).pixels()
            numbers[wide] = 255
            numbers[lesion.pixels()] = number
        image = Image.fromarray(numbers, "P")
        image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * 756 + [224, 224, 192])
        return image

    lists = {"train": [], "val": []}
    for name, lesions in SCENES.items():
        flat = name.replace("sub/", "")
        stem = pathlib.Path(flat).stem
        split = "val" if name.startswith("two") or name == "none.png" else "train"
        lists[split].append(stem)
        layout.picture(f"JPEGImages/{flat}", lesions)
        layout.path(f"Annotations/{stem}.xml").write_bytes(
            annotation(flat, lesions, encoding="utf-16" if stem == "one" else "utf-8"))
        masked = stem in ("two lesions", "one")
        if masked:
            objects_mask(lesions).save(layout.path(f"SegmentationObject/{stem}.png"))
            objects_mask(lesions).save(layout.path(f"SegmentationClass/{stem}.png"))
        layout.expect(f"JPEGImages/{flat}", lesions, split, area=True if masked else None,
                      boxes=[(*box_of(lesion.pixels()), lesion.kind) for lesion in lesions])
    lesion = Ellipse("adenoma", 50, 50, 20, 20)
    for name, change in [("unlisted.jpg", {}), ("size.jpg", {"size": (64, 64)})]:
        layout.picture(f"JPEGImages/{name}", [lesion])
        layout.path(f"Annotations/{name[:-4]}.xml").write_bytes(annotation(name, [lesion], **change))
    layout.path("Annotations/gone.xml").write_bytes(annotation("gone.jpg", [lesion]))
    lists["train"] += ["size", "gone", "bare"]
    layout.picture("JPEGImages/bare.jpg", [])
    for split, stems in lists.items():
        layout.text(f"ImageSets/Main/{split}.txt", "\n".join(stems) + "\n")
    layout.text("ImageSets/Main/adenoma_train.txt", "one  1\n")
    layout.text("ImageSets/Main/trainval.txt", "\n".join(lists["train"] + lists["val"]))
    layout.close()


# ---- LabelMe: github.com/wkentaro/labelme, label_file.py and examples/ ----

def labelme(root):
    layout = Layout(root, "labelme")

    def shape(label, points, kind=None, group=None):
        made = {"label": label, "points": points, "group_id": group, "flags": {}}
        return {**made, "shape_type": kind} if kind else made

    def write(place, image_path, shapes, **more):
        content = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": image_path,
                   "imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH, **more}
        layout.text(place, json.dumps(content, ensure_ascii=False, indent=2))

    one, two = SCENES["two lesions.jpg"]
    layout.picture("train/Läsion-胃 1.jpg", [one, two])
    write("train/Läsion-胃 1.json", "Läsion-胃 1.jpg",
          [shape("adenoma", one.corners(), "polygon"), shape("serrated", two.corners(), "polygon")],
          imageData="iVBORw0KGgo=")
    layout.expect("train/Läsion-胃 1.jpg", [one, two], "train")
    circle = Ellipse("adenoma", 70, 60, 35, 35)
    layout.picture("val/circle.png", [circle])
    write("val/circle.json", "circle.png", [shape("adenoma", [[70, 60], [91, 88]], "circle")])
    layout.expect("val/circle.png", [circle], "val")
    layout.picture("val/box.png", [])
    write("val/box.json", "C:\\data\\box.png",
          [shape("serrated", [[90.5, 80], [10.25, 20]], "rectangle")])
    layout.expect("val/box.png", [], "val", area=None, boxes=[(10.25, 20, 90.5, 80, "serrated")])
    parts = [Ellipse("serrated", 30, 60, 20, 30), Ellipse("serrated", 110, 60, 30, 20)]
    layout.picture("val/group.png", parts)
    write("val/group.json", "group.png",
          [shape("serrated", part.corners(), "polygon", group=0) for part in parts])
    layout.expect("val/group.png", parts, "val", boxes=[(10, 30, 140, 90, "serrated")])
    # version 2: no shape_type, no sizes, no flags
    layout.picture("old/img/photo.JPG", [one])
    layout.text("old/ann/photo.json", json.dumps(
        {"shapes": [{"label": "adenoma", "line_color": None, "fill_color": None,
                     "points": one.corners()}],
         "lineColor": [0, 255, 0, 128], "fillColor": [255, 0, 0, 128],
         "imagePath": "../img/photo.JPG", "imageData": "AAAA"}))
    layout.expect("old/img/photo.JPG", [one])
    for name, flags, label in [("clean", {}, "normal"), ("flagged", {"normal": True}, "normal"),
                               ("classed", {"normal": False, "adenoma": True}, "adenoma")]:
        layout.picture(f"{name}.png", [])
        write(f"{name}.json", f"{name}.png", [], flags=flags)
        layout.expect(f"{name}.png", [], label=label)
    layout.picture("line.png", [])
    write("line.json", "line.png", [shape("adenoma", [[1, 1], [5, 5]], "line")])
    layout.picture("two points.png", [])
    write("two points.json", "two points.png", [shape("adenoma", [[1, 1], [5, 5]], "polygon")])
    layout.picture("unannotated.png", [])
    write("gone.json", "gone.png", [])
    layout.text("notes.json", "{}")
    layout.close()


# ---- CVAT for images 1.1: docs.cvat.ai, formats, "XML annotation format" ----

def cvat(root):
    from lxml import etree
    from lxml.builder import E

    layout = Layout(root, "cvat")

    def numbers(**values):
        return {key: f"{value:.2f}" for key, value in values.items()}

    def box(lesion, **more):
        x0, y0, x1, y1 = lesion.box()
        return E.box(label=lesion.kind, source="manual", occluded="0", z_order="0",
                     **numbers(xtl=x0, ytl=y0, xbr=x1, ybr=y1), **more)

    def polygon(lesion, **more):
        return E.polygon(E.attribute("IIa", name="paris"), label=lesion.kind, occluded="0",
                         points=";".join("%.2f,%.2f" % corner for corner in lesion.corners()), **more)

    def mask(lesion):
        x0, y0, x1, y1 = box_of(lesion.pixels())
        flat = lesion.pixels()[y0:y1, x0:x1].ravel()
        runs, start = [], 0
        for i in range(1, flat.size + 1):
            if i == flat.size or flat[i] != flat[start]:
                if not runs and flat[start]:
                    runs.append(0)
                runs.append(i - start)
                start = i
        return E.mask(label=lesion.kind, occluded="0", rle=", ".join(map(str, runs)), left=str(x0),
                      top=str(y0), width=str(x1 - x0), height=str(y1 - y0), z_order="0")

    def ellipse(lesion, **more):
        return E.ellipse(label=lesion.kind, **numbers(cx=lesion.x, cy=lesion.y, rx=lesion.rx,
                                                      ry=lesion.ry), **more)

    images = []

    def add(name, *shapes, **more):
        images.append(E.image(*shapes, id=str(len(images)), name=name, width=str(WIDTH),
                              height=str(HEIGHT), **more))

    one, two = SCENES["two lesions.jpg"]
    layout.picture("images/Läsion-胃.png", [one, two])
    add("Läsion-胃.png", polygon(one), mask(two), subset="train")
    layout.expect("images/Läsion-胃.png", [one, two], "train")
    layout.picture("images/sub/boxes.jpg", [one, two])
    add("sub/boxes.jpg", box(one), box(two), E.tag(label="blurred", source="manual"),
        subset="Validation")
    layout.expect("images/sub/boxes.jpg", [one, two], "val", area=None)
    turned = Ellipse("adenoma", 80, 60, 40, 15)
    layout.picture("images/turned.png", [])
    add("turned.png", box(turned, rotation="90.00"), subset="default")
    layout.expect("images/turned.png", [], area=None, boxes=[(65, 20, 95, 100, "adenoma")])
    layout.picture("images/ellipse.png", [])
    upright = Ellipse("adenoma", 80, 60, 15, 40)
    add("ellipse.png", ellipse(turned, rotation="90.00"))
    layout.expect("images/ellipse.png", [upright])
    parts = [Ellipse("serrated", 30, 60, 20, 30), Ellipse("serrated", 110, 60, 30, 20)]
    layout.picture("images/group.png", parts)
    add("group.png", *(polygon(part, group_id="3") for part in parts))
    layout.expect("images/group.png", parts, boxes=[(10, 30, 140, 90, "serrated")])
    for name, shapes, label in [("clean.png", [], "normal"),
                                ("tagged.png", [E.tag(label="normal")], "normal"),
                                ("classed.png", [E.tag(label="adenoma")], "adenoma")]:
        layout.picture(f"images/{name}", [])
        add(name, *shapes)
        layout.expect(f"images/{name}", [], label=label)
    layout.picture("images/line.png", [])
    add("line.png", E.polyline(label="adenoma", points="1.00,1.00;2.00,2.00"))
    layout.picture("images/both.png", [one])
    add("both.png", box(one), E.tag(label="normal"))
    add("gone.png", box(one))
    layout.picture("images/unnamed.png", [])
    tree = E.annotations(E.version("1.1"), E.meta(E.job(E.id("1"))), *images)
    layout.path("annotations.xml").write_bytes(
        etree.tostring(tree, encoding="utf-8", xml_declaration=True, pretty_print=True))
    layout.close()


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for layout in [coco, masks, folders, labels, yolo, yolo_darknet, voc, labelme,
                   cvat]:
        layout(root)
