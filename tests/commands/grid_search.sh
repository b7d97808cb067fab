#!/usr/bin/env bash
# search: halving trains every pair of alpha and gamma a little and the best to the end: decided once,
# the same in any number of ranks and after any interruption, and the best with the bits of a plain
# grid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid_search.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >plain.yaml <<'END'
name: plain
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
loss: {alpha: [0.25, 0.75], gamma: [1, 2]}
training: {epochs: 4, batch: 4, shards: 4}
grid: {ranks_per_cell: 1}
END
sed 's/^name: plain/name: search/; $a search: halving' plain.yaml >search.yaml
"$grid" plain.yaml 2>/dev/null || fail "the plain grid failed"
"$grid" search.yaml 2>err.txt || fail "the search failed: $(cat err.txt)"
grep -q '^2 done, 0 running, 0 failed, 0 left, 6 dropped by the search$' err.txt ||
    fail "unexpected end: $(tail -1 err.txt)"

decisions() { # what was decided, without the times and the order of the two groups
    grep '"decided"' "$1/journal.jsonl" | sed 's/"time":"[^"]*",//; s/,"checksum".*//' | sort
}
# Two rungs of two groups: after one epoch of four, and after two.
[ "$(decisions results/search | grep -c '"epoch":1')" = 2 ] || fail "not two decisions after epoch 1"
[ "$(decisions results/search | grep -c '"epoch":2')" = 2 ] || fail "not two decisions after epoch 2"
for cell in $(grep '"finished"' results/search/journal.jsonl | sed 's/.*"cell":"\([^"]*\)".*/\1/'); do
    h5diff {results/plain,results/search}/cells/"$cell"/checkpoint.h5 /parameters ||
        fail "cell $cell of the search is not that of the plain grid"
done
# Each group kept its best after every rung.
scores() { # scores LIST RECORD
    sed "s/.*\"$1\":\[\([^]]*\)\].*/\1/" <<<"$2" | grep -o '"score":[-+.0-9e]*' | cut -d: -f2
}
while read -r record; do
    worst=$(scores kept "$record" | sort -g | sed -n 1p)
    best=$(scores dropped "$record" | sort -g | tail -1)
    awk -v a="$worst" -v b="$best" 'BEGIN { exit !(a != "" && b != "" && a >= b) }' ||
        fail "a cell with $worst was kept, one with $best dropped"
done < <(grep '"decided"' results/search/journal.jsonl)

# Three ranks decide alike, and so does a job that is killed in each rung and started again.
mpirun -np 3 --oversubscribe "$grid" search.yaml --out ranks 2>err.txt || fail "ranks: $(cat err.txt)"
[ "$(decisions ranks)" = "$(decisions results/search)" ] || fail "three ranks decide otherwise"
count() { # count EVENT: how often in the job's journal
    grep -s "\"$1\"" turns/journal.jsonl | wc -l
}
for saves in 3 9 12; do # of 8 in the first rung, 4 in the second, 4 to the end
    "$grid" search.yaml --out turns 2>err.txt &
    job=$!
    for turn in $(seq 2400); do
        [ "$(count saved)" -lt $saves ] || break
        sleep 0.05
    done
    kill -KILL $job
    wait $job 2>/dev/null || true
done
"$grid" search.yaml --out turns 2>err.txt || fail "killed again and again: $(cat err.txt)"
[ "$(count opened)" = 4 ] && [ "$(count closed)" = 1 ] || fail "it was not killed three times"
[ "$(decisions turns)" = "$(decisions results/search)" ] || fail "after kills it decides otherwise"

# What people see of it.
"$grid" --status results/search >status.txt
grep -q '^all  *2  *0  *0  *0  *6  *0$' status.txt || fail "status: $(cat status.txt)"
dropped=$(sed -n '/.*"dropped":\[{"cell":"\([0-9a-f]*\).*/{s//\1/p;q}' results/search/journal.jsonl)
"$grid" --why results/search "$dropped" >why.txt
grep -q 'search: dropped after epoch 1, score' why.txt || fail "why: $(cat why.txt)"
"$grid" search.yaml --out new --plan >plan.txt
grep -q '^8 of 8 cells are left' plan.txt || fail "plan: $(cat plan.txt)"
"$GISD_BIN/gisd-report" results/search >/dev/null || fail "the report does not read a search"
grep -q 'chosen by successive halving' results/search/report/*.html || fail "the report hides the search"
grep -q ',dropped,' results/search/report/cells.csv || fail "the report does not list what was dropped"

# A cell that failed before its group's decision does not come back after it.
hurt=$(grep -m 1 '"planned"' results/search/journal.jsonl | sed 's/.*"cell":"\([^"]*\)".*/\1/')
mkdir -p hurt/cells && touch hurt/journal.jsonl "hurt/cells/$hurt"
code=0
"$grid" search.yaml --out hurt --only tuning=local 2>err.txt || code=$?
[ $code = 1 ] && grep -q ' 1 failed' err.txt || fail "a cell without a folder: $(cat err.txt)"
rm "hurt/cells/$hurt"
code=0
"$grid" search.yaml --out hurt --only tuning=local --retry failed 2>err.txt || code=$?
[ $code = 1 ] && grep -q "$hurt.*not run again: the search has gone on without it" err.txt ||
    fail "a late cell: $(cat err.txt)"

# Nor do new values, when the search has begun; and a lost decision is not taken for a choice.
refuses() { # refuses PATTERN FILE: and changes nothing
    local code=0 before
    before=$(sha256sum results/search/journal.jsonl)
    "$grid" "$2" --out results/search 2>err.txt || code=$?
    [ $code = 1 ] && [ "$(wc -l <err.txt)" = 1 ] && grep -q "$1" err.txt || fail "$1: $(cat err.txt)"
    [ "$before" = "$(sha256sum results/search/journal.jsonl)" ] || fail "$1: the journal has changed"
}
sed 's/0.25, 0.75/0.25, 0.5, 0.75/' search.yaml >more.yaml
refuses 'the search has begun without cell .*alpha' more.yaml
cp results/search/journal.jsonl whole.jsonl
sed -i '0,/"decided"/{/"decided"/d}' results/search/journal.jsonl
refuses 'journal.jsonl lacks what the search decided on cell .* before epoch 2 ' search.yaml
mv whole.jsonl results/search/journal.jsonl

# Not half a search, not on a folder that was begun without; the other way round the rest is trained.
code=0
"$grid" search.yaml --out part --only alpha=0.25 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'compares all values of alpha' err.txt || fail "half a search: $(cat err.txt)"
code=0
"$grid" search.yaml --out results/plain 2>err.txt || code=$?
[ $code = 1 ] && grep -q "begun without 'search: halving'" err.txt || fail "onto a grid: $(cat err.txt)"
"$grid" plain.yaml --out results/search 2>err.txt || fail "a grid after a search: $(cat err.txt)"
grep -q '^8 done, 0 running, 0 failed, 0 left$' err.txt || fail "the rest was not trained"
sed 's/epochs: 4/epochs: 2/' search.yaml >short.yaml
code=0
"$grid" short.yaml 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'needs more than 2 epochs' err.txt || fail "too few epochs: $(cat err.txt)"
