#!/usr/bin/env bash
# gisd-data import, join and export as a user meets them: hostile files are refused in one line that
# names the file, nothing is half there, and what was imported comes back from an export the same.
set -euo pipefail
data=$GISD_BIN/gisd-data
sets=$GISD_SOURCE/tests/golden/import
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=2
cd "$folder"

fail() {
    echo "import.sh: $*" >&2
    exit 1
}

# refuses PATTERN COMMAND...: exit code 1, in one line that matches, and no out.
refuses() {
    local pattern=$1 code=0
    shift
    timeout 20 "$@" 2>message.txt >/dev/null || code=$?
    [ $code = 1 ] || fail "$*: exit code $code, expected 1: $(cat message.txt)"
    [ "$(wc -l <message.txt)" = 1 ] || fail "$*: not one line: $(cat message.txt)"
    grep -q "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
    [ ! -e out ] && [ ! -e .out.partial ] || fail "$*: left something behind"
}

# source LAYOUT: a fresh copy of a data set to spoil, in src.
source_of() {
    rm -rf src
    cp -r "$sets/$1/source" src
}

# sound MANIFEST: nothing is wrong with it but that the sets' few pictures stand for several.
sound() {
    "$data" check "$1" >/dev/null 2>check.txt || true
    ! grep -v '^warning: \|: the same pixels as \|^gisd-data check: .* problem' check.txt ||
        fail "$1 is not sound"
}

# ---- help teaches each layout, and what is wrong is said before anything is read ----
"$data" import --help >help.txt
for layout in coco voc yolo labelme cvat folders masks kvasir-seg; do
    grep -qx "$layout" help.txt || fail "no help for $layout"
    refuses 'nowhere: no such folder' "$data" import $layout nowhere out --class polyp
    mkdir -p empty
    refuses "^gisd-data import: empty: " "$data" import $layout empty out --class polyp
done
[ "$(awk 'length > 79' help.txt | wc -l)" = 0 ] || fail "help is wider than a terminal"
refuses 'expected coco, voc' "$data" import floppies empty out
refuses 'masks names no classes, expected --class NAME' "$data" import masks empty out
refuses 'coco has no use for --masks' "$data" import coco empty out --masks .
code=0
"$data" import masks "$sets/masks/source" '' --class polyp 2>message.txt || code=$?
[ $code = 64 ] && grep -q '^gisd-data: .* is empty' message.txt ||
    fail "an empty name for OUT: code $code: $(cat message.txt)"
mkdir full
touch full/precious
refuses 'full: is not empty' "$data" import masks "$sets/masks/source" full --class polyp
[ "$(ls full)" = precious ]

# ---- hostile files ----
source_of coco
file=src/annotations/instances_train.json
spoil() { # spoil OLD NEW: from the good file
    sed "s|$1|$2|" "$sets/coco/source/annotations/instances_train.json" >$file
    ! cmp -s $file "$sets/coco/source/annotations/instances_train.json" || fail "nothing spoilt by $1"
}
coco() {
    refuses "$1" "$data" import coco src out
}
head -c 300 "$sets/coco/source/annotations/instances_train.json" >$file
coco 'instances_train.json:1: not JSON from here on'
{ head -c 200000 /dev/zero | tr '\0' '['; } >$file
coco 'instances_train.json:1: not JSON from here on (or nested more than'
spoil '"file_name": "one.png"' '"file_name": "../../etc/passwd"'
coco 'images\[0\]: file_name is "../../etc/passwd", expected a file below'
spoil '"image_id": 40' '"image_id": 4000'
coco 'annotations\[0\] has no image_id'
spoil '"category_id": 7' '"category_id": 70'
coco 'annotations\[0\] has no category_id'
spoil '"name": "adenoma"' '"name": "ade;noma"'
coco 'class "ade;noma" has a semicolon'
spoil '"width": 160' '"width": 1e300'
coco 'images\[0\]: width or height is no number of pixels'

# Sizes and coordinates beyond reason leave the image out, at once and without taking its memory.
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" || ulimit -v 4000000 # the sanitizer takes more
spoil '\[\[80.0, 60.0' '[[1e18, 60.0'
"$data" import coco src out >/dev/null 2>&1
grep -q 'images/one.png,"\?point 1 of a polygon is 1e+18 60' out/skipped.csv || fail "$(cat out/skipped.csv)"
rm -rf out
spoil '"size": \[120, 160\]' '"size": [120, 2000000000]'
"$data" import coco src out >/dev/null 2>&1
grep -q '^images/sub/UPPER.JPG,' out/skipped.csv || fail "$(cat out/skipped.csv)"
rm -rf out

source_of voc
cat >src/Annotations/one.xml <<'END'
<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<annotation><filename>&b;</filename></annotation>
END
refuses 'Annotations/one.xml: XML with a document type, expected none' "$data" import voc src out
printf '<?xml version="1.0"?><!DOCTYPE x SYSTEM "/etc/passwd"><annotation/>' >src/Annotations/one.xml
refuses 'one.xml: XML with a document type' "$data" import voc src out
{ head -c 100000 /dev/zero | sed 's/\x0/<a>/g'; } >src/Annotations/one.xml
refuses 'one.xml:1: .*expected XML' "$data" import voc src out
printf '<annotation><object>' >src/Annotations/one.xml
refuses 'one.xml:1: .*, expected XML' "$data" import voc src out

source_of cvat
sed -i 's|name="clean.png"|name="../clean.png"|' src/annotations.xml
refuses 'the name of an <image> is "../clean.png"' "$data" import cvat src out

source_of yolo
echo '7 0.5 0.5 0.1 0.1' >src/labels/train/one.txt
refuses 'labels/train/one.txt:1: class 7, expected one of the 3 of' "$data" import yolo src out
echo '0 0.5 0.5 0.1' >src/labels/train/one.txt
refuses 'one.txt:1: 4 numbers, expected class x y width height' "$data" import yolo src out
echo '0 0.5 0.5 nan 0.1' >src/labels/train/one.txt
refuses 'one.txt:1: "nan 0.1" is no number' "$data" import yolo src out
echo 'names: {' >src/data.yaml
refuses 'data.yaml:2: .*, expected YAML' "$data" import yolo src out
echo 'names: &a [*a, *a]' >src/data.yaml
refuses 'data.yaml:1: ' "$data" import yolo src out

# A pipe is not waited for, a link that leads back is not followed for ever.
source_of masks
mkfifo src/train/images/pipe.png
"$data" import masks src out --class polyp >/dev/null 2>&1
grep -qx 'train/images/pipe.png,not a plain file' out/skipped.csv
rm -rf out
ln -s ../.. src/train/images/back
refuses 'expected at most 32 (does a link lead back' "$data" import masks src out --class polyp
rm src/train/images/back

# ---- the source may hold the result, and be imported again ----
"$data" import masks src src/new --class polyp 2>/dev/null >first.txt
sound src/new/manifest.csv
grep -q '^../train/images/plain png.jpg,' src/new/manifest.csv

# ---- there and back ----
for layout in coco cvat labelme; do
    "$data" import $layout "$sets/$layout/source" $layout >/dev/null 2>&1
    sound $layout/manifest.csv
    "$data" export coco $layout/manifest.csv $layout-coco >/dev/null 2>&1
    "$data" import coco $layout-coco $layout-again >/dev/null 2>&1
    # images have other folders, and those of one class and no box lose it
    rows() { grep -v 'classed.png' $1/manifest.csv | sed 's|^[^,]*/||; s|,[^,]*,|,|' | sort; }
    diff <(rows $layout) <(rows $layout-again) || fail "$layout does not come back"
done
# without splits masks are in the order of the rows
for mask in coco/masks/*.png; do
    cmp -s "$mask" "coco-again/masks/${mask##*/}" || fail "$mask is another"
done
"$data" export masks coco/manifest.csv coco-masks >out.txt 2>message.txt
grep -q '^1 images were left out: their mask is not known$' message.txt
[ "$(find coco-masks -name '*.png' -path '*/masks/*' | wc -l)" = 6 ]
[ -e 'coco-masks/train/images/Läsion-胃.png' ] && [ -e 'coco-masks/train/masks/Läsion-胃.png' ]
refuses "unknown layout 'voc', expected coco or masks" "$data" export voc coco/manifest.csv out
refuses 'are for cells' "$data" export coco coco/manifest.csv out --score 0.5

# ---- join ----
"$data" join coco/manifest.csv second=cvat/manifest.csv deep/joined >out.txt
grep -qx 'deep/joined/manifest.csv: 15 images of 2 manifests' out.txt
sound deep/joined/manifest.csv
"$data" import folders "$sets/labels/source" labels --labels labels.csv >/dev/null 2>&1
"$data" join a=labels/manifest.csv b=coco/manifest.csv joined >/dev/null
grep -q ',a/s1,' joined/manifest.csv
refuses 'out/manifest.csv:[0-9]*: .*: already on line [0-9]*, expected each image once' \
    "$data" join coco/manifest.csv again=coco/manifest.csv out
refuses 'two manifests are called coco, expected NAME=coco/manifest.csv' \
    "$data" join coco/manifest.csv coco/manifest.csv out

# ---- a cell ----
"$data" phantom data --images 24 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
END
"$GISD_BIN/gisd-grid" tiny.yaml 2>/dev/null >/dev/null
cell=results/tiny/cells/$(ls results/tiny/cells)
"$data" export coco "$cell" predicted --score 0 >out.txt
images=$(h5dump -H -d /test/predictions/image "$cell/result.h5" | grep -o 'SIMPLE { ( [0-9]*' | grep -o '[0-9]*$')
boxes=$(h5dump -H -d /test/detections/score "$cell/result.h5" | grep -o 'SIMPLE { ( [0-9]*' | grep -o '[0-9]*$')
grep -qx "predicted: $images images, $boxes boxes, 0 masks" out.txt || fail "$(cat out.txt)"
grep -q '"score":' predicted/annotations/instances_predicted.json
"$data" export masks "$cell" predicted-masks >/dev/null
[ "$(ls predicted-masks/masks | wc -l)" = "$images" ]
mv data elsewhere
refuses 'data set is not there, expected --data MANIFEST' "$data" export coco "$cell" out
"$data" export coco "$cell" moved --score 0 --data elsewhere >/dev/null
diff -r predicted/annotations moved/annotations

# ---- folders of other names, inside the source and out of it ----
mkdir -p apart/pictures apart/outlines
cp "$sets/masks/source/test/images/ISIC_1.jpg" apart/pictures/a.jpg
cp "$sets/masks/source/test/masks/ISIC_1_segmentation.png" apart/outlines/a.png
"$data" import masks apart byname --class polyp --images pictures --masks outlines >out.txt 2>/dev/null
grep -q ': 1 images, 1 with lesions, 0 normal; 2 boxes, 1 masks$' out.txt || fail "$(cat out.txt)"
mkdir alone
mv apart/outlines alone/
"$data" import masks apart/pictures outside --class polyp --masks alone/outlines >out.txt 2>/dev/null
grep -q '^../apart/pictures/a.jpg,../alone/outlines/a.png,polyp' outside/manifest.csv
source_of coco
mv src/images pictures
"$data" import coco src moved-images --images pictures >/dev/null 2>&1
cmp <(cut -d, -f3- moved-images/manifest.csv) <(cut -d, -f3- coco/manifest.csv)
refuses 'missing: cannot open the folder' "$data" import coco src out --images missing
