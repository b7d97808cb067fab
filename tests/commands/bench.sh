#!/usr/bin/env bash
# gisd-bench prints one JSON object with the figures that scripts read, and refuses what it must.
set -euo pipefail
bench=$GISD_BIN/gisd-bench
small="--base 4 --size 64 --repeats 1"

for mode in train infer; do
    figures=$("$bench" $small --mode $mode --batch 2 --json)
    for key in backbone precision mode batch images_per_second seconds_per_image \
        peak_memory_bytes parameters forward_macs; do
        grep -q "\"$key\":" <<< "$figures" || { echo "no $key in $mode"; exit 1; }
    done
done

# The r50x1 of the paper has 29,440,244 parameters with three classes.
figures=$("$bench" --batch 1 --mode infer --repeats 1 --json)
grep -q '"parameters":.*29440244' <<< "$figures"

text=$("$bench" $small --layers)
grep -q 'images a second' <<< "$text"
grep -q 'backbone.stem.weight' <<< "$text"

if "$bench" --backbone r51x1 2> /dev/null; then echo "an unknown backbone passed"; exit 1; fi
message=$("$bench" --backbone r51x1 2>&1 || true)
grep -q 'r150x3' <<< "$message"
