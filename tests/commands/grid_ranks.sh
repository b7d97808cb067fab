#!/usr/bin/env bash
# Ranks that die, hang or become slow, the master among them: the job goes on or ends, never waits for
# ever, and what ends well ends with the bits of a quiet run.
set -euo pipefail
name=grid_ranks.sh
. "$GISD_SOURCE/tests/helpers/tiny_grid.sh"

# A rank dies before it has met the others, who can only wait for it; about a minute later they give
# up. Looked at in the end.
(
    mpirun --enable-recovery --oversubscribe -np 2 "$grid" tiny.yaml --out "$folder/early" : \
        -np 1 sh -c 'kill -KILL $$' 2>early.txt || true
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

# A rank becomes slow: it is noticed among those that do the same work, and its cell moves to an idle
# rank. (Under a sanitizer it would be silent for too long.)
if [ "$sanitized" = 0 ]; then
    sed 's/epochs: 12/epochs: 80/; s/local, global/local/
         s/ranks_per_cell: 2, silence: 60/ranks_per_cell: 1, silence: 30/
         $a loss: {alpha: [0.25, 0.75]}' tiny.yaml >slow.yaml
    "$grid" slow.yaml --out even 2>/dev/null || fail "the quiet run of two alphas failed"
    mpirun -np 4 --oversubscribe "$grid" slow.yaml --out "$folder/slow" 2>slow.txt &
    job=$!
    wait_for 2 '"started"' slow/journal.jsonl
    pid=$(pgrep -f -x "$grid slow.yaml --out $folder/slow" | sort -n | sed -n 3p)
    while kill -STOP "$pid" 2>/dev/null; do
        sleep 0.8
        kill -CONT "$pid" 2>/dev/null || true # it may have ended
        sleep 0.05
    done
    wait $job || fail "a slow rank: exit code $?: $(cat slow.txt)"
    grep -q '"slow".*"rank":2,' slow/journal.jsonl || fail "not noticed: $(cat slow.txt slow/journal.jsonl)"
    grep -q '"stopped"' slow/journal.jsonl || fail "its cell stayed with it"
    for cell in $(ls even/cells); do
        h5diff {even,slow}/cells/"$cell"/checkpoint.h5 /parameters || fail "other parameters"
    done
fi

# The master dies: the workers notice and end, and the next start goes on.
start 3 master
kill -KILL "$(ranks_of master | sed -n 1p)"
wait $job || true
[ -z "$(ranks_of master)" ] || fail "workers outlive the master"
finish master

# mpirun and all that it started die at once.
start 3 all
kill -KILL $(ranks_of all) $job
wait $job 2>/dev/null || true
finish all

# Those whose fellow died at the start have given up.
for turn in $(seq 1200); do
    [ -e early.over ] && break
    sleep 0.1
done
[ -e early.over ] || fail "ranks still wait for one that died at the start"
grep -q 'did one die' early.txt || fail "the start: $(cat early.txt)"
[ ! -e early ] || fail "a job that did not begin left results"
