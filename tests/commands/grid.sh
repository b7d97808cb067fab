#!/usr/bin/env bash
# gisd-grid from one rank to five: every cell done, the same bits, the files that it promises.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 1, batch: 4, shards: 4}
grid: {ranks_per_cell: 2}
END

# Without mpirun: the layout of a results folder.
"$grid" tiny.yaml 2>alone.txt || fail "alone: exit code $?: $(cat alone.txt)"
grep -q '^2 done, 0 running, 0 failed, 0 left$' alone.txt || fail "no last line: $(cat alone.txt)"
[ "$(ls results/tiny | tr '\n' ' ')" = "cells control.h5 experiment.yaml grid.h5 journal.jsonl " ] ||
    fail "results/tiny holds $(ls results/tiny)"
cells=$(ls results/tiny/cells)
[ "$(wc -w <<<"$cells")" = 2 ] || fail "cells: $cells"
for cell in $cells; do
    for file in result.h5 checkpoint.h5 log.txt; do
        [ -s "results/tiny/cells/$cell/$file" ] || fail "no $file of $cell"
    done
    grep -q "on host $(hostname)" "results/tiny/cells/$cell/log.txt" || fail "no host in a log"
    # The index leads to the result.
    h5dump -d "/results/$cell/test/metrics/value" results/tiny/grid.h5 >/dev/null ||
        fail "grid.h5 has no way to $cell"
done
"$GISD_BIN/gisd-report" results/tiny >/dev/null || fail "the report does not read the results"

# A second start does nothing, and says that all is done.
before=$(stat -c '%n %Y %s' results/tiny/cells/*/*)
"$grid" tiny.yaml 2>again.txt || fail "again: exit code $?"
[ "$before" = "$(stat -c '%n %Y %s' results/tiny/cells/*/*)" ] || fail "a done cell was touched"

# Any number of ranks, groups of two where there are so many: the same bits.
for ranks in 2 3 5; do
    mpirun -np $ranks --oversubscribe "$grid" tiny.yaml --out "ranks$ranks" 2>ranks.txt ||
        fail "$ranks ranks: exit code $?: $(cat ranks.txt)"
    for cell in $cells; do
        h5diff results/tiny/cells/$cell/checkpoint.h5 ranks$ranks/cells/$cell/checkpoint.h5 \
            /parameters || fail "$ranks ranks give other parameters"
    done
done
grep -hq ' 2 ranks (world ranks' ranks3/cells/*/log.txt || fail "no group of two on three ranks"

# The folder of another experiment is refused with the difference, and left as it is.
sed 's/epochs: 1/epochs: 2/' tiny.yaml >other.yaml
before=$(find results -type f -exec stat -c '%n %Y %s' {} +)
code=0
"$grid" other.yaml 2>err.txt || code=$?
[ $code = 1 ] && [ "$(wc -l <err.txt)" = 1 ] || fail "another experiment was taken: $(cat err.txt)"
grep -q 'results/tiny: holds the results of another experiment: epochs is 1 there and 2 here' \
    err.txt || fail "the difference is not told: $(cat err.txt)"
[ "$before" = "$(find results -type f -exec stat -c '%n %Y %s' {} +)" ] ||
    fail "a refused folder was changed"
"$GISD_BIN/gisd-data" phantom others --images 16 --seed 2 --size 96x80 --overlays 0 >/dev/null
code=0
"$grid" tiny.yaml --data others 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'the data differ: .*data/manifest.csv there .*others/manifest.csv here' \
    err.txt || fail "other data were taken: $(cat err.txt)"
