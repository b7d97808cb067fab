#!/usr/bin/env bash
# The report's page in headless Chromium: tests/page/drive.mjs looks at what a reader does with it. Needs
# tools/setup page; without it the test is skipped, and fails in CI.
set -euo pipefail
modules=$GISD_SOURCE/tests/page/node_modules
if ! command -v chromium >/dev/null || ! command -v node >/dev/null || ! [ -d "$modules/axe-core" ]; then
    echo "report_page.sh: no chromium, node or $modules: call tools/setup page" >&2
    [ "${CI:-}" != true ] && exit 77
    exit 1
fi
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" && exit 77 # the page is the same there
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

"$GISD_BIN/gisd-data" phantom data --images 60 --seed 1 --size 96x80 >/dev/null
cat >page.yaml <<'YAML'
name: page
data: {manifest: data/manifest.csv}
model: {backbone: [r50x1, r100x1], base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 1, batch: 8}
YAML
"$GISD_BIN/gisd-grid" page.yaml >/dev/null 2>grid.txt || { cat grid.txt >&2 && exit 1; }
"$GISD_BIN/gisd-report" results/page --format html >/dev/null
CHROMIUM=$(command -v chromium) HOME=$folder timeout 900 node "$GISD_SOURCE/tests/page/drive.mjs" results/page/report/report.html
