#!/usr/bin/env bash
# gisd-run in mpirun's place, with the MPI of this build: a rank dies, mpirun dies, a rank dies before the
# work begins, and each time it ends by itself with the journal's code and the bits of a quiet run.
set -euo pipefail
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    echo "run.sh: skipped under a sanitizer: it tests a script"
    exit 77
fi
name=run.sh
. "$GISD_SOURCE/tests/helpers/tiny_grid.sh"
mpirun=${GISD_MPIRUN:-mpirun}
several=() # Open MPI counts cores
[[ $("$mpirun" --version 2>&1) != *open-mpi.org* ]] || several=(--oversubscribe)

begin() { # begin DIR RANKS [OPTION...]: in the background as $job
    "$GISD_BIN/gisd-run" "${@:3}" "${several[@]}" -np "$2" "$grid" tiny.yaml --out "$folder/$1" 2>"$1.txt" &
    job=$!
}

ends_with() { # ends_with CODE DIR
    local code=0
    wait $job || code=$?
    [ $code = "$1" ] || fail "$2: exit code $code, expected $1: $(cat "$2.txt")"
}

# A rank that dies before it has met the others, who wait for it: within a minute that is over. Looked at
# in the end.
(
    code=0
    "$GISD_BIN/gisd-run" --once "${several[@]}" -np 2 "$grid" tiny.yaml --out "$folder/early" : \
        -np 1 sh -c 'kill -KILL $$' 2>early.txt || code=$?
    echo $code >early.code
) &

# A rank dies: it goes on without, or is started again by itself.
begin rank 4
wait_for 2 '"saved"' rank/journal.jsonl
kill -KILL "$(ranks_of rank | sed -n 3p)"
ends_with 0 rank
same_bits rank

# mpirun dies: started again.
begin mpirun 3
wait_for 2 '"saved"' mpirun/journal.jsonl
kill -KILL "$(pgrep -P $job -f -- "--out $folder/mpirun" | while read -r pid; do
    grep -q mpi "/proc/$pid/comm" && echo "$pid"; done)"
ends_with 0 mpirun
[ "$(grep -c '"opened"' mpirun/journal.jsonl)" = 2 ] || fail "it was not started again"
same_bits mpirun

# Stopped by a signal: saved, and not started again.
begin signal 3
wait_for 2 '"saved"' signal/journal.jsonl
kill -TERM $job
ends_with 75 signal
[ "$(grep -c '"opened"' signal/journal.jsonl)" = 1 ] || fail "it was started again after a signal"
finish signal

# What cannot be is told once.
sed 's/batch: 4/batch: none/' tiny.yaml >wrong.yaml
code=0
"$GISD_BIN/gisd-run" "${several[@]}" -np 2 "$grid" wrong.yaml --out wrong 2>err.txt || code=$?
[ $code = 1 ] && [ "$(grep -c 'wrong.yaml:[0-9]*: batch' err.txt)" = 1 ] ||
    fail "a wrong experiment: code $code: $(cat err.txt)"

# Too few open files are refused before mpirun hangs, with the number that is needed; or allowed.
code=0
(ulimit -n 256 && exec "$GISD_BIN/gisd-run" -np 64 "$grid" tiny.yaml --out few) 2>err.txt || code=$?
[ $code = 64 ] && grep -q 'need 448 open files, the limit is 256' err.txt ||
    fail "256 files for 64 ranks: code $code: $(cat err.txt)"
[ ! -e few ] || fail "a refused start left results"
code=0
(ulimit -n 48 && PMI_SIZE=8 exec "$grid" tiny.yaml --out few) 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'needs 80 open files, the limit is 48' err.txt ||
    fail "48 files for a rank of 8: code $code: $(cat err.txt)"
(ulimit -Sn 48 && PMI_SIZE=8 exec "$grid" tiny.yaml --plan) >/dev/null || fail "48 files, of which more are allowed"

for turn in $(seq 1200); do
    [ -e early.code ] && break
    sleep 0.1
done
[ -e early.code ] || fail "ranks still wait for one that died at the start"
[ "$(cat early.code)" = 1 ] || fail "the start: code $(cat early.code): $(cat early.txt)"
[ ! -e early ] || fail "a job that did not begin left results"
