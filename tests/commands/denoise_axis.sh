#!/usr/bin/env bash
# data.denoise as an axis: cells and checkpoints of frames that are denoised before, whose answers are of the
# whole frame and the same from a test, gisd-eval and gisd-detect; without it nothing changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "denoise_axis.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 160x128 >/dev/null
cat >axis.yaml <<'END'
name: axis
data: {manifest: data/manifest.csv, denoise: [none, crop, crop+filter]}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4, shards: 4}
END
"$GISD_BIN/gisd-grid" axis.yaml 2>err.txt || fail "$(cat err.txt)"
cells=results/axis/cells

# Its default is no part of an identity.
sed 's/, denoise: .*}/}/' axis.yaml >plain.yaml
"$GISD_BIN/gisd-grid" plain.yaml --plan --out plain >plan.txt 2>&1
none=$(grep -aoE '^[0-9a-f]{12}' plan.txt) || fail "no plan: $(cat plan.txt)"
[ -d "$cells/$none" ] || fail "the cell of plain frames has another identity"

# What each checkpoint says, and how the same frame scores in the test and by gisd-detect.
for cell in "$cells"/*; do
    h5dump -d /config -b MEMORY -o config.yaml "$cell/result.h5" >/dev/null
    value=$(grep -aoE '^denoise: [a-z+]+' config.yaml)
    value=${value#denoise: }
    if [ "$value" = none ]; then
        h5dump -A "$cell/checkpoint.h5" >attributes.txt
        grep -q '"denoise"' attributes.txt && fail "the network of plain frames denoises"
    else
        h5dump -a /model/denoise "$cell/checkpoint.h5" >attributes.txt
        grep -qF "\"$value\"" attributes.txt || fail "$cell: the checkpoint does not say $value"
    fi
    h5dump -d /test/predictions/image "$cell/result.h5" >names.txt
    mapfile -t images < <(grep -oE 'images/[^"]+' names.txt)
    h5dump -y -w 1 -m %.1f -d /test/detections/box -s 0,0 -c 1,4 "$cell/result.h5" >box.txt
    box=$(grep -E '^ +[0-9.]+,?$' box.txt | tr -d ' \n' | tr , ' ')
    "$GISD_BIN/gisd-detect" "$cell" "data/${images[0]}" --all >found.txt
    grep -qE "^  [A-Z]+ [0-9.]+ at $box\$" found.txt ||
        fail "$value: the test's best box at $box, but gisd-detect: $(cat found.txt)"
done
grep -q 'crop+filter' "$folder/results/axis/experiment.yaml" || fail "experiment.yaml lacks the axis"

# Other data go through the same; a pack, resized already, is refused.
cp -r data other
"$GISD_BIN/gisd-eval" results/axis other/manifest.csv >eval.txt 2>&1 || fail "$(cat eval.txt)"
"$GISD_BIN/gisd-data" pack data/manifest.csv pack.h5 --size 64 >/dev/null
code=0
"$GISD_BIN/gisd-grid" axis.yaml --data pack.h5 --out packed 2>err.txt || code=$?
[ $code -ne 0 ] && grep -q 'the network wants them denoised' err.txt || fail "a pack: $(cat err.txt)"
