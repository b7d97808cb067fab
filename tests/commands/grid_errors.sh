#!/usr/bin/env bash
# What gisd-grid says to a wrong experiment, wrong data or a folder it cannot use: one line, from one
# rank, and nothing half-written.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "grid_errors.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64}
training: {epochs: 1, batch: 4}
END

refuses() { # refuses PATTERN ARGUMENT...: exit code 1, one line with the pattern, no results
    local pattern=$1 code=0
    shift
    "$grid" "$@" >out.txt 2>err.txt || code=$?
    [ $code = 1 ] || fail "$*: exit code $code, expected 1"
    [ "$(wc -l <err.txt)" = 1 ] && [ ! -s out.txt ] || fail "$*: $(cat err.txt)"
    grep -q "^gisd-grid: $pattern" err.txt || fail "$*: expected '$pattern' in: $(cat err.txt)"
    [ ! -e results ] || fail "$*: left results behind"
}

refuses 'missing.yaml: ' missing.yaml
sed 's/epochs/epoch/' tiny.yaml >key.yaml
refuses "key.yaml:4: unknown key 'epoch'" key.yaml
sed 's/epochs: 1/epochs: 1, mixup: 0.2/' tiny.yaml >mixup.yaml
refuses 'mixup.yaml: .*mixup: 0.2 (expected 0 with improved_ssd for lesion_detection' mixup.yaml
sed 's/epochs: 1/epochs: 1, sizes: 64+80/' tiny.yaml >sizes.yaml
refuses 'sizes.yaml:4: cell .*sizes: improved_ssd at 80 does not exist, .*(expected sizes that go with it, such as 96)' sizes.yaml
sed 's/epochs: 1/epochs: 1, sizes: [64, 96]/' tiny.yaml >sizes.yaml
refuses "sizes.yaml:4: .*sizes: '64' (expected 2 to 7 sizes .* a list makes an axis)" sizes.yaml
refuses "nowhere: cannot open: No such file" tiny.yaml --data nowhere
sed 's#data/manifest#nowhere/manifest#' tiny.yaml >away.yaml
refuses "nowhere/manifest.csv: " away.yaml
sed 's#manifest: .*}#manifest: "${GISD_TEST_NOT_SET}/m.csv"}#' tiny.yaml >environment.yaml
refuses 'environment.yaml:2: .*not set' environment.yaml

# A path that no experiment.yaml could hold: a job on it could not be started again.
for odd in $'caf\351' $'two\nlines'; do
    cp -r data "$odd"
    refuses '".*/\(caf.xe9\|two.x0alines\)": a path with bytes' tiny.yaml --data "$odd"
done

# One rank tells; mpirun adds its own words only because of the exit code.
code=0
mpirun -np 3 --oversubscribe "$grid" key.yaml 2>err.txt || code=$?
[ $code != 0 ] && [ "$(grep -c '^gisd-grid:' err.txt)" = 1 ] || fail "three ranks: $(cat err.txt)"

# Bad images are named by the line of the manifest.
image=$(ls data/images | sed -n 1p)
mask=$(ls data/masks | sed -n 1p)
cp -r data truncated
head -c 1000 "data/images/$image" >"truncated/images/$image"
refuses "truncated/manifest.csv:[0-9]*: .*$image" tiny.yaml --data truncated
cp -r data larger
"$GISD_BIN/gisd-data" phantom big --images 16 --seed 1 --size 128x96 --overlays 0 >/dev/null
cp "big/masks/$mask" "larger/masks/$mask"
refuses "larger/manifest.csv:[0-9]*: .*$mask" tiny.yaml --data larger

# A folder that cannot be written. Root may write anywhere, but not below a file.
touch file
refuses '.*/file: cannot make the folder' tiny.yaml --out file/deep
if [ "$(id -u)" != 0 ]; then
    mkdir locked && chmod a-w locked
    refuses '.*/locked/tiny: cannot make the folder' tiny.yaml --out locked/tiny
fi

"$grid" --help >help.txt && grep -q 'EXPERIMENT.yaml' help.txt || fail "no help"
[ "$("$grid" --version | wc -l)" = 1 ] || fail "--version is not one line"
for arguments in "" "tiny.yaml tiny.yaml" "--nonsense"; do
    code=0
    # shellcheck disable=SC2086
    "$grid" $arguments >out.txt 2>err.txt || code=$?
    [ $code = 64 ] || fail "exit code $code for '$arguments', expected 64"
done
