#!/usr/bin/env bash
# The scheduler on the paper's grid and on many empty cells: near the bound, and quick.
set -euo pipefail
simulate=$GISD_BIN/simulate
grid=$GISD_SOURCE/experiments/table2.yaml

for ranks in 64 256 1024; do
    "$simulate" "$grid" --ranks $ranks --limit 10
done
"$simulate" "$grid" --ranks 256 --failures 0.5 --limit 50
"$simulate" --empty 10000 --ranks 64 --limit 10 --decision 1
