#!/usr/bin/env bash
# gisd-data divide as a user meets it: parts that a pretraining and a study may take, the same ones again
# for the same seed, and nothing of the user's replaced.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=2
cd "$folder"

fail() {
    echo "divide.sh: $*" >&2
    exit 1
}

# ends CODE PATTERN COMMAND...: with one line that matches, and no out.
ends() {
    local code=0 expected=$1 pattern=$2
    shift 2
    timeout 20 "$@" 2>message.txt >/dev/null || code=$?
    [ $code = "$expected" ] || fail "$*: exit code $code, expected $expected: $(cat message.txt)"
    [ "$(wc -l <message.txt)" = 1 ] || fail "$*: not one line: $(cat message.txt)"
    grep -q -- "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
    [ ! -e out ] && [ ! -e .out.partial ] || fail "$*: left something behind"
}

column() { # column NAME FILE...: of tables without quotes
    local name=$1
    shift
    awk -F, -v name="$name" 'FNR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) at = i; next } { print $at }' "$@"
}

"$data" phantom data --images 60 --seed 1 --size 96x80 >/dev/null
halves=(--part one=0.5 --part two=0.5)

# ---- the parts ----
"$data" divide data/manifest.csv deep/parts --part pretrain=0.4 --part study=0.6 >out.txt 2>message.txt
[ ! -s message.txt ] || fail "$(cat message.txt)"
pretrain=deep/parts/pretrain study=deep/parts/study
[ "$(tail -n 2 out.txt)" = "$pretrain/manifest.csv
$study/manifest.csv" ] || fail "$(cat out.txt)"
grep -q '^part .* normal .* GC .* patients .* groups$' out.txt || fail "$(cat out.txt)"
for part in pretrain study; do
    "$data" check deep/parts/$part/manifest.csv >check.txt 2>message.txt || fail "$part: $(cat message.txt)"
    grep -q 'are synthetic' check.txt || fail "$part is no longer synthetic: $(cat check.txt)"
    # What is printed is what is in the file.
    counts=$(awk -v part=$part '$1 == part { print $2, $3 }' out.txt)
    [ "$counts" = "$(($(wc -l <deep/parts/$part/manifest.csv) - 1)) $(column label deep/parts/$part/manifest.csv | grep -c normal)" ] ||
        fail "$part: $counts"
    # And so are the classes: the table of check, without masks and boxes.
    [ "$(awk -v part=$part '$1 == part { $1 = ""; NF -= 1; print }' out.txt)" = \
        "$(awk '$1 == "all" { $1 = ""; NF -= 2; print }' check.txt)" ] || fail "$part: $(cat out.txt check.txt)"
    cut -d, -f1 deep/parts/$part/overlays.csv | tail -n +2 | sort -u >covered.txt
    column image deep/parts/$part/manifest.csv | sort >images.txt
    [ -s covered.txt ] && [ -z "$(comm -23 covered.txt images.txt)" ] || fail "$part: overlays of other images"
done
[ "$(cat deep/parts/*/overlays.csv | grep -vc ^image,)" = "$(grep -vc ^image, data/overlays.csv)" ] ||
    fail "overlays were lost"
[ -z "$(comm -12 <(column patient $pretrain/manifest.csv | sort -u) <(column patient $study/manifest.csv | sort -u))" ] ||
    fail "a patient is in both parts"
[ "$(column image $pretrain/manifest.csv $study/manifest.csv | sed 's|.*/||' | sort)" = \
    "$(column image data/manifest.csv | sed 's|.*/||' | sort)" ] || fail "images were lost"

# ---- the seed ----
"$data" divide data/manifest.csv again "${halves[@]}" >/dev/null
"$data" divide data/manifest.csv other "${halves[@]}" --seed 2 >/dev/null
OMP_NUM_THREADS=1 "$data" divide data/manifest.csv third "${halves[@]}" --seed 1 >/dev/null
cmp again/one/manifest.csv third/one/manifest.csv
! cmp -s again/one/manifest.csv other/one/manifest.csv || fail "another seed divides in the same way"

# ---- a pretraining on one part, cells on the other ----
# Every picture is there twice, under another name and without a patient.
mkdir twice
cp data/images/* twice
for name in data/images/*; do cp "$name" "twice/copy-${name##*/}"; done
awk -F, 'NR == 1 { print "image,label"; next }
    { sub(/.*\//, "", $1); print $1 "," $3; print "copy-" $1 "," $3 }' data/manifest.csv >twice/manifest.csv
cat >plan.yaml <<'END'
name: divided
data: {manifest: parts/two/manifest.csv, split: {train: 0.4, validation: 0.3, test: 0.3, group: scene}}
pretrain: {manifest: parts/one/manifest.csv, training: {epochs: 1}}
model: {architecture: resnet50, base: 4, size: 64}
END
apart() { # how many pictures have one copy in each part
    comm -12 <(column image parts/one/manifest.csv | sed 's|.*/||; s/copy-//' | sort -u) \
        <(column image parts/two/manifest.csv | sed 's|.*/||; s/copy-//' | sort -u) | wc -l
}
"$data" divide twice/manifest.csv parts "${halves[@]}" --group patient >/dev/null
[ "$(apart)" -gt 0 ] || fail "without patients, copies are expected to be parted"
ends 1 'the same pixels as\|near-equal to what it learns from' "$GISD_BIN/gisd-grid" plan.yaml --plan
rm -r parts
"$data" divide twice/manifest.csv parts "${halves[@]}" >/dev/null
[ "$(apart)" = 0 ] || fail "$(apart) pictures are in both parts"
awk 'NR == 1 { print $0 ",split"; next } { print $0 (/[05].jpg/ ? ",val" : ",train") }' \
    parts/one/manifest.csv >parts/one/learnt.csv # both copies on one side
sed -i 's|one/manifest|one/learnt|' plan.yaml
"$GISD_BIN/gisd-grid" plan.yaml --plan >out.txt 2>message.txt || fail "$(cat message.txt)"
! grep -q 'near-equal to what it learns from' message.txt out.txt || fail "$(cat message.txt out.txt)"

# ---- what is refused ----
rm out.txt
mkdir full
echo mine >full/precious
ends 1 'full: is not empty, expected a new or empty folder' "$data" divide data/manifest.csv full "${halves[@]}"
ends 1 'again: is not empty' "$data" divide data/manifest.csv again "${halves[@]}"
[ "$(cat full/*)" = mine ]
ends 1 'nowhere.csv: ' "$data" divide nowhere.csv out "${halves[@]}"
sed '2s|^[^,]*|images/gone.png|' data/manifest.csv >data/gone.csv
ends 1 'gone.csv:2: .*gone.png' "$data" divide data/gone.csv out "${halves[@]}"
sed -n 1,2p data/manifest.csv >data/one.csv
ends 1 'nothing is left for part \(one\|two\): 1 images are 1 groups' "$data" divide data/one.csv out "${halves[@]}"
ends 64 'expected --part NAME=SHARE' "$data" divide data/manifest.csv out
ends 64 '1 parts, expected 2 or 3' "$data" divide data/manifest.csv out --part one=1
ends 64 'expected at most 3 parts' "$data" divide data/manifest.csv out \
    --part a=0.25 --part b=0.25 --part c=0.25 --part d=0.25
ends 64 'add up to 0.9, expected 1' "$data" divide data/manifest.csv out --part one=0.5 --part two=0.4
ends 64 "'one', expected NAME=SHARE" "$data" divide data/manifest.csv out --part one --part two=0.4
ends 64 "part '../one': expected the name of a folder" "$data" divide data/manifest.csv out \
    --part ../one=0.5 --part two=0.5
ends 64 'part one is there twice' "$data" divide data/manifest.csv out --part one=0.5 --part one=0.5
ends 64 '--part' "$data" divide data/manifest.csv out --part one=half --part two=0.5
ends 64 "'lesion', expected scene or patient" "$data" divide data/manifest.csv out "${halves[@]}" --group lesion
ends 64 '--seed' "$data" divide data/manifest.csv out "${halves[@]}" --seed many
ends 64 'expected a manifest and OUT' "$data" divide data/manifest.csv "${halves[@]}"
ends 64 "unexpected word 'more'" "$data" divide data/manifest.csv out more "${halves[@]}"
