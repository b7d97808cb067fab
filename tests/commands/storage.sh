#!/usr/bin/env bash
# A storage that refuses for a while holds the grid up, and no more: no cell fails for it, every result
# has the bits of a quiet run. One that refuses for longer is named, and the next start goes on by itself.
set -euo pipefail
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then
    echo "the sanitizer and faulty_storage.so both want to come first: not run"
    exit 77
fi
name=storage.sh
. "$GISD_SOURCE/tests/helpers/storage_faults.sh"

# Asked to end while it waits for the storage, a job does not use up all of its patience, keeps what was
# saved, and says that it is to be started again.
sed 's/patience: 60/patience: 3000/' tiny.yaml >patient.yaml
asked_to_end() {
    local job turn code=0
    run 3 patient.yaml asked FAULT_CALLS=rename FAULT_FILE=/checkpoint.next.h5 FAULT_AT=2 \
        FAULT_SECONDS=1000 &
    job=$!
    for turn in $(seq 1200); do
        ! grep -qs 'tried again for 3000 seconds' asked.txt || break
        sleep 0.05
    done
    pkill -USR1 -f -- "^$grid patient.yaml --out $folder/asked" || fail "asked: over: $(cat asked.txt)"
    wait $job || code=$?
    [ $code = 75 ] || fail "asked to end: code $code: $(cat asked.txt)"
    grep -q '"lost".*"kind":"storage"' asked/journal.jsonl || fail "asked: $(cat asked/journal.jsonl)"
    finish asked || fail "asked: $(cat asked.txt)"
}

# A storage that is away for longer than a rank may be silent: nobody is taken for dead.
sed 's/silence: 60/silence: 5/' tiny.yaml >silent.yaml
away() { # away DIR FILE
    run 3 silent.yaml "$1" FAULT_CALLS=write FAULT_FILE="$2" FAULT_AT=4 FAULT_SECONDS=6 ||
        fail "$1: code $?: $(cat "$1.txt")"
    grep -q 'the storage answers again' "$1.txt" || fail "$1: $(cat "$1.txt")"
    ! grep -q '"lost"' "$1/journal.jsonl" || fail "$1: a rank was lost"
    same_bits "$1" || fail "$1: other results"
}

# A disk that is full for three seconds; making one takes root.
full_disk() {
    (
        until [ -e disk/out/journal.jsonl ]; do sleep 0.01; done
        cat /dev/zero >disk/filling 2>/dev/null || true
        sleep 3
        rm disk/filling
    ) &
    "$grid" tiny.yaml --out "$folder/disk/out" 2>disk.txt || fail "a full disk: code $?: $(cat disk.txt)"
    grep -q 'No space left on device; tried again' disk.txt || fail "the disk was not full: $(cat disk.txt)"
    same_bits disk/out || fail "a full disk: other results"
}

asked_to_end & others=($!)
away journal journal.jsonl & others+=($!)
away save .next.h5.partial & others+=($!)
mkdir disk
if mount -t tmpfs -o size=1M tmpfs disk 2>/dev/null; then
    trap 'umount "$folder/disk"; pgrep -f -- "--out $folder/" | xargs -r kill -KILL || true; rm -rf "$folder"' EXIT
    full_disk & others+=($!)
fi

# One call that fails, of each kind, is tried again.
for call in open read write sync rename mkdir stat lock; do
    run 1 tiny.yaml $call FAULT_CALLS=$call FAULT_AT=2 || fail "$call: code $?: $(cat $call.txt)"
    [ -s $call.log ] || fail "$call: nothing failed"
    same_bits $call || fail "$call: other results"
done

# half was given up: its cell is not to blame, and the next start goes on without being told to.
grep -q '"failed".*"kind":"storage"' half/journal.jsonl || fail "half: $(cat half.txt half/journal.jsonl)"
grep -q 'tried again for [1-9] seconds' half.txt || fail "half: $(cat half.txt)"
"$grid" --status half >view.txt && grep -q 'held up by the storage' view.txt || fail "half: $(cat view.txt)"
"$grid" --why half "$cell" >view.txt && grep -q 'what to do: look at the disk' view.txt || fail "$(cat view.txt)"

# A checkpoint that the group's first rank cannot see or read for a moment is waited for.
for sight in "${sights[@]:0:4}"; do
    rm -rf again* && cp -r half again
    # shellcheck disable=SC2086
    run 3 tiny.yaml again $sight FAULT_FILE=/checkpoint.h5 FAULT_AT=1 FAULT_SECONDS=0.5 ||
        fail "$sight: code $?: $(cat again.txt)"
    grep -q 'resumed from a checkpoint' "again/cells/$cell/log.txt" || fail "$sight: begun anew"
    same_bits again || fail "$sight: other results"
done
# One that stays away is no reason to begin anew, or from an older one.
for sight in "${sights[@]:0:2}"; do
    rm -rf again* && cp -r half again
    code=0
    # shellcheck disable=SC2086
    run 1 soon.yaml again $sight FAULT_FILE=/checkpoint.h5 FAULT_AT=1 FAULT_SECONDS=1000 || code=$?
    [ $code = 1 ] && grep -q 'by the journal step 4 was saved' again.txt || fail "$sight: $code, $(cat again.txt)"
    finish again || fail "$sight: $(cat again.txt)"
done

for other in "${others[@]}"; do
    wait "$other" || exit 1 # it has said why
done
