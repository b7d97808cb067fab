# A tiny grid in an empty folder, and what the tests of its faults share. Source it with $name set to
# the test's; it makes and enters $folder, runs the grid undisturbed into results/quiet, and cleans up.
folder=$(mktemp -d)
job=
trap 'kill -KILL $job $(pgrep -f -- "$folder") 2>/dev/null || true; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
sanitized=$(grep -c fsanitize "$GISD_BUILD/CMakeCache.txt" || true) # 0: not, and about ten times faster
cd "$folder"

fail() {
    echo "$name: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: quiet
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 12, batch: 4, shards: 4}
grid: {ranks_per_cell: 2, silence: 60}
END
"$grid" tiny.yaml 2>/dev/null || fail "the quiet run failed"
cells=$(ls results/quiet/cells)

same_bits() { # same_bits DIR: every cell is as in the quiet run
    for cell in $cells; do
        h5diff "results/quiet/cells/$cell/checkpoint.h5" "$1/cells/$cell/checkpoint.h5" \
            /parameters || fail "$1: other parameters in $cell"
        h5diff "results/quiet/cells/$cell/result.h5" "$1/cells/$cell/result.h5" \
            /test/predictions/scores || fail "$1: other scores in $cell"
    done
}

wait_for() { # wait_for TIMES PATTERN FILE: until the pattern stands in the file that often
    local turn
    for turn in $(seq 2400); do
        [ -e "$3" ] && [ "$(grep -c "$2" "$3")" -ge "$1" ] && return
        sleep 0.05
    done
    fail "no $2 in $3 within two minutes"
}

ranks_of() { # the processes of a folder's job, rank 0 first
    pgrep -f -x "$grid tiny.yaml --out $folder/$1" | sort -n
}

start() { # start RANKS DIR: in the background as $job, until both cells have been saved
    mpirun --enable-recovery -np "$1" --oversubscribe "$grid" tiny.yaml --out "$folder/$2" 2>"$2.txt" &
    job=$!
    wait_for 2 '"saved"' "$2/journal.jsonl"
}

finish() { # finish DIR: start it again without faults
    "$grid" tiny.yaml --out "$1" 2>"$1.txt" || fail "$1: exit code $? when started again"
    same_bits "$1"
}
