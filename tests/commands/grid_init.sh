#!/usr/bin/env bash
# gisd-grid init: what it writes fits the data, passes --plan, and takes no file's place.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "grid_init.sh: $*" >&2
    exit 1
}

init() { # init DATA FILE: writes and plans
    "$bin/gisd-grid" init "$1" --out "$2" >init.txt || fail "$1: $(cat init.txt)"
    "$bin/gisd-grid" "$2" --plan >plan.txt 2>&1 || fail "$1: no plan of $(cat "$2"): $(cat plan.txt)"
}
says() { # says FILE PATTERN
    grep -q -- "$2" "$1" || fail "$1 lacks '$2': $(cat "$1")"
}
silent() { # silent FILE PATTERN
    ! grep -q -- "$2" "$1" || fail "$1 has '$2': $(cat "$1")"
}
refuses() { # refuses PATTERN COMMAND...
    local pattern=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ $code -eq 1 ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -q -- "$pattern" err.txt ||
        fail "$*: code $code, $(cat err.txt)"
}

# The phantom names patients and splits and has masks. Small images get a small network.
"$bin/gisd-data" phantom data --images 40 --seed 2 --size 96x80 --overlays 0 >/dev/null
init data all.yaml
says all.yaml '^name: all$'
says all.yaml '^  manifest: data/manifest.csv'
says all.yaml 'gives every image its split'
silent all.yaml '^  split:'
says all.yaml '^  size: 96 '
says all.yaml '^# 40 images of 96 x 80 pixels:'
says all.yaml 'images are synthetic'
silent all.yaml 'has a mask'
says all.yaml '^  #     r150x3  .* GB$'
says all.yaml 'GB   <- this file$'

# The same call writes the same settings, whatever it measures.
mkdir other
init data/manifest.csv other/all.yaml
says other/all.yaml "^  manifest: '../data/manifest.csv' "
diff <(sed 's/#.*//; /manifest:/d' all.yaml) <(sed 's/#.*//; /manifest:/d' other/all.yaml) ||
    fail "other settings for the same data"

# A file that is there stays.
cp all.yaml copy.yaml
refuses 'all.yaml: is there already' "$bin/gisd-grid" init data --out all.yaml
cmp all.yaml copy.yaml || fail "all.yaml was replaced"

# Without splits: by patient where patients are named, else near-equal pictures together.
columns() { # columns NAME AWK: data/NAME.csv, the manifest's rows as the awk program changes them
    awk -F, -v OFS=, "NR > 1 { $2 } { print }" data/manifest.csv >"data/$1.csv"
}
columns patients '$7 = ""'
init data/patients.csv patients.yaml
says patients.yaml 'All images of one of the [0-9]* patients'
says patients.yaml '^  split: {train: 0.7, validation: 0.15, test: 0.15, seed: 1}$'
columns frames '$7 = ""; $4 = ""; $2 = ""'
init data/frames.csv frames.yaml
says frames.yaml 'No patients are named'
says frames.yaml 'group: scene}$'
says frames.yaml 'No lesion to train on has a mask'

# Given splits without a test or a validation split.
columns val '$2 = ""; $7 = $7 == "test" ? "val" : $7'
init data/val.csv val.yaml
says val.yaml '^  test: validation$'
columns test '$7 = $7 == "val" ? "test" : $7'
init data/test.csv test.yaml
says test.yaml 'ignore_given: true}$'

# No image is normal: it says what will be undefined.
awk -F, '$3 != "normal"' data/manifest.csv >data/lesions.csv
init data/lesions.csv lesions.yaml
says lesions.yaml '^# Mind: .* no image labelled normal'

# A pack serves one size; its name is the experiment's where no file is named.
"$bin/gisd-data" pack data/manifest.csv packed.h5 --size 64 >/dev/null
"$bin/gisd-grid" init packed.h5 >/dev/null
says packed.yaml '^name: packed$'
says packed.yaml "^  size: 64 .* the pack's"
"$bin/gisd-grid" packed.yaml --plan >/dev/null || fail "no plan of a pack"

# Labels alone are for a classifier.
columns labels '$2 = ""; $8 = ""'
init data/labels.csv labels.yaml
says labels.yaml '^  architecture: resnet50$'

# What is no data ends it with one line and no file.
refuses 'nowhere: cannot open' "$bin/gisd-grid" init nowhere --out never.yaml
refuses 'nowhere: no such folder' "$bin/gisd-grid" init data --out nowhere/never.yaml
head -2 data/manifest.csv >data/one.csv
refuses 'one.csv: ' "$bin/gisd-grid" init data/one.csv --out never.yaml
[ ! -e never.yaml ] || fail "a file was left"
for arguments in "" "data data" "data --nonsense"; do
    code=0
    # shellcheck disable=SC2086
    "$bin/gisd-grid" init $arguments >out.txt 2>err.txt || code=$?
    [ $code -eq 64 ] || fail "exit code $code for '$arguments', expected 64"
done
