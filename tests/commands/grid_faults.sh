#!/usr/bin/env bash
# Signals, the walltime, damaged files, a full disk, cells that cannot be trained: the job saves and
# ends, goes on from what is whole, and only the cell that is at fault fails.
set -euo pipefail
name=grid_faults.sh
. "$GISD_SOURCE/tests/helpers/tiny_grid.sh"

# A signal: saved at the next step, exit code 75, and on from there.
"$grid" tiny.yaml --out signal 2>signal.txt &
job=$!
wait_for 1 '"saved"' signal/journal.jsonl
# Meanwhile a second master is refused. The first stands still for it, lest it be done before.
kill -STOP $job
code=0
"$grid" tiny.yaml --out signal 2>err.txt || code=$?
kill -CONT $job
[ $code = 1 ] && grep -q 'another process' err.txt || fail "two masters on one folder"
kill -USR1 $job
code=0
wait $job || code=$?
[ $code = 75 ] || fail "exit code $code after USR1, expected 75: $(cat signal.txt)"
grep -q '"stopped"' signal/journal.jsonl || fail "nothing was stopped"
finish signal
# mpirun passes the signal on, to one rank or to all.
start 3 passed
kill -USR1 "$(ranks_of passed | sed -n 1p)"
wait $job || true
tail -1 passed/journal.jsonl | grep -q '"closed".*"code":75' || fail "the signal was not passed on"
# A torn line of the journal, and a damaged newest checkpoint: each costs only itself.
cell=$(ls passed/cells | sed -n 1p)
printf '{"event":"fini' >>passed/journal.jsonl
size=$(stat -c %s "passed/cells/$cell/checkpoint.h5")
printf 'damage' | dd of="passed/cells/$cell/checkpoint.h5" bs=1 seek=$((size / 2)) conv=notrunc \
    status=none
finish passed
# A damaged line within it is refused by its number, and can be deleted.
line=$(grep -m 1 -n '"finished"' passed/journal.jsonl | cut -d: -f1)
sed -i "${line}s/time/tine/" passed/journal.jsonl
if "$grid" tiny.yaml --out passed 2>err.txt; then fail "a damaged journal was taken"; fi
grep -q "journal.jsonl:$line: the line is damaged.*delete this line" err.txt || fail "$(cat err.txt)"
sed -i "${line}d" passed/journal.jsonl
finish passed

# An epoch longer than a checkpoint's interval: kill -9 in it costs that interval, not the epoch.
sed 's/size: 64/size: 160/; s/base: 4/base: 16/; s/epochs: 12/epochs: 1/; s/batch: 4/batch: 1/
     s/shards: 4/shards: 1/; s/local, global/global/; s/silence: 60/silence: 60, checkpoint: 1/' \
    tiny.yaml >long.yaml
"$GISD_BIN/gisd-data" phantom more --images $((sanitized ? 30 : 120)) --seed 2 --size 96x80 --overlays 0 >/dev/null
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
training: {epochs: 2, batch: 4, optimiser: sgd, learning_rate: [0.001, 10], clip_norm: 0, warmup_epochs: 0}
END
code=0
if [ "$sanitized" != 0 ]; then
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

# Initial weights are part of a cell's identity: what cannot be read is told at the start.
cp "results/quiet/cells/$cell/checkpoint.h5" good.h5
head -c 5000 good.h5 >cut.h5
sed 's/^name: .*/name: start/; s/epochs: 12/epochs: 1/; s/local, global/local/
     s/base: 4,/base: 4, initial: [good.h5, cut.h5],/' tiny.yaml >start.yaml
for option in "" --plan; do
    code=0
    # shellcheck disable=SC2086
    "$grid" start.yaml $option >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && grep -q 'start.yaml:[0-9]*: initial: .*cut.h5: ' err.txt &&
        [ "$(wc -l <err.txt)" = 1 ] || fail "unreadable weights: code $code: $(cat err.txt)"
    [ ! -e results/start ] || fail "unreadable weights left a folder"
done

# Other weights under the same name make another cell; a setting that is not used does not.
cp good.h5 weights.h5
sed 's/good.h5, cut.h5/weights.h5/' start.yaml >weights.yaml
"$grid" weights.yaml 2>err.txt || fail "weights: $(cat err.txt)"
sed 's/epochs: 1/epochs: 1, momentum: 0.5/' weights.yaml >unused.yaml
"$grid" unused.yaml --out results/start --plan >out.txt 2>err.txt || fail "unused: $(cat err.txt)"
grep -q ' done ' out.txt || fail "an unused setting made another cell: $(cat out.txt)"
for other in $cells; do
    [ "$other" = "$cell" ] || cp "results/quiet/cells/$other/checkpoint.h5" weights.h5
done
code=0
"$grid" weights.yaml --plan >out.txt 2>err.txt || code=$?
[ $code = 1 ] && grep -q changed out.txt && grep -q 'model.initial' err.txt ||
    fail "other weights: code $code: $(cat out.txt err.txt)"

# A disk that stays full fails the cell, and the journal says so, if there is room for that much.
if mkdir full && mount -t tmpfs -o size=3M none full 2>/dev/null; then
    trap 'umount "$folder/full"; rm -rf "$folder"' EXIT
    code=0
    sed 's/silence: 60/silence: 60, patience: 1/' tiny.yaml >soon.yaml
    "$grid" soon.yaml --out full/results 2>err.txt || code=$?
    [ $code = 1 ] && grep -q 'No space left\|cannot write' err.txt || fail "full disk: $(cat err.txt)"
    ! find full -name '*.h5' -empty | grep . || fail "a full disk left empty files"
fi
