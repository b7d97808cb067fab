#!/usr/bin/env bash
# The classification networks in one grid: killed and resumed, and in groups of two and four ranks, they
# give the same bits; with an auxiliary head its loss is in the history; a report gives them classes and
# says nothing of boxes and masks.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "classifiers.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 48 --seed 5 --size 96x80 --overlays 0 >/dev/null
for ranks in 1 2 4; do
    cat >ranks$ranks.yaml <<END
name: classifiers
data: {manifest: data/manifest.csv}
model: {architecture: [vgg19_bn, resnet50], base: 4, size: 48, dropout: 0.3}
loss: {class_weights: balanced, label_smoothing: 0.1}
training: {epochs: 4, batch: 8, shards: 4, learning_rate: 1e-2, mixup: 0.3}
grid: {ranks_per_cell: $ranks, checkpoint: 1, keep_state: true}
END
done

compare() { # folder, cell, file, group
    local options=() path
    for path in $(h5dump -n "first/cells/$2/$3" | awk '$1 == "dataset" { print $2 }' |
        grep -E 'seconds|^/test/metrics/(value|low|high)'); do
        options+=(--exclude-path "${path#"$4"}")
    done
    h5diff "${options[@]}" "first/cells/$2/$3" "$1/cells/$2/$3" "$4" "$4" >difference.txt &&
        [ ! -s difference.txt ] || fail "$1: $4 of $3 differs: $(head -5 difference.txt)"
}
compare_all() { # folder
    local cell
    for cell in $(ls first/cells); do
        compare "$1" "$cell" checkpoint.h5 /parameters
        compare "$1" "$cell" checkpoint.h5 /optimiser
        compare "$1" "$cell" result.h5 /history
        compare "$1" "$cell" result.h5 /test
    done
}

"$GISD_BIN/gisd-grid" ranks1.yaml --out first 2>first.txt || fail "code $?: $(cat first.txt)"
[ "$(ls first/cells | wc -l)" = 2 ] || fail "expected two cells"

for try in 1 2 3 4 5 6 7 8; do
    rm -rf killed
    "$GISD_BIN/gisd-grid" ranks1.yaml --out killed 2>/dev/null &
    pid=$!
    for wait in $(seq 500); do
        ls killed/cells/*/checkpoint.h5 >/dev/null 2>&1 && break
        sleep 0.01
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    [ "$(ls killed/cells/*/result.h5 2>/dev/null | wc -l)" = 2 ] || break
done
"$GISD_BIN/gisd-grid" ranks1.yaml --out killed 2>killed.txt || fail "resumed: $(cat killed.txt)"
grep -q 'resumed from a checkpoint' killed/cells/*/log.txt || fail "none was resumed"
compare_all killed
for ranks in 2 4; do
    mpirun -np $((ranks + 1)) --oversubscribe "$GISD_BIN/gisd-grid" ranks$ranks.yaml \
        --out group$ranks 2>group.txt || fail "$ranks ranks: $(cat group.txt)"
    grep -q " $ranks ranks (world ranks" group$ranks/cells/*/log.txt ||
        fail "no group of $ranks ranks"
    compare_all group$ranks
done

# The auxiliary head: a loss of its own, a part of the whole one; its logits are raw outputs.
cat >auxiliary.yaml <<'END'
name: auxiliary
data: {manifest: data/manifest.csv}
model: {architecture: inception_v3, base: 2}
training: {epochs: 1, batch: 8, shards: 2}
END
"$GISD_BIN/gisd-grid" auxiliary.yaml --out auxiliary 2>err.txt || fail "auxiliary: $(cat err.txt)"
result=$(echo auxiliary/cells/*/result.h5)
number() { # dataset
    h5dump -y -m %.17g -d "/history/$1" "$result" | awk '/DATA {/ { getline; print $1 }'
}
awk -v all="$(number loss)" -v own="$(number classification_loss)" -v aux="$(number auxiliary_loss)" \
    'BEGIN { d = own + 0.4 * aux - all; exit !(aux > 0 && d < 1e-9 && d > -1e-9) }' ||
    fail "losses $(number loss), $(number classification_loss), $(number auxiliary_loss)"
images=(data/images/*)
"$GISD_BIN/gisd-detect" auxiliary/cells/*/checkpoint.h5 "${images[0]}" --raw raw.h5 >/dev/null ||
    fail "not detected"
h5dump -H raw.h5 >raw.txt
grep -q '"auxiliary"' raw.txt || fail "no auxiliary logits: $(cat raw.txt)"
! h5dump -H -d /history/auxiliary_loss first/cells/*/result.h5 >/dev/null 2>&1 ||
    fail "a loss of a head that is not there"

# Too small for the auxiliary head: the line and the remedy.
sed 's/base: 2/base: 2, size: 224/' auxiliary.yaml >small.yaml
code=0
"$GISD_BIN/gisd-grid" small.yaml --plan >/dev/null 2>err.txt || code=$?
[ $code = 1 ] && grep -q 'size: 224 (expected at least 299.*auxiliary: false' err.txt ||
    fail "too small a picture: code $code: $(cat err.txt)"

# Without boxes and masks there are no numbers of them.
"$GISD_BIN/gisd-report" first >/dev/null || fail "no report"
grep -q 'resnet50' first/report/report.html || fail "the report does not name it"
head -n 1 first/report/detection.csv >columns.txt
grep -qE 'dice|mask|ap_50' columns.txt && fail "columns of boxes or masks: $(cat columns.txt)"
! grep -E 'resnet50|vgg19' first/report/table6.csv || fail "a classifier with overlaps"
