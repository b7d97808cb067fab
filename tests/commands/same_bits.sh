#!/usr/bin/env bash
# One cell, five ways to its end: again, killed and resumed, on 1, 2 and 4 ranks, of 1, 2 and 4 threads.
# Every parameter and every number of the test must come out the same to the last bit; only what is
# measured in seconds may differ. That cell has settings which need state of their own; one without
# any, as most are, is trained on 1 and on 2 ranks, and one of another network on 1, 2 and 4.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "same_bits.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 24 --seed 5 --size 96x80 --overlays 0 >/dev/null
for ranks in 1 2 4; do
    cat >ranks$ranks.yaml <<END
name: same
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64}
training:
  {epochs: 6, batch: 4, shards: 4, ema: 0.9, backbone_rate: 0.5, sampling: balanced, colour_strength: 2,
   test_flips: true, scale: 0.3, rotation: 15, brightness_gamma: 0.3, blur: 1.5}
grid: {ranks_per_cell: $ranks, keep_state: true}
END
    sed -E "s/epochs: 6/epochs: 2/; s/, ema: .*/, ema: 0}/; /test_flips/d" ranks$ranks.yaml >plain$ranks.yaml
done

# ---- comparing with the first run ----

# The metrics of a result file, one a line, but for those in seconds.
metrics() { # file
    for column in value low high; do
        paste <(h5dump -w 1 -d /test/metrics/name "$1" | grep '^ *([0-9]*): "') \
            <(h5dump -w 1 -m %.17g -d /test/metrics/$column "$1" | grep '^ *([0-9]*): ' |
                head -n "$(h5dump -w 1 -d /test/metrics/name "$1" | grep -c '^ *([0-9]*): "')")
    done | grep -v _seconds
}

# Every dataset of the group, but for those in seconds.
compare() { # folder, file, group
    local files=("$first/cells/$cell/$2" "$1/cells/$cell/$2") options=()
    for path in $(h5dump -n "${files[0]}" | awk '$1 == "dataset" { print $2 }' |
        grep -E 'seconds|^/test/metrics/(value|low|high)'); do
        options+=(--exclude-path "${path#"$3"}") # h5diff counts from the group
    done
    h5diff "${options[@]}" "${files[@]}" "$3" "$3" >difference.txt && [ ! -s difference.txt ] ||
        fail "$1: $3 of $2 differs from the first run: $(head -5 difference.txt)"
}

compare_all() { # folder
    compare "$1" checkpoint.h5 /parameters
    compare "$1" checkpoint.h5 /optimiser
    compare "$1" result.h5 /history
    compare "$1" result.h5 /test
    diff <(metrics "$first/cells/$cell/result.h5") <(metrics "$1/cells/$cell/result.h5") ||
        fail "$1: other metrics than in the first run"
}

# ---- the runs ----

started=$(date +%s%N)
"$grid" ranks1.yaml --out first 2>first.txt || fail "first: exit code $?: $(cat first.txt)"
milliseconds=$((($(date +%s%N) - started) / 1000000))
first=first cell=$(ls first/cells)
[ "$(metrics "first/cells/$cell/result.h5" | wc -l)" -ge 90 ] || fail "few metrics to compare"

OMP_NUM_THREADS=2 "$grid" ranks1.yaml --out again 2>again.txt || fail "again: exit code $?: $(cat again.txt)"
grep -q ' of 2 threads' again/cells/*/log.txt || fail "again: not on 2 threads"
compare_all again

# Killed once at any instant, then once more after a checkpoint, then let run to its end, on more
# threads.
kill_after() { # share of the run's time, in thousandths
    "$grid" ranks1.yaml --out killed 2>killed.txt &
    local pid=$! rest=$((milliseconds * $1 / 1000))
    sleep "$((rest / 1000)).$(printf %03d $((rest % 1000)))"
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
}
for attempt in 1 2 3 4 5 6; do
    kill_after $((100 + RANDOM % 600))
    kill_after $((300 + RANDOM % 300))
    [ -e "killed/cells/$cell/checkpoint.h5" ] && [ ! -e "killed/cells/$cell/result.h5" ] && break
    [ $attempt -lt 6 ] || fail "never killed between the first checkpoint and the end"
    rm -rf killed
done
OMP_NUM_THREADS=4 "$grid" ranks1.yaml --out killed 2>killed.txt || fail "resumed: exit code $?: $(cat killed.txt)"
grep -q 'resumed from a checkpoint' "killed/cells/$cell/log.txt" || fail "it was not resumed"
compare_all killed

# A group beside the rank that leads the grid.
run_group() { # experiment, ranks, folder, threads (1)
    OMP_NUM_THREADS=${4:-1} mpirun -np $(($2 + 1)) --oversubscribe "$grid" "$1" --out "$3" 2>group.txt ||
        fail "$1: exit code $?: $(cat group.txt)"
    grep -q " $2 ranks (world ranks" "$3/cells/$cell/log.txt" || fail "$1: no group of $2 ranks"
    compare_all "$3"
}
run_group ranks2.yaml 2 group2 2
run_group ranks4.yaml 4 group4

grep -q "ema: 0\." plain1.yaml && fail "the plain cell is not plain"
"$grid" plain1.yaml --out plain 2>plain.txt || fail "plain: exit code $?: $(cat plain.txt)"
first=plain cell=$(ls plain/cells)
run_group plain2.yaml 2 plain_group

# The network with batch norms, whose statistics go over the ranks, and boxes of a letterboxed picture.
for ranks in 1 2 4; do
    sed -E "s/^model: .*/model: {architecture: yolov3_tiny, base: 2, size: 64}/" plain$ranks.yaml >yolo$ranks.yaml
done
"$grid" yolo1.yaml --out yolo 2>yolo.txt || fail "yolo: exit code $?: $(cat yolo.txt)"
first=yolo cell=$(ls yolo/cells)
run_group yolo2.yaml 2 yolo_group2 2
run_group yolo4.yaml 4 yolo_group4
