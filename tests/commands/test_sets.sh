#!/usr/bin/env bash
# Test sets of an experiment: each finished cell is tested on them with the operating point that it has,
# just as gisd-eval would; they are no part of a cell's identity, may be added later, and a kill costs no
# more than the test that ran.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill -KILL $(pgrep -f -- "$folder") 2>/dev/null || true; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "test_sets.sh: $*" >&2
    exit 1
}

tests_of() { # tests_of DIR: how often which event of a test set stands in the journal
    grep -o '"event":"\(un\)\?tested"\|"test_set":"[a-z]*"' "$1/journal.jsonl" | paste - - |
        sort | uniq -c | awk '{ printf "%s%s ", $1, $2 "" $3 }' | tr -d '"' |
        sed 's/event://g; s/test_set:/ /g'
}

for set in data:16:1 east:6:5 west:6:6; do
    IFS=: read -r name images seed <<<"$set"
    "$GISD_BIN/gisd-data" phantom $name --images $images --seed $seed --size 96x80 --overlays 0 >/dev/null
done
cat >plain.yaml <<'END'
name: plain
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 2, batch: 4, shards: 4}
END
cat plain.yaml - >sets.yaml <<'END'
test_sets:
  - {name: east, manifest: east}
  - name: west
    manifest: west/manifest.csv
END

# --- added to a grid that is done: the same cells, of which nothing is touched ---
"$grid" plain.yaml --out later 2>err.txt || fail "without sets: $(cat err.txt)"
cells=$(ls later/cells)
find later/cells -name '*.h5' -exec md5sum {} + >before.txt
"$grid" sets.yaml --out later --plan >plan.txt
[ "$(awk '$2 ~ /^r50x1/ && $3 == "done" { print $1 }' plan.txt | sort)" = "$cells" ] ||
    fail "other cells: $(cat plan.txt)"
grep -q '^2 cells are to be tested on east: 6 images' plan.txt || fail "plan: $(cat plan.txt)"
"$grid" sets.yaml --out later 2>err.txt || fail "code $?: $(cat err.txt)"
md5sum --quiet -c before.txt || fail "files of finished cells were touched"
[ "$(tests_of later)" = '2tested east 2tested west ' ] || fail "journal: $(tests_of later)"
[ "$(grep -c '"started"' later/journal.jsonl)" = 2 ] || fail "cells were started again"
"$grid" --status later >status.txt
grep -q '^  west: 2 of 2 tested$' status.txt || fail "status: $(cat status.txt)"
"$grid" --status later --json >status.json
grep -q '"test_sets":\[{"name":"east","tested":2,"failed":0,"left":0}' status.json ||
    fail "status as JSON: $(cat status.json)"

"$grid" later/experiment.yaml --out later --plan >plan.txt
grep -q '^0 cells are to be tested on west: 6 images' plan.txt || fail "resolved: $(cat plan.txt)"

# --- the same as by gisd-eval, but for the time and what seconds it took ---
for cell in $cells; do
    mkdir -p eval/$cell && cp later/cells/$cell/{result,checkpoint}.h5 eval/$cell
    "$GISD_BIN/gisd-eval" eval/$cell west/manifest.csv >told.txt || fail "gisd-eval: code $?"
    for part in /test/predictions/scores /test/predictions/predicted /test/predictions/truth \
        /test/detections /test/confusion /test/roc /test/metrics/operating_point \
        /provenance/network /provenance/data_fingerprint /config; do
        h5diff eval/$cell/test_west.h5 later/cells/$cell/test_west.h5 $part || fail "another $part"
    done
    h5diff later/cells/$cell/{result,test_west}.h5 /test/metrics/operating_point ||
        fail "another operating point"
done

# --- nothing is done twice; what is missing, or of other images, is ---
"$grid" sets.yaml --out later 2>err.txt || fail "again: code $?"
rm later/cells/${cells%%$'\n'*}/test_west.h5
sed '$d' east/manifest.csv >east/fewer.csv
sed 's|manifest: east}|manifest: east/fewer.csv}|' sets.yaml >fewer.yaml
"$grid" fewer.yaml --out later 2>err.txt || fail "other images: code $?"
[ "$(tests_of later)" = '4tested east 3tested west 2untested east 1untested west ' ] ||
    fail "journal: $(tests_of later)"

# --- a test that cannot be made: the cell stays done, and the next start tries again ---
cat fewer.yaml - >north.yaml <<<'  - {name: north, manifest: west}'
for cell in $cells; do echo mine >later/cells/$cell/test_north.h5; done
code=0
"$grid" north.yaml --out later 2>err.txt || code=$?
[ $code = 1 ] && [ "$(grep -c 'not tested on north: .*is no result of a test set' err.txt)" = 2 ] ||
    fail "somebody's file: code $code: $(cat err.txt)"
grep -q mine later/cells/${cells%%$'\n'*}/test_north.h5 || fail "a file of somebody's is lost"
"$grid" --status later >status.txt
grep -q 'north: 0 of 2 tested, 2 could not be' status.txt || fail "status: $(cat status.txt)"
rm later/cells/*/test_north.h5
"$grid" north.yaml --out later 2>err.txt || fail "tried again: code $?"

# --- killed after a cell has ended: its training is not lost, nor what is tested ---
"$grid" sets.yaml --out killed 2>err.txt &
job=$!
for _ in $(seq 2400); do
    grep -q '"tested"' killed/journal.jsonl 2>/dev/null && break
    sleep 0.05
done
kill -KILL $job 2>/dev/null || true
wait $job 2>/dev/null || true
done_first=$(grep -o '"tested","cell":"[0-9a-f]*"' killed/journal.jsonl | sed -n 1p | cut -d'"' -f6)
mpirun -np 3 --oversubscribe "$grid" sets.yaml --out "$folder/killed" 2>err.txt || fail "resumed: code $?"
[ "$(grep -c "\"started\",\"cell\":\"$done_first\"" killed/journal.jsonl)" = 1 ] ||
    fail "a finished cell was trained again"
[ "$(tests_of killed)" = '2tested east 2tested west ' ] || fail "resumed: $(tests_of killed)"
for cell in $cells; do
    h5diff killed/cells/$cell/test_west.h5 later/cells/$cell/test_west.h5 /test/predictions/scores ||
        fail "other scores after the kill"
done

# --- what is refused at the start, with the line ---
refused() { # refused PATTERN: other.yaml is
    local code=0
    "$grid" other.yaml --out refused --plan >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && grep -q "^gisd-grid: other.yaml:$1" err.txt || fail "$1: code $code, $(cat err.txt)"
}
changed() { sed "$1" sets.yaml >other.yaml; }
changed 's|manifest: east|manifest: data|' && refused '7: test_sets: east: .*are trained on these data'
changed 's|west/manifest|west/nothing|' && refused '8: test_sets: west: .*nothing.csv: cannot open'
changed 's|east, manifest|west, manifest|' && refused '8: test_sets: west is listed twice'
changed 's|name: east|name: ../east|' && refused "7: test_sets: '../east' cannot be"
changed 's|, manifest: east||' && refused '7: test_sets: manifest is missing'
changed 's|name: east|title: east|' && refused "7: unknown key 'title' in test_sets"
sed 's/,GC,/,Cancer,/; s/ GC/ Cancer/g' west/manifest.csv >west/renamed.csv
grep -q Cancer west/renamed.csv || fail "no GC in the other data"
changed 's|west/manifest|west/renamed|' && refused '8: test_sets: west: .*class "Cancer", which the network'
IFS=, read -r picture label < <(awk -F, '/,train,/ && $3 != "normal" { print $1 "," $3 }' data/manifest.csv)
mkdir twin && cp data/$picture twin/same.jpg && printf 'image,label\nsame.jpg,%s\n' $label >twin/manifest.csv
changed 's|manifest: east|manifest: twin|'
refused '7: test_sets: east: 1 picture is near-equal to what the cells are trained or validated on'
