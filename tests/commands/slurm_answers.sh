#!/usr/bin/env bash
# slurm/grid.sh beside a Slurm that answers late or never: it asks again after growing pauses, and then
# says what it could not do; its code is that of the journal. Slurm's commands and what runs the grid are
# stand-ins, and neither pauses nor waits for an answer last as long as they say.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
    echo "slurm_answers.sh: $*" >&2
    cat log.txt calls.txt >&2
    exit 1
}

stand_in() { # stand_in NAME: a command of that name, from the standard input
    { echo '#!/usr/bin/env bash' && cat; } >"bin/$1"
    chmod +x "bin/$1"
}

mkdir bin
export FOLDER=$folder SLEEP TIMEOUT
SLEEP=$(command -v sleep)
TIMEOUT=$(command -v timeout)
stand_in sleep <<'END'
[ "$1" = 5 ] && exec "$SLEEP" 5 # the watch over mpirun
echo "$1" >>"$FOLDER/pauses.txt"
END
stand_in timeout <<'END'
echo "$3 s: ${*:4}" >>"$FOLDER/calls.txt"
limit=60
[ "$(cat "$FOLDER/squeue.txt")" = hang ] && limit=0.2
exec "$TIMEOUT" "$limit" "${@:4}"
END
for name in mpirun gisd-run gisd-grid; do
    stand_in $name <<'END'
mkdir -p out
echo "${SLURM_JOB_END_TIME:-unknown}" >out/end.txt
echo '{"event":"closed","time":"2026-01-01T00:00:00Z","code":'"$(cat "$FOLDER/code.txt")"',"done":0}' >out/journal.jsonl
[ "${0##*/}" = mpirun ] && exit 1 # which grid.sh does not believe
exit "$(cat "$FOLDER/code.txt")"
END
done
# Each fails as often in a row as the file of its name says, or hangs, before it answers.
for name in squeue scontrol; do
    stand_in $name <<'END'
name=${0##*/}
left=$(cat "$FOLDER/$name.txt")
[ "$left" = hang ] && exec "$SLEEP" 1000
if [ "$left" -gt 0 ]; then
    echo $((left - 1)) >"$FOLDER/$name.txt"
    echo "$name: error: Unable to contact slurm controller (connect failure)" >&2
    exit 1
fi
case "$name $*" in
*' -o %e') echo 4102444800 && cp "$FOLDER/fails.txt" "$FOLDER/squeue.txt" ;;
squeue*) cat "$FOLDER/state.txt" ;;
scontrol*) echo requeued >>"$FOLDER/requeued.txt" ;;
esac
END
done
echo 'name: tiny' >tiny.yaml

run() { # run SQUEUE SCONTROL STATE: how often each fails, and what squeue tells of the job; sets code
    echo "$1" | tee fails.txt >squeue.txt
    echo "$2" >scontrol.txt
    echo "$3" >state.txt
    rm -rf out pauses.txt calls.txt requeued.txt
    touch pauses.txt calls.txt requeued.txt
    code=0
    env -u SLURM_JOB_END_TIME PATH="$folder/bin:$PATH" SLURM_JOB_ID=7 SLURM_SUBMIT_DIR="$folder" \
        GISD_GRID="$folder/bin/gisd-grid" GISD_OUT=out "$GISD_SOURCE/slurm/grid.sh" tiny.yaml >log.txt 2>&1 || code=$?
}

for closed in 0 1; do
    echo $closed >code.txt
    run 0 0 'RUNNING None'
    [ $code = $closed ] && [ ! -s requeued.txt ] || fail "code $code, expected the journal's $closed"
done
echo 75 >code.txt
run 0 0 'RUNNING None'
[ $code = 75 ] && [ ! -s pauses.txt ] && [ -s requeued.txt ] || fail "a Slurm that answers: code $code"
grep -q '^15 s: squeue -h -j 7 -o %T %r$' calls.txt || fail "other questions"

run 2 2 'RUNNING None'
[ $code = 75 ] && [ "$(xargs <pauses.txt)" = '1 2 1 2 1 2' ] || fail "code $code, pauses $(xargs <pauses.txt)"
[ "$(wc -l <requeued.txt)" = 1 ] || fail "it is not back in the queue"
[ "$(cat out/end.txt)" = 4102444800 ] || fail "gisd-grid was not told when its time is up"

run 0 100 'COMPLETING TimeLimit'
[ $code = 75 ] && [ "$(xargs <pauses.txt)" = '1 2 4 8 16 32' ] || fail "code $code, pauses $(xargs <pauses.txt)"
[ "$(wc -l <requeued.txt)" = 0 ] || fail "scontrol answered after all"
grep -q 'Slurm does not answer: scontrol requeue 7' log.txt || fail "it does not tell"
grep -q 'job 7 is not back in the queue: submit it again' log.txt || fail "it does not tell what to do"

run hang 0 'RUNNING None'
[ $code = 75 ] && [ "$(xargs <pauses.txt)" = '1 2 4 8 16 32 1 2 4 8 16 32' ] ||
    fail "code $code, pauses $(xargs <pauses.txt)"
[ "$(cat out/end.txt)" = unknown ] || fail "an end that nobody knows"
grep -q 'does not know when its time is up' log.txt || fail "it does not tell"
grep -q 'job 7 is not back in the queue: submit it again' log.txt || fail "it does not tell what to do"
[ "$(wc -l <requeued.txt)" = 0 ] || fail "a job of unknown state was put back"

run 1 0 'CANCELLED None'
[ $code = 75 ] && [ "$(wc -l <requeued.txt)" = 0 ] || fail "a cancelled job came back"
grep -q 'not back in the queue' log.txt && fail "a cancelled job is told to be submitted again"
exit 0
