#!/usr/bin/env bash
# Networks exported as ONNX answer in OpenCV as here. Where there is no OpenCV, PyTorch or darknet, and under the
# sanitizers, which find nothing in comparing numbers, this test is skipped.
set -euo pipefail
/usr/bin/python3 -c 'import cv2, torchvision, h5py' 2>/dev/null || exit 77
[ -e /usr/share/darknet/cfg/yolov3-tiny.cfg ] || exit 77
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" && exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1

"$GISD_SOURCE/tools/check-onnx" --build "$GISD_BUILD" --network resnet50 ssd300 improved_ssd yolov3_tiny --size 64 \
    >"$folder/out.txt" || {
    cat "$folder/out.txt" >&2
    exit 1
}
[ "$(grep -c ' size 64: [a-z]* [0-9]' "$folder/out.txt")" = 4 ]
