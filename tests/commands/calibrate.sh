#!/usr/bin/env bash
# gisd-weights calibrate: a finished cell's checkpoint becomes one that answers in 8 bits, nearly alike and
# with an operating point of its own; the cell is not touched, and what cannot be is refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=2
weights=$GISD_BIN/gisd-weights
cd "$folder"

fail() {
    echo "calibrate.sh: $*" >&2
    exit 1
}

refused() { # refused TEXT COMMAND...: exit code 1, TEXT in the last line, and no wrong.h5
    local text=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && tail -n 1 err.txt | grep -- "$text" >/dev/null && [ ! -e wrong.h5 ] ||
        fail "expected '$text', not code $code: $(cat err.txt)"
}

"$GISD_BIN/gisd-data" phantom data --images 24 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >small.yaml <<'END'
name: small
data: {manifest: data/manifest.csv}
model: {base: 8, size: 64, recursion_steps: 1}
training: {epochs: 2, batch: 8, shards: 2}
END
"$GISD_BIN/gisd-grid" small.yaml 2>err.txt || fail "the grid: $(cat err.txt)"
cell=$(echo results/small/cells/*)
if ! grep -q avx512_vnni /proc/cpuinfo; then
    refused AVX512_VNNI "$weights" calibrate "$cell/checkpoint.h5" data/manifest.csv wrong.h5
    exit 0
fi
md5sum "$cell"/* >before.txt
"$weights" calibrate "$cell/checkpoint.h5" data/manifest.csv fast.h5 >told.txt 2>err.txt ||
    fail "code $?: $(cat err.txt)"
md5sum --quiet -c before.txt || fail "the cell was touched"
grep -q 'convolutions in 8 bits, from [0-9]* validation images' told.txt || fail "$(cat told.txt)"
grep -q 'Dice  *0\.[0-9]* *0\.[0-9]*$' told.txt || fail "nothing is told of what it costs: $(cat told.txt)"
h5dump -a /model/precision fast.h5 | grep '"int8"' >/dev/null || fail "no precision in the file"
h5diff "$cell/checkpoint.h5" fast.h5 /parameters || fail "other parameters"

# --- the detector and gisd-eval take it; answers are near, and not the same ---
"$GISD_BIN/gisd-detect" "$cell/checkpoint.h5" data/images --raw single.h5 >out.txt
"$GISD_BIN/gisd-detect" fast.h5 data/images --raw bytes.h5 >out.txt
h5ls single.h5 >names.txt
name=$(sed -n '1s/ .*//p' names.txt)
h5diff -d 0.5 single.h5 bytes.h5 "/$name/cls" >out.txt || fail "far from the answers in float32"
if h5diff -q single.h5 bytes.h5 "/$name/cls"; then fail "the same answers"; fi
"$GISD_BIN/gisd-data" phantom other --images 6 --seed 2 --size 96x80 --overlays 0 >/dev/null
"$GISD_BIN/gisd-eval" fast.h5 other/manifest.csv >told.txt || fail "gisd-eval: code $?"
h5dump -d /provenance/precision test_other.h5 | grep '"int8"' >/dev/null || fail "tested in another precision"

# --- what is refused ---
refused 'in 8 bits already' "$weights" calibrate fast.h5 data/manifest.csv wrong.h5
refused 'computes in 8 bits' "$weights" export fast.h5 wrong.h5
refused 'trained on other data' "$weights" calibrate "$cell/checkpoint.h5" other/manifest.csv wrong.h5
code=0
"$weights" calibrate "$cell/checkpoint.h5" 2>err.txt || code=$?
[ $code = 64 ] || fail "a missing word: code $code"
