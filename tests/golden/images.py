#!/usr/bin/env python3
"""Writes images/, small pictures of every kind of file that gisd reads, and images.inc, what they
show, for tests/unit/image/test_image_formats.c.

The files are written by Pillow, OpenCV, ImageMagick, netpbm, libtiff's and libjpeg's tools; a few are
patched in bytes that no writer at hand sets. What they show is known from what was written, and
Pillow (OpenCV for 16-bit colour) must read the same from the file; lossy files show what Pillow
reads. Debian: python3-pil python3-opencv imagemagick netpbm libtiff-tools libjpeg-turbo-progs.

    /usr/bin/python3 images.py
"""
import io
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

import cv2
import numpy as np
from PIL import Image, ImageOps, features

here = pathlib.Path(__file__).parent
out = here / "images"
scratch = pathlib.Path(tempfile.mkdtemp())
W, H = 7, 5
pictures, values, refused = [], [], []

y, x = np.mgrid[0:H, 0:W]
base = np.stack([x * 40, y * 60, (x * 37 + y * 91) % 256], axis=2).astype(np.uint8)
grey = ((x * 31 + y * 17) % 256).astype(np.uint8)
deep = np.stack([x * 9000 + 7, y * 15000 + 300, (x * 7919 + y * 104729) % 65536], axis=2).astype(np.uint16)
deep_grey = deep[:, :, 2]
# Smooth and of whole blocks, so that lossy files stay close.
yy, xx = np.mgrid[0:24, 0:16]
smooth = np.stack([60 + xx * 6, 200 - yy * 5, 90 + xx * 2 + yy * 3], axis=2).astype(np.uint8)


def to8(values16):
    return ((values16.astype(np.uint32) + 128) // 257).astype(np.uint8)


def spread(plane):
    return np.repeat(plane[:, :, None], 3, axis=2)


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stderr=subprocess.DEVNULL)


def see(path):
    """The picture as Pillow reads it, upright."""
    with Image.open(path) as picture:
        if picture.format != "TIFF":  # which Pillow turns as it loads it
            picture = ImageOps.exif_transpose(picture)
        return np.asarray(picture.convert("RGB"))


def picture(name, shown, colour, bits, orientation=1, warnings=0, tolerance=0, check=True):
    path = out / name
    if check:
        seen = see(path)
        assert np.abs(seen.astype(int) - shown.astype(int)).max() <= tolerance, (name, seen, shown)
    kind = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".bmp": "BMP", ".webp": "WEBP"}[path.suffix]
    pictures.append((name, kind, colour, bits, orientation, warnings, tolerance, shown))


def value(name, shown, most, palette=0):
    values.append((name, most, palette, shown))


def save(name, array, mode=None, **options):
    Image.fromarray(array, mode).save(out / name, **options)


def exif(orientation, big_endian=False):
    order = ">" if big_endian else "<"
    entries = struct.pack(order + "HHI", 0x0112, 3, 1) + struct.pack(order + "HH", orientation, 0)
    make = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"abc\0")
    head = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(order + "I", 8)
    return b"Exif\0\0" + head + struct.pack(order + "H", 2) + make + entries + struct.pack(order + "I", 0)


# How a picture is stored so that the orientation brings it upright.
store = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


def stored(array, orientation):
    return np.ascontiguousarray(store[orientation](array))


shutil.rmtree(out, ignore_errors=True)
out.mkdir()
plain = scratch / "plain.png"
Image.fromarray(base).save(plain)
plain_grey = scratch / "grey.png"
Image.fromarray(grey).save(plain_grey)
smooth_png = scratch / "smooth.ppm"
Image.fromarray(smooth).save(smooth_png)

# ---- PNG ----
save("rgb.png", base)
picture("rgb.png", base, "RGB", 8)
save("grey.png", grey)
picture("grey.png", spread(grey), "GREY", 8)
value("grey.png", grey, 255)
bit = ((x + y) % 3 == 0).astype(np.uint8)
Image.fromarray(bit * 255).convert("1").save(out / "grey1.png")
picture("grey1.png", spread(bit * 255), "GREY", 1)
value("grey1.png", bit, 1)
for bits in (2, 4):
    levels = ((x + y) % (1 << bits)).astype(np.uint8)
    shown = levels * (255 // ((1 << bits) - 1))
    (scratch / "levels.pgm").write_bytes(b"P5 %d %d %d\n" % (W, H, (1 << bits) - 1) + levels.tobytes())
    with open(out / f"grey{bits}.png", "wb") as file:
        subprocess.run(["pnmtopng", scratch / "levels.pgm"], stdout=file, check=True)
    picture(f"grey{bits}.png", spread(shown), "GREY", bits)
    value(f"grey{bits}.png", levels, (1 << bits) - 1)
cv2.imwrite(str(out / "grey16.png"), deep_grey)
picture("grey16.png", spread(to8(deep_grey)), "GREY", 16, check=False)
value("grey16.png", deep_grey, 65535)
cv2.imwrite(str(out / "rgb16.png"), deep[:, :, ::-1])
assert (cv2.imread(str(out / "rgb16.png"), -1) == deep[:, :, ::-1]).all()
picture("rgb16.png", to8(deep), "RGB", 16, check=False)
mask16 = bit.astype(np.uint16)
cv2.imwrite(str(out / "mask16.png"), mask16)
picture("mask16.png", np.zeros_like(base), "GREY", 16, warnings=1, check=False)
value("mask16.png", mask16, 65535)
alpha = (255 - x * 20).astype(np.uint8)
save("rgba.png", np.dstack([base, alpha]))
picture("rgba.png", base, "RGBA", 8, warnings=1)
save("opaque.png", np.dstack([base, np.full_like(grey, 255)]))
picture("opaque.png", base, "RGBA", 8)
save("greyalpha.png", np.dstack([grey, alpha]), mode="LA")
picture("greyalpha.png", spread(grey), "GREY_ALPHA", 8, warnings=1)
value("greyalpha.png", grey, 255)
indices = ((x + 2 * y) % 12).astype(np.uint8)
colours = [(i * 20 % 256, i * 50 % 256, (255 - i * 7) % 256) for i in range(256)]
for name, options, bits, count in (("palette4.png", {"bits": 4}, 4, 16), ("palette8.png", {}, 8, 256)):
    indexed = Image.fromarray(indices, "P")
    indexed.putpalette([v for c in colours[:count] for v in c])
    indexed.save(out / name, **options)
    picture(name, np.array(colours, np.uint8)[indices], "PALETTE", bits)
    value(name, indices, (1 << bits) - 1, count)
run("convert", plain, "-interlace", "PNG", "-define", "png:exclude-chunks=date,time", "-define",
    "png:color-type=2", out / "interlaced.png")
picture("interlaced.png", base, "RGB", 8)
save("equal.png", spread(grey))
picture("equal.png", spread(grey), "RGB", 8)
value("equal.png", grey, 255)
value("rgb.png", base, 255)
for o in (2, 5, 6):
    save(f"orientation{o}.png", stored(base, o), exif=exif(o)[6:])
    picture(f"orientation{o}.png", base, "RGB", 8, orientation=o)
grey_stored = stored(grey[:, :, None], 6)[:, :, 0]
save("orientation6grey.png", np.ascontiguousarray(grey_stored), exif=exif(6)[6:])
picture("orientation6grey.png", spread(grey), "GREY", 8, orientation=6)
value("orientation6grey.png", grey, 255)

# ---- JPEG ----
best = {"quality": 98, "subsampling": 0}


def jpeg(name, colour="RGB", **more):
    picture(name, see(out / name), colour, 8, tolerance=2, **more)


def patch(name, data):
    (out / name).write_bytes(data)


save("rgb.jpg", smooth, **best)
jpeg("rgb.jpg")
assert np.abs(see(out / "rgb.jpg").astype(int) - smooth).max() <= 4
data = (out / "rgb.jpg").read_bytes()
save("subsampled.jpg", smooth, quality=95, subsampling=2)
jpeg("subsampled.jpg")
save("progressive.jpg", smooth, progressive=True, **best)
jpeg("progressive.jpg")
progressive = (out / "progressive.jpg").read_bytes()
save("grey.jpg", smooth[:, :, 0], **best)
jpeg("grey.jpg", colour="GREY")
run("cjpeg", "-rgb", "-quality", 98, "-outfile", out / "storedrgb.jpg", smooth_png)
jpeg("storedrgb.jpg")
run("cjpeg", "-arithmetic", "-quality", 98, "-outfile", out / "arithmetic.jpg", smooth_png)
run("djpeg", "-outfile", scratch / "arithmetic.ppm", out / "arithmetic.jpg")
picture("arithmetic.jpg", np.asarray(Image.open(scratch / "arithmetic.ppm")), "RGB", 8, tolerance=2,
        check=False)
for o in range(1, 9):
    save(f"orientation{o}.jpg", stored(smooth, o), exif=exif(o, big_endian=o % 2 == 0), **best)
    jpeg(f"orientation{o}.jpg", orientation=o)
    assert np.abs(see(out / f"orientation{o}.jpg").astype(int) - smooth).max() <= 4
save("orientation0.jpg", smooth, exif=exif(0), **best)
jpeg("orientation0.jpg", warnings=1)
Image.fromarray(smooth).convert("CMYK").save(out / "cmyk.jpg", **best)
jpeg("cmyk.jpg", colour="CMYK")
assert np.abs(see(out / "cmyk.jpg").astype(int) - smooth).max() <= 6
cmyk = (out / "cmyk.jpg").read_bytes()
adobe = cmyk.index(b"\xff\xee")
assert cmyk[adobe + 4:adobe + 9] == b"Adobe"
patch("ycck.jpg", cmyk[:adobe + 15] + b"\2" + cmyk[adobe + 16:])
jpeg("ycck.jpg", colour="CMYK")
# Without Adobe's marker the samples are ink, as libjpeg's own notes have it; Pillow always inverts.
not_inverted = Image.fromarray(255 - np.asarray(Image.fromarray(smooth).convert("CMYK")), "CMYK")
not_inverted.save(scratch / "inverted.jpg", **best)
inverted = (scratch / "inverted.jpg").read_bytes()
adobe = inverted.index(b"\xff\xee")
patch("cmykplain.jpg", inverted[:adobe] + inverted[adobe + 16:])
ink = Image.fromarray(255 - np.asarray(Image.open(out / "cmykplain.jpg")), "CMYK")
shown = np.asarray(ink.convert("RGB"))
assert np.abs(shown.astype(int) - smooth).max() <= 6
picture("cmykplain.jpg", shown, "CMYK", 8, warnings=1, tolerance=2, check=False)
shown = see(out / "rgb.jpg")
patch("noend.jpg", data[:-2])
picture("noend.jpg", shown, "RGB", 8, warnings=1, tolerance=2, check=False)
patch("noendprogressive.jpg", progressive[:-2])
picture("noendprogressive.jpg", see(out / "progressive.jpg"), "RGB", 8, warnings=1, tolerance=2, check=False)
patch("behindend.jpg", data + b"\0" * 37 + b"more")
jpeg("behindend.jpg")
jfif = data.index(b"JFIF\0")
patch("jfif3.jpg", data[:jfif + 5] + b"\3" + data[jfif + 6:])
jpeg("jfif3.jpg", warnings=1)
patch("nojfif.jpg", data[:2] + data[jfif + 16 - 2:])
jpeg("nojfif.jpg")
last_scan = progressive.rindex(b"\xff\xda")
patch("lackingscan.jpg", progressive[:last_scan])
refused.append(("lackingscan.jpg", "scans are missing"))
patch("twelvebits.jpg", data[:data.index(b"\xff\xc0") + 4] + b"\x0c" + data[data.index(b"\xff\xc0") + 5:])
refused.append(("twelvebits.jpg", "precision 12"))
patch("lossless.jpg", data.replace(b"\xff\xc0", b"\xff\xc3"))
refused.append(("lossless.jpg", "of a kind that is not read"))

# ---- TIFF ----
for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    name = compression.replace("tiff_", "").replace("adobe_", "")
    save(f"{name}.tif", base, compression=compression)
    picture(f"{name}.tif", base, "RGB", 8)
save("grey.tif", grey)
picture("grey.tif", spread(grey), "GREY", 8)
value("grey.tif", grey, 255)
Image.fromarray(bit * 255).convert("1").save(out / "fax.tif", compression="group4")
picture("fax.tif", spread(bit * 255), "GREY", 1)
value("fax.tif", bit, 1)
for bits in (2, 4):
    run("convert", out / f"grey{bits}.png", "-depth", bits, "-compress", "none", out / f"grey{bits}.tif")
    picture(f"grey{bits}.tif", see(out / f"grey{bits}.png"), "GREY", bits)
    value(f"grey{bits}.tif", np.asarray(Image.open(out / f"grey{bits}.png").convert("L")) // (255 // ((1 << bits) - 1)), (1 << bits) - 1)
run("convert", plain_grey, "-define", "quantum:polarity=min-is-white", "-compress", "LZW", out / "minwhite.tif")
assert "min-is-white" in subprocess.run(["tiffinfo", out / "minwhite.tif"], capture_output=True, text=True).stdout
picture("minwhite.tif", spread(255 - grey), "GREY", 8)  # ImageMagick sets the tag alone
value("minwhite.tif", 255 - grey, 255)
cv2.imwrite(str(out / "grey16.tif"), deep_grey)
picture("grey16.tif", spread(to8(deep_grey)), "GREY", 16, check=False)
value("grey16.tif", deep_grey, 65535)
cv2.imwrite(str(out / "rgb16.tif"), deep[:, :, ::-1])
picture("rgb16.tif", to8(deep), "RGB", 16, check=False)
value("rgb16.tif", deep, 65535)
run("tiffcp", "-B", "-c", "none", out / "rgb16.tif", out / "bigendian16.tif")
assert (out / "bigendian16.tif").read_bytes()[:2] == b"MM"
picture("bigendian16.tif", to8(deep), "RGB", 16, check=False)
run("convert", out / "rgb16.tif", "-interlace", "plane", "-compress", "Zip", out / "planes16.tif")
picture("planes16.tif", to8(deep), "RGB", 16, check=False)
run("tiffcp", "-p", "separate", "-c", "none", "-r", 2, out / "raw.tif", out / "planes.tif")
picture("planes.tif", base, "RGB", 8)
wide = np.tile(base, (5, 5, 1))  # 35 x 25: whole and partial tiles
Image.fromarray(wide).save(scratch / "wide.tif")
run("tiffcp", "-t", "-w", 16, "-l", 16, "-c", "lzw:2", scratch / "wide.tif", out / "tiles.tif")
picture("tiles.tif", wide, "RGB", 8)
run("tiffcp", "-t", "-w", 16, "-l", 16, "-p", "separate", "-c", "zip", scratch / "wide.tif", out / "tileplanes.tif")
picture("tileplanes.tif", wide, "RGB", 8)
run("tiffcp", "-B", "-8", "-c", "none", out / "raw.tif", out / "big.tif")
picture("big.tif", base, "RGB", 8, check=False)  # Pillow knows no big-endian BigTIFF
indexed = Image.fromarray(indices, "P")
indexed.putpalette([v for c in colours for v in c])
indexed.save(out / "palette.tif")
picture("palette.tif", np.array(colours, np.uint8)[indices], "PALETTE", 8)
value("palette.tif", indices, 255, 256)
save("rgba.tif", np.dstack([base, alpha]))
picture("rgba.tif", base, "RGBA", 8, warnings=1)
Image.fromarray(base).convert("CMYK").save(out / "cmyk.tif")
picture("cmyk.tif", base, "CMYK", 8)
save("rgbjpeg.tif", smooth, compression="jpeg", quality=98)
picture("rgbjpeg.tif", see(out / "rgbjpeg.tif"), "RGB", 8, tolerance=2)
Image.fromarray(smooth).save(scratch / "smooth.tif")
run("tiffcp", "-c", "jpeg:95", scratch / "smooth.tif", out / "ycbcrjpeg.tif")
assert "YCbCr" in subprocess.run(["tiffinfo", out / "ycbcrjpeg.tif"], capture_output=True, text=True).stdout
picture("ycbcrjpeg.tif", see(out / "ycbcrjpeg.tif"), "RGB", 8, tolerance=3)
for o in range(2, 9):
    Image.fromarray(stored(base, o)).save(out / f"orientation{o}.tif")
    run("tiffset", "-s", 274, o, out / f"orientation{o}.tif")
    picture(f"orientation{o}.tif", base, "RGB", 8, orientation=o)
save("other.tif", 255 - base)
run("tiffcp", out / "raw.tif", out / "other.tif", out / "pages.tif")
(out / "other.tif").unlink()
picture("pages.tif", base, "RGB", 8, warnings=1)
Image.fromarray(grey.astype(np.float32), "F").save(out / "float.tif")
refused.append(("float.tif", "of floating-point samples, expected unsigned integers"))
Image.fromarray(grey.astype(np.int32), "I").save(out / "int32.tif")
refused.append(("int32.tif", "signed integer samples"))
run("convert", plain, "-colorspace", "Lab", out / "lab.tif")
refused.append(("lab.tif", "photometric kind 8"))

# ---- BMP ----
save("rgb.bmp", base)
picture("rgb.bmp", base, "RGB", 8)
cv2.imwrite(str(out / "grey.bmp"), grey)
picture("grey.bmp", spread(grey), "GREY", 8)
value("grey.bmp", grey, 255)
Image.fromarray(bit * 255).convert("1").save(out / "grey1.bmp")
picture("grey1.bmp", spread(bit * 255), "GREY", 1)
value("grey1.bmp", bit, 1)
indexed.save(out / "palette.bmp")
picture("palette.bmp", np.array(colours, np.uint8)[indices], "PALETTE", 8)
value("palette.bmp", indices, 255, 256)
run("convert", out / "palette4.png", "-type", "palette", f"BMP3:{out}/palette4.bmp")
picture("palette4.bmp", np.array(colours, np.uint8)[indices], "PALETTE", 4)
run("convert", plain, f"BMP2:{out}/core.bmp")
picture("core.bmp", base, "RGB", 8)
run("convert", plain_grey, "-type", "palette", "-compress", "RLE", f"BMP3:{out}/runs.bmp")
assert (out / "runs.bmp").read_bytes()[30] == 1
picture("runs.bmp", see(out / "runs.bmp"), "PALETTE", 8)  # ImageMagick took fewer greys
assert np.abs(see(out / "runs.bmp").astype(int) - spread(grey)).max() <= 16
save("alpha.bmp", np.dstack([base, alpha]))
picture("alpha.bmp", base, "RGB", 8)
for kind in ("RGB565", "RGB555"):
    run("convert", plain, "-define", f"bmp:subtype={kind}", f"BMP:{out}/{kind.lower()}.bmp")
    picture(f"{kind.lower()}.bmp", see(out / f"{kind.lower()}.bmp"), "RGB", 8, tolerance=1)
down = (out / "rgb.bmp").read_bytes()
rows = [down[54 + i * 24:54 + (i + 1) * 24] for i in range(H)]
patch("topdown.bmp", down[:22] + struct.pack("<i", -H) + down[26:54] + b"".join(reversed(rows)))
picture("topdown.bmp", base, "RGB", 8)
four = bytearray((out / "palette4.bmp").read_bytes())
four[30] = 2
patch("runs4.bmp", bytes(four))
refused.append(("runs4.bmp", "4-bit runs"))

# ---- WebP ----
save("rgb.webp", base, lossless=True)
picture("rgb.webp", base, "RGB", 8)
save("rgba.webp", np.dstack([base, alpha]), lossless=True, exact=True)
picture("rgba.webp", base, "RGBA", 8, warnings=1)
save("lossy.webp", smooth, quality=95)
picture("lossy.webp", see(out / "lossy.webp"), "RGB", 8, tolerance=1)
for o in (3, 5, 8):
    save(f"orientation{o}.webp", stored(base, o), lossless=True, exif=exif(o))
    picture(f"orientation{o}.webp", base, "RGB", 8, orientation=o)
Image.fromarray(base).save(out / "animated.webp", save_all=True, append_images=[Image.fromarray(255 - base)])
refused.append(("animated.webp", "animated"))

# ---- headers that promise gigabytes ----
side = 65000
big = struct.pack(">II", side, side)
png = (out / "rgb.png").read_bytes()
header = png[12:16] + big + png[24:29]
patch("huge.png", png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:])
frame = data.index(b"\xff\xc0")
patch("huge.jpg", data[:frame + 5] + struct.pack(">HH", side, side) + data[frame + 9:])
tiff = bytearray((out / "raw.tif").read_bytes())
directory = struct.unpack_from("<I", tiff, 4)[0]
for entry in (0, 1):  # width and length
    struct.pack_into("<HII", tiff, directory + 2 + 12 * entry + 2, 4, 1, side)
patch("huge.tif", tiff)
struct.pack_into("<HII", tiff, directory + 2 + 2, 4, 1, W)  # rows beyond what the file holds
struct.pack_into("<HII", tiff, directory + 2 + 12 + 2, 4, 1, 200 * H)
patch("tall.tif", tiff)
refused.append(("tall.tif", "has no pixels in the file"))
patch("huge.bmp", down[:18] + struct.pack("<ii", side, side) + down[26:])
for suffix in ("png", "jpg", "tif", "bmp"):
    refused.append((f"huge.{suffix}", "65000 x 65000 pixels, expected at least one and at most 134217728"))

# ---- others ----
Image.fromarray(base).save(out / "picture.gif")
refused.append(("picture.gif", "a GIF file"))


def numbers(array):
    return ", ".join(str(v) for v in np.asarray(array).ravel())


with open(here / "images.inc", "w") as text:
    text.write("/* Written by images.py with Pillow %s and OpenCV %s; do not edit. */\n" % (
        __import__("PIL").__version__, cv2.__version__))
    written = {}  # many files show the same

    def array(kind, shown):
        words = numbers(shown)
        if (kind, words) not in written:
            written[kind, words] = f"golden_array_{len(written)}"
            text.write("static const %s %s[] = {%s};\n" % (kind, written[kind, words], words))
        return written[kind, words]

    rows = ['    {"golden/images/%s", IMAGE_FORMAT_%s, IMAGE_COLOUR_%s, %d, %d, %d, %d, %d, %d, %s},\n' % (
        *facts, shown.shape[1], shown.shape[0], array("uint8_t", shown)) for *facts, shown in pictures]
    text.write("static const GoldenPicture golden_pictures[] = {\n" + "".join(rows) + "};\n")
    rows = ['    {"golden/images/%s", %d, %d, %d, %d, %d, %s},\n' % (
        *facts, shown.shape[1], shown.shape[0], 3 if shown.ndim == 3 else 1, array("uint16_t", shown))
        for *facts, shown in values]
    text.write("static const GoldenValues golden_values[] = {\n" + "".join(rows) + "};\n")
    rows = ['    {"golden/images/%s", "%s"},\n' % row for row in refused]
    text.write("static const GoldenRefusal golden_refusals[] = {\n" + "".join(rows) + "};\n")
shutil.rmtree(scratch)
print(len(pictures), "pictures,", len(values), "of values,", len(refused), "refused")
