#!/usr/bin/env bash
# The runner's promises, each with the fault injected: dead and hung ranks, a dead master, signals,
# damaged files, cells that cannot be trained. What ends well ends with the bits of a quiet run.
set -euo pipefail
folder=$(mktemp -d)
job=
trap 'kill -KILL $job $(pgrep -f -- "$folder") 2>/dev/null; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid_faults.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: quiet
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 12, batch: 4, shards: 4}
grid: {ranks_per_cell: 2, silence: 60}
END
"$grid" tiny.yaml 2>/dev/null || fail "the quiet run failed"
cells=$(ls results/quiet/cells)

same_bits() { # same_bits DIR: every cell is as in the quiet run
    for cell in $cells; do
        h5diff "results/quiet/cells/$cell/checkpoint.h5" "$1/cells/$cell/checkpoint.h5" \
            /parameters || fail "$1: other parameters in $cell"
        h5diff "results/quiet/cells/$cell/result.h5" "$1/cells/$cell/result.h5" \
            /test/predictions/scores || fail "$1: other scores in $cell"
    done
}

wait_for() { # wait_for TIMES PATTERN FILE: until the pattern stands in the file that often
    local turn
    for turn in $(seq 600); do
        [ -e "$3" ] && [ "$(grep -c "$2" "$3")" -ge "$1" ] && return
        sleep 0.05
    done
    fail "no $2 in $3 within 30 seconds"
}

ranks_of() { # the processes of a folder's job, rank 0 first
    pgrep -f -x "$grid tiny.yaml --out $folder/$1" | sort -n
}

start() { # start RANKS DIR: in the background as $job, until both cells have been saved
    mpirun --enable-recovery -np "$1" --oversubscribe "$grid" tiny.yaml --out "$folder/$2" 2>"$2.txt" &
    job=$!
    wait_for 2 '"saved"' "$2/journal.jsonl"
}

finish() { # finish DIR: start it again without faults
    "$grid" tiny.yaml --out "$1" 2>"$1.txt" || fail "$1: exit code $? when started again"
    same_bits "$1"
}

# A rank dies before it has met the others, who can only wait for it; about a minute later they give
# up. Looked at in the end.
(
    mpirun --enable-recovery --oversubscribe -np 2 "$grid" tiny.yaml --out "$folder/early" : \
        -np 1 sh -c 'kill -KILL $$' 2>early.txt
    touch early.over
) &

# A rank of one group dies: its cell goes back to the queue, the group is formed again from the
# survivors, and the job ends with all done.
start 4 dead
kill -KILL "$(ranks_of dead | sed -n 3p)"
wait $job || fail "a dead rank: exit code $?: $(cat dead.txt)"
grep -q '"lost".*has died' dead/journal.jsonl || fail "the dead rank was not noticed"
tail -1 dead/journal.jsonl | grep -q '"closed".*"code":0' || fail "not closed in order"
[ -z "$(ranks_of dead)" ] || fail "processes are left: $(ranks_of dead)"
same_bits dead

# A rank hangs: after the time of silence it counts as dead, and does not come back.
sed -i 's/silence: 60/silence: 8/' tiny.yaml
start 3 hung
kill -STOP "$(ranks_of hung | sed -n 3p)"
wait $job || fail "a hung rank: exit code $?: $(cat hung.txt)"
grep -q '"lost".*has been silent' hung/journal.jsonl || fail "the hung rank was not noticed"
[ -z "$(ranks_of hung)" ] || fail "processes are left: $(ranks_of hung)"
sed -i 's/silence: 8/silence: 60/' tiny.yaml
finish hung

# The master dies: the workers notice and end, and the next start goes on.
start 3 master
kill -KILL "$(ranks_of master | head -1)"
wait $job || true
[ -z "$(ranks_of master)" ] || fail "workers outlive the master"
finish master

# mpirun and all that it started die at once.
start 3 all
kill -KILL $(ranks_of all) $job
wait $job 2>/dev/null || true
finish all

# A signal: saved at the next step, exit code 75, and on from there.
"$grid" tiny.yaml --out signal 2>signal.txt &
job=$!
wait_for 1 '"saved"' signal/journal.jsonl
# Meanwhile a second master is refused.
code=0
"$grid" tiny.yaml --out signal 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'another process' err.txt || fail "two masters on one folder"
kill -USR1 $job
code=0
wait $job || code=$?
[ $code = 75 ] || fail "exit code $code after USR1, expected 75: $(cat signal.txt)"
grep -q '"stopped"' signal/journal.jsonl || fail "nothing was stopped"
finish signal
# mpirun passes the signal on, to one rank or to all.
start 3 passed
kill -USR1 "$(ranks_of passed | head -1)"
wait $job || true
tail -1 passed/journal.jsonl | grep -q '"closed".*"code":75' || fail "the signal was not passed on"
# A torn line of the journal, and a damaged newest checkpoint: each costs only itself.
cell=$(ls passed/cells | head -1)
printf '{"event":"fini' >>passed/journal.jsonl
size=$(stat -c %s "passed/cells/$cell/checkpoint.h5")
printf 'damage' | dd of="passed/cells/$cell/checkpoint.h5" bs=1 seek=$((size / 2)) conv=notrunc \
    status=none
finish passed

# An epoch longer than a checkpoint's interval: kill -9 in it costs that interval, not the epoch.
sed 's/size: 64/size: 128/; s/base: 4/base: 8/; s/epochs: 12/epochs: 1/; s/batch: 4/batch: 1/
     s/shards: 4/shards: 1/; s/local, global/global/; s/silence: 60/silence: 60, checkpoint: 1/' \
    tiny.yaml >long.yaml
"$GISD_BIN/gisd-data" phantom more --images 120 --seed 2 --size 96x80 --overlays 0 >/dev/null
"$grid" long.yaml --out long --data more 2>long.txt &
job=$!
wait_for 1 '"saved".*"epoch":0,' long/journal.jsonl
kill -KILL $job
wait $job || true
"$grid" long.yaml --out long --data more 2>long.txt || fail "$(cat long.txt)"
grep -q 'resumed from a checkpoint' long/cells/*/log.txt || fail "not resumed within the epoch"
"$grid" long.yaml --out whole --data more 2>long.txt || fail "$(cat long.txt)"
for cell in $(ls whole/cells); do
    h5diff {whole,long}/cells/"$cell"/checkpoint.h5 /parameters || fail "other parameters"
done

# The time is up before the second cell could begin.
code=0
"$grid" tiny.yaml --out short --walltime 1s 2>short.txt || code=$?
[ $code = 75 ] || fail "exit code $code for a walltime of one second, expected 75"
finish short

# Cells that diverge or ask for more memory than there is fail alone, with their cause.
cat >bad.yaml <<'END'
name: bad
data: {manifest: data/manifest.csv}
model: {base: [4, 256], size: 64, recursion_steps: 1}
training: {epochs: 2, batch: 4, optimiser: sgd, learning_rate: [0.001, 10], clip_norm: 0}
END
code=0
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    sed -i 's/\[4, 256\]/4/' bad.yaml # the sanitizer needs more address space than that
    "$grid" bad.yaml 2>err.txt || code=$?
else
    (ulimit -v 1500000 && exec "$grid" bad.yaml) 2>err.txt || code=$?
    grep -q '"failed".*"no memory"' results/bad/journal.jsonl || fail "memory: $(cat err.txt)"
fi
[ $code = 1 ] || fail "exit code $code with failed cells, expected 1"
grep -q '"failed".*"diverged".*not finite' results/bad/journal.jsonl || fail "NaN: $(cat err.txt)"
grep -q '"finished"' results/bad/journal.jsonl || fail "the good cell is not done: $(cat err.txt)"
# A failed cell is not run again until somebody asks for it.
lines=$(grep -c '"started"' results/bad/journal.jsonl)
! "$grid" bad.yaml 2>/dev/null || fail "exit code 0 in spite of failed cells"
[ "$(grep -c '"started"' results/bad/journal.jsonl)" = "$lines" ] || fail "failed cells ran again"
code=0
"$grid" bad.yaml --retry failed --only 'base=4 learning_rate=10' 2>/dev/null || code=$?
[ $code = 1 ] && [ "$(grep -c '"started"' results/bad/journal.jsonl)" = $((lines + 1)) ] ||
    fail "--retry failed --only one of them did not run just that"

# A full disk fails the cell, and the journal says so, if there is room for that much.
if mkdir full && mount -t tmpfs -o size=3M none full 2>/dev/null; then
    trap 'umount "$folder/full"; rm -rf "$folder"' EXIT
    code=0
    "$grid" tiny.yaml --out full/results 2>err.txt || code=$?
    [ $code = 1 ] && grep -q 'No space left\|cannot write' err.txt || fail "full disk: $(cat err.txt)"
    ! find full -name '*.h5' -empty | grep . || fail "a full disk left empty files"
fi

# Those whose fellow died at the start have given up.
for turn in $(seq 1200); do
    [ -e early.over ] && break
    sleep 0.1
done
[ -e early.over ] || fail "ranks still wait for one that died at the start"
grep -q 'did one die' early.txt || fail "the start: $(cat early.txt)"
[ ! -e early ] || fail "a job that did not begin left results"
