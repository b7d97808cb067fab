#!/usr/bin/env bash
# gisd-detect: what it prints and writes, and what it does when an image or the checkpoint is bad.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
detect=$GISD_BIN/gisd-detect
"$GISD_BUILD/tests/make_checkpoint" "$folder"
cd "$folder"

fail() {
    echo "detect.sh: $*" >&2
    exit 1
}

# The help names every option; the version is one line.
"$detect" --help >help.txt
for option in --json --csv --overlay --raw --threshold --all --threads; do
    grep -q -- "$option" help.txt || fail "--help does not name $option"
done
[ "$("$detect" --version | wc -l)" -eq 1 ] || fail "--version is not one line"

# JSON, overlay and raw outputs of one image.
"$detect" checkpoint.h5 picture.png --json --overlay seen --raw raw.h5 --threads 2 >out.json
for field in '"image":"picture.png"' '"width":80' '"height":60' '"lesion_score":' \
    '"predicted_class":"' '"detections":\[{"class":"[CG]' '"mask_area":' \
    '"mask":"seen/picture-mask.png"' '"overlay":"seen/picture.png"'; do
    grep -q -- "$field" out.json || fail "no $field in $(cat out.json)"
done
for png in seen/picture.png seen/picture-mask.png; do
    [ "$(head -c 4 "$png" | tail -c 3)" = PNG ] || fail "$png is not a PNG file"
done
# 64 pixels make 8, 4, 2, 1 cells: 8*8*4 + 4*4*6 + 2*2*4 + 4 priors.
h5dump -H raw.h5 >raw.txt
for shape in '"input"' '( 3, 64, 64 )' '"loc"' '( 372, 4 )' '"cls"' '( 372, 3 )' '"mask"' \
    '( 1, 8, 8 )' H5T_IEEE_F32LE; do
    grep -qF "$shape" raw.txt || fail "raw.h5 has no $shape"
done

# The same image twice gives the same bytes, and a second name in the raw file.
"$detect" checkpoint.h5 picture.png picture.png --json --raw twice.h5 |
    sed 's/"seconds":[^}]*//; s/,$//' | grep image >twice.json
[ "$(sort -u twice.json | wc -l)" -eq 1 ] || fail "two looks at one image differ"
h5diff twice.h5 twice.h5 picture/loc picture-2/loc || fail "raw outputs of one image differ"

# A bad image among good ones: named on stderr, the others done, the exit code says so.
echo "no picture" >bad.png
code=0
"$detect" checkpoint.h5 picture.png bad.png missing.png picture.png >out.txt 2>err.txt || code=$?
[ $code -eq 1 ] || fail "exit code $code for a bad image, expected 1"
[ "$(grep -c '^picture.png: ' out.txt)" -eq 2 ] || fail "good images were not done: $(cat out.txt)"
[ "$(wc -l <err.txt)" -eq 2 ] || fail "expected one line for each bad image: $(cat err.txt)"
grep -q 'bad.png' err.txt && grep -q 'missing.png' err.txt || fail "bad images are not named"

# A folder stands for the images in it and below, in the order of their paths; what is hidden, no
# image by its name, or an overlay of an earlier run is left aside.
mkdir -p folder/b/deeper folder/a folder/.hidden empty
for place in folder/b/deeper/2.PNG folder/a/1.png folder/b/0.png folder/.hidden/4.png; do
    cp picture.png "$place"
done
echo text >folder/notes.txt
for turn in 1 2; do
    "$detect" checkpoint.h5 folder --overlay folder/seen --csv folder.csv >out.txt ||
        fail "a folder of images, turn $turn"
    [ "$(cut -d, -f1 folder.csv | tr '\n' ' ')" = \
        "image folder/a/1.png folder/b/0.png folder/b/deeper/2.PNG " ] ||
        fail "the images of a folder, turn $turn: $(cut -d, -f1 folder.csv)"
done
code=0
"$detect" checkpoint.h5 empty folder/a picture.png >out.txt 2>err.txt || code=$?
[ $code -eq 1 ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -q 'empty: no image' err.txt ||
    fail "a folder without images: $code $(cat err.txt)"
[ "$(grep -c '^[fp].*: ' out.txt)" -eq 2 ] || fail "others were not done: $(cat out.txt)"

# One row an image, broken ones too; the table is this command's own, others are kept.
code=0
"$detect" checkpoint.h5 picture.png bad.png --csv found.csv >out.txt 2>/dev/null || code=$?
[ $code -eq 1 ] || fail "exit code $code for a bad image with --csv"
[ "$(wc -l <found.csv)" -eq 3 ] || fail "found.csv: $(cat found.csv)"
grep -qx 'image,verdict,class,lesion_score,threshold,boxes,box_scores,error' found.csv ||
    fail "found.csv has another header"
grep -q '^picture.png,lesion,[CG]' found.csv && grep -q '^bad.png,,,,,,,.*bad.png' found.csv ||
    fail "found.csv: $(cat found.csv)"
"$detect" checkpoint.h5 picture.png --csv found.csv >out.txt || fail "its own table is not replaced"
cp out.txt others.csv
code=0
"$detect" checkpoint.h5 picture.png --csv others.csv >/dev/null 2>err.txt || code=$?
[ $code -eq 1 ] && cmp -s out.txt others.csv || fail "another's table was replaced"

# The threshold decides the verdict: beyond the score the image is normal, nothing is listed and
# nothing but the verdict drawn. The mask's file and --all have it all the same.
score=$(sed -n 's/.*lesion score \([0-9.]*\),.*/\1/p' out.txt)
above=$(awk -v score="$score" 'BEGIN { print score + 0.0002 }')
"$detect" checkpoint.h5 picture.png --threshold "$above" --overlay normal --csv normal.csv >out.txt
grep -q '^picture.png: normal, ' out.txt && [ "$(wc -l <out.txt)" -eq 1 ] ||
    fail "above the score: $(cat out.txt)"
grep -q "^picture.png,normal,normal,.*,$above,,,\$" normal.csv || fail "normal: $(cat normal.csv)"
cmp -s normal/picture-mask.png seen/picture-mask.png || fail "the mask depends on the verdict"
! cmp -s normal/picture.png seen/picture.png || fail "an image called normal is drawn on"
"$detect" checkpoint.h5 picture.png --threshold "$above" --json >normal.json
for field in '"verdict":"normal"' '"operating_point":0.3,' "\"threshold\":$above," \
    '"detections":\[\]'; do
    grep -q -- "$field" normal.json || fail "no $field in $(cat normal.json)"
done
listed() { # listed OPTION...: how many boxes are in the array
    "$detect" checkpoint.h5 picture.png --json "$@" | grep -o '"box":' | wc -l
}
[ "$(listed)" -ge 1 ] && [ "$(listed)" -le 12 ] || fail "$(listed) boxes without --all"
[ "$(listed --all)" -gt 100 ] || fail "$(listed --all) boxes with --all"
[ "$(listed --all --threshold 1)" -eq "$(listed --all)" ] || fail "--all depends on the threshold"

# In place of a checkpoint the folder of a cell; a folder without results is told.
mkdir cell && cp checkpoint.h5 cell
"$detect" cell picture.png >cell.txt || fail "a cell's folder"
code=0
"$detect" empty picture.png >out.txt 2>err.txt || code=$?
[ $code -eq 1 ] && grep -q '^gisd-detect: empty: no results' err.txt || fail "empty: $(cat err.txt)"

# Somebody who looks sees how far it is; a file gets none of that.
script -qec "'$detect' checkpoint.h5 folder picture.png >/dev/null" /dev/null >screen.txt </dev/null
grep -q '3 of 4 images, ' screen.txt || fail "no progress on a terminal: $(cat screen.txt)"
"$detect" checkpoint.h5 folder picture.png >/dev/null 2>err.txt
[ ! -s err.txt ] || fail "progress in a file: $(cat err.txt)"

# A checkpoint that cannot be used ends the run before anything is written.
head -c 20000 checkpoint.h5 >cut.h5
for bad in cut.h5 missing.h5 bad.png; do
    code=0
    "$detect" "$bad" picture.png --raw never.h5 --overlay never >out.txt 2>err.txt || code=$?
    [ $code -eq 1 ] || fail "exit code $code for the checkpoint $bad, expected 1"
    [ "$(wc -l <err.txt)" -eq 1 ] && grep -q "$bad" err.txt || fail "$bad: $(cat err.txt)"
    [ ! -e never.h5 ] && [ ! -e never ] && [ ! -s out.txt ] || fail "$bad left files or output"
done

# An output that cannot be written.
code=0
"$detect" checkpoint.h5 picture.png --raw missing/raw.h5 2>err.txt >out.txt || code=$?
[ $code -eq 1 ] && grep -q 'missing' err.txt || fail "raw file in a missing folder: $(cat err.txt)"
code=0
"$detect" checkpoint.h5 picture.png >/dev/full 2>err.txt || code=$?
[ $code -eq 1 ] && [ -s err.txt ] || fail "a full standard output went unnoticed"

# Wrong usage.
for arguments in "" "checkpoint.h5" "checkpoint.h5 picture.png --threads 0" \
    "checkpoint.h5 picture.png --threshold 1.5" "--nonsense"; do
    code=0
    # shellcheck disable=SC2086
    "$detect" $arguments >out.txt 2>err.txt || code=$?
    [ $code -eq 64 ] || fail "exit code $code for '$arguments', expected 64"
done
