#!/usr/bin/env bash
# The bridge to PyTorch: every backbone gives the same outputs there, at a width at which 32 does not
# divide all channels, and a checkpoint of gisd's goes there and comes back. Where there is no PyTorch,
# and under the sanitizers, which find nothing in comparing numbers, this test is skipped.
set -euo pipefail
/usr/bin/python3 -c 'import torch, h5py' 2>/dev/null || exit 77
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" && exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bridge=$GISD_SOURCE/tools/pytorch
export OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1
cd "$folder"

/usr/bin/python3 "$bridge/compare.py" --build "$GISD_BUILD" --base 4 --size 96 \
    --backbone r50x1 r100x1 r50x2 r100x2 r50x3 r100x3 r150x3 >compare.txt || {
    cat compare.txt >&2
    exit 1
}
[ "$(grep -c '^r.* loc .*, cls .*, mask ' compare.txt)" = 7 ]

"$GISD_BUILD/tests/make_checkpoint" .
PYTHONPATH=$bridge /usr/bin/python3 - <<'END'
import improved_ssd
network, about = improved_ssd.load("checkpoint.h5")
improved_ssd.save("back.h5", network, about)
END
for checkpoint in checkpoint back; do
    "$GISD_BIN/gisd-detect" "$checkpoint.h5" picture.png --json >"$checkpoint.json"
    sed -i 's/"seconds": *[0-9.e-]*//' "$checkpoint.json"
done
cmp checkpoint.json back.json

# The classification networks are torchvision's own.
/usr/bin/python3 -c 'import torchvision' 2>/dev/null || exit 0
/usr/bin/python3 "$bridge/classifiers.py" --build "$GISD_BUILD" --network resnet50 --size 64 >classifiers.txt || {
    cat classifiers.txt >&2
    exit 1
}
# Weights of a network with batch norm and its counters come from there as safetensors.
/usr/bin/python3 "$bridge/classifiers.py" --build "$GISD_BUILD" --network resnet50 --size 64 --safetensors \
    >safetensors.txt || {
    cat safetensors.txt >&2
    exit 1
}
