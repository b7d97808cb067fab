#!/usr/bin/env bash
# gisd-data phantom: the same whatever the threads, clean for gisd-data check, never half there.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

OMP_NUM_THREADS=1 "$data" phantom "$folder/one" --images 48 --seed 7 --size 160x128 >/dev/null
OMP_NUM_THREADS=3 "$data" phantom "$folder/deep/three/" --images 48 --seed 7 --size 160x128 >/dev/null
diff -r "$folder/one" "$folder/deep/three"
"$data" check "$folder/one/manifest.csv" >"$folder/summary"
grep -qx 'The images are synthetic, as gisd-dataset.json says.' "$folder/summary"
cp -r "$folder/one" "$folder/bare of properties"
rm "$folder/bare of properties/gisd-dataset.json"
"$data" check "$folder/bare of properties/manifest.csv" >"$folder/plain"
cmp <(grep -v synthetic "$folder/summary") "$folder/plain"
"$data" phantom "$folder/other" --images 48 --seed 8 --size 160x128 >/dev/null
! cmp -s "$folder/one/images/000000.jpg" "$folder/other/images/000000.jpg"

head -1 "$folder/one/manifest.csv" | grep -qx 'image,mask,label,patient,lesion,form,split,boxes'
[ "$(ls "$folder/one/images" | wc -l)" = 48 ]
for split in train val test; do
    for label in normal GC GU CG; do
        grep -q ",$label,.*,$split," "$folder/one/manifest.csv" ||
            { echo "no $label in $split"; exit 1; }
    done
done
grep -q 'border,1$' "$folder/one/overlays.csv"
"$data" phantom "$folder/bare" --images 8 --overlays 0 >/dev/null
[ "$(wc -l <"$folder/bare/overlays.csv")" = 1 ]

# The hard level: another picture, up to three boxes, told beside the manifest; the same twice.
for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" phantom "$folder/hard$threads" --images 48 --seed 7 \
        --size 160x128 --level hard >/dev/null
done
diff -r "$folder/hard1" "$folder/hard3"
! cmp -s "$folder/one/images/000000.jpg" "$folder/hard1/images/000000.jpg"
"$data" check "$folder/hard1/manifest.csv" >"$folder/summary"
grep -qx 'The images are synthetic, of the hard level, as gisd-dataset.json says.' "$folder/summary"
grep -q ';.*;' "$folder/hard1/manifest.csv"
! grep -q ';' "$folder/one/manifest.csv"

# Colours alone tell the easy level's classes and not the hard one's.
for level in easy hard; do
    "$data" phantom "$folder/$level" --images 160 --seed 1 --size 128x96 --level $level >/dev/null
    "$data" baseline "$folder/$level/manifest.csv" >"$folder/$level.baseline"
done
line='^colour histogram baseline of 95 training, 24 validation and 41 test images: lesion AUC 0\.[0-9]*'
grep -q "$line, macro F1 0\.[5-9]" "$folder/easy.baseline"
grep -q "$line, macro F1 0\.[0-3]" "$folder/hard.baseline"
sed 's/,val,/,train,/' "$folder/easy/manifest.csv" >"$folder/easy/unvalidated.csv"
if message=$("$data" baseline "$folder/easy/unvalidated.csv" 2>&1); then
    echo "a baseline without validation images"
    exit 1
fi
[[ $message == *"no image is in the split val, expected a column split with some in each" ]]

# Lesions drawn into frames: the phantom's own normal ones, of which val and test stay out; the same
# twice; patients are kept, so that a frame that is used twice stands in one split; a folder of images.
for threads in 1 3; do
    OMP_NUM_THREADS=$threads "$data" phantom "$folder/drawn$threads" \
        --backgrounds "$folder/hard1/manifest.csv" --images 30 --seed 4 --size 128x128 >"$folder/said"
done
diff -r "$folder/drawn1" "$folder/drawn3"
normal=$(grep -c ',normal,.*,train,' "$folder/hard1/manifest.csv")
grep -q "drawn3: 30 images of $normal frames, seed 4; 20 with lesions, 10 normal" "$folder/said"
grep -qx "$((48 - normal)) rows were left out: not normal, or of the splits val and test" "$folder/said"
"$data" check "$folder/drawn1/manifest.csv" >"$folder/summary"
grep -qx 'The images are synthetic, of the hard level, as gisd-dataset.json says.' "$folder/summary"
diff <(grep ',normal,.*,train,' "$folder/hard1/manifest.csv" | cut -d, -f4 | sort -u) \
    <(tail -n +2 "$folder/drawn1/manifest.csv" | cut -d, -f4 | sort -u)
! grep -qE ',(train|val|test),' "$folder/drawn1/manifest.csv"
[ ! -e "$folder/drawn1/overlays.csv" ] && [ "$(ls "$folder/drawn1/masks" | wc -l)" = 20 ]
"$data" phantom "$folder/of files" --backgrounds "$folder/hard1/images" >"$folder/said"
grep -q 'of files: 48 images of 48 frames' "$folder/said"
grep -q 'images/000047.jpg,.*,F000047,' "$folder/of files/manifest.csv"
for wrong in '--level hard' '--overlays 0'; do
    ! "$data" phantom "$folder/wrong" --backgrounds "$folder/hard1/images" $wrong 2>"$folder/message"
    grep -q -- "${wrong% *} with --backgrounds, expected one of them" "$folder/message"
done
mkdir "$folder/nothing"
! "$data" phantom "$folder/wrong" --backgrounds "$folder/nothing" 2>"$folder/message"
grep -q 'nothing: no frame to draw lesions into' "$folder/message"
[ ! -e "$folder/wrong" ]

# A folder with something in it is left alone; so is the rest of a killed run not.
before=$(ls -lR "$folder/bare")
if message=$("$data" phantom "$folder/bare" --images 8 2>&1); then
    echo "a full folder was overwritten"
    exit 1
fi
[[ $message == *"bare: is not empty, expected a new or empty folder" ]]
[ "$before" = "$(ls -lR "$folder/bare")" ]
mkdir -p "$folder/.again.partial/images"
touch "$folder/.again.partial/images/999999.jpg"
"$data" phantom "$folder/again" --images 2 >/dev/null
[ ! -e "$folder/again/images/999999.jpg" ] && [ ! -e "$folder/.again.partial" ]

for wrong in '--images 0' '--size 320' '--overlays 2' '--level harder' '--seed x' '--colour'; do
    if "$data" phantom "$folder/wrong" $wrong 2>"$folder/message"; then
        echo "$wrong was taken"
        exit 1
    fi
    [ ! -e "$folder/wrong" ]
done
