#!/usr/bin/env bash
# training.stop_after: a cell that gets no better ends there, is tested and done, killed in between or
# not; one that is asked for all its epochs trains them; a search refuses it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "stop_after.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
# At this rate nothing is learnt: no epoch is better than the first.
cat >stop.yaml <<'END'
name: stop
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training:
  {epochs: 6, batch: 4, shards: 4, optimiser: sgd, learning_rate: 1e-9, stop_after: [0, 2]}
grid: {ranks_per_cell: 1}
END

epochs() { # results: how many epochs the cell has that ended early
    local log
    log=$(grep -l 'ends after epoch 3 of 6: no better validation since epoch 1' "$1"/cells/*/log.txt)
    h5dump -H -d /history/epoch "${log%/*}/result.h5" | sed -n 's/.*SIMPLE { ( \([0-9]*\).*/\1/p'
}

"$grid" stop.yaml --out whole 2>whole.txt || fail "exit code $?: $(cat whole.txt)"
grep -q '^2 done, 0 running, 0 failed, 0 left' whole.txt || fail "not done: $(tail -1 whole.txt)"
[ "$(epochs whole)" = 3 ] || fail "$(epochs whole) epochs in place of 3"
[ "$(cat whole/cells/*/log.txt | grep -c ' epoch 6/6 ')" = 1 ] || fail "the other has not all epochs"

"$grid" stop.yaml --only stop_after=2 --out killed 2>killed.txt &
pid=$!
for ((i = 0; i < 6000; ++i)); do
    grep -q ' epoch 2/6 ' killed/cells/*/log.txt 2>/dev/null && break
    sleep 0.01
done
kill -KILL $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
"$grid" stop.yaml --only stop_after=2 --out killed 2>killed.txt || fail "resumed: $(cat killed.txt)"
[ "$(epochs killed)" = 3 ] || fail "resumed: $(epochs killed) epochs in place of 3"

# What only going on would need is gone; a job that died before the journal had the end finishes all the
# same, with the same bits.
previous() { find "$1" -name checkpoint.previous.h5 | wc -l; }
[ "$(previous whole)" = 0 ] || fail "finished cells have their checkpoints of before"
cp -r whole again
rm again/cells/*/result.h5
grep -v '"event":"\(finished\|closed\)"' whole/journal.jsonl >again/journal.jsonl
"$grid" stop.yaml --out again 2>again.txt || fail "again: $(cat again.txt)"
for cell in $(ls whole/cells); do
    h5dump -n "whole/cells/$cell/checkpoint.h5" >names.txt
    grep -q /optimiser names.txt && fail "$cell has its optimiser's state"
    h5diff {whole,again}/cells/"$cell"/checkpoint.h5 /parameters &&
        h5diff {whole,again}/cells/"$cell"/result.h5 /test/predictions/scores || fail "$cell: other bits"
done
sed 's/ranks_per_cell: 1/&, keep_state: true/' stop.yaml >keep.yaml
"$grid" keep.yaml --only stop_after=2 --out kept 2>kept.txt || fail "kept: $(cat kept.txt)"
[ "$(previous kept)" = 1 ] && h5dump -n kept/cells/*/checkpoint.h5 >kept.txt && grep -q /optimiser kept.txt ||
    fail "keep_state keeps nothing"

sed '$a loss: {alpha: [0.25, 0.75]}\nsearch: halving' stop.yaml >search.yaml
"$grid" search.yaml --plan >search.txt 2>&1 && fail "a search takes stop_after"
grep -q 'expected stop_after: 0, not 2' search.txt || fail "another refusal: $(cat search.txt)"
