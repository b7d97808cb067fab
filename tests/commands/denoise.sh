#!/usr/bin/env bash
# gisd-data denoise: the same whatever the threads, clean for gisd-data check, boxes and masks agreeing; an
# interrupted run goes on to the same files; a folder of another making is left alone; noise is filtered.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

refuses() # refuses TEXT COMMAND...: one line with the text, and no success
{
    local text=$1 message
    shift
    if message=$("$@" 2>&1); then
        echo "not refused: $*"
        exit 1
    fi
    [[ $message == *"$text"* ]] || { echo "expected '$text' in: $message"; exit 1; }
}

"$data" phantom "$folder/noisy" --images 12 --seed 3 --size 160x128 --overlays 1 --noise mixed >/dev/null
[ "$(ls "$folder/noisy/clean" | wc -l)" = 12 ]
for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" denoise "$folder/noisy/manifest.csv" "$folder/$threads" --detector none \
        >"$folder/said"
done
diff -r "$folder/1" "$folder/3"
"$data" check "$folder/1/manifest.csv" >/dev/null 2>"$folder/warnings"
grep -q '"denoised": "version 2, cost 1000' "$folder/1/gisd-dataset.json"
[ "$(wc -l <"$folder/1/crops.csv")" = 13 ]
head -1 "$folder/1/overlays.csv" | grep -qx 'image,x0,y0,x1,y1,class,score'
head -1 "$folder/1/crops.csv" | grep -qx 'image,x0,y0,x1,y1'
grep -q ',border,1$' "$folder/1/overlays.csv"
[ -s "$folder/1/sheets/000000.png" ]

# Nearer to the clean pictures than before.
awk -F, 'NR > 1 && !($16 > $15 + 3 && $18 > $17) { print; bad = 1 } END { exit bad }' "$folder/1/frames.csv"

# Interrupted: no manifest, some records; what was done stays and the rest comes to the same bits. A
# file that somebody changed is made anew.
cp -r "$folder/1" "$folder/half"
rm "$folder/half/manifest.csv" "$folder/half/frames/000003.csv" "$folder/half/images/000005.png"
echo changed >"$folder/half/images/000007.png"
printf 'what,name' >"$folder/half/frames/000009.csv"
"$data" denoise "$folder/noisy/manifest.csv" "$folder/half" --detector none >"$folder/said"
grep -q ': 12 frames, 8 of them done before$' "$folder/said"
diff -r "$folder/1" "$folder/half"

# Killed at any instant it has no manifest, or all of it.
for delay in 0.05 0.2; do
    rm -rf "$folder/killed"
    "$data" denoise "$folder/noisy/manifest.csv" "$folder/killed" --detector none >/dev/null 2>&1 &
    sleep $delay
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    [ ! -e "$folder/killed/manifest.csv" ] || diff -r "$folder/1" "$folder/killed"
    "$data" denoise "$folder/noisy/manifest.csv" "$folder/killed" --detector none >/dev/null
    diff -r "$folder/1" "$folder/killed"
done

# Two at once: the second is refused and changes nothing. flock(1) stands for the first.
refuses "another process is working on this folder" flock "$folder/1/gisd-denoise.txt" \
    "$data" denoise "$folder/noisy/manifest.csv" "$folder/1"
[ -e "$folder/1/manifest.csv" ]

refuses "was made otherwise" "$data" denoise "$folder/noisy/manifest.csv" "$folder/1" --fill black
diff -r "$folder/1" "$folder/3"
"$data" denoise "$folder/noisy/manifest.csv" "$folder/half" --detector none --no-filter --force >/dev/null
! diff -rq "$folder/1/images" "$folder/half/images" >/dev/null
refuses "where this command writes" "$data" denoise "$folder/noisy/manifest.csv" "$folder/noisy"
refuses "expected keep, black or inpaint" "$data" denoise "$folder/noisy/manifest.csv" "$folder/x" --fill grey
refuses "missing.h5" "$data" denoise "$folder/noisy/manifest.csv" "$folder/x" --detector "$folder/missing.h5"
[ ! -e "$folder/x/manifest.csv" ]

# A network of other classes finds no overlays.
"$GISD_BUILD/tests/make_checkpoint" "$folder/network"
refuses "expected a network that finds text, digits, tube and border" \
    "$data" denoise "$folder/noisy/manifest.csv" "$folder/x" --detector "$folder/network/checkpoint.h5"

# The detector that comes with the program finds text, on any number of threads, and is a file like others.
"$data" phantom "$folder/drawn" --images 4 --seed 3 --size 480x400 --overlays 1 >/dev/null
for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" denoise "$folder/drawn/manifest.csv" "$folder/drawn$threads" >"$folder/said"
done
diff -r "$folder/drawn1" "$folder/drawn3"
grep -Eq ',(text|digits),0\.' "$folder/drawn1/overlays.csv"
"$data" denoise "$folder/drawn/manifest.csv" "$folder/drawn1" \
    --detector "$GISD_SOURCE/results/detectors/overlays.h5" >"$folder/said"
grep -q ': 4 frames, 4 of them done before$' "$folder/said"
refuses "was made otherwise" "$data" denoise "$folder/drawn/manifest.csv" "$folder/drawn1" --detector none
