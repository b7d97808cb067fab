#!/usr/bin/env bash
# With little memory every command ends with what it was asked for, or with exit code 1 and a line
# that says "out of memory": it neither crashes nor waits for ever, whoever wants the memory, we or a
# library. (Where not even the libraries find room, the loader says so.)
set -euo pipefail
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" && exit 77 # its own address space has no bounds
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
bin=$GISD_BIN
ulimit -c 0
cd "$folder"

fail() {
    echo "little_memory.sh: $*" >&2
    exit 1
}

"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
END
"$bin/gisd-grid" tiny.yaml 2>/dev/null

run() { # run KILOBYTES COMMAND...
    local room=$1 code=0
    shift
    rm -rf out out.h5
    (ulimit -v "$room" && exec timeout 60 "$@") >output.txt 2>message.txt || code=$?
    case $code in
    0) ((++done)) ;;
    1)
        grep -qi 'out of memory\|cannot allocate memory' message.txt ||
            fail "$room kB, $threads threads: $*: $(cat message.txt)"
        ((++refused))
        ;;
    127) grep -q 'shared librar' message.txt || fail "$*: $(cat message.txt)" ;;
    *) fail "$room kB, $threads threads: $*: exit code $code: $(cat message.txt)" ;;
    esac
}

for command in "gisd-detect checkpoint.h5 picture.png --raw out.h5 --overlay out" \
    "gisd-data check data/manifest.csv" "gisd-data pack data/manifest.csv out.h5 --size 64" \
    "gisd-data phantom out --images 8" "gisd-report results/tiny --out out" \
    "gisd-grid tiny.yaml --out out" "gisd-grid tiny.yaml --plan" \
    "gisd-bench --base 8 --size 64 --repeats 1"; do
    done=0 refused=0
    for threads in 1 2; do
        export OMP_NUM_THREADS=$threads
        for room in 100000 200000 300000 400000 440000 480000 540000 600000 700000 4000000; do
            # shellcheck disable=SC2086
            run $room "$bin"/$command
        done
    done
    # Both must have been tried.
    [ $done -ge 2 ] && [ $refused -ge 2 ] || fail "$command: $done times done, $refused times refused"
done
