#!/usr/bin/env bash
# What the data tell without a network: a grid measures colours and overlays, the report says so and warns
# where overlays alone tell lesions from normal; gisd-data overlays-of writes a table; --only takes variants.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
data=$GISD_BIN/gisd-data
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "controls.sh: $*" >&2
    exit 1
}

report() { # report FOLDER PATTERN...: its report has each pattern
    local results=$1 pattern
    shift
    "$GISD_BIN/gisd-report" "$results" --format md,csv >/dev/null || fail "no report of $results"
    for pattern in "$@"; do
        grep -q -- "$pattern" "$results/report/report.md" || fail "$results: no '$pattern'"
    done
}

"$data" phantom data --images 40 --seed 1 --size 96x80 >/dev/null
# A painted square on each normal frame and on no other: the shortcut that is to be found.
awk -F, 'BEGIN { print "image,x0,y0,x1,y1,class,score" }
    NR > 1 && $3 == "normal" { print $1 ",0,40,40,80,tube,1" }' data/manifest.csv >overlays.csv
mv overlays.csv data/overlays.csv
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 8}
END
"$grid" tiny.yaml >out.txt 2>&1 || fail "$(cat out.txt)"
report results/tiny '| colour histogram + logistic regression | 0\.[0-9]* (' \
    '^> \*\*Overlays alone .* AUC of 1\.000 (1\.000 to 1\.000): a network' \
    '| r50x1 global | with inset or painted square |' '| r50x1 global | without inset or painted square |'
grep -q '^overlays alone + logistic regression,1,1,1,' results/tiny/report/baselines.csv ||
    fail "$(cat results/tiny/report/baselines.csv)"

# The next start measures again, and the same data give the same bytes of numbers.
h5dump -d /colours/auc -d /overlays/frames results/tiny/control.h5 >first.txt
mv data/overlays.csv kept.csv
rm results/tiny/control.h5
"$grid" tiny.yaml >out.txt 2>&1 || fail "$(cat out.txt)"
report results/tiny 'Overlay control: not given'
mv kept.csv data/overlays.csv
"$grid" tiny.yaml >out.txt 2>&1 || fail "$(cat out.txt)"
h5dump -d /colours/auc -d /overlays/frames results/tiny/control.h5 | cmp - first.txt ||
    fail "another control of the same data"

# A folder of an earlier version, which has no control.
rm results/tiny/control.h5
report results/tiny 'Overlay control: not given' 'gisd-data baseline MANIFEST'
grep -q 'colour histogram' results/tiny/report/report.md && fail "a baseline that nobody measured"

# A wrong table is told with its line before anything is trained.
sed -i '3s/tube/tub/' data/overlays.csv
if "$grid" tiny.yaml --out other >out.txt 2>&1; then fail "a wrong table was taken"; fi
grep -q "overlays.csv:3: class 'tub', expected" out.txt || fail "$(cat out.txt)"

# What can be seen exactly is listed, and a table that is there is kept.
if "$data" overlays-of data/manifest.csv 2>err.txt; then fail "a table was replaced"; fi
"$data" overlays-of data/manifest.csv --force >shares.txt
head -1 data/overlays.csv | grep -q '^image,x0,y0,x1,y1,class,score$' || fail "no table"
grep -q '^normal ' shares.txt || fail "$(cat shares.txt)"

# Variants are cells to choose from, each network with its pretraining.
"$data" phantom first --images 16 --seed 2 --size 96x80 >/dev/null
cat >variants.yaml <<'END'
name: variants
data: {manifest: data/manifest.csv}
pretrain: {manifest: first/manifest.csv, training: {epochs: 1, batch: 8}}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 8, seed: [1, 2]}
variants:
  full: {}
  without_attention: {model: {attention: false}}
  other_rate: {training: {learning_rate: 0.002}}
END
"$grid" variants.yaml --plan >plan.txt
grep -q '^8 of 8 cells are left' plan.txt || fail "$(cat plan.txt)" # 3 x 2 seeds, 2 networks pretrained
"$grid" variants.yaml --plan --only 'variant=full,other_rate seed=1' >plan.txt
grep -q '^3 of 8 cells are left' plan.txt || fail "$(cat plan.txt)"
if "$grid" variants.yaml --plan --only variant=fulll 2>err.txt; then fail "an unknown variant was taken"; fi
grep -q "^gisd-grid: --only: the experiment has no variant 'fulll'$" err.txt || fail "$(cat err.txt)"
