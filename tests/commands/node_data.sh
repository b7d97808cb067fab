#!/usr/bin/env bash
# The images of a grid lie in memory once a node, whatever the number of ranks: ranks of one node map the
# same memory, those of another have their own, which outlives the rank that made it. Where such memory
# is refused every rank has a copy, and a warning tells. None of it changes a result.
set -euo pipefail
folder=$(mktemp -d)
job=
trap 'kill -KILL $job 2>/dev/null || true; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "node_data.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 60 --seed 1 --size 240x192 --overlays 0 >/dev/null
"$GISD_BIN/gisd-data" phantom others --images 12 --seed 2 --size 240x192 --overlays 0 >/dev/null
cat >two.yaml <<'END'
name: two
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 192, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 6, batch: 4, shards: 2}
test_sets: [{name: others, manifest: others/manifest.csv}]
grid: {ranks_per_cell: 2, silence: 60}
END
"$grid" two.yaml --out alone 2>/dev/null || fail "the run of one process failed"

same_results() {
    local cell
    for cell in $(ls alone/cells); do
        h5diff {alone,"$1"}/cells/"$cell"/checkpoint.h5 /parameters || fail "$1: other parameters"
        h5diff {alone,"$1"}/cells/"$cell"/test_others.h5 /test/predictions/scores ||
            fail "$1: other answers on the test set"
    done
}

ranks_of() {
    pgrep -f -x "$grid two.yaml --out $folder/$1" | sort -n
}

# The inodes of the shared memory that the ranks have mapped, one a line, with how many do.
mapped_by() {
    ranks_of "$1" | sed 's#.*#/proc/&/maps#' | xargs cat 2>/dev/null | awk '/memfd:gisd/ { print $5 }' |
        sort | uniq -c
}

wait_for_cells() {
    for ((i = 0; i < 600; ++i)); do
        grep -q '"epoch":1' "$1/journal.jsonl" 2>/dev/null && return
        kill -0 $job 2>/dev/null || fail "$1 ended early: $(cat "$1.txt")"
        sleep 0.1
    done
    fail "$1 trains nothing"
}

# One node, four ranks.
mpirun -np 4 --oversubscribe "$grid" two.yaml --out "$folder/node" 2>node.txt &
job=$!
wait_for_cells node
mapped=$(mapped_by node)
[ "$(echo "$mapped" | awk '{ print NR ":" $1 }')" = 1:4 ] || fail "mapped by ranks: $mapped"
# All that a rank has of it is a quarter; the data are larger than anything else that ranks share.
pss=$(ranks_of node | sed 's#.*#/proc/&/smaps#' | xargs cat |
    awk '/memfd:gisd/ { on = 1 } on && /^Pss:/ { sum += $2; on = 0 } END { print sum }')
[ "$pss" -gt 10000 ] && [ "$pss" -lt 25000 ] || fail "the ranks hold $pss kB of images together"
wait $job || fail "one node: $(cat node.txt)"
! grep -q 'copy of the data' node.txt || fail "$(cat node.txt)"
same_results node

# Two nodes, as far as the ranks know; the rank that made the second one's memory dies.
command=("$grid" two.yaml --out "$folder/nodes")
mpirun --enable-recovery --oversubscribe -np 2 env SLURMD_NODENAME=a "${command[@]}" : \
    -np 3 env SLURMD_NODENAME=b "${command[@]}" 2>nodes.txt &
job=$!
wait_for_cells nodes
mapped=$(mapped_by nodes)
[ "$(echo "$mapped" | awk '{ print $1 }' | sort | tr '\n' ' ')" = "2 3 " ] || fail "mapped by ranks: $mapped"
kill -KILL "$(ranks_of nodes | sed -n 3p)"
wait $job || fail "two nodes: exit code $?: $(cat nodes.txt)"
grep -q '"lost".*has died' nodes/journal.jsonl || fail "the dead rank was not noticed"
same_results nodes

# No file may become as large as the data, 13.6 MB; a checkpoint with its optimiser's state is smaller.
mpirun -np 3 --oversubscribe bash -c 'trap "" XFSZ; ulimit -f 13000; exec "$@"' bash \
    "$grid" two.yaml --out "$folder/copies" 2>copies.txt || fail "copies: $(cat copies.txt)"
grep -q 'warning: 3 ranks on .* hold a copy of the data each, 0.01 GB: shared memory of .* bytes: fallocate' \
    copies.txt || fail "$(cat copies.txt)"
same_results copies
