#!/usr/bin/env bash
# gisd-eval: trained networks on another source's images. On the images of a cell's own test it comes to
# just what the cell came to; the operating point is carried over; nothing of the cell is touched.
set -euo pipefail
name=eval.sh
. "${BASH_SOURCE[0]%/*}/../helpers/tiny_grid.sh"
eval=$GISD_BIN/gisd-eval

# --- the images of the cells' own tests, as if they came from elsewhere: the manifest's columns in
# another order, its rows given to training, and a class of which there is no image left out ---
first=${cells%%$'\n'*}
h5dump -d /test/predictions/image results/quiet/cells/$first/result.h5 |
    grep -o 'images/[^"\\]*' >test.txt
[ -s test.txt ] || fail "no test images"
mkdir elsewhere && cp -r data/. elsewhere/
{
    echo split,label,image,mask,patient,lesion,form,boxes
    awk -F, 'NR == FNR { of_test[$1]; next } FNR > 1 && $1 in of_test {
        print "train," $3 "," $1 "," $2 "," $4 "," $5 "," $6 "," $8 }' test.txt data/manifest.csv
} >elsewhere/manifest.csv
head -1 data/manifest.csv | grep -q '^image,mask,label,patient,lesion,form,split,boxes' ||
    fail "the phantom's manifest has other columns: $(head -1 data/manifest.csv)"
find results/quiet -type f -exec md5sum {} + | sort >before.txt
"$eval" results/quiet elsewhere/manifest.csv >told.txt 2>err.txt || fail "code $?: $(cat err.txt)"
[ "$(grep -c ' on elsewhere: ' told.txt)" = 2 ] || fail "not two cells: $(cat told.txt)"
for cell in $cells; do
    of=results/quiet/cells/$cell
    for dataset in /test/predictions/scores /test/predictions/predicted /test/confusion/counts \
        /test/metrics/operating_point /test/detections/box /test/overlap/box_iou \
        /test/predictions/dice /test/roc; do
        h5diff "$of/result.h5" "$of/test_elsewhere.h5" $dataset || fail "$cell: another $dataset"
    done
    h5dump -A "$of/test_elsewhere.h5" | grep 'gisd test set' >/dev/null || fail "no kind"
done
find results/quiet -type f ! -name 'test_*' -exec md5sum {} + | sort | cmp before.txt - ||
    fail "files of the results were touched"

# --- again: nothing is done twice; other images under the name are tested anew ---
md5sum results/quiet/cells/*/test_*.h5 >made.txt
"$eval" results/quiet elsewhere/manifest.csv >told.txt || fail "the second start: code $?"
[ "$(grep -c 'already tested' told.txt)" = 2 ] || fail "it was tested again: $(cat told.txt)"
md5sum --quiet -c made.txt || fail "files were written again"
"$GISD_BIN/gisd-data" phantom other --images 8 --seed 9 --size 96x80 --overlays 0 >/dev/null
"$eval" results/quiet/cells/$first other/manifest.csv --name elsewhere >told.txt || fail "code $?"
grep -q ' on elsewhere: 8 images' told.txt || fail "other images were not tested: $(cat told.txt)"
cp results/quiet/cells/$first/checkpoint.h5 alone.h5
"$eval" alone.h5 other/manifest.csv >told.txt || fail "a checkpoint alone: code $?"
h5diff test_other.h5 results/quiet/cells/$first/test_elsewhere.h5 /test/predictions/scores ||
    fail "the checkpoint alone has other scores"

# --- seconds, measured alone: of the cells' own images too; the report shows them ---
"$eval" results/quiet data/manifest.csv --seconds --threads 1 >told.txt 2>err.txt ||
    fail "--seconds: code $?: $(cat err.txt)"
[ "$(grep -c ': 16 images, 1 thread,' told.txt)" = 2 ] || fail "not two cells timed: $(cat told.txt)"
h5dump -d /speed/network results/quiet/cells/$first/seconds.h5 | grep 'SIMPLE { ( 16 )' >/dev/null ||
    fail "not 16 seconds"
mkdir timed && cp -r results/quiet/. timed/ && "$GISD_BIN/gisd-report" timed >/dev/null
[ "$(wc -l <timed/report/speed.csv)" = 3 ] || fail "the report shows other seconds"

# --- what is refused ---
refused() { # refused PATTERN WORD...
    local code=0
    "$eval" "${@:2}" >out.txt 2>err.txt || code=$?
    [ $code = 1 ] && [ ! -s out.txt ] && grep -q "$1" err.txt ||
        fail "${*:2}: code $code, $(cat out.txt err.txt)"
}
refused 'was trained on these data' results/quiet data/manifest.csv --name own
sed 's/,GC,/,Cancer,/; s/ GC/ Cancer/g' other/manifest.csv >other/renamed.csv
grep -q Cancer other/renamed.csv || fail "no GC in the other data"
refused 'class "Cancer", which the network does not know' results/quiet other/renamed.csv
refused 'no results in this folder' other other/manifest.csv
refused 'nowhere.csv' results/quiet nowhere.csv
echo mine >results/quiet/cells/$first/test_mine.h5
refused 'test_mine.h5' results/quiet other/manifest.csv --name mine
grep -q mine results/quiet/cells/$first/test_mine.h5 || fail "a file of somebody's is lost"
rm -rf open && mkdir open && cp -r results/quiet/. open/
"$GISD_BIN/gisd-grid" --status open >/dev/null || fail "test sets disturb the status"
"$GISD_BIN/gisd-report" open >/dev/null || fail "test sets disturb the report"
