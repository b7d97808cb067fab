#!/usr/bin/env bash
# No command destroys what is the user's: an output is never an input or another output, under
# whatever name, and files that the command did not write are kept unless --force is given. What a
# command wrote itself it replaces, so that it can be called again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "kept_files.sh: $*" >&2
    exit 1
}

state() { # every file with its bytes
    find . -path ./message.txt -prune -o -type f -print0 | sort -z | xargs -0 md5sum
    find . -type d | sort
    find . -type l -printf '%p %l\n' | sort
}

# keeps PATTERN COMMAND...: exit code 1, one line that matches, and no byte of any file changes.
keeps() {
    local pattern=$1 code=0 before
    shift
    before=$(state)
    timeout 60 "$@" 2>message.txt >/dev/null || code=$?
    [ $code = 1 ] || fail "$*: exit code $code, expected 1: $(cat message.txt)"
    [ "$(wc -l <message.txt)" = 1 ] || fail "$*: not one line: $(cat message.txt)"
    grep -q -- "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
    [ "$before" = "$(state)" ] || fail "$*: changed files: $(state | diff - <(echo "$before"))"
}

# usage PATTERN COMMAND...: exit code 64, one line that matches, and nothing is made.
usage() {
    local pattern=$1 code=0 before
    shift
    before=$(state)
    timeout 60 "$@" 2>message.txt >/dev/null || code=$?
    [ $code = 64 ] || fail "$*: exit code $code, expected 64: $(cat message.txt)"
    [ "$(wc -l <message.txt)" = 1 ] || fail "$*: not one line: $(cat message.txt)"
    grep -q -- "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
    [ "$before" = "$(state)" ] || fail "$*: changed files: $(state | diff - <(echo "$before"))"
}

touch message.txt
"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
END
detect=("$bin/gisd-detect" checkpoint.h5 --threads 1)
mkdir pictures && cp picture.png pictures/x.png && cp picture.png pictures/x-mask.png
ln -s pictures linked
ln -s pictures/x.png link.png
ln pictures/x.png hard.png

# --- gisd-detect: images and checkpoint ---
keeps 'read by this command' "${detect[@]}" picture.png --overlay .
keeps 'read by this command' "${detect[@]}" pictures/x.png --overlay pictures
keeps 'read by this command' "${detect[@]}" pictures/x.png --overlay linked --force
keeps 'read by this command' "${detect[@]}" "$PWD/pictures/x.png" --overlay ./pictures/../linked
mkdir seen && ln -s ../pictures/x.png seen/link.png && ln pictures/x.png seen/hard.png
keeps 'read by this command' "${detect[@]}" link.png --overlay seen --force
keeps 'read by this command' "${detect[@]}" hard.png --overlay seen --force
keeps 'read by this command' "${detect[@]}" pictures/x.png pictures/x-mask.png --overlay pictures
# a mask that would be the other image
keeps 'x-mask.png: is read' "${detect[@]}" pictures/x-mask.png picture.png pictures/x.png \
    --overlay pictures
keeps 'checkpoint.h5: is read' "${detect[@]}" picture.png --raw checkpoint.h5
keeps 'checkpoint.h5: is read' "${detect[@]}" picture.png --raw ./checkpoint.h5 --force
ln -s checkpoint.h5 other.h5
ln checkpoint.h5 hard.h5
keeps 'is read by this command as checkpoint.h5' "${detect[@]}" picture.png --raw other.h5 --force
keeps 'is read by this command as checkpoint.h5' "${detect[@]}" picture.png --raw hard.h5 --force
keeps 'is read by this command' "${detect[@]}" picture.png --raw picture.png --force
keeps 'written twice' "${detect[@]}" picture.png --overlay new --raw new/picture.png
cp checkpoint.h5 raw.h5.partial
keeps 'raw.h5.partial' "$bin/gisd-detect" raw.h5.partial picture.png --raw raw.h5
rm raw.h5.partial

# --- gisd-detect: other files that are there ---
mkdir kept && cp picture.png kept/picture.png && echo notes >kept/notes.h5
keeps '--force replaces' "${detect[@]}" picture.png --overlay kept
mv kept/picture.png kept/picture-mask.png
keeps '--force replaces' "${detect[@]}" picture.png --overlay kept
keeps '--force replaces' "${detect[@]}" picture.png --raw kept/notes.h5
cp checkpoint.h5 kept/another.h5
keeps '--force replaces' "${detect[@]}" picture.png --raw kept/another.h5
ln -s nowhere kept/raw.h5
keeps 'link to nothing' "${detect[@]}" picture.png --raw kept/raw.h5
mkdir kept/folder.h5 && mkfifo kept/pipe.h5
keeps 'is a folder' "${detect[@]}" picture.png --raw kept/folder.h5 --force
keeps 'is a pipe' "${detect[@]}" picture.png --raw kept/pipe.h5 --force
keeps '/dev/null: is a device' "${detect[@]}" picture.png --raw /dev/null --force
[ -c /dev/null ] || fail "/dev/null is no device any more"
"${detect[@]}" picture.png --overlay kept --raw kept/notes.h5 --force >/dev/null
cmp -s picture.png kept/picture-mask.png && fail "--force did not replace a mask"

# What it wrote itself is no obstacle, and the images of one call do not write over each other.
for turn in 1 2; do
    "${detect[@]}" pictures/x.png pictures/x-mask.png picture.png ./pictures/../picture.png \
        --overlay over --raw over.h5 >/dev/null || fail "turn $turn of the same command"
    [ "$(find over -name '*.png' | wc -l)" = 8 ] || fail "four images made: $(ls over)"
done
grep -q '/x-mask-2/loc' <<<"$(h5dump -n over.h5)" || fail "x-mask is no name of its own in over.h5"

# Names of any bytes: the JSON is UTF-8.
cp picture.png "$(printf 'caf\351"\n.png')"
"${detect[@]}" "$(printf 'caf\351"\n.png')" "$(printf 'no\377.png')" --json >out.json 2>/dev/null || true
iconv -f UTF-8 -t UTF-8 out.json >/dev/null || fail "out.json is not UTF-8"
grep -qF '"image":"caf\\xE9\"\n.png"' out.json || fail "the image's name in $(cat out.json)"
grep -qF '"image":"no\\xFF.png","error":"no\\xff.png: ' out.json || fail "the error in $(cat out.json)"

# --- gisd-data pack ---
pack=("$bin/gisd-data" pack data/manifest.csv)
keeps '--force replaces' "${pack[@]}" checkpoint.h5 --size 64
cp data/manifest.csv data/m.h5
keeps 'is read by this command' "$bin/gisd-data" pack data/m.h5 ./data/m.h5 --size 64 --force
image=$(sed -n '2s/,.*//p' data/manifest.csv)
ln "data/$image" hardimage.h5
keeps "is read by this command as data/$image" "${pack[@]}" hardimage.h5 --size 64 --force
for turn in 1 2; do
    "${pack[@]}" pack.h5 --size 64 >/dev/null || fail "turn $turn of a pack"
done
cp kept/another.h5 forced.h5
"${pack[@]}" forced.h5 --size 64 --force >/dev/null || fail "pack --force"

# --- gisd-data's other commands ---
keeps 'is read by this command' "$bin/gisd-data" check data/manifest.csv --html data/manifest.csv --force
keeps "is read by this command as data/$image" "$bin/gisd-data" check data/manifest.csv \
    --html hardimage.h5 --force
# What a row names is spared whatever is wrong with the row.
mask=$(sed -n 's/^[^,]*,\(masks[^,]*\),.*/\1/p' data/manifest.csv | head -n 1)
printf 'image,mask,label,split\n%s,%s,GC,nowhere\n' "$image" "$mask" >data/faulty.csv
ln "data/$mask" hardmask.h5
for file in image mask; do
    keeps "is read by this command as data/${!file}" "$bin/gisd-data" check data/faulty.csv \
        --html hard$file.h5 --force
done
keeps '--force replaces' "$bin/gisd-data" check data/manifest.csv --html tiny.yaml
for turn in 1 2; do
    "$bin/gisd-data" check data/manifest.csv --html page.html >/dev/null 2>&1 || fail "turn $turn of a page"
done
keeps 'data: is not empty' "$bin/gisd-data" export coco data/manifest.csv data
keeps 'data: is not empty' "$bin/gisd-data" import kvasir-seg data data
keeps 'data: is not empty' "$bin/gisd-data" join data/manifest.csv b=data/m.h5 data
keeps 'data: is not empty' "$bin/gisd-data" divide data/manifest.csv data --part a=0.5 --part b=0.5

# --- gisd-grid ---
keeps 'data: is not empty' "$bin/gisd-data" phantom data --images 2
mkdir -p project/cells && cp tiny.yaml project/experiment.yaml
sed -i 's#data/#../data/#' project/experiment.yaml
keeps 'project: holds experiment.yaml' "$bin/gisd-grid" project/experiment.yaml --out project
rmdir project/cells
keeps 'project: holds experiment.yaml' "$bin/gisd-grid" project/experiment.yaml --out project --plan
mkdir notes && printf 'my notes' >notes/journal.jsonl
keeps 'journal.jsonl: is not a journal' "$bin/gisd-grid" tiny.yaml --out notes
"$bin/gisd-grid" tiny.yaml 2>/dev/null
echo '# a note of mine' >>results/tiny/experiment.yaml
"$bin/gisd-grid" results/tiny/experiment.yaml 2>/dev/null || fail "started again from its own file"
grep -q 'a note of mine' results/tiny/experiment.yaml || fail "the experiment file was written over"

# --- gisd-report ---
report=("$bin/gisd-report" results/tiny --format md,csv)
mkdir tables && echo mine >tables/cells.csv
keeps 'tables: is not empty' "${report[@]}" --out tables
keeps 'results/tiny: is not empty' "${report[@]}" --out results/tiny
keeps 'tables/cells.csv: is a file' "${report[@]}" --out tables/cells.csv
"${report[@]}" --out tables --force && ! grep -q mine tables/cells.csv || fail "report --force"
mkdir fresh
for turn in 1 2; do
    "${report[@]}" || fail "turn $turn of a report"
    "${report[@]}" --out fresh || fail "turn $turn of a report in a folder"
done
grep -q '^cell,architecture,backbone,tuning,.*,metric,value,low,high$' fresh/metrics.csv || fail "metrics.csv"
grep -q paper fresh/report.md || fail "the phantom's classes are the paper's"
"${report[@]}" --out fresh --no-paper && ! grep -q 'paper:' fresh/table5.md || fail "report --no-paper"
! grep -q 'not in this grid' fresh/table2.md || fail "rows that only the paper has"

# --- gisd-report of two folders, and of the best cell ---
cp -r results/tiny results/twin
keeps 'notes: is not empty' "$bin/gisd-report" results/tiny results/twin --out notes
"$bin/gisd-report" results/tiny results/twin >out.txt || fail "two experiments"
grep -q 'tiny/comparison/comparison.html: \([1-9][0-9]*\) pairs of runs, \1 of them of the same images' out.txt ||
    fail "$(cat out.txt)"
grep -q ',paired,' results/tiny/comparison/comparison.csv || fail "a twin is on the same images"
"$bin/gisd-report" results/tiny --best auc >out.txt || fail "the best cell"
[ -f "$(sed -n 's/^checkpoint: //p' out.txt)" ] || fail "$(cat out.txt)"
interval=$(awk -F, -v cell="$(sed -n 's/^cell: \([0-9a-f]*\).*/\1/p' out.txt)" \
    '$1 == cell && /,test,auc,/ { printf "(95 %% interval %.4f to %.4f)", $(NF - 1), $NF }' fresh/metrics.csv)
grep -qF "$interval" out.txt || fail "not the report's interval, $interval: $(cat out.txt)"
usage 'no other option' "$bin/gisd-report" results/tiny --best auc --out other
usage 'two folders are compared' "$bin/gisd-report" results/tiny results/twin --no-paper
keeps 'a metric of the validation images expected (.*auc' "$bin/gisd-report" results/tiny --best seconds
rm -r results/twin
echo 'reader,GC_accuracy' >fresh/readers.csv
keeps 'fresh/readers.csv: lies in' "${report[@]}" --out ./fresh --readers fresh/readers.csv --force

# --- empty words, wrong words ---
unset unset_variable
for option in --out --data --only --retry --walltime --status --why; do
    usage "grid: what follows $option is empty" "$bin/gisd-grid" tiny.yaml $option "${unset_variable:-}"
    usage "grid: $option= is empty" "$bin/gisd-grid" tiny.yaml $option=
done
usage 'is empty' "$bin/gisd-grid" ""
usage 'is empty' "$bin/gisd-detect" "" picture.png
usage 'is empty' "$bin/gisd-detect" checkpoint.h5 picture.png ""
usage '--overlay is empty' "$bin/gisd-detect" checkpoint.h5 picture.png --overlay ""
usage '--raw is empty' "$bin/gisd-detect" checkpoint.h5 picture.png --raw ""
usage 'is empty' "$bin/gisd-data" phantom ""
usage 'is empty' "$bin/gisd-data" pack data/manifest.csv "" --size 64
usage 'is empty' "$bin/gisd-data" check ""
usage 'is empty' "$bin/gisd-data" import kvasir-seg data ""
usage '--out is empty' "$bin/gisd-report" results/tiny --out ""
usage '--readers is empty' "$bin/gisd-report" results/tiny --readers ""
usage '--backbone is empty' "$bin/gisd-bench" --backbone ""
for command in "gisd-grid tiny.yaml" "gisd-report results/tiny" "gisd-bench" \
    "gisd-data phantom new" "gisd-data pack data/manifest.csv n.h5" "gisd-data check data/manifest.csv" \
    "gisd-data import coco data new" "gisd-data export coco data/manifest.csv new" "gisd-data join" \
    "gisd-data divide data/manifest.csv new" "gisd-detect checkpoint.h5 picture.png"; do
    usage "unrecognized option '--nonsense'" $bin/$command --nonsense
done
for command in gisd-grid gisd-report gisd-detect gisd-data "gisd-data phantom" "gisd-data pack" \
    "gisd-data check" "gisd-data import coco" "gisd-data export coco" "gisd-data join data" \
    "gisd-data divide data/manifest.csv new" "gisd-detect checkpoint.h5" "gisd-grid --why results/tiny"; do
    usage "expected" $bin/$command
done
usage "requires an argument" "$bin/gisd-grid" tiny.yaml --out
usage "unexpected\|expected" "$bin/gisd-grid" tiny.yaml more.yaml
usage "unexpected" "$bin/gisd-bench" more
