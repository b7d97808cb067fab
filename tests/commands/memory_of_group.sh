#!/usr/bin/env bash
# Each of a group of four ranks takes the memory that was expected, also when it evaluates and saves: what
# one of these needed for a while is given back before the next.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
unset MALLOC_PERTURB_ # which touches what nobody needs
cd "$folder"

# The sanitizers hold memory of their own.
if grep -q fsanitize "$GISD_BUILD/CMakeCache.txt"; then exit 77; fi

"$GISD_BIN/gisd-data" phantom data --images 12 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >wide.yaml <<'END'
name: wide
data: {manifest: data/manifest.csv}
model: {backbone: r50x3, base: 32, size: 64}
training: {epochs: 1, batch: 4, shards: 4, ema: 0}
grid: {recompute: true, ranks_per_cell: 4}
END
mpirun -np 5 --oversubscribe "$GISD_BIN/gisd-grid" wide.yaml --out out 2>err.txt || { cat err.txt && exit 1; }
line=$(grep -h 'memory: ' out/cells/*/log.txt)
echo "${line#* }"
seen=$(sed 's/.*memory: \([0-9.]*\) GB.*/\1/' <<<"$line")
expected=$(sed 's/.* \([0-9.]*\) were expected/\1/' <<<"$line")
awk -v seen="$seen" -v expected="$expected" 'BEGIN { exit !(seen > 0.5 && seen < 1.1 * expected) }' || {
    echo "memory_of_group.sh: $seen GB, $expected were expected" >&2
    exit 1
}
