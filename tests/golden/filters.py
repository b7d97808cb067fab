#!/usr/bin/python3
"""Writes filters.h5: what OpenCV, PyWavelets, SciPy and scikit-image make of given pictures.

    cd tests/golden && ./filters.py
    (Debian: python3-opencv, python3-pywt, python3-scipy, python3-skimage, python3-h5py)

A picture is not stored: its numbers are floor(128 (u + 1)), u = numbers("H x W x C") of golden.py, as
tests/unit/image/filters.h makes them.
"""
import cv2
import h5py
import numpy
import pywt
from scipy import ndimage
from skimage import metrics
from skimage.restoration import _denoise

from golden import numbers


def picture(height, width, channels, name=""):
    u = numbers(f"{height} x {width} x {channels}{name}", height * width * channels)
    return numpy.floor(128 * (u + 1)).astype(numpy.uint8).reshape(height, width, channels)


def flat(coefficients):
    """Approximation, then the bands of each level, the coarsest first."""
    return numpy.concatenate([coefficients[0].ravel()] +
                             [band.ravel() for level in coefficients[1:] for band in level])


def shrunk(coefficients, change):
    return [coefficients[0]] + [tuple(change(band) for band in level)
                                for level in coefficients[1:]]


def wavelets(group, height, width, levels):
    plane = picture(height, width, 1)[:, :, 0].astype(float)
    tree = pywt.wavedec2(plane, "sym4", "symmetric", levels)
    group["levels"] = [levels]
    group["coefficients"] = flat(tree)
    sigma = _denoise._sigma_est_dwt(tree[-1][2])
    group["noise"] = [sigma]
    medians = shrunk(tree, lambda band: ndimage.median_filter(band, 3, mode="nearest"))
    # Medians are no transform of any plane: what comes back tells the inverse's every coefficient.
    group["restored"] = pywt.waverec2(medians, "sym4", "symmetric")[:height, :width]
    if height != 15:
        return
    group["medians"] = flat(medians)
    universal = sigma / 4 * numpy.sqrt(2 * numpy.log(plane.size))
    for name, threshold, mode in (("universal_soft", lambda band: universal, "soft"),
                                  ("universal_hard", lambda band: universal, "hard"),
                                  ("bayes_soft", lambda band: _denoise._bayes_thresh(
                                      band, (sigma / 4) ** 2), "soft")):
        group[name] = flat(shrunk(tree, lambda band: pywt.threshold(band, threshold(band), mode)))


with h5py.File("filters.h5", "w") as file:
    for height, width, channels in ((1, 1, 1), (7, 2, 3), (37, 41, 3)):
        image = picture(height, width, channels)
        file[f"median/{height} x {width} x {channels}"] = cv2.medianBlur(image, 5).ravel().astype("i8")
    for height, width, levels in ((14, 14, 1), (15, 29, 1), (37, 42, 2), (56, 61, 3)):
        wavelets(file.create_group(f"wavelets/{height} x {width} x 1"), height, width, levels)
    a = picture(23, 31, 3)
    b = numpy.clip(a.astype(int) + picture(23, 31, 3, " noise") // 8 - 16, 0, 255).astype(numpy.uint8)
    file["similarity/psnr"] = [metrics.peak_signal_noise_ratio(a, b)]
    file["similarity/ssim"] = [metrics.structural_similarity(a, b, channel_axis=2, gaussian_weights=True,
                                                  sigma=1.5, use_sample_covariance=False)]
