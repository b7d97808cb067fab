#!/usr/bin/env bash
# Bad input ends every command with exit code 1 and one line that names the fault, and leaves nothing
# half-written: a truncated PNG, a mask of another size, a box outside, an unknown key, data that are
# not there, a folder that cannot be written.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "bad_input.sh: $*" >&2
    exit 1
}

# As anyone but root, who may write everywhere.
user=()
[ "$(id -u)" -ne 0 ] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)

listing() { # every file and folder but the message, and when a file changed
    find . -path ./message.txt -prune -o -type d -print -o -printf '%p %s %T@\n' | sort
}

# refuses PATTERN COMMAND...: exit code 1, in one line that matches; no file appears or changes.
refuses() {
    local pattern=$1 code=0 before
    shift
    before=$(listing)
    "$@" 2>message.txt >/dev/null || code=$?
    [ $code = 1 ] || fail "$*: exit code $code, expected 1: $(cat message.txt)"
    # gisd-data check ends its list of problems with their number.
    [ "$(grep -vc ' problems\? in [0-9]* rows\?, expected none$' message.txt)" = 1 ] ||
        fail "$*: not one line: $(cat message.txt)"
    grep -q "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
    [ "$before" = "$(listing)" ] || fail "$*: left something behind: $(listing | diff - <(echo "$before"))"
}

# The three commands that read a data set, on one whose row is wrong.
all_refuse() { # all_refuse PATTERN MANIFEST
    refuses "$1" "$GISD_BIN/gisd-data" check "$2"
    refuses "$1" "$GISD_BIN/gisd-data" pack "$2" pack.h5 --size 64
    refuses "$1" "$GISD_BIN/gisd-grid" tiny.yaml --data "$2"
}

"$GISD_BIN/gisd-data" phantom good --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
"$GISD_BIN/gisd-data" phantom other --images 16 --seed 1 --size 128x96 --overlays 0 >/dev/null
"$GISD_BUILD/tests/make_checkpoint" .
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: good/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
END
image=$(sed -n '2s/,.*//p' good/manifest.csv)
mask=$(sed -n '/.*\(masks\/[0-9]*.png\).*/{s//\1/p;q}' good/manifest.csv)
touch message.txt

cp -r good truncated
head -c 60 "good/$mask" >"truncated/$mask"
all_refuse "truncated/manifest.csv:[0-9]*: .*$mask: " truncated/manifest.csv
cp -r good cut
head -c 900 "good/$image" >"cut/$image"
all_refuse "cut/manifest.csv:2: .*$image: " cut/manifest.csv

cp -r good larger
cp "other/$mask" "larger/$mask"
all_refuse "larger/manifest.csv:[0-9]*: .*128 x 96.*96 x 80" larger/manifest.csv

cp -r good outside
sed -i -E "\#$mask#s#,([0-9]+) ([0-9]+) [0-9]+ [0-9]+ ([A-Z]+)\$#,\1 \2 97 80 \3#" outside/manifest.csv
all_refuse "outside/manifest.csv:[0-9]*: .*box" outside/manifest.csv

sed 's/epochs/epoch/' tiny.yaml >key.yaml
refuses "key.yaml:4: unknown key 'epoch'.*did you mean 'epochs'" "$GISD_BIN/gisd-grid" key.yaml

all_refuse 'nowhere/manifest.csv: ' nowhere/manifest.csv
refuses 'nowhere: ' "$GISD_BIN/gisd-data" import kvasir-seg nowhere out
refuses 'nowhere.h5: ' "$GISD_BIN/gisd-detect" nowhere.h5 picture.png
refuses 'nowhere.png: ' "$GISD_BIN/gisd-detect" checkpoint.h5 nowhere.png
refuses 'nowhere: ' "$GISD_BIN/gisd-report" nowhere

head -c 200 picture.png >half.png
refuses 'half.png: ' "$GISD_BIN/gisd-detect" checkpoint.h5 half.png --raw raw.h5
head -c 5000 checkpoint.h5 >half.h5
refuses 'half.h5: ' "$GISD_BIN/gisd-detect" half.h5 picture.png

# What is no plain file is refused at once: opening a pipe would wait for its writer.
mkfifo pipe pipe.csv pipe.h5 pipe.yaml pipe.png
all_refuse 'pipe.csv: is a pipe, expected a plain file' pipe.csv
refuses 'pipe.yaml: is a pipe' timeout 20 "$GISD_BIN/gisd-grid" pipe.yaml
refuses 'pipe.h5: is a pipe' timeout 20 "$GISD_BIN/gisd-grid" tiny.yaml --data pipe.h5
refuses 'pipe.h5: is a pipe' timeout 20 "$GISD_BIN/gisd-detect" pipe.h5 picture.png
refuses 'pipe.png: is a pipe' timeout 20 "$GISD_BIN/gisd-detect" checkpoint.h5 pipe.png
refuses '/dev/zero: is a device' timeout 20 "$GISD_BIN/gisd-detect" checkpoint.h5 /dev/zero
refuses '/dev/zero: is a device' timeout 20 "$GISD_BIN/gisd-grid" /dev/zero
mkdir journal && mkfifo journal/journal.jsonl
refuses 'journal.jsonl: is a pipe' timeout 20 "$GISD_BIN/gisd-grid" tiny.yaml --out journal
refuses 'journal.jsonl: is a pipe' timeout 20 "$GISD_BIN/gisd-grid" --status journal
refuses 'journal.jsonl: is a pipe' timeout 20 "$GISD_BIN/gisd-report" journal

# Numbers in messages differ where they do in the file; one document is one experiment.
sed '2s/.*/data: {manifest: good\/manifest.csv, split: {train: 0.6, validation: 0.15, test: 0.2500001}}/' \
    tiny.yaml >shares.yaml
refuses 'add up to 1.0000001' "$GISD_BIN/gisd-grid" shares.yaml
cp -r good beside
sed -i -E "\#$mask#s#,([0-9]+) ([0-9]+) [0-9]+ [0-9]+ ([A-Z]+)\$#,\1 \2 96.500048 80 \3#" beside/manifest.csv
all_refuse 'box 1 is [0-9]* [0-9]* 96.500046 80, expected .* 96 x 80' beside/manifest.csv
cat tiny.yaml <(echo ---) tiny.yaml >two.yaml
refuses 'two.yaml:6: a second document' "$GISD_BIN/gisd-grid" two.yaml

# A folder without the right to write, and one that cannot be made below a file, each with the reason.
mkdir locked && touch file
chmod -R a+rX . && chmod 555 locked
writes() { # writes PLACE REASON: every command that makes files, told to make them there
    local bin=$GISD_BIN pattern="$1.*\($2\)"
    refuses "$pattern" "${user[@]}" "$bin/gisd-data" phantom "$1/data" --images 2
    refuses "$pattern" "${user[@]}" "$bin/gisd-data" pack good/manifest.csv "$1/pack.h5" --size 64
    refuses "$pattern" "${user[@]}" "$bin/gisd-grid" tiny.yaml --out "$1/results"
    refuses "$pattern" "${user[@]}" "$bin/gisd-report" done/results --out "$1/report"
    refuses "$pattern" "${user[@]}" "$bin/gisd-detect" checkpoint.h5 picture.png --overlay "$1/overlays"
    refuses "$pattern" "${user[@]}" "$bin/gisd-detect" checkpoint.h5 picture.png --raw "$1/raw.h5"
}
"$GISD_BIN/gisd-grid" tiny.yaml --out done/results 2>/dev/null
chmod -R a+rX done
writes file "Not a directory\|File exists"
if "${user[@]}" test -x "$GISD_BIN/gisd-data" 2>/dev/null; then
    writes locked "Permission denied"
else
    echo "bad_input.sh: $GISD_BIN is closed to other users; locked folders were not tried"
fi
