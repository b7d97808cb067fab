#!/usr/bin/env bash
# A disk that is full ends every command with exit code 1 and one line that says so, and leaves
# nothing half-written. The disk is a small tmpfs, which takes root.
set -euo pipefail
folder=$(mktemp -d)
mkdir "$folder/disk"
trap 'cd /; mountpoint -q "$folder/disk" && umount "$folder/disk"; rm -rf "$folder"' EXIT
mount -t tmpfs -o size=40m tmpfs "$folder/disk" 2>/dev/null || exit 77
export OMP_NUM_THREADS=1
bin=$GISD_BIN
cd "$folder"

fail() {
    echo "full_disk.sh: $*" >&2
    exit 1
}

leave() { # leave KILOBYTES: an empty disk with that much room
    find disk -mindepth 1 -delete
    local all
    all=$(df --output=avail -k disk | tail -1)
    head -c $(((all - $1) * 1024)) /dev/zero >disk/filling
}

# fills KILOBYTES COMMAND...: the command finds too little room, and says so.
fills() {
    local room=$1 code=0
    shift
    leave "$room"
    timeout 60 "$@" 2>message.txt >/dev/null || code=$?
    [ $code = 1 ] || fail "$room kB: $*: exit code $code, expected 1: $(cat message.txt)"
    [ "$(grep -vc ' done, ' message.txt)" = 1 ] || fail "$room kB: $*: not one line: $(cat message.txt)"
    grep -q "disk/.*: No space left on device" message.txt ||
        fail "$room kB: $*: expected the full disk in: $(cat message.txt)"
    [ -z "$(find disk -name '*.partial')" ] || fail "$room kB: $*: left $(find disk -name '*.partial')"
}

"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
"$bin/gisd-data" phantom more --images 16 --seed 2 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
grid: {patience: 0}
END
"$bin/gisd-grid" tiny.yaml 2>/dev/null

detect=("$bin/gisd-detect" checkpoint.h5 picture.png picture.png picture.png)
for room in 0 4 8 16 40 100 300 500; do
    fills $room "$bin/gisd-data" pack data/manifest.csv disk/p.h5 --size 64
    [ ! -e disk/p.h5 ] || fail "$room kB: a pack that is not whole"
done
for room in 0 4 20 48; do
    fills $room "${detect[@]}" --raw disk/raw.h5
    [ ! -e disk/raw.h5 ] || fail "$room kB: a raw file that is not whole"
done
for room in 0 8; do
    fills $room "${detect[@]}" --overlay disk/seen
    fills $room "${detect[@]}" --overlay disk/seen --json
done
for room in 0 4 20 60; do
    fills $room "$bin/gisd-data" phantom disk/data --images 16 --size 96x80 --overlays 0
    [ "$(ls -A disk)" = filling ] || fail "$room kB: phantom left $(ls -A disk)"
done
for room in 0 4; do
    fills $room "$bin/gisd-data" export coco data/manifest.csv disk/out
    fills $room "$bin/gisd-data" export masks data/manifest.csv disk/out
done
fills 4 "$bin/gisd-data" check data/manifest.csv --html disk/page.html
fills 0 "$bin/gisd-data" join data/manifest.csv b=more/manifest.csv disk/out
for room in 0 4; do
    fills $room "$bin/gisd-data" divide data/manifest.csv disk/out --part a=0.5 --part b=0.5
done
"$bin/gisd-data" export coco data/manifest.csv coco >/dev/null
for room in 0 4; do
    fills $room "$bin/gisd-data" import coco coco disk/out
done
for room in 0 4 40 200; do
    fills $room "$bin/gisd-report" results/tiny --out disk/report --format html,csv,md,latex
done
for room in 0 4 20 100; do # a folder, its journal, control.h5, a checkpoint
    fills $room "$bin/gisd-grid" tiny.yaml --out disk/results
done

# With room again all goes on.
leave 4000
"$bin/gisd-data" pack data/manifest.csv disk/p.h5 --size 64 >/dev/null || fail "pack on a disk with room"

# A grid that finds the disk full in its middle tells of it, and goes on when there is room.
for room in 60 300 9500 14000; do
    leave $room
    code=0
    "$bin/gisd-grid" tiny.yaml --out disk/results 2>message.txt || code=$?
    [ $code = 1 ] || fail "grid with $room kB: exit code $code: $(cat message.txt)"
    grep -q 'No space left on device' message.txt || fail "grid with $room kB: $(cat message.txt)"
    rm disk/filling
    "$bin/gisd-grid" tiny.yaml --out disk/results 2>message.txt ||
        fail "grid started again after $room kB: exit code $?: $(cat message.txt)"
done

# The standard output of those that print.
for command in "gisd-data check data/manifest.csv" "gisd-detect checkpoint.h5 picture.png" \
    "gisd-detect checkpoint.h5 picture.png --json" "gisd-grid --status results/tiny" \
    "gisd-grid tiny.yaml --plan"; do
    code=0
    "$bin"/$command >/dev/full 2>message.txt || code=$?
    [ $code = 1 ] && [ "$(wc -l <message.txt)" = 1 ] || fail "$command >/dev/full: $code, $(cat message.txt)"
    grep -q 'cannot write' message.txt || fail "$(cat message.txt)"
done
