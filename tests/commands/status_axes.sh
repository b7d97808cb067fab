#!/usr/bin/env bash
# gisd-grid --status and --why name runs by the axes that the cells have.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "status_axes: $*" >&2
    exit 1
}

"$GISD_BUILD/tests/make_journal" "$folder/journal.jsonl" <<'END'
{"event":"opened","experiment":"nets","data":"manifest.csv","time":"2026-01-01T00:00:00Z"}
{"event":"planned","cell":"aa","name":"vgg19-local","settings":{"architecture":"vgg19","tuning":"local"}}
{"event":"planned","cell":"bb","name":"vgg19-local-seed=2","settings":{"architecture":"vgg19","tuning":"local","seed":2}}
{"event":"planned","cell":"cc","name":"r50x1-global","settings":{"backbone":"r50x1","tuning":"global"}}
{"event":"finished","cell":"bb"}
{"event":"adopted","cell":"aa","identity":"dd","time":"2026-01-01T00:00:00Z"}
END
"$GISD_BIN/gisd-grid" --status "$folder" >"$folder/status.txt"
for row in 'architecture  *backbone  *tuning  *done' 'vgg19  *local  *1  *0  *0  *0  *0  *1' \
    'improved_ssd  *r50x1  *global  *0  *0  *0  *0  *0  *1' 'all  *1  *0  *0  *0  *0  *2'; do
    grep -q "^$row" "$folder/status.txt" || fail "no '$row' in: $(cat "$folder/status.txt")"
done
"$GISD_BIN/gisd-grid" --why "$folder" dd >"$folder/why.txt"
grep -q '^  2026-01-01T00:00:00Z  adopted: as dd$' "$folder/why.txt" ||
    fail "an adopted cell is not found by its identity"
