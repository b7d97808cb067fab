#!/usr/bin/env bash
# gisd-report --mlflow: the layout of MLflow's store of files, as its own reader wants it; the numbers
# of the results; and a second export that changes only what has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
report=$GISD_BIN/gisd-report
export OMP_NUM_THREADS=1 TZ=UTC
cd "$folder"

fail() {
    echo "mlflow.sh: $*" >&2
    exit 1
}

export_to() { # export_to STORE PATTERN: what it says of the runs
    "$report" results/tiny --mlflow "$1" >out.txt || fail "$1"
    grep -q "^$1: experiment [0-9a-z]*: $2\$" out.txt || fail "'$2' expected: $(cat out.txt)"
}

refuses() { # refuses CODE PATTERN ARGUMENT...
    local wanted=$1 pattern=$2 code=0
    shift 2
    "$report" "$@" >out.txt 2>err.txt || code=$?
    [ $code = "$wanted" ] && [ "$(wc -l <err.txt)" = 1 ] && grep -q "$pattern" err.txt ||
        fail "$*: code $code, $(cat err.txt)"
}

add() { # add EVENT...: to the journal
    printf '%s\n' "$@" | "$GISD_BUILD/tests/make_journal" results/tiny/journal.jsonl
}

sum() { # sum STORE: of all names and contents
    find "$1" -type f -printf '%P\n' | sort | while read -r file; do
        echo "$file" && cat "$1/$file"
    done | sha256sum
}

# Cells that are done, failed, stopped and never begun.
"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {backbone: r50x1, base: 4, size: 64, recursion_steps: 1}
training: {epochs: 2, batch: 4, optimiser: sgd, learning_rate: [0.001, 9.5], clip_norm: 0, warmup_epochs: 0}
END
"$GISD_BIN/gisd-grid" tiny.yaml 2>/dev/null && fail "no cell failed"
settings='"settings":{"backbone":"r50x1","tuning":"global","initial":"a b"}'
add '{"event":"planned","cell":"00000000000a","time":"2026-01-02T03:04:05Z","name":"a: b",'"$settings"'}' \
    '{"event":"planned","cell":"00000000000b","time":"2026-01-02T03:04:05Z","name":"new",'"$settings"'}' \
    '{"event":"started","cell":"00000000000a","time":"2026-01-02T03:04:06Z","ranks":1}' \
    '{"event":"stopped","cell":"00000000000a","time":"2026-01-02T03:04:16Z"}' \
    '{"event":"closed","code":75}'

export_to store '3 runs made, 0 brought up to date, 0 as they were; 1 cells not begun'
experiment=$(echo store/*/meta.yaml)
experiment=${experiment%/meta.yaml}
grep -qE '/[0-9]{18}$' <<<"$experiment" || fail "the experiment is $experiment"
grep -qx "artifact_location: 'file://$folder/$experiment'" "$experiment/meta.yaml" &&
    grep -qx "experiment_id: '${experiment#store/}'" "$experiment/meta.yaml" &&
    grep -qx 'name: tiny' "$experiment/meta.yaml" || fail "$(cat "$experiment/meta.yaml")"

run_of() { # run_of CELL: its folder
    local tag
    tag=$(grep -rlx --include=gisd.cell "$1" "${2:-$experiment}") && echo "${tag%/tags/gisd.cell}"
}
done=$(basename "$(dirname results/tiny/cells/*/result.h5)")
failed=$(sed -n 's/.*"failed","cell":"\([0-9a-f]*\)".*/\1/p' results/tiny/journal.jsonl)
for pair in "$done 3" "$failed 4" "00000000000a 5"; do
    read -r cell status <<<"$pair"
    run=$(run_of "$cell")
    for line in "status: $status" "run_id: '${run##*/}'" "run_uuid: '${run##*/}'" 'lifecycle_stage: active' \
        "experiment_id: '${experiment#store/}'" "artifact_uri: 'file://$folder/$run/artifacts'" 'tags: \[\]' \
        'source_type: 4'; do
        grep -qx "$line" "$run/meta.yaml" || fail "no '$line' in $(cat "$run/meta.yaml")"
    done
    grep -qE '/[0-9a-f]{32}$' <<<"$run" && [ -d "$run/artifacts" ] || fail "$run"
done
grep -qx "run_name: 'a: b'" "$run/meta.yaml" && [ "$(cat "$run/tags/mlflow.runName")" = 'a: b' ] || fail "its name"
grep -qx "start_time: $(date -d 2026-01-02T03:04:06Z +%s)000" "$run/meta.yaml" &&
    grep -qx "end_time: $(date -d 2026-01-02T03:04:16Z +%s)000" "$run/meta.yaml" || fail "its times"
[ "$(cat "$run/params/initial")" = 'a b' ] || fail "a parameter"

# What MLflow takes for names, and for the lines of a metric.
find "$experiment"/*/{metrics,params,tags} -type f -printf '%P\n' | grep -vE '^[A-Za-z0-9_. -]+$' && fail "names"
cat "$experiment"/*/metrics/* | grep -vE '^[0-9]{13} (-?[0-9]+(\.[0-9]+)?(e[-+][0-9]+)?|nan|-?inf) [0-9]+$' &&
    fail "lines of metrics"

# The numbers are those of result.h5, epoch by epoch, and of the checkpoint where there is no result.
run=$(run_of "$done")
numbers() { # numbers DATASET
    h5dump -m %.17g -y -w 1 -d "$1" "results/tiny/cells/$done/result.h5" | sed -n '/DATA {/,/}/p' |
        grep -oE -- '-?(nan|[0-9.]+(e[-+][0-9]+)?),?$' | tr -d ,
}
for name in loss validation_dice learning_rate seconds; do
    paste <(cut -d' ' -f2,3 "$run/metrics/$name") <(numbers "/history/$name") |
        awk -v OFMT=%.17g 'NF != 3 || $1 + 0 != $3 + 0 || $2 != NR {bad = 1} END {exit bad || NR != 2}' ||
        fail "$name: $(cat "$run/metrics/$name") and $(numbers "/history/$name")"
done
place=$(h5dump -y -w 1 -d /test/metrics/name "results/tiny/cells/$done/result.h5" | sed -n '/DATA {/,/}/p' |
    grep -o '"[^"]*"' | grep -nE '^"dice["\\]' | cut -d: -f1)
[ "$(cut -d' ' -f2 "$run/metrics/test_dice" | awk '{printf "%.12g", $1}')" = \
    "$(numbers /test/metrics/value | sed -n "${place}p" | awk '{printf "%.12g", $1}')" ] || fail "test_dice"
[ "$(cut -d' ' -f3 "$run/metrics/test_dice")" = 2 ] && [ -e "$run/metrics/test_dice_low" ] || fail "the test's step"
[ "$(cat "$run/params/learning_rate")" = 0.001 ] || fail "learning_rate"
[ "$(wc -l <"$(run_of "$failed")/metrics/loss")" = 1 ] || fail "the epoch before it failed"
grep -q '^diverged: ' "$(run_of "$failed")/tags/gisd.failure" || fail "why it failed"

# Again: nothing changes. With news: only what has changed, and what others made of a run stays.
before=$(sum store)
export_to store '0 runs made, 0 brought up to date, 3 as they were; 1 cells not begun'
[ "$(sum store)" = "$before" ] || fail "a second export changed something"
run=$(run_of 00000000000a)
echo -n 'my name' >"$run/tags/mlflow.runName"
echo -n 'a remark' >"$run/tags/mlflow.note.content"
echo content >"$run/artifacts/file"
sed -i "s/^run_name: .*/run_name: my name/; s/lifecycle_stage: active/lifecycle_stage: deleted/" "$run/meta.yaml"
add '{"event":"started","cell":"00000000000a","time":"2026-01-02T04:00:00Z","ranks":1}' \
    '{"event":"failed","cell":"00000000000a","time":"2026-01-02T04:00:09Z","kind":"k","cause":"c"}' \
    '{"event":"started","cell":"00000000000b","time":"2026-01-02T04:00:00Z","ranks":1}'
export_to store '1 runs made, 1 brought up to date, 2 as they were; 0 cells not begun'
for line in 'status: 4' 'run_name: my name' 'lifecycle_stage: deleted' "end_time: $(date -d 2026-01-02T04:00:09Z +%s)000"; do
    [ "$(grep -cx "$line" "$run/meta.yaml")" = 1 ] || fail "no '$line' in $(cat "$run/meta.yaml")"
done
[ "$(cat "$run"/tags/{mlflow.runName,mlflow.note.content,gisd.state} "$run/artifacts/file")" = 'my namea remarkfailedcontent' ] ||
    fail "what others added is gone"
export_to store '0 runs made, 0 brought up to date, 4 as they were; 0 cells not begun'
find store -name '*.partial*' -o -name '.*' | grep . && fail "left-overs"

# A job that is at the cell now; and an experiment of that name that MLflow made.
mkdir -p "other/7"
printf "artifact_location: x\nexperiment_id: '7'\nlifecycle_stage: active\nname: tiny\n" >other/7/meta.yaml
add '{"event":"opened","time":"2026-01-02T05:00:00Z","experiment":"tiny"}' \
    '{"event":"started","cell":"00000000000b","time":"2026-01-02T05:00:01Z","ranks":1}'
export_to other '4 runs made, 0 brought up to date, 0 as they were; 0 cells not begun'
run=$(run_of 00000000000b other/7)
grep -qx 'status: 1' "$run/meta.yaml" && grep -qx 'end_time: null' "$run/meta.yaml" || fail "$(cat "$run/meta.yaml")"
for python in python3 /usr/bin/python3; do
    "$python" -c 'import yaml' 2>/dev/null || continue
    "$python" - other/7/*/meta.yaml <<'END' || fail "PyYAML reads something else"
import sys, yaml
for path in sys.argv[1:]:
    meta = yaml.safe_load(open(path))
    assert meta["experiment_id"] == "7" and meta["run_id"] == path.split("/")[-2], meta
    assert type(meta["start_time"]) is int and type(meta["status"]) is int and meta["tags"] == [], meta
END
    break
done

refuses 1 'no experiment of MLflow' results/tiny --mlflow data
mkdir -p "store/.trash" && mv "$experiment" store/.trash/ && mkdir store/0 && echo 'name: Default' >store/0/meta.yaml
refuses 1 'was deleted in MLflow' results/tiny --mlflow store
refuses 1 'no such folder' nowhere --mlflow new
refuses 64 'writes no report' results/tiny --mlflow new --format csv
[ ! -e new ] || fail "something is left of what was refused"
# A result that cannot be read: the other cells are exported, and it is an error.
echo broken >"results/tiny/cells/$done/result.h5"
refuses 1 '1 cell(s) were left out' results/tiny --mlflow new
[ "$(ls new/*/*/meta.yaml | wc -l)" = 3 ] || fail "the others are not there"
