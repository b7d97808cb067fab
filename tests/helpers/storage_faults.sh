# A tiny grid on a storage that refuses, for the test commands.storage and tools/storage-sweep. Source it
# with $name set to the program's; it makes and enters $folder, and runs the grid undisturbed into quiet.
# Its network is tests/architectures/tiny_classifier.c: the smaller its files, the fewer the calls.
folder=$(mktemp -d)
trap 'pgrep -f -- "--out $folder/" | xargs -r kill -KILL || true; rm -rf "$folder"' EXIT
grid=$GISD_BUILD/bin-extra/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "$name: $*" >&2
    exit 1
}

"$GISD_BUILD/bin/gisd-data" phantom data --images 16 --seed 1 --size 64x64 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {architecture: tiny_classifier, size: 32, channels: 4}
training: {epochs: 3, batch: 4, shards: 4}
grid: {ranks_per_cell: 4, silence: 60, patience: 60}
END
sed 's/patience: 60/patience: 1/' tiny.yaml >soon.yaml # gives up soon
"$grid" tiny.yaml --out "$folder/quiet" 2>quiet.txt || fail "the quiet run: $(cat quiet.txt)"
cell=$(ls quiet/cells)

# run RANKS YAML DIR [FAULT_NAME=VALUE...]: with faults on files of DIR (see faulty_storage.c); its words
# go to DIR.txt, the calls that failed to DIR.log, and its exit code is returned.
run() {
    local ranks=$1 yaml=$2 out=$3 launch=()
    shift 3
    [ "$ranks" = 1 ] || launch=(mpirun -np "$ranks" --oversubscribe)
    "${launch[@]}" env FAULT_FOLDER="$folder/$out" FAULT_LOG="$folder/$out.log" "$@" \
        LD_PRELOAD="$GISD_BUILD/tests/faulty_storage.so" \
        "$grid" "$yaml" --out "$folder/$out" >"$out.txt" 2>&1
}

same_bits() { # same_bits DIR: a whole journal, nothing half written, and the results of the quiet run
    "$grid" --status "$1" >"$1.status" 2>&1 || { cat "$1.status" >&2 && return 1; }
    grep -q '^all  *1  *0  *0  *0' "$1.status" && [ -z "$(find "$1" -name '*.partial')" ] &&
        h5diff -q {quiet,"$1"}/cells/"$cell"/checkpoint.h5 /parameters &&
        h5diff -q {quiet,"$1"}/cells/"$cell"/result.h5 /test/predictions/scores &&
        h5dump -d "/results/$cell/test/metrics/value" "$1/grid.h5" >/dev/null
}

finish() { # finish DIR: start it again without faults
    "$grid" tiny.yaml --out "$folder/$1" >"$1.txt" 2>&1 && same_bits "$1"
}

# A cell that the storage has stopped in its third checkpoint: half has two, and the journal says so.
! run 1 soon.yaml half FAULT_CALLS=rename FAULT_FILE=/checkpoint.next.h5 FAULT_AT=3 \
    FAULT_SECONDS=1000 || fail "half: ended well: $(cat half.txt)"
[ -e "half/cells/$cell/checkpoint.previous.h5" ] || fail "half: has no two checkpoints"

# The calls that make a checkpoint look as on a storage that lags, is locked or cannot be read.
sights=("FAULT_ERRNO=2 FAULT_CALLS=stat,open" "FAULT_ERRNO=older FAULT_CALLS=open"
    "FAULT_ERRNO=11 FAULT_CALLS=lock" "FAULT_ERRNO=5 FAULT_CALLS=read" "FAULT_ERRNO=116 FAULT_CALLS=open"
    "FAULT_ERRNO=5 FAULT_CALLS=stat" "FAULT_ERRNO=4 FAULT_CALLS=open")
