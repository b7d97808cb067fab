#!/usr/bin/env bash
# Networks learn of frames without labels before their cells start from them: to the same bits on any
# number of ranks and after a kill, on no picture that the cells are measured on, and told wherever
# pretrainings are.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "self_supervision.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom source --images 24 --seed 5 --size 96x80 --overlays 0 >/dev/null
"$GISD_BIN/gisd-data" phantom own --images 16 --seed 6 --size 96x80 --overlays 0 >/dev/null
cut -d, -f1 source/manifest.csv >source/frames.csv # an image a line, and nothing else
cat >plain.yaml <<'END_OF_YAML'
name: one
data: {manifest: own/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 1, batch: 4, shards: 4}
END_OF_YAML
cat plain.yaml - >one.yaml <<'END_OF_YAML'
pretrain:
  method: simsiam
  manifest: source/frames.csv
  training: {epochs: 3, batch: 16, shards: 4, ema: 0.9}
END_OF_YAML

# ---- the plan ----

"$grid" one.yaml --plan >plan.txt
pretraining=$(awk '$2 == "r50x1-pretraining" { print $1 }' plan.txt)
local=$(awk '$2 == "r50x1-local" { print $1 }' plan.txt)
[ -n "$pretraining" ] && grep -q '^3 of 3 cells are left' plan.txt || fail "plan: $(cat plan.txt)"
# Another method, other frames or more epochs make other cells; what a label says does not.
sed '1s/$/,label,mask/; 2,$s/$/,whatever,nowhere.png/' source/frames.csv >source/labelled.csv
for change in s/none/none/ s/frames/labelled/ '/method/d; s/frames/manifest/' 's/epochs: 3/epochs: 4/' '/^pretrain/,$d'; do
    sed "$change" one.yaml >changed.yaml
    "$grid" changed.yaml --plan | awk '$2 == "r50x1-local" { print $1 }'
done >ids.txt
[ "$(wc -l <ids.txt)" = 5 ] && [ "$(sort -u ids.txt | wc -l)" = 4 ] && [ "$(sed 2q ids.txt | sort -u)" = "$local" ] ||
    fail "identities: $(cat ids.txt)"

refuse() { # refuse SED_COMMAND EXPECTED
    sed "$1" one.yaml >refused.yaml
    code=0
    "$grid" refused.yaml --plan >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && grep -q -- "$2" err.txt || fail "$1: code $code: $(cat err.txt)"
}
refuse 's/simsiam/byol/' "refused.yaml:7: method: 'byol' (expected labels or simsiam)"
refuse '$a\  loss: {box: l1}' 'refused.yaml:10: pretrain: loss: not with method: simsiam'
refuse 's/ema: 0.9/augment: false/' 'refused.yaml:7: pretrain: r50x1-pretraining: augment: false'
refuse 's/ema: 0.9/stop_after: 1/' 'stop_after (expected 0: there is no validation)'
refuse 's/batch: 16/batch: 8/' 'batch: 8 in 4 shards (expected at least 4 images in each'
refuse 's/epochs: 3/epoch: 3/' 'refused.yaml:9'
# What the cells are tested on must not be learnt from before, labels or none.
cut -d, -f1 own/manifest.csv >own/frames.csv
refuse 's|source/frames|own/frames|' 'pretraining: .* near-equal to what it learns from'

# ---- the same bits ----

"$grid" one.yaml --out alone 2>err.txt || fail "alone: $(cat err.txt)"
same() { # same FOLDER
    for cell in "$pretraining" "$local"; do
        h5diff "alone/cells/$cell/checkpoint.h5" "$1/cells/$cell/checkpoint.h5" /parameters ||
            fail "$1: other parameters"
    done
    h5diff "alone/cells/$pretraining/features.h5" "$1/cells/$pretraining/features.h5" /parameters ||
        fail "$1: other features"
}
cat one.yaml - <<<'grid: {ranks_per_cell: 2}' >two.yaml
mpirun -np 3 --oversubscribe "$grid" two.yaml --only tuning=local --out two 2>err.txt || fail "two: $(cat err.txt)"
same two
"$grid" one.yaml --only tuning=local --out killed 2>err.txt &
pid=$!
until grep -q '"saved"' killed/journal.jsonl 2>/dev/null; do
    kill -0 $pid 2>/dev/null || fail "it ended before it saved: $(cat err.txt)"
    sleep 0.01
done
kill -KILL $pid
wait $pid 2>/dev/null || true
"$grid" killed/experiment.yaml --only tuning=local --out killed 2>err.txt || fail "resumed: $(cat err.txt)"
same killed

# ---- what is told, and what is left ----

features=alone/cells/$pretraining/features.h5
h5ls -r "$features" >names.txt
grep -q ' backbone.stem.weight\|/parameters/backbone.stem.weight' names.txt && ! grep -q 'embedding' names.txt ||
    fail "the features: $(cat names.txt)"
"$grid" --status alone | grep -c "^  $pretraining  r50x1-pretraining: done, epoch 3 of 3" >/dev/null || fail "status"
grep -c '"role":"pretraining".*"method":"simsiam"\|"method":"simsiam".*"role":"pretraining"' alone/journal.jsonl >/dev/null ||
    fail "journal: $(grep planned alone/journal.jsonl)"
h5ls "alone/cells/$pretraining/result.h5/history" >names.txt
grep -q '^deviation ' names.txt && ! grep -q validation names.txt || fail "history: $(cat names.txt)"
"$GISD_BIN/gisd-report" alone --format md >/dev/null
grep -q "^| r50x1-pretraining | $pretraining | simsiam | .*source/frames.csv | .* | done | 3 |  |  |  | [01]\.[0-9]* | 2 |" \
    alone/report/pretraining.md || fail "report: $(cat alone/report/pretraining.md)"
grep -q "starts from the parameters of .*/features.h5; at random begin: backbone.tap_gn.0" "alone/cells/$local/log.txt" ||
    fail "log: $(cat "alone/cells/$local/log.txt")"
# The features serve other experiments as a file of some parameters.
sed "s|steps: 1|steps: 1, initial: $features|; s/^name: one/name: other/" plain.yaml >initial.yaml
"$grid" initial.yaml --plan >plan.txt || fail "as initial weights"
grep -q '^2 of 2 cells are left' plan.txt || fail "as initial weights: $(cat plan.txt)"

# ---- a collapse ----

# Black frames and no change of colours: every view is the same, and so is every embedding.
mkdir black
{
    printf 'BM\x36\x03\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x10\0\0\0\x10\0\0\0\x01\0\x18\0\0\0\0\0\0\x03\0\0\x13\x0b\0\0\x13\x0b\0\0\0\0\0\0\0\0\0\0'
    head -c 768 /dev/zero
} >black/0.bmp
echo image >black/frames.csv
for i in 0 1 2 3; do
    [ "$i" = 0 ] || cp black/0.bmp "black/$i.bmp"
    echo "$i.bmp" >>black/frames.csv
done
sed 's|source/frames|black/frames|; s/batch: 16, shards: 4, ema: 0.9/batch: 4, shards: 1, colour_strength: 0/' one.yaml >black.yaml
code=0
"$grid" black.yaml --out black/results 2>err.txt || code=$?
[ $code = 1 ] && grep -q '0 done, 0 running, 3 failed, 0 left' err.txt &&
    grep -c '"event":"failed".*"kind":"diverged".*the embeddings have collapsed' black/results/journal.jsonl >/dev/null ||
    fail "a collapse: code $code: $(cat err.txt)"
