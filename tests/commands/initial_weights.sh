#!/usr/bin/env bash
# Parameters to start from: found from the experiment's file, known by their content.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "initial_weights.sh: $*" >&2
    exit 1
}

refused() { # refused TEXT COMMAND...: exit code 1 and one line with the text
    local text=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && [ "$(wc -l <err.txt)" = 1 ] && grep -q "$text" err.txt ||
        fail "expected '$text', not code $code: $(cat err.txt)"
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
mkdir sources weights elsewhere
cat >sources/source.yaml <<'END'
name: source
data: {manifest: ../data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4, shards: 4, seed: [1, 2]}
END
"$grid" sources/source.yaml --out source 2>err.txt || fail "no parameters: $(cat err.txt)"
number=0
for cell in source/cells/*; do
    cp "$cell/checkpoint.h5" "weights/$((++number)).h5"
done

# From another folder, alone and under mpirun: the same cells, named as the file names the weights.
sed 's/name: source/name: from/; s/base: 4/base: 4, initial: [..\/weights\/1.h5, ..\/weights\/2.h5]/
     s/, seed: .1, 2.//' sources/source.yaml >sources/from.yaml
(cd elsewhere && "$grid" ../sources/from.yaml --out ../alone 2>../err.txt) || fail "$(cat err.txt)"
(cd elsewhere && mpirun -np 3 --oversubscribe "$grid" "$folder/sources/from.yaml" \
    --out "$folder/several" 2>../err.txt) || fail "$(cat err.txt)"
[ "$(ls alone/cells)" = "$(ls several/cells)" ] || fail "other cells under mpirun"
for cell in alone/cells/*; do
    h5diff "$cell/checkpoint.h5" "several/cells/$(basename "$cell")/checkpoint.h5" /parameters ||
        fail "other parameters under mpirun"
done
grep -q '"name":"r50x1-global-initial=../weights/1.h5"' alone/journal.jsonl ||
    fail "names: $(grep -o '"name":[^,]*' alone/journal.jsonl)"
"$grid" --why alone r50x1-global-initial=../weights/2.h5 >/dev/null || fail "not found by its name"
"$grid" sources/from.yaml --out alone --plan --only initial=../weights/2.h5 >out.txt 2>err.txt ||
    fail "not selected: $(cat err.txt)"
[ "$(grep -c 'r50x1-.* done' out.txt)" = 1 ] || fail "one cell expected: $(cat out.txt)"

# The same content is the same parameters, whatever its name.
cp weights/1.h5 weights/copy.h5
sed 's/1.h5/copy.h5/' sources/from.yaml >sources/copy.yaml
"$grid" sources/copy.yaml --out alone --plan >out.txt 2>err.txt || fail "a copy: $(cat err.txt)"
[ "$(grep -c 'r50x1-.* done' out.txt)" = 2 ] || fail "a copy made another cell: $(cat out.txt)"
sed 's/2.h5/copy.h5/' sources/from.yaml >sources/twice.yaml
refused 'twice.yaml:3: initial: ../weights/1.h5 and ../weights/copy.h5 hold the same parameters' \
    "$grid" sources/twice.yaml
cp weights/2.h5 weights/1.h5
refused 'hold the same parameters' "$grid" sources/from.yaml --out alone
cp weights/copy.h5 weights/1.h5

# What is damaged is told at the start.
start=$(h5ls -va weights/copy.h5/parameters/backbone.stem.weight | awk '/^ *0x/ { print $3 }')
printf 'xxxx' | dd of=weights/copy.h5 bs=1 seek=$((start + 8)) conv=notrunc status=none
refused 'copy.yaml:3: initial: .*copy.h5: ' "$grid" sources/copy.yaml --out damaged
[ ! -e damaged ] || fail "damaged parameters left a folder"

# So is what is not of the cell's network, but for what follows from the number of classes.
sed 's/base: 4/base: 8/' sources/from.yaml >sources/base.yaml
refused 'base.yaml:3: initial: cell r50x1-global-initial=../weights/1.h5: .*/weights/1.h5: /parameters/backbone.stem.weight has shape 4x3x7x7, expected 8x3x7x7' \
    "$grid" sources/base.yaml --out other
sed 's/backbone: r50x1/backbone: [r50x1, r100x1]/' sources/from.yaml >sources/backbone.yaml
refused 'initial: cell r100x1-.*: there is no /parameters/backbone.stages.2.6.' \
    "$grid" sources/backbone.yaml --out other
[ ! -e other ] || fail "parameters of another network left a folder"
sed 's/\bGU\b/GC/g' data/manifest.csv >data/fewer_classes.csv
"$grid" sources/from.yaml --data data/fewer_classes.csv --plan >out.txt 2>err.txt ||
    fail "parameters for other classes: $(cat err.txt)"

# A file that is replaced while the job runs fails the cells that have not started.
sed 's/name: from/name: replaced/; s/, ..\/weights\/2.h5//; s/^model/tuning: [local, global]\nmodel/
     s/epochs: 1/epochs: 40/' sources/from.yaml >sources/replaced.yaml
"$grid" sources/replaced.yaml 2>err.txt &
for _ in $(seq 600); do
    grep -q '"started"' results/replaced/journal.jsonl 2>/dev/null && break
    sleep 0.05
done
sleep 0.5
cp weights/2.h5 weights/1.h5.new && mv weights/1.h5.new weights/1.h5
code=0
wait $! || code=$?
[ $code = 1 ] && [ "$(grep -c '"finished"' results/replaced/journal.jsonl)" = 1 ] &&
    grep -q 'failed: .*1.h5: holds other parameters than when the job began' err.txt ||
    fail "replaced: code $code: $(cat err.txt)"
