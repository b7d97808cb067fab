#!/usr/bin/env bash
# gisd-data itself: help, version, and what it says to a wrong command.
set -euo pipefail
data=$GISD_BIN/gisd-data

grep -q '^gisd-data [0-9]' <<<"$("$data" --version)"
grep -q 'COMMAND' <<<"$("$data" --help)"
if message=$("$data" paint 2>&1); then
    echo "an unknown command was taken"
    exit 1
fi
[ "$message" = "gisd-data: unknown command 'paint', see gisd-data --help" ]
! "$data" 2>/dev/null
