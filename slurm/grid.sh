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
run=gisd-run
[ "$grid" = gisd-grid ] || run=$(dirname "$grid")/gisd-run
name=$(sed -n 's/^name: *\([^ #]*\).*/\1/p' "$experiment" | head -1)
out=${GISD_OUT:-results/${name:-grid}}
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

code=1
echo "$(date -Is)  job ${SLURM_JOB_ID:-none}, start $((${SLURM_RESTART_COUNT:-0} + 1)): $experiment on ${SLURM_JOB_NODELIST:-$(hostname)}"

# The master only leads, so it is one rank more than there are tasks. gisd-run sees to it that mpirun ends,
# and knows the code; to start again is Slurm's.
"$run" --once --oversubscribe -np $((${SLURM_NTASKS:-1} + 1)) "$grid" "$experiment" --out "$out" "$@" &
run=$!
# A trap runs only between commands: gisd-run is in the background, and waiting goes on after it.
trap 'kill -USR1 $run 2>/dev/null' USR1 TERM
while kill -0 $run 2>/dev/null; do
    wait $run
    code=$?
done
echo "$(date -Is)  job ${SLURM_JOB_ID:-none} ends with code $code"
if [ "$code" = 75 ] && [ -n "${SLURM_JOB_ID:-}" ]; then
    requeue_job
fi
exit "$code"
