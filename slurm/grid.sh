#!/usr/bin/env bash
# A grid as one Slurm job that ends when the grid is done, however often it is cut on the way:
#
#     sbatch slurm/grid.sh [EXPERIMENT.yaml [gisd-grid's other options]]
#
# experiments/table2.yaml by default. Nodes, tasks and time are sbatch's to give (--nodes=8
# --ntasks-per-node=64 --time=12:00:00). Before the time is up, when the job is preempted and on
# scancel --signal=USR1 --batch, it saves and puts itself back into the queue.
#
# GISD_GRID: the program (else gisd-grid of build/release or of PATH); GISD_OUT: the results' folder.
#SBATCH --job-name=gisd-grid
#SBATCH --nodes=1
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=gisd-grid-%j.log
#SBATCH --signal=B:USR1@120
set -uo pipefail
cd "${SLURM_SUBMIT_DIR:-.}" || exit 1

experiment=${1:-experiments/table2.yaml}
[ $# -gt 0 ] && shift
grid=${GISD_GRID:-build/release/bin/gisd-grid}
[ -x "$grid" ] || grid=gisd-grid
name=$(sed -n 's/^name: *\([^ #]*\).*/\1/p' "$experiment" | head -1)
out=${GISD_OUT:-results/${name:-grid}}
journal=$out/journal.jsonl
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-${SLURM_CPUS_PER_TASK:-1}}

# Slurm's controller may be busy, or restart: asks again after growing pauses, for some three minutes.
ask_slurm() { # ask_slurm COMMAND...: prints the answer; fails if there is none
    local pause answer
    for pause in 1 2 4 8 16 32 none; do
        if answer=$(timeout -k 5 15 "$@"); then
            [ -z "$answer" ] || echo "$answer"
            return 0
        fi
        [ "$pause" = none ] || sleep "$pause"
    done
    echo "$(date -Is)  Slurm does not answer: $*" >&2
    return 1
}

requeue_job() { # puts the job back into the queue, unless Slurm does so, or somebody has cancelled it
    local state
    state=$(ask_slurm squeue -h -j "$SLURM_JOB_ID" -o '%T %r') || state=unknown
    # Slurm itself puts back a job that it ends for want of a node. What is left: it still runs, or its
    # time was up.
    case $state in
    RUNNING* | *TimeLimit) ask_slurm scontrol requeue "$SLURM_JOB_ID" && return ;;
    unknown) ;;
    *) return 0 ;;
    esac
    echo "$(date -Is)  job $SLURM_JOB_ID is not back in the queue: submit it again, and it goes on" >&2
}

# gisd-grid ends in time by this; older Slurms (22.05) do not tell it.
if [ -n "${SLURM_JOB_ID:-}" ] && [ -z "${SLURM_JOB_END_TIME:-}" ]; then
    SLURM_JOB_END_TIME=$(SLURM_TIME_FORMAT=%s ask_slurm squeue -h -j "$SLURM_JOB_ID" -o %e) ||
        echo "$(date -Is)  so gisd-grid does not know when its time is up; the signal before it is left" >&2
    export SLURM_JOB_END_TIME
fi

lines() { # how much the journal tells of trained cells
    local count
    count=$(grep -sc '"event":"\(saved\|finished\|failed\)"' "$journal")
    echo "${count:-0}"
}

code=1
before=$(lines)
echo "$(date -Is)  job ${SLURM_JOB_ID:-none}, start $((${SLURM_RESTART_COUNT:-0} + 1)): $experiment on ${SLURM_JOB_NODELIST:-$(hostname)}"

# The master only leads, so it is one rank more than there are tasks. A rank that dies must not take
# the others with it: --enable-recovery.
mpirun --enable-recovery --oversubscribe -np $((${SLURM_NTASKS:-1} + 1)) \
    "$grid" "$experiment" --out "$out" "$@" &
mpirun=$!
# A trap runs only between commands: mpirun is in the background, and waiting goes on after it.
trap 'kill -USR1 $mpirun 2>/dev/null' USR1 TERM

# A rank that dies just as it reports to mpirun can leave that locked for ever (seen with PMIx 4.2.2),
# deaf to signals, when all ranks have ended. Rank 0 is on this node: without any here it is over.
watch() {
    local comm=${grid##*/} ranks seen= seconds=0
    while sleep 5 && kill -0 $mpirun 2>/dev/null; do
        ranks=$(ps --ppid $mpirun -o stat=,comm= | grep " ${comm:0:15}") # Z: ended
        seen=${ranks:-$seen}
        if grep -q '^[^Z]' <<<"$ranks"; then
            seconds=0
        elif [ -n "$seen" ] && [ $((seconds += 5)) -ge 60 ]; then
            echo "$(date -Is)  mpirun has lost its ranks and does not end: killed"
            kill -KILL $mpirun
        fi
    done
}
watch &
watch=$!
while kill -0 $mpirun 2>/dev/null; do
    wait $mpirun
    code=$?
done
kill $watch 2>/dev/null

# With dead ranks mpirun's exit code says nothing, and rank 0 may be among them: the journal knows.
closed=$(tail -n 1 "$journal" 2>/dev/null | sed -n 's/.*"event":"closed".*"code":\([0-9]*\).*/\1/p')
if [ -n "$closed" ]; then
    code=$closed
elif [ -e "$journal" ] && [ "$(lines)" -gt "$before" ]; then
    code=75 # cut off in the middle, but it had come forward
elif [ "$code" = 0 ]; then
    code=1
fi
echo "$(date -Is)  job ${SLURM_JOB_ID:-none} ends with code $code"
if [ "$code" = 75 ] && [ -n "${SLURM_JOB_ID:-}" ]; then
    requeue_job
fi
exit "$code"
