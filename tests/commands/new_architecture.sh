#!/usr/bin/env bash
# A network that the program was not built with, one file and one row of a table (see
# tests/architectures/): it trains, is killed and goes on, with the same bits on 1, 2 and 4 ranks,
# and is reported and loaded like any other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
extra=$GISD_BUILD/bin-extra
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "new_architecture.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 240 --seed 5 --size 96x80 --overlays 0 >/dev/null
for ranks in 1 2 4; do
    cat >ranks$ranks.yaml <<END
name: extra
data: {manifest: data/manifest.csv}
model: {architecture: tiny_classifier, channels: 24, dropout: 0.1}
tuning: [local, global]
training: {epochs: 60, batch: 8, shards: 4, learning_rate: 1e-2, augment: false}
grid: {ranks_per_cell: $ranks, checkpoint: 1, keep_state: true}
END
done

compare() { # folder, cell, file, group
    local options=() path
    for path in $(h5dump -n "first/cells/$2/$3" | awk '$1 == "dataset" { print $2 }' |
        grep -E 'seconds|^/test/metrics/(value|low|high)'); do
        options+=(--exclude-path "${path#"$4"}")
    done
    h5diff "${options[@]}" "first/cells/$2/$3" "$1/cells/$2/$3" "$4" "$4" >difference.txt &&
        [ ! -s difference.txt ] || fail "$1: $4 of $3 differs: $(head -5 difference.txt)"
}
compare_all() { # folder
    local cell
    for cell in $(ls first/cells); do
        compare "$1" "$cell" checkpoint.h5 /parameters
        compare "$1" "$cell" checkpoint.h5 /optimiser
        compare "$1" "$cell" result.h5 /history
        compare "$1" "$cell" result.h5 /test
    done
}

"$extra/gisd-grid" ranks1.yaml --out first 2>first.txt || fail "code $?: $(cat first.txt)"
[ "$(ls first/cells | wc -l)" = 2 ] || fail "expected two cells"
global=$(basename "$(dirname "$(grep -l 'tiny_classifier global' first/cells/*/log.txt)")")
result=first/cells/$global/result.h5
# Running statistics have moved from 0 and 1, and local tuning has left them alone.
local=$(ls first/cells | grep -v "$global")
moved() { # cell: how many running means are not 0
    h5dump -w 1 -d /parameters/features.1.running_mean "first/cells/$1/checkpoint.h5" |
        grep -cE '^ *\([0-9]+\): -?[0-9.]*[1-9]' || true
}
[ "$(moved "$local")" = 0 ] || fail "local tuning moved the statistics of frozen norms"
[ "$(moved "$global")" = 24 ] || fail "the running means have not moved"

# It gives classes, and says nothing of boxes and masks.
for dataset in /test/roc/threshold /test/confusion/counts /test/predictions/scores \
    /history/classification_loss /history/validation_auc; do
    h5dump -H -d "$dataset" "$result" >/dev/null || fail "no $dataset"
done
for dataset in /test/detections/box /test/overlap/box_iou /test/predictions/dice \
    /history/validation_dice /history/box_loss; do
    ! h5dump -H -d "$dataset" "$result" >/dev/null 2>&1 || fail "a classifier with $dataset"
done
h5dump -d /test/metrics/name "$result" | grep -E '"(dice|ap_50|overlap_60)"' >/dev/null &&
    fail "a classifier with metrics of boxes or masks"
losses=$(awk '/ epoch 1\/| epoch 60\// { for (i = 1; i < NF; ++i) if ($i == "loss") print $(i + 1) }' \
    "first/cells/$global/log.txt" | tr '\n' ' ')
awk -v losses="$losses" 'BEGIN { split(losses, loss, " "); exit !(loss[2] < 0.75 * loss[1]) }' ||
    fail "it has not learnt: losses $losses"

# Killed and resumed, then in groups of two and four.
for try in 1 2 3 4 5 6 7 8; do
    rm -rf killed
    "$extra/gisd-grid" ranks1.yaml --out killed 2>/dev/null &
    pid=$!
    for wait in $(seq 200); do
        ls killed/cells/*/checkpoint.h5 >/dev/null 2>&1 && break
        sleep 0.02
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    ls killed/cells/*/result.h5 >/dev/null 2>&1 || break
done
"$extra/gisd-grid" ranks1.yaml --out killed 2>killed.txt || fail "resumed: $(cat killed.txt)"
grep -q 'resumed from a checkpoint' killed/cells/*/log.txt || fail "it was not resumed"
compare_all killed
for ranks in 2 4; do
    mpirun -np $((ranks + 1)) --oversubscribe "$extra/gisd-grid" ranks$ranks.yaml \
        --out group$ranks 2>group.txt || fail "$ranks ranks: $(cat group.txt)"
    grep -q " $ranks ranks (world ranks" "group$ranks/cells/$global/log.txt" ||
        fail "no group of $ranks ranks"
    compare_all group$ranks
done

# The report has its confusion matrix and curve, and no numbers of boxes or masks.
"$extra/gisd-report" first >/dev/null || fail "no report"
grep -q 'tiny_classifier' first/report/report.html || fail "the report does not name it"
ls first/report/confusion_"$global".svg first/report/roc_global.svg >/dev/null || fail "no figures"
grep -qi 'dice' first/report/table2.csv && fail "a table of masks"

# And the detector gives its class.
images=(data/images/*)
image=${images[0]}
"$extra/gisd-detect" "first/cells/$global/checkpoint.h5" "$image" --json --raw raw.h5 >seen.json ||
    fail "not detected"
grep -q '"predicted_class"' seen.json || fail "no class: $(cat seen.json)"
grep -q '"mask' seen.json && fail "a mask from a classifier"
h5dump -H raw.h5 | grep 'logits' >/dev/null || fail "no raw logits"

# A setting that no architecture of the experiment has is refused, with its line.
refused() { # refused LINE KEY: what stands in one.yaml
    local code=0
    "$extra/gisd-grid" one.yaml --plan >/dev/null 2>err.txt || code=$?
    [ $code = 1 ] && grep -q "one.yaml:$1: $2: no architecture of this experiment has it" err.txt ||
        fail "$2 was taken: code $code: $(cat err.txt)"
}
sed 's/architecture: tiny_classifier, channels: 24/base: 4/' ranks1.yaml >one.yaml
refused 3 dropout
sed 's/^training/loss: {alpha: 0.5}\ntraining/' ranks1.yaml >one.yaml
refused 5 alpha

# The benchmark takes the settings of the architecture, in any order, and refuses others'.
"$extra/gisd-bench" --size 96 --set channels=4 --architecture tiny_classifier --mode infer \
    --repeats 1 >bench.txt || fail "no benchmark"
grep -q '^tiny_classifier, .*channels 4, 96 x 96,' bench.txt ||
    fail "other settings were benchmarked: $(head -1 bench.txt)"
code=0
"$extra/gisd-bench" --backbone r50x2 --architecture tiny_classifier 2>err.txt || code=$?
[ $code != 0 ] && grep -q -- '--backbone: tiny_classifier has no backbone' err.txt ||
    fail "a backbone was taken: code $code: $(cat err.txt)"

# Two architectures in one grid, each with its own settings.
cat >both.yaml <<'END'
name: both
data: {manifest: data/manifest.csv}
model: {architecture: [improved_ssd, tiny_classifier], base: 4, channels: [4, 6], size: 64}
training: {epochs: 1, batch: 8, shards: 1}
END
"$extra/gisd-grid" both.yaml --out both 2>both.txt || fail "both: $(cat both.txt)"
[ "$(ls both/cells | wc -l)" = 3 ] || fail "expected three cells, not $(ls both/cells | wc -l)"
"$extra/gisd-report" both >/dev/null || fail "no report of both"
