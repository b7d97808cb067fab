#!/usr/bin/env bash
# Folders that earlier versions began go on with the splits of their time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "old_folders.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 40 --seed 1 --size 96x80 --overlays 0 >/dev/null
cut -d, -f1-6,8 data/manifest.csv >data/unsplit.csv # without its column "split"
head -1 data/unsplit.csv | grep -q split && fail "the manifest still has splits"

# A folder whose version did not name the rule of its splits keeps that rule, at every start.
cat >rule.yaml <<'END'
name: rule
data: {manifest: data/unsplit.csv, split: {rule: largest_first}}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4, shards: 4}
END
"$grid" rule.yaml 2>err.txt || fail "the first run: $(cat err.txt)"
sed 's/, split: {rule: largest_first}//' rule.yaml >plain.yaml
sed -i 's/, rule: largest_first//; s/, group: patient//' results/rule/experiment.yaml
grep -q rule: results/rule/experiment.yaml && fail "the folder still names its rule"
for start in first second; do
    for option in --plan ""; do
        # shellcheck disable=SC2086
        "$grid" plain.yaml --out results/rule $option >out.txt 2>&1 ||
            fail "the $start start $option: $(cat out.txt)"
    done
done
[ "$(grep -c '"started"' results/rule/journal.jsonl)" = 1 ] || fail "a done cell was trained again"
# The default is another rule, so that this test proves something.
"$grid" plain.yaml --out fair 2>err.txt || fail "a new folder: $(cat err.txt)"
[ "$(ls fair/cells)" != "$(ls results/rule/cells)" ] || fail "both rules split alike"
