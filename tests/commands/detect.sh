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
for option in --json --overlay --raw --threads; do
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
for arguments in "" "checkpoint.h5" "checkpoint.h5 picture.png --threads 0" "--nonsense"; do
    code=0
    # shellcheck disable=SC2086
    "$detect" $arguments >out.txt 2>err.txt || code=$?
    [ $code -eq 64 ] || fail "exit code $code for '$arguments', expected 64"
done
