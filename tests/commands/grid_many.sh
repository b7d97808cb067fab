#!/usr/bin/env bash
# 64 ranks, however few the processors: a grid of tiny cells ends with all done, and again when a rank is
# killed on the way, with the same bits.
set -euo pipefail
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    echo "grid_many.sh: skipped, as 64 ranks with a sanitizer need too much memory"
    exit 77
fi
folder=$(mktemp -d)
trap 'pkill -KILL -f -- "$folder" || true; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid_many.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
loss: {alpha: [0.25, 0.5, 0.75], gamma: [1, 2]}
training: {epochs: 2, batch: 4, shards: 4, seed: [1, 2, 3]}
END

mpirun -np 64 --oversubscribe "$grid" tiny.yaml --out quiet 2>quiet.txt || fail "quiet: $(cat quiet.txt)"
tail -1 quiet.txt | grep -q '^36 done, 0 running, 0 failed, 0 left$' || fail "quiet: $(cat quiet.txt)"

"$GISD_BIN/gisd-run" -np 64 --oversubscribe "$grid" tiny.yaml --out "$folder/killed" 2>killed.txt &
job=$!
for turn in $(seq 600); do
    grep -qs '"saved"' killed/journal.jsonl && break
    sleep 0.1
done
# The rank that leads the cell that was saved last; it may have gone on to another one by now.
cell=$(grep '"saved"' killed/journal.jsonl | tail -1 | sed 's/.*"cell":"\([^"]*\)".*/\1/')
kill -KILL "$(sed -n 's/.*led by process \([0-9]*\) .*/\1/p' "killed/cells/$cell/log.txt" | tail -1)"
wait $job || fail "a killed rank: exit code $?: $(cat killed.txt)" # of the journal, whatever mpirun does
grep -q 'has died; going on with 62$' killed.txt || fail "the dead rank was not noticed"
tail -1 killed/journal.jsonl | grep -q '"code":0,"done":36' || fail "not all done: $(cat killed.txt)"
for cell in $(ls quiet/cells); do
    h5diff {quiet,killed}/cells/"$cell"/checkpoint.h5 /parameters || fail "other parameters in $cell"
done
