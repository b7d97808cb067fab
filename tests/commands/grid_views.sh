#!/usr/bin/env bash
# gisd-grid --plan, --status and --why on a grid that is not begun, has a failed cell, and is done.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid_views.sh: $*" >&2
    exit 1
}

has() { # has FILE PATTERN...: every pattern stands in the file
    local file=$1 pattern
    shift
    for pattern in "$@"; do
        grep -q -- "$pattern" "$file" || fail "no '$pattern' in $file: $(cat "$file")"
    done
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 3, batch: 4, optimiser: sgd, learning_rate: [0.001, 9.5], clip_norm: 0, warmup_epochs: 0}
loss: {alpha: [0.25, 0.5]}
END

"$grid" tiny.yaml --plan --ranks 9 --walltime 100h >plan.txt
has plan.txt '4 of 4 cells are left' 'on 8 ranks' '4 of 4 cells fit 4 d 4 h' 'a guess' \
    'r50x1-global-alpha=0.25-learning_rate=9.5 *new'
[ ! -e results ] || fail "--plan left something behind"
"$grid" tiny.yaml --plan --only 'learning_rate=9.5 alpha=.5' >plan.txt
has plan.txt '1 of 4 cells are left'
for wrong in 'alpha' 'alfa=1' 'alpha=x' 'alpha=1'; do
    if "$grid" tiny.yaml --plan --only "$wrong" 2>err.txt; then fail "--only $wrong was taken"; fi
    [ "$(wc -l <err.txt)" = 1 ] && has err.txt '^gisd-grid: --only: '
done
if "$grid" --status results/tiny 2>err.txt; then fail "a status of nothing"; fi
has err.txt '^gisd-grid: results/tiny: no such folder'

"$grid" tiny.yaml 2>/dev/null && fail "exit code 0 in spite of divergence"
"$grid" --status results/tiny >status.txt
has status.txt 'tiny: 4 cells, .*data/manifest.csv' 'ended .* ago with code 1' \
    'r50x1 *global *2 *0 *0 *2 *0' 'failed (run them again' 'diverged: the loss is not finite'
failed=$(sed -n 's/^  \([0-9a-f]*\)  .*diverged.*/\1/p' status.txt | sed -n 1p)
"$grid" --why results/tiny "${failed:0:6}" >why.txt
has why.txt "^$failed  .*: failed" 'started: attempt' 'failed: diverged' 'what to do: a lower' \
    'the end of results/tiny/cells/'
"$grid" --why results/tiny r50x1-global-alpha=0.5-learning_rate=0.001 >why.txt
has why.txt ': done' 'saved: epoch 3 of 3, step 6 of 6' 'it is done'
if "$grid" --why results/tiny zzz 2>err.txt; then fail "a cell zzz"; fi
has err.txt '^gisd-grid: zzz: no such cell'
"$grid" tiny.yaml --plan --retry failed >plan.txt
has plan.txt '2 of 4 cells are left' 'measured in this folder' '=0.001 *done' '=9.5 *failed'

# What a changed setting or changed data make of a folder.
sed 's/epochs: 3/epochs: 4/' tiny.yaml >changed.yaml
if "$grid" changed.yaml --plan >plan.txt 2>err.txt; then fail "a plan for a folder that is refused"; fi
has plan.txt 'alpha=0.5-learning_rate=0.001 *changed' '4 of 4 cells are left'
has err.txt '^gisd-grid: .*results/tiny: holds the results of another experiment: epochs is 3 there and 4'

# A job that was killed is told from one that runs.
sed -i '/"closed"/d' results/tiny/journal.jsonl
"$grid" --status results/tiny >status.txt
has status.txt 'running for .* on 1 rank, led from'
touch -d '1 hour ago' results/tiny/journal.jsonl
"$grid" --status results/tiny >status.txt
has status.txt 'no job is running: .*last sign of life 60 min ago; start it again'
