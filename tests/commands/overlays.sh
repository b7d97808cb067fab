#!/usr/bin/env bash
# gisd-data overlays: the same whatever the threads, on the phantom's frames and on others, each background's
# split kept, clean for gisd-data check.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" overlays "$folder/$threads" --images 24 --seed 4 --size 160x128 >"$folder/said"
done
diff -r "$folder/1" "$folder/3"
grep -q ': 24 pictures, seed 4$' "$folder/said"
"$data" check "$folder/1/manifest.csv" >/dev/null
for class in text digits tube border; do
    grep -q "[0-9] $class" "$folder/1/manifest.csv" || { echo "no $class"; exit 1; }
done
grep -q ',normal,' "$folder/1/manifest.csv"
for split in train val test; do
    grep -q ",$split," "$folder/1/manifest.csv" || { echo "no $split"; exit 1; }
done

# On a data set's frames: the phantom's training images here, so that all pictures are for training.
"$data" phantom "$folder/frames" --images 16 --seed 1 --size 160x128 --overlays 0 >/dev/null
awk -F, 'NR == 1 || $7 == "train"' "$folder/frames/manifest.csv" >"$folder/frames/train.csv"
for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" overlays "$folder/own$threads" --images 12 --size 160x128 \
        --backgrounds "$folder/frames/train.csv" >/dev/null
done
diff -r "$folder/own1" "$folder/own3"
[ "$(grep -c ',train,' "$folder/own1/manifest.csv")" = 12 ]

# A background that is not there is named; a folder that is not empty is left alone.
mkdir "$folder/black"
printf 'image,label\nmissing.png,normal\n' >"$folder/black/manifest.csv"
if message=$("$data" overlays "$folder/new" --images 2 --backgrounds "$folder/black/manifest.csv" 2>&1); then
    echo "a background that is not there"
    exit 1
fi
[[ $message == *missing.png* ]]
[ ! -e "$folder/new" ]
! "$data" overlays "$folder/1" --images 2 2>/dev/null
