#!/usr/bin/python3
"""Writes parameter_names.txt: names and shapes of the PyTorch network's state dict, sorted.

    cd tests/golden && ./parameter_names.py        (Debian: python3-torch)
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tools/pytorch"))
import improved_ssd  # noqa: E402

whole = improved_ssd.ImprovedSSD(base=4, classes=3, size=64)
with open("parameter_names.txt", "w") as file:
    for name, value in sorted(whole.state_dict().items()):
        file.write(f"{name} {', '.join(map(str, value.shape))}\n")
