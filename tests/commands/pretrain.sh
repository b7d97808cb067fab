#!/usr/bin/env bash
# A pretraining runs once before the cells that start from it, goes on after a kill, gives the same bits
# on any number of ranks, and takes its cells with it when it fails.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "pretrain.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom source --images 16 --seed 5 --size 96x80 --overlays 0 >/dev/null
"$GISD_BIN/gisd-data" phantom other --images 16 --seed 7 --size 96x80 --overlays 0 >/dev/null
"$GISD_BIN/gisd-data" phantom own --images 16 --seed 6 --size 96x80 --overlays 0 >/dev/null
cat >plain.yaml <<'END_OF_YAML'
name: one
data: {manifest: own/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 3, batch: 4, shards: 4} # longer than the pretraining, which goes first
END_OF_YAML
cat plain.yaml - >one.yaml <<'END_OF_YAML'
pretrain:
  manifest: source/manifest.csv
  training: {epochs: 2, batch: 4, shards: 4}
END_OF_YAML

# ---- the plan ----

"$grid" one.yaml --plan >plan.txt
pretraining=$(awk '$2 == "r50x1-pretraining" { print $1 }' plan.txt)
[ -n "$pretraining" ] && grep -q '^3 of 3 cells are left' plan.txt || fail "plan: $(cat plan.txt)"
"$grid" one.yaml --plan --only tuning=local >plan.txt
grep -q pretraining plan.txt && grep -q '^2 of 3 cells are left' plan.txt ||
    fail "a pretraining goes with its cells: $(cat plan.txt)"
# Cells of random weights are other ones, and so are those of another pretraining.
for change in s/none/none/ '/^pretrain/,$d' 's/epochs: 2/epochs: 3/' 's/source/other/'; do
    sed "$change" one.yaml >changed.yaml
    "$grid" changed.yaml --plan | awk '$2 == "r50x1-local" { print $1 }'
done >ids.txt
[ "$(sort -u ids.txt | wc -l)" = 4 ] || fail "four identities expected: $(cat ids.txt)"

# What the cells are tested on must not be learnt from before.
sed 's/,test,/,train,/' own/manifest.csv >own/seen.csv
sed 's|source/manifest|own/seen|' one.yaml >seen.yaml
code=0
"$grid" seen.yaml --plan >out.txt 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'seen.yaml: pretraining: .* near-equal to what it learns from' err.txt ||
    fail "seen before: code $code: $(cat err.txt)"
# Their own training images may; the validation images are the same there.
sed 's|source/manifest|own/manifest|' one.yaml >same.yaml
"$grid" same.yaml --plan >out.txt 2>err.txt || fail "their own training images: $(cat err.txt)"

# ---- the same bits ----

"$grid" one.yaml --out alone 2>err.txt || fail "alone: $(cat err.txt)"
order=$(grep -o '"event":"\(started\|finished\)","cell":"[0-9a-f]*"' alone/journal.jsonl)
[ "$(grep -c "started.*$pretraining" <<<"$order")" = 1 ] && [[ $order == *started*"$pretraining"* ]] &&
    sed 2q <<<"$order" | grep -c "$pretraining" | grep -qx 2 ||
    fail "the pretraining is not the first: $order"

compare() { # compare FOLDER
    [ "$(ls "$1/cells")" = "$(ls alone/cells)" ] || fail "$1: other cells"
    for cell in alone/cells/*; do
        h5diff "$cell/checkpoint.h5" "$1/cells/$(basename "$cell")/checkpoint.h5" /parameters ||
            fail "$1: other parameters"
    done
}

cat one.yaml - <<<'grid: {ranks_per_cell: 2}' >two.yaml
mpirun -np 3 --oversubscribe "$grid" two.yaml --out two 2>err.txt || fail "two: $(cat err.txt)"
cat one.yaml - <<<'grid: {ranks_per_cell: 4}' >four.yaml
mpirun -np 5 --oversubscribe "$grid" four.yaml --out four 2>err.txt || fail "four: $(cat err.txt)"
compare two
compare four

# Killed as soon as it has saved once, and started again with the file that the folder holds.
"$grid" one.yaml --out killed 2>err.txt &
pid=$!
until grep -q '"saved"' killed/journal.jsonl 2>/dev/null; do
    kill -0 $pid 2>/dev/null || fail "it ended before it saved: $(cat err.txt)"
    sleep 0.01
done
kill -KILL $pid
wait $pid 2>/dev/null || true
"$grid" killed/experiment.yaml --out killed 2>err.txt || fail "resumed: $(cat err.txt)"
compare killed

# ---- what is told ----

"$grid" --status alone >status.txt
grep -q "^  $pretraining  r50x1-pretraining: done, epoch 2 of 2" status.txt &&
    grep -q '^one: 2 cells' status.txt || fail "status: $(cat status.txt)"
"$GISD_BIN/gisd-report" alone --format md
grep -q "^| r50x1-pretraining | $pretraining | .*source/manifest.csv | synthetic (phantom) | done | 2 |.* 2 |" \
    alone/report/pretraining.md || fail "report: $(cat alone/report/pretraining.md)"
grep -q 'random backbone' alone/report/*.md && fail "a pretrained backbone is called random"
log=$(cat alone/cells/"$(head -n 1 ids.txt)"/log.txt)
[[ $log == *"starts from the parameters of $folder/alone/cells/$pretraining/checkpoint.h5; at random begin: none"* ]] ||
    fail "log: $log"
"$grid" plain.yaml --out plain 2>err.txt || fail "plain: $(cat err.txt)"
"$GISD_BIN/gisd-report" plain --format md
grep -q '^| r50x1 | local, random backbone |' plain/report/table3.md || fail "$(cat plain/report/table3.md)"
h5dump -d /config "alone/cells/$(head -n 1 ids.txt)/result.h5" | grep -c "pretraining: $pretraining" >/dev/null ||
    fail "the result does not name its pretraining"
[ ! -e plain/report/pretraining.md ] || fail "a table of pretrainings where there are none"

# ---- a pretraining that fails ----

sed 's/shards: 4}$/shards: 4, optimiser: sgd, learning_rate: 10, clip_norm: 0, warmup_epochs: 0}/' one.yaml |
    sed '/^training/s/, optimiser.*}/}/' >bad.yaml
for try in '' '--retry failed'; do
    code=0
    # shellcheck disable=SC2086
    "$grid" bad.yaml --out bad $try 2>err.txt || code=$?
    [ $code = 1 ] && grep -q '0 done, 0 running, 3 failed, 0 left' err.txt || fail "code $code: $(cat err.txt)"
done
[ "$(grep -c '"event":"failed".*"kind":"diverged"' bad/journal.jsonl)" = 2 ] &&
    [ "$(grep -c '"event":"failed".*"kind":"pretraining","cause":"its pretraining failed' bad/journal.jsonl)" = 4 ] ||
    fail "journal: $(grep '"failed"' bad/journal.jsonl)"
code=0
"$grid" one.yaml --out bad 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'pretrain differs' err.txt || fail "another pretraining: $(cat err.txt)"

# ---- at another size of input ----

sed '/^tuning/d; s/epochs: [23]/epochs: 1/; s/size: 64/size: [96, 128]/; s/^  training/  model: {size: 64}\n  training/' \
    one.yaml >sizes.yaml
"$grid" sizes.yaml --out sizes 2>err.txt || fail "sizes: $(cat err.txt)"
"$grid" sizes.yaml --out sizes --plan >plan.txt
id() { # id NAME: of the cell
    awk -v name="$1" '$2 == name { print $1 }' plan.txt
}
small=sizes/cells/$(id r50x1-pretraining-size=64) large=sizes/cells/$(id r50x1-global-size=128)
[ "$(ls sizes/cells | wc -l)" = 3 ] && grep -q ' at random begin: none' "sizes/cells/$(id r50x1-global-size=96)/log.txt" ||
    fail "one pretraining for two sizes: $(cat plan.txt)"
random=$(grep -o ' at random begin:.*' "$large/log.txt")
[[ $random == *' extra.1.0.weight '*' loc.2.weight '*' cls.4.bias'* && $random != *backbone* && $random != *loc.0* ]] ||
    fail "what the size changes:$random"
# So does any cell start, in either direction; what the size does not explain is refused.
for change in "128, initial: $small" "64, initial: $large" "128, initial: $small"; do
    sed "s|size: 64|size: $change/checkpoint.h5|" plain.yaml >started.yaml
    "$grid" started.yaml --plan >plan.txt || fail "initial of another size: $change"
done
sed -i 's/base: 4/base: 8/' started.yaml
code=0
"$grid" started.yaml --plan >plan.txt 2>err.txt || code=$?
[ $code = 1 ] && grep -q '/parameters/backbone.stem.weight has shape 4x3x7x7, expected 8' err.txt ||
    fail "another width: code $code: $(cat err.txt)"
sed 's/{size: 64}/{base: 4}/' sizes.yaml >other.yaml
code=0
"$grid" other.yaml --plan >plan.txt 2>err.txt || code=$?
[ $code = 1 ] && grep -q "other.yaml:7: unknown key 'base' in model (expected one of size, branch_scale)" err.txt ||
    fail "another network: code $code: $(cat err.txt)"

# ---- a file for each network ----

source=$folder/alone/cells/$pretraining/checkpoint.h5
sed "s|r50x1, |[r50x1, r50x2], |; s|steps: 1|steps: 1, initial: {r50x1: $source, r50x2: ''}|" plain.yaml >each.yaml
"$grid" each.yaml --plan >plan.txt
grep -q '^4 of 4 cells are left' plan.txt && grep -q ' r50x1-local  ' plan.txt || fail "$(cat plan.txt)"
sed 's/r50x2: /r150x3: /' each.yaml >other.yaml
code=0
"$grid" other.yaml --plan >plan.txt 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'other.yaml:3: initial: there is none for r50x2' err.txt || fail "$(cat err.txt)"
