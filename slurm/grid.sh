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
# gisd-grid ends in time by this; older Slurms (22.05) do not tell it.
if [ -n "${SLURM_JOB_ID:-}" ] && [ -z "${SLURM_JOB_END_TIME:-}" ]; then
    SLURM_JOB_END_TIME=$(SLURM_TIME_FORMAT=%s squeue -h -j "$SLURM_JOB_ID" -o %e)
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
    # Slurm itself puts back a job that it ends for want of a node, and one that somebody has
    # cancelled shall not come back. What is left: it still runs, or its time was up.
    case $(squeue -h -j "$SLURM_JOB_ID" -o '%T %r') in
    RUNNING* | *TimeLimit) scontrol requeue "$SLURM_JOB_ID" ;;
    esac
fi
exit "$code"
