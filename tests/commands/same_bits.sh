#!/usr/bin/env bash
# One cell, five ways to its end: again, killed and resumed, on 1, 2 and 4 ranks. Every parameter and
# every number of the test must come out the same to the last bit; only what is measured in seconds
# may differ.
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
  {epochs: 6, batch: 4, shards: 4, ema: 0.9, backbone_rate: 0.5, sampling: balanced, colour_strength: 2}
grid: {ranks_per_cell: $ranks}
END
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
    local files=("first/cells/$cell/$2" "$1/cells/$cell/$2") options=()
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
    diff <(metrics "first/cells/$cell/result.h5") <(metrics "$1/cells/$cell/result.h5") ||
        fail "$1: other metrics than in the first run"
}

# ---- the runs ----

started=$(date +%s%N)
"$grid" ranks1.yaml --out first 2>first.txt || fail "first: exit code $?: $(cat first.txt)"
milliseconds=$((($(date +%s%N) - started) / 1000000))
cell=$(ls first/cells)
[ "$(metrics "first/cells/$cell/result.h5" | wc -l)" -ge 90 ] || fail "few metrics to compare"

"$grid" ranks1.yaml --out again 2>again.txt || fail "again: exit code $?: $(cat again.txt)"
compare_all again

# Killed once at any instant, then once more after a checkpoint, then let run to its end.
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
"$grid" ranks1.yaml --out killed 2>killed.txt || fail "resumed: exit code $?: $(cat killed.txt)"
grep -q 'resumed from a checkpoint' "killed/cells/$cell/log.txt" || fail "it was not resumed"
compare_all killed

# Groups of two and of four, beside the rank that leads the grid.
for ranks in 2 4; do
    mpirun -np $((ranks + 1)) --oversubscribe "$grid" ranks$ranks.yaml --out group$ranks \
        2>group.txt || fail "$ranks ranks: exit code $?: $(cat group.txt)"
    grep -q " $ranks ranks (world ranks" "group$ranks/cells/$cell/log.txt" ||
        fail "no group of $ranks ranks"
    compare_all group$ranks
done
