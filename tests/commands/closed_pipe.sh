#!/usr/bin/env bash
# Where nobody reads a command's output any more, or ever did, a grid goes on to its end all the same; other
# commands end without a word and leave nothing half-written.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "closed_pipe.sh: $*" >&2
    exit 1
}

"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 3, batch: 4}
END

set +o pipefail
"$bin/gisd-grid" tiny.yaml 2>&1 | true
[ "${PIPESTATUS[0]}" = 0 ] || fail "a grid whose output nobody reads"
"$bin/gisd-grid" --status results/tiny | tail -1 | grep -q 'all  *2 ' || fail "$("$bin/gisd-grid" --status results/tiny)"
mpirun --oversubscribe -np 3 "$bin/gisd-grid" tiny.yaml --out ranks 2>&1 | true
"$bin/gisd-grid" --status ranks | tail -1 | grep -q 'all  *2 ' || fail "three ranks: $("$bin/gisd-grid" --status ranks)"

# A terminal that is closed: `script` is its only process, and ends before the grid.
if command -v script >/dev/null; then
    script -qec "$bin/gisd-grid tiny.yaml --out terminal & sleep 1" /dev/null >/dev/null </dev/null
    for _ in $(seq 600); do
        tail -1 terminal/journal.jsonl 2>/dev/null | grep -q '"closed"' && break
        sleep 0.1
    done
    tail -1 terminal/journal.jsonl | grep -q '"code":0' || fail "a grid whose terminal was closed"
fi

# More lines than a pipe holds.
pictures=$(for _ in $(seq 2000); do echo picture.png; done)
# shellcheck disable=SC2086
"$bin/gisd-detect" checkpoint.h5 $pictures --raw raw.h5 2>message.txt | true
[ "${PIPESTATUS[0]}" = 141 ] || fail "gisd-detect: exit code ${PIPESTATUS[0]}, expected SIGPIPE's"
[ ! -s message.txt ] || fail "gisd-detect is not quiet: $(cat message.txt)"
[ ! -e raw.h5 ] && [ ! -e raw.h5.partial ] || fail "gisd-detect left a raw file"
for command in "gisd-grid --status results/tiny" "gisd-grid tiny.yaml --plan" \
    "gisd-data check data/manifest.csv" "gisd-detect --help"; do
    "$bin"/$command 2>message.txt | true
    [ ! -s message.txt ] || fail "$command is not quiet: $(cat message.txt)"
done

# Streams that are closed from the start: the files that are written do not take their places.
"$bin/gisd-grid" tiny.yaml --out closed >&- 2>&- || fail "a grid without standard streams"
"$bin/gisd-grid" --status closed | tail -1 | grep -q 'all  *2 ' || fail "the journal of such a grid"
code=0
# shellcheck disable=SC2086
"$bin/gisd-detect" checkpoint.h5 $pictures --raw raw.h5 >&- 2>message.txt || code=$?
[ $code = 1 ] && grep -q 'standard output: Bad file' message.txt || fail "code $code: $(cat message.txt)"
[ ! -e raw.h5 ] && [ ! -e raw.h5.partial ] || fail "gisd-detect without an output left a raw file"
