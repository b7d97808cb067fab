#!/usr/bin/env bash
# gisd-data check and pack as a user meets them: exit codes, one line a problem, nothing half-made.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fails() { # fails WHAT COMMAND...: the command must exit with 1
    local what=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ "$code" = 1 ] || { echo "$what: exit code $code, expected 1"; exit 1; }
}

fails 'no manifest' "$data" check manifest.csv
grep -q '^gisd-data check: manifest.csv: ' err.txt
[ "$(wc -l <err.txt)" = 1 ]

printf 'image,label,split,boxes\na.png,GC,train,0 0 1 1 GC\nb.png,GC,training,\n' >manifest.csv
fails 'two faults' "$data" check manifest.csv
[ ! -s out.txt ]
[ "$(wc -l <err.txt)" = 4 ]
grep -q '^manifest.csv:2: .*a.png: cannot open' err.txt
grep -q '^manifest.csv:3: b.png: split is "training", expected train, val, test or nothing$' err.txt
grep -q '^warning: manifest.csv: no image is labelled normal (the labels are "GC")' err.txt
grep -q '^gisd-data check: manifest.csv: 2 problems in 2 rows, expected none$' err.txt

fails 'a pack of faults' "$data" pack manifest.csv pack.h5 --size 64
grep -q '^gisd-data pack: manifest.csv:3: ' err.txt
[ "$(wc -l <err.txt)" = 1 ]
[ -z "$(ls -A | grep pack)" ]

fails 'no source' "$data" import kvasir-seg nowhere out
[ ! -e out ]
fails 'no layout' "$data" import floppies . out
grep -q "unknown layout 'floppies'" err.txt
for command in check pack import; do
    "$data" $command --help >out.txt
    grep -q "Usage: gisd-data" out.txt
done
