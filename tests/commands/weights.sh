#!/usr/bin/env bash
# Weights go out to safetensors and come back bit by bit; what does not fit is told and not written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
weights=$GISD_BIN/gisd-weights
cd "$folder"

fail() {
    echo "weights.sh: $*" >&2
    exit 1
}

refused() { # refused TEXT COMMAND...: exit code 1, TEXT in the last line, and no wrong.h5
    local text=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && tail -n 1 err.txt | grep -- "$text" >/dev/null && [ ! -e wrong.h5 ] ||
        fail "expected '$text', not code $code: $(cat err.txt)"
}

"$GISD_BUILD/tests/make_checkpoint" .
network=(--architecture improved_ssd --set base=4 --set size=64)
"$weights" export checkpoint.h5 out.safetensors >out.txt
"$weights" import out.safetensors back.h5 "${network[@]}" --classes GC,GU,CG >out.txt
"$weights" export back.h5 again.safetensors >out.txt
cmp out.safetensors again.safetensors
# The order of options does not matter, and a checkpoint comes back whole, with its operating point.
"$weights" import --set size=64 --set base=4 --classes GC,GU,CG -a improved_ssd out.safetensors other.h5 >out.txt
h5diff back.h5 other.h5
h5dump -a /model/operating_point back.h5 | grep -x ' *(0): 0.3' >/dev/null || fail 'another operating point'
LC_ALL=C sed 's/"gisd.tuning":"global"/"gisd.tuning":"locals"/' out.safetensors >tuning.safetensors
refused 'gisd.tuning is locals' "$weights" import tuning.safetensors wrong.h5 "${network[@]}" --classes GC,GU,CG
LC_ALL=C sed 's/"gisd.operating_point":"0.3"/"gisd.operating_point":"3.0"/' out.safetensors >point.safetensors
refused "gisd.operating_point: '3.0', expected" "$weights" import point.safetensors wrong.h5 "${network[@]}" \
    --classes GC,GU,CG
# The detector takes it.
"$GISD_BIN/gisd-detect" back.h5 picture.png --threshold 0.3 >found.txt
grep -q 'lesion score' found.txt

# Every tensor of another name, type or shape is a line.
LC_ALL=C sed 's/"backbone.stages.0.0.conv1.weight"/"backbone.stages.0.0.conv9.weight"/' out.safetensors >renamed.safetensors
refused '2 tensors do not fit' "$weights" import renamed.safetensors wrong.h5 "${network[@]}" --classes GC,GU,CG
grep -q '^backbone.stages.0.0.conv1.weight: is missing, expected shape' err.txt || fail "not missing: $(cat err.txt)"
grep -q '^backbone.stages.0.0.conv9.weight of shape .*: the network has no such parameter' err.txt ||
    fail "not unknown: $(cat err.txt)"
refused 'do not fit' "$weights" import out.safetensors wrong.h5 "${network[@]}" --classes GC,GU
grep -q 'has shape .*, expected shape' err.txt || fail "no other shape: $(cat err.txt)"

# Of PyTorch's names one kind is passed over, its norms' counters.
with_counter() { # with_counter NAME OUT: out.safetensors and an I64 of 8 bytes behind its tensors
    local length data_bytes header
    length=$(($(od -An -t u4 -N 4 out.safetensors)))
    tail -c +$((9 + length)) out.safetensors >numbers
    data_bytes=$(stat -c %s numbers)
    header=$(head -c $((8 + length)) out.safetensors | tail -c +9 | sed 's/} *$//')
    header+=",\"$1\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[$data_bytes,$((data_bytes + 8))]}}"
    length=${#header}
    {
        printf "$(printf '\\x%x' $((length & 255)) $((length >> 8 & 255)) $((length >> 16)) 0 0 0 0 0)"
        printf '%s' "$header"
        cat numbers
        printf '\7\0\0\0\0\0\0\0'
    } >"$2"
}
with_counter backbone.bn1.num_batches_tracked counted.safetensors
"$weights" import counted.safetensors counted.h5 "${network[@]}" --classes GC,GU,CG >out.txt
h5diff back.h5 counted.h5
with_counter backbone.bn1.batches counted.safetensors
refused '1 tensors do not fit' "$weights" import counted.safetensors wrong.h5 "${network[@]}" --classes GC,GU,CG

# Files that are cut, or no safetensors.
head -c 5000 out.safetensors >cut.safetensors
refused 'cut' "$weights" import cut.safetensors wrong.h5 "${network[@]}" --classes GC,GU,CG
printf 'PK\003\004........' >model.pt
refused 'safetensors.torch.save_file' "$weights" import model.pt wrong.h5 "${network[@]}" --classes GC,GU,CG

# darknet's weights: 35,509 zeros behind a header of version 0.2 are the narrowest yolov3_tiny of one class.
tiny=(--architecture yolov3_tiny --set base=1 --set size=64 --classes text)
{ printf '\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' && head -c $((4 * 35509)) /dev/zero; } >zeros.weights
"$weights" import zeros.weights tiny.h5 "${tiny[@]}" >out.txt || fail "zeros.weights: $(cat out.txt)"
"$weights" export tiny.h5 back.weights >out.txt
cmp zeros.weights back.weights
"$weights" export tiny.h5 tiny.onnx >out.txt # which has no operating point to note
head -c 5000 zeros.weights >cut.weights
refused 'expected 142036, for the 35509 numbers' "$weights" import cut.weights wrong.h5 "${tiny[@]}"
refused 'expected yolov3 or yolov3_tiny' "$weights" export checkpoint.h5 wrong.weights
[ ! -e wrong.weights ] || fail 'wrong.weights is there'
# Without classes they are of the first layers, and a file to start from.
zeros() { { printf '\0\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' && head -c $((4 * $1)) /dev/zero; } >"$2"; }
tiny=(--architecture yolov3_tiny --set base=1 --set size=64)
zeros 25105 darknet.conv.13
"$weights" import darknet.conv.13 trunk.h5 "${tiny[@]}" >out.txt
grep -q '^trunk.h5: 35 tensors, 25105 numbers, from the names of darknet' out.txt || fail "$(tail -n 1 out.txt)"
grep -q '^layers.13.conv.weight: stays as training begins it' out.txt || fail 'no word of what stays'
zeros $((35509 + 2 * 3 * (33 + 17))) coco.weights # three classes
"$weights" import coco.weights coco.h5 "${tiny[@]}" >out.txt || fail "$(cat out.txt)"
grep -q '^layers.15.conv.bias of shape 24: of its own classes, not taken' out.txt || fail 'no word of its classes'
zeros 5000 vgg.weights
"$weights" import vgg.weights vgg.h5 --architecture vgg19 --set base=1 >out.txt
grep -q '^vgg.h5: 32 tensors, 5000 numbers, from the names of darknet vgg19' out.txt || fail "$(tail -n 1 out.txt)"
zeros 5001 vgg.weights
refused '20004 bytes behind the header (expected whole layers' "$weights" import vgg.weights wrong.h5 -a vgg19 --set base=1
# Published weights: without classes, by the publisher's names; what both have becomes a file to start
# from, and an experiment takes it.
published=$GISD_SOURCE/tests/golden/published/bit.npz
"$weights" import "$published" start.h5 "${network[@]}" >out.txt
grep -q '^start.h5: 151 tensors, .* from the names of Big Transfer' out.txt || fail "$(tail -n 1 out.txt)"
grep -q '^resnet/head/conv2d/kernel of shape .*: of its own classes, not taken' out.txt || fail 'no word of its head'
grep -q '^backbone.tap_gn.0.weight: stays as training begins it' out.txt || fail 'no word of what stays'
"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >start.yaml <<'END'
name: start
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, initial: start.h5}
training: {epochs: 1, batch: 4}
END
"$GISD_BIN/gisd-grid" start.yaml --plan >out.txt 2>err.txt || fail "not taken to start from: $(cat err.txt)"
refused '153 tensors do not fit' "$weights" import "$published" wrong.h5 --architecture improved_ssd \
    --set backbone=r100x1 --set base=4 --set size=64
refused 'tensors do not fit' "$weights" import "$published" wrong.h5 --architecture improved_ssd --set size=64
grep -q '^resnet/root_block/standardized_conv2d/kernel: has shape 7x7x3x4, which does not fit one of 64x3x7x7' \
    err.txt || fail "no shape: $(sed -n 1p err.txt)"
refused 'no published names of weights for resnet50 (expected those of torchvision or timm' \
    "$weights" import "$published" wrong.h5 --architecture resnet50

# As ONNX (what it computes is tested by commands.onnx): the same bytes each time, with the notes.
"$weights" export checkpoint.h5 network.onnx >out.txt
"$weights" export checkpoint.h5 again.onnx >out.txt
cmp network.onnx again.onnx
grep -a 'gisd.operating_point' network.onnx >/dev/null || fail 'ONNX without notes'

# Files that are there stay.
refused 'checkpoint.h5' "$weights" export checkpoint.h5 checkpoint.h5 --force
refused 'back.h5' "$weights" import out.safetensors back.h5 "${network[@]}" --classes GC,GU,CG
