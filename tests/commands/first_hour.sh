#!/usr/bin/env bash
# The first hour of a new user, as README.md tells it: from a folder of JPEG files with boxes in COCO's
# layout to a trained network, its report, and its verdict on images; but small and for two epochs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "first_hour.sh: $*" >&2
    exit 1
}

# The folder as a hospital may have it: a folder a class.
"$bin/gisd-data" phantom made --images 60 --seed 5 --size 96x80 --overlays 0 >/dev/null
mkdir frames
awk -F, '
    NR > 1 {
        name = $3 "/" substr($1, 8) # without images/
        system("mkdir -p frames/" $3 " && cp made/" $1 " frames/" name)
        printf "%s{\"id\":%d,\"file_name\":\"%s\",\"width\":96,\"height\":80}",
            NR == 2 ? "{\"images\":[" : ",", NR, name
        count = split($8, boxes, ";")
        for (i = 1; i <= count; ++i) {
            split(boxes[i], box, " ")
            lesions = lesions (lesions ? "," : "") sprintf(\
                "{\"id\":%d,\"image_id\":%d,\"category_id\":%d,\"bbox\":[%s,%s,%s,%s]}",
                100 * NR + i, NR, index("GC GU CG", box[5]), box[1], box[2], box[3] - box[1],
                box[4] - box[2])
        }
    }
    END {
        print "],\"annotations\":[" lesions "],\"categories\":[{\"id\":1,\"name\":\"GC\"}," \
            "{\"id\":4,\"name\":\"GU\"},{\"id\":7,\"name\":\"CG\"}]}"
    }' made/manifest.csv >frames/boxes.json

"$bin/gisd-data" import coco frames data/mine >/dev/null 2>&1 || fail "the import failed"
"$bin/gisd-grid" init data/mine >init.txt || fail "no experiment was written"
grep -q '^mine.yaml: one cell, r50x1-global, that trains on 42 images' init.txt ||
    fail "init says: $(cat init.txt)"
"$bin/gisd-grid" mine.yaml --plan >plan.txt || fail "what was written has no plan: $(cat mine.yaml)"
grep -q '^1 of 1 cells are left' plan.txt || fail "another plan: $(cat plan.txt)"

sed -i 's/epochs: 100/epochs: 2/; s/base: [0-9]*/base: 4/; s/size: [0-9]*/size: 64/' mine.yaml
"$bin/gisd-grid" mine.yaml 2>grid.txt || fail "it does not train: $(cat grid.txt)"
"$bin/gisd-report" results/mine >report.txt || fail "no report"
grep -q 'lesion' results/mine/report/report.html || fail "the report says nothing of lesions"

# The verdict on all images by the folder of results, which says what it took.
"$bin/gisd-detect" results/mine frames --csv found.csv --overlay seen >found.txt 2>taken.txt ||
    fail "gisd-detect: $(cat taken.txt)"
cell=$(ls results/mine/cells)
grep -q "^gisd-detect: results/mine: cell r50x1-global, .*the best of 1 .*/cells/$cell/" taken.txt ||
    fail "what was taken is not told: $(cat taken.txt)"
[ "$(grep -c '^frames/.*,\(lesion\|normal\),' found.csv)" -eq 60 ] || fail "not 60 images in found.csv"
[ "$(find seen -name '*.png' | wc -l)" -eq 60 ] || fail "not 60 pictures, and no masks"
"$bin/gisd-detect" "results/mine/cells/$cell/checkpoint.h5" frames --csv same.csv >/dev/null
cmp found.csv same.csv || fail "the folder of results and its checkpoint differ"
