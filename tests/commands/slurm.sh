#!/usr/bin/env bash
# slurm/grid.sh on a private Slurm of four nodes. A job that is preempted, loses a node or all ranks,
# saves before its time limit or is killed at it comes back by itself, and ends with every cell done
# and the bits of a quiet job. A job that is cancelled does not come back.
set -euo pipefail
. "$GISD_SOURCE/tests/helpers/private_slurm.sh"
missing=$(private_slurm_missing)
if [ -n "$missing" ]; then
    echo "slurm.sh: skipped, as it needs" $missing
    exit 77
fi
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    echo "slurm.sh: skipped under a sanitizer: it takes minutes, and tests scripts and not memory"
    exit 77
fi
folder=$(mktemp -d)
chmod 755 "$folder" # munge wants its socket in reach of all
trap 'set +e; private_slurm_stop; rm -rf "$folder"' EXIT
export TMPDIR=$folder # mpirun that is killed leaves files there
export GISD_GRID=$GISD_BIN/gisd-grid
cd "$folder"
declare -A job

fail() {
    echo "slurm.sh: $*" >&2
    tail -n 40 ./*.log slurm/log/slurmctld >&2 || true
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: quiet
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 40, batch: 4, shards: 4}
END
private_slurm_start "$folder/slurm" 4 || fail "Slurm does not start"

submit() { # submit NAME OPTION...
    job[$1]=$(GISD_OUT=$folder/$1 sbatch --parsable --output="$1.log" "${@:2}" \
        "$GISD_SOURCE/slurm/grid.sh" tiny.yaml)
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds
    local turn
    for turn in $(seq $(($1 * 5))); do
        "${@:2}" && return
        sleep 0.2
    done
    fail "waited $1 seconds for: ${*:2}"
}

is() { # is NAME STATE
    local state
    state=$(scontrol show job "${job[$1]}" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
    [ "$state" = "$2" ] && return
    case $state in FAILED | CANCELLED | TIMEOUT | COMPLETED) fail "$1: $state" ;; esac
    return 1
}

has_saved() { # has_saved NAME
    grep -qs '"saved"' "$1/journal.jsonl"
}

worker() { # worker NAME: the second process of a job on one node
    pgrep -f -x "$GISD_GRID tiny.yaml --out $folder/$1" | sort -n | tail -1
}

ends_well() { # ends_well NAME
    local cell
    wait_for 300 is "$1" COMPLETED
    tail -n 1 "$1/journal.jsonl" | grep -q '"closed".*"code":0,"done":2,' ||
        fail "$1: not every cell is done"
    for cell in quiet/cells/*; do
        h5diff "$cell/checkpoint.h5" "$1/cells/${cell##*/}/checkpoint.h5" /parameters ||
            fail "$1: other parameters in $cell"
        h5diff "$cell/result.h5" "$1/cells/${cell##*/}/result.h5" /test/predictions/scores ||
            fail "$1: other scores in $cell"
    done
}

comes_back_and_ends_well() { # comes_back_and_ends_well NAME
    ends_well "$1"
    [ "$(grep -c '"opened"' "$1/journal.jsonl")" -ge 2 ] || fail "$1: it was never cut"
}

submit quiet --nodes=4
ends_well quiet

submit preempted --nodes=4
wait_for 120 has_saved preempted
scancel --signal=USR1 --batch "${job[preempted]}"
comes_back_and_ends_well preempted
grep -q '"stopped"' preempted/journal.jsonl || fail "the signal stopped nothing"

submit down --nodes=2
wait_for 120 has_saved down
node=$(scontrol show hostnames "$(squeue -h -j "${job[down]}" -o %N)" | tail -1)
scontrol update nodename="$node" state=down reason=test
comes_back_and_ends_well down

# A job whose mpirun has no ranks any more and does not end: a minute later it is killed.
submit locked
wait_for 120 has_saved locked
kill -STOP "$(pgrep -f "^${GISD_MPIRUN:-mpirun} .* $GISD_GRID tiny.yaml --out $folder/locked")"
pkill -KILL -f -x "$GISD_GRID tiny.yaml --out $folder/locked"

# Beside it two jobs of a minute, Slurm's shortest, whose workers pause as if a step took that long. The
# one goes on when the runner, which knows the limit, wants to save; the other never does. grid.sh's own
# signal would come at once: CONT in its place does nothing.
for name in late killed; do
    submit $name --time=1 --signal=B:CONT@1
    wait_for 120 has_saved $name
    kill -STOP "$(worker $name)"
done
wait_for 120 grep -qs 'the time is nearly up' late.log
kill -CONT "$(worker late)"
comes_back_and_ends_well late
grep -q '"closed".*"code":75' late/journal.jsonl || fail "it did not save before the limit"
comes_back_and_ends_well killed
grep -q 'DUE TO TIME LIMIT' killed.log || fail "the limit did not kill it"
comes_back_and_ends_well locked
grep -q 'has lost its ranks and does not end' locked.log || fail "mpirun was not locked"

submit cancelled
wait_for 120 has_saved cancelled
scancel "${job[cancelled]}"
wait_for 120 is cancelled CANCELLED
