#!/usr/bin/env bash
# What a results folder tells of settings as YAML (experiment.yaml, /config) is numbers to every reader:
# by a pattern that YAML 1.1 and 1.2 both take for numbers, and by PyYAML where it is installed. An
# experiment.yaml in the form of earlier versions is the same experiment.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "yaml_readers.sh: $*" >&2
    exit 1
}

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: "1e5"
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4, shards: 4, warmup_epochs: 2e-6, seed: 18446744073709551615}
END
"$grid" tiny.yaml 2>err.txt || fail "$(cat err.txt)"
results=results/1e5
h5dump -d /config -b MEMORY -o config.yaml "$results"/cells/*/result.h5 >/dev/null
# The names of the settings that are texts and flags; all others are numbers.
texts='name|manifest|rule|group|architecture|backbone|initial|box|optimiser|schedule|precision|tuning|search|ranks_per_cell|augment|ignore_given'
texts+='|segmentation|attention|sizes|classification_loss|sampling|test_flips|flips|anchors|method|denoise'
for file in "$results/experiment.yaml" config.yaml; do
    grep -aoE "[a-z_]+: +[^ {},]+" "$file" | grep -avE "^($texts):|: (test|validation)$" >numbers.txt
    [ "$(wc -l <numbers.txt)" -ge 16 ] || fail "$file has few numbers: $(cat numbers.txt)"
    grep -avE ': (-?[0-9]+|-?[0-9]+\.[0-9]+([eE][-+][0-9]+)?)$' numbers.txt && fail "$file: no numbers"
done
grep -q 'train: 0.7, validation: 0.15, test: 0.15,' "$results/experiment.yaml" || fail "no shortest numbers"
grep -q "^name: '1e5'$" "$results/experiment.yaml" || fail "a name is a number to others"

for python in python3 /usr/bin/python3; do
    "$python" -c 'import yaml' 2>/dev/null || continue
    "$python" - "$results/experiment.yaml" config.yaml <<'END' || fail "PyYAML reads something else"
import sys, yaml
whole = yaml.safe_load(open(sys.argv[1]))
cell = yaml.safe_load(open(sys.argv[2]).read().rstrip("\0"))
texts = {"architecture", "backbone", "initial", "box", "optimiser", "schedule", "precision", "tuning", "test",
         "classification_loss", "sampling", "anchors", "denoise", "sizes"}
flags = {"augment", "segmentation", "attention", "test_flips", "flips"}
assert whole["name"] == "1e5", whole["name"]
assert whole["data"]["split"]["train"] == 0.7, whole["data"]["split"]
assert whole["training"]["clip_norm"] == 10 and whole["training"]["warmup_epochs"] == 2e-6, whole["training"]
assert cell["seed"] == 18446744073709551615, cell
settings = dict(cell, **whole["model"], **whole["loss"], **whole["training"])
for key, value in settings.items():
    kind = str if key in texts else bool if key in flags else (int, float)
    assert isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), (key, value)
END
    checked=yes
    break
done
[ -n "${checked:-}" ] || echo "yaml_readers.sh: without PyYAML"

# Earlier versions wrote numbers so; nothing is trained again, and no cell gets another name.
sed -i 's/clip_norm: 10$/clip_norm: 1e+01/; s/step_epochs: 30$/step_epochs: 3e+01/; s/warmup_epochs: .*/warmup_epochs: 2e-06/
    s/train: 0.7,/train: 0.69999999999999996,/; s/: 0.15/: 0.14999999999999999/g' "$results/experiment.yaml"
grep -q 0.69999999999999996 "$results/experiment.yaml" || fail "that is not the former form"
for file in tiny.yaml "$results/experiment.yaml"; do
    cp "$file" again.yaml
    "$grid" again.yaml --data data/manifest.csv --out "$results" 2>err.txt || fail "$file: $(cat err.txt)"
done
[ "$(grep -c '"started"' "$results/journal.jsonl")" = 1 ] && [ "$(ls "$results/cells" | wc -l)" = 1 ] ||
    fail "a done cell was trained again"
