#!/usr/bin/env bash
# The tool that times grids of many cells runs, and both commands get through one that is not begun.
set -euo pipefail
[ "$("$GISD_SOURCE/tools/many-cells" 300 | grep -c " s$")" = 3 ]
