#!/usr/bin/env bash
# What a cell leaves on disk can be read without gisd: h5dump shows every group of result.h5, each
# dataset described and checksummed, and a checkpoint's parameters have PyTorch's names and shapes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "result_files.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64}
training: {epochs: 1, batch: 4}
END
"$GISD_BIN/gisd-grid" tiny.yaml 2>grid.txt || fail "$(cat grid.txt)"
cell=$(echo results/tiny/cells/*)

for group in config provenance history test/metrics test/roc test/confusion test/predictions \
    test/detections test/annotations test/overlap; do
    h5ls "$cell/result.h5/$group" >/dev/null 2>&1 || fail "result.h5 has no /$group"
done

for file in result checkpoint; do
    h5dump -a /format_version "$cell/$file.h5" >format.txt || fail "$file.h5 has no format_version"
    grep -q '): 1$' format.txt || fail "$file.h5: $(cat format.txt)"
done

# Of every dataset, by h5dump: a checksum and a description; a unit where the name asks for one.
check_datasets() { # check_datasets FILE
    h5dump -p -A "$1" | awk -v file="$1" '
        function finish() {
            if (name == "") return
            count++
            if (!checksum) { print file ": " name " has no checksum"; wrong = 1 }
            if (!description) { print file ": " name " has no description"; wrong = 1 }
            if (name ~ /seconds/ && !unit) { print file ": " name " has no unit"; wrong = 1 }
        }
        /^ *(DATASET|GROUP) / { finish(); name = ""; checksum = description = unit = 0 }
        /^ *DATASET / { name = $2 }
        /FLETCHER32/ { checksum = 1 }
        /ATTRIBUTE "description"/ { description = 1 }
        /ATTRIBUTE "unit"/ { unit = 1 }
        END { finish(); print count > "/dev/stderr"; exit wrong }' 2>count.txt ||
        fail "datasets of $1"
    [ "$(cat count.txt)" -ge "$2" ] || fail "$1 has only $(cat count.txt) datasets"
}
check_datasets "$cell/result.h5" 60

# The configuration reads back as it stands in the experiment's record.
grep -q 'backbone: r50x1' <<<"$(h5dump -d /config "$cell/result.h5")" || fail "/config does not say r50x1"

# "/NAME   Dataset {O, I, H, W}", a line a parameter.
h5ls -r "$cell/checkpoint.h5/parameters" |
    sed -nE 's#^/([^ ]+) +Dataset \{(.*)\}$#\1 \2#p' | LC_ALL=C sort >names.txt
LC_ALL=C sort "$GISD_SOURCE/tests/golden/parameter_names.txt" | diff - names.txt >difference.txt ||
    fail "parameters are not PyTorch's: $(head -5 difference.txt)"
