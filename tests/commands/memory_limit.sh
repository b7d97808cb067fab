#!/usr/bin/env bash
# A grid whose cells do not all fit a node's memory at once runs to its end within --memory, the wide
# cells on fewer ranks than they would get; what fits nowhere is refused at the start, with the numbers.
set -euo pipefail
folder=$(mktemp -d)
job=
trap 'kill -KILL $job 2>/dev/null || true; rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "memory_limit.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >two.yaml <<'END'
name: two
data: {manifest: data/manifest.csv}
model: {backbone: [r50x1, r50x2], base: 16, size: 64, recursion_steps: 1}
tuning: global
training: {epochs: 1, batch: 4, shards: 4}
grid: {ranks_per_cell: 2}
END

number() { # number MEMBER < JSON: the first of them, in whole MB
    grep -o "\"$1\":[0-9.e+]*" | { sed -n 1p && cat >/dev/null; } | awk -F: '{ printf "%d\n", $2 / 1e6 }'
}

# What the plan says: three ranks that train, on one node.
"$grid" two.yaml --plan --ranks 4 --json >free.json
base=$(number rank_base_bytes <free.json)
wide=$(grep -o '"name":"r50x2.*' free.json | number memory_bytes)
alone=$("$grid" two.yaml --plan --ranks 2 --json | grep -o '"name":"r50x2.*' | number memory_bytes)
[ "$wide" -gt $((base + 100)) ] || fail "the wide cell takes $wide MB, the programs $base"
grep -q '"name":"r50x2[^}]*"ranks":2' free.json ||
    fail "without a limit the wide cell does not get two ranks"

# Room for the wide cell on one rank, and not on two.
limit=$((3 * base + alone + (wide - base) / 2))
"$grid" two.yaml --plan --ranks 4 --memory "$((limit * 1000000))" --json >limited.json
"$GISD_BUILD/tests/check_schema" "$GISD_SOURCE/docs/schema/plan.json" <limited.json
grep -q '"name":"r50x2[^}]*"ranks":1' limited.json || fail "$(cat limited.json)"
[ "$(number node_bytes <limited.json)" -le $limit ] || fail "the plan exceeds $limit MB"

mpirun -np 4 --oversubscribe "$grid" two.yaml --memory "$((limit * 1000000))" --out "$folder/out" 2>err.txt &
job=$!
most=0
while kill -0 $job 2>/dev/null; do
    now=$({ pgrep -f -x "$grid two.yaml .*--out $folder/out" || true; } |
        sed 's#.*#/proc/&/status#' | xargs -r cat 2>/dev/null |
        awk '/^RssAnon:/ { sum += $2 } END { printf "%d\n", sum / 1000 * 1.024 }') || true
    [ "${now:-0}" -le $most ] || most=$now
    sleep 0.02
done
wait $job || fail "exit code $?: $(cat err.txt)"
[ $most -gt 100 ] || fail "nothing was measured"
# The sanitizers hold memory of their own.
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" || [ $most -le $limit ] ||
    fail "$most MB were held together, the limit is $limit"
echo "$most MB were held together, the limit is $limit"
grep '"started"' out/journal.jsonl | grep -c '"ranks":1' >/dev/null || fail "$(cat out/journal.jsonl)"
grep -q 'memory: [0-9.]* GB at most on this rank, [0-9.]* were expected' out/cells/*/log.txt ||
    fail "no log tells what a cell took"

# Too little for the wide cell: it fails at once, the other is done.
little=$((3 * base + 40 + (alone - base) / 2))
code=0
mpirun -np 4 --oversubscribe "$grid" two.yaml --memory "$((little * 1000000))" --out refused 2>err.txt || code=$?
grep -q 'r50x2-global: failed: it needs [0-9.]* GB of memory on one rank.*--memory' err.txt || fail "$(cat err.txt)"
grep -q '"failed".*"kind":"no memory"' refused/journal.jsonl || fail "$(cat refused/journal.jsonl)"
[ "$(grep -c '"finished"' refused/journal.jsonl)" = 1 ] || fail "the narrow cell is not done"
"$grid" two.yaml --plan --ranks 4 --memory "$((little * 1000000))" >little.txt
grep -q 'would fail: it needs' little.txt ||
    fail "the plan does not tell"
