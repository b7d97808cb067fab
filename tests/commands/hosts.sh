#!/usr/bin/env bash
# Several hosts, of which ranks, daemons, links and whole machines die: what goes on by itself, what is
# started again, and that all ends with the bits of an undisturbed run. docs/cluster.md has it as a table.
#
# All cases at once, each on hosts of its own, as most of the time is waiting. GISD_HOSTS_CASES names some.
set -euo pipefail
. "$GISD_SOURCE/tests/helpers/hosts.sh"
missing=$(hosts_missing)
if [ -n "$missing" ]; then
    echo "hosts.sh: skipped, as it needs" $missing
    exit 77
fi
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    echo "hosts.sh: skipped under a sanitizer: it tests scripts, and what is silent for too long"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
run=$GISD_BIN/gisd-run
mpirun=${GISD_MPIRUN:-mpirun}
export OMP_NUM_THREADS=1
cd "$folder"
# MPICH's mpirun ends the job with the first rank: there what is asserted of Open MPI's is not.
recovers=$("$mpirun" --version 2>&1 | grep -c 'open-mpi.org' || true)

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
experiment() { # experiment SILENCE
    cat <<END
name: quiet
data: {manifest: $folder/data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
loss: {alpha: [0.25, 0.5]}
training: {epochs: 12, batch: 4, shards: 1}
grid: {silence: $1}
END
}
experiment 60 >quiet.yaml
"$grid" quiet.yaml --out quiet 2>quiet.txt || { cat quiet.txt >&2 && exit 1; }

# ---- what the cases share; each runs in a subshell, in its own folder ----

fail() {
    echo "hosts.sh: $case: $*" >&2
    tail -n 30 log.txt >&2
    exit 1
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
    local turn
    for turn in $(seq $(($1 * 10))); do
        "${@:2}" && return
        sleep 0.1
    done
    fail "waited $1 seconds for: ${*:2}"
}

has() { # has TIMES EVENT
    [ -e out/journal.jsonl ] && [ "$(grep -c "\"event\":\"$2\"" out/journal.jsonl)" -ge "$1" ]
}

start() { # start SILENCE HOST COMMAND...: a job of four ranks, led by a command on the host
    experiment "$1" >tiny.yaml
    hosts_on "$2" "${@:3}" -np 4 "$grid" tiny.yaml --out "$PWD/out" >>log.txt 2>&1 &
    job=$!
}

at=-H # Open MPI's word, and MPICH's
[ "$recovers" != 0 ] || at=-hosts
three=node0:2,node1:1,node2:1 # rank 0 and one that trains, and one on each of the others

is_busy() { # is_busy HOST: it trains a cell
    local cell
    cell=$(grep '"event":"started".*"hosts":"'"$1"'"' out/journal.jsonl | tail -n 1 | sed 's/.*"cell":"\([^"]*\)".*/\1/')
    [ -n "$cell" ] && ! grep -q '"event":"finished","cell":"'"$cell"'"' out/journal.jsonl
}

begins() { # until cells are trained on every host
    wait_for 120 has 3 started
    wait_for 120 has 4 saved
    wait_for 120 is_busy node2
}

ends_well() { # ends_well STARTS: all is done, with the bits of the quiet run
    local cell crashes code=0
    wait $job || code=$?
    [ $code = 0 ] || fail "exit code $code"
    tail -n 1 out/journal.jsonl | grep -q '"closed".*"code":0,"done":4,' || fail "not all is done"
    # Now and then a daemon's death makes Open MPI 4.1's own mpirun crash; then gisd-run starts one more.
    crashes=$(grep -c 'libopen-rte.*pmix_server_log_fn' log.txt || true)
    [ "$recovers" = 0 ] || [ "$(grep -c '"opened"' out/journal.jsonl)" = $(($1 + crashes)) ] ||
        fail "it was started $(grep -c '"opened"' out/journal.jsonl) times, expected $1 + $crashes"
    for cell in ../quiet/cells/*; do
        h5diff "$cell/checkpoint.h5" "out/cells/${cell##*/}/checkpoint.h5" /parameters ||
            fail "other parameters in $cell"
        h5diff "$cell/result.h5" "out/cells/${cell##*/}/result.h5" /test/predictions/scores ||
            fail "other scores in $cell"
    done
}

is_empty() { # is_empty HOST...: no rank is left on them
    local host
    for host; do
        [ -z "$(hosts_processes "$host" "$grid tiny.yaml")" ] || return
    done
}

# ---- what goes on by itself ----

case_rank() {
    start 8 node0 "$run" $at $three
    begins
    kill -KILL $(hosts_processes node2 "$grid tiny.yaml")
    ends_well 1
}

case_daemon() {
    start 8 node0 "$run" $at $three
    begins
    kill -KILL $(hosts_processes node2 'orted|hydra_pmi_proxy')
    ends_well 1
    has 1 lost || [ "$recovers" = 0 ] || fail "nothing was lost"
    wait_for 120 is_empty node0 node1 node2
}

case_host() {
    start 8 node0 "$run" $at $three
    begins
    hosts_kill node2
    [ "$recovers" != 0 ] || hosts_boot node2
    ends_well 1
    has 1 lost || [ "$recovers" = 0 ] || fail "nothing was lost"
}

case_short_cut() {
    start 60 node0 "$run" --once $at $three
    begins
    hosts_cut node2
    sleep 2
    hosts_join node2
    ends_well 1
    ! has 1 lost || fail "a short cut lost ranks"
}

case_long_cut() {
    start 8 node0 "$run" $at $three
    begins
    hosts_cut node2
    wait_for 120 has 1 lost
    hosts_join node2
    ends_well 1
    wait_for 120 is_empty node0 node1 node2
}

case_slow() {
    if ! hosts_slow node2 50 1; then
        echo "hosts.sh: this kernel has no netem: 50 ms of delay and 1 % of loss are not tested"
        return
    fi
    start 60 node0 "$run" --once $at $three
    ends_well 1
    ! has 1 lost || fail "a slow link lost ranks"
}

# ---- what is started again ----

# mpirun runs on a host without ranks, and the host of rank 0 dies: the others end, a new job begins.
case_first_host() {
    start 8 node3 "$run" $at $three
    begins
    hosts_kill node0
    hosts_boot node0
    ends_well 2
}

# The host of rank 0 and of all that could start anything: the others end by themselves, and somebody
# must start it again, on the hosts that are left.
case_only_host() {
    start 8 node0 "$run" $at $three
    begins
    hosts_kill node0
    wait $job && fail "the dead host ended in order"
    wait_for 120 is_empty node1 node2
    start 60 node1 "$run" --once $at node1:3,node2:1
    ends_well 2
}

# Plain mpirun ends the job with the first rank or daemon; after that it goes on where it was.
case_plain() {
    local victim saved=0
    for victim in "$grid tiny.yaml" 'orted|hydra_pmi_proxy'; do
        start 60 node0 "$mpirun" $at $three
        wait_for 120 has $((saved + 4)) saved
        kill -KILL $(hosts_processes node2 "$victim")
        wait $job && fail "nobody noticed that there is no $victim any more"
        wait_for 120 is_empty node0 node1 node2
        saved=$(grep -c '"saved"' out/journal.jsonl)
    done
    start 60 node0 "$run" --once $at $three
    ends_well 3
}

# ---- all at once ----

failed=0
declare -A running=()
for case in ${GISD_HOSTS_CASES:-rank daemon host short_cut long_cut slow first_host only_host plain}; do
    (
        mkdir "$case"
        cd "$case"
        trap 'hosts_stop' EXIT
        hosts_start "$PWD/hosts" node0 node1 node2 node3
        export TMPDIR=/dev/shm # of each host its own
        seconds=$SECONDS
        case_"$case"
        echo "$case: $((SECONDS - seconds)) s"
    ) &
    running[$case]=$!
done
for case in "${!running[@]}"; do
    wait "${running[$case]}" || failed=1
done
exit $failed
