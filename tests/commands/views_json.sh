#!/usr/bin/env bash
# gisd-grid --status and --plan as JSON: every member is one of docs/schema, none is missing, and they
# say what the text says. Words that they would not heed are refused.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "views_json.sh: $*" >&2
    exit 1
}

fits() { # fits VIEW FILE: one line, as the schema of the view says
    [ "$(wc -l <"$2")" = 1 ] || fail "$2 is not one line"
    "$GISD_BUILD/tests/check_schema" "$GISD_SOURCE/docs/schema/$1.json" <"$2" || fail "$(cat "$2")"
}

has() { # has FILE TEXT...: every text stands in the file
    local file=$1 text
    shift
    for text in "$@"; do
        grep -qF -- "$text" "$file" || fail "no '$text' in $file: $(cat "$file")"
    done
}

refuses() { # refuses PATTERN ARGUMENT...: as wrong usage, in one line
    local pattern=$1 code=0
    shift
    "$grid" "$@" >out.txt 2>err.txt || code=$?
    [ $code = 64 ] && [ ! -s out.txt ] && [ "$(wc -l <err.txt)" = 1 ] && grep -q -- "$pattern" err.txt ||
        fail "$*: code $code, $(cat err.txt)"
}

# A folder with a cell of each kind, as a job of two ranks that is running would leave it.
settings='"backbone":"r50x1","tuning":"global","alpha":%s,"seed":%s,"clip_norm":1e+01,"initial":"007","later":1e-05,"augment":"true","epochs":4'
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
before=2026-01-02T03:04:05Z
{
    echo '{"event":"opened","time":"'$before'","experiment":"six","data":"/d \"q\"","search":"grid","host":"n1","pid":12,"ranks":3}'
    for i in 0 1 2 3 4 5; do
        # shellcheck disable=SC2059
        printf "{\"event\":\"planned\",\"cell\":\"%012x\",\"time\":\"$before\",\"name\":\"cell-$i\",\"settings\":{$settings}}\n" \
            $i 0.$((i + 1)) '"18446744073709551615"'
    done
    saved='"epoch":2,"epochs":4,"step":10,"steps":20,"images_per_second":12.3456789012345678,"step_seconds":0.1'
    for i in 1 2 3 4; do
        echo '{"event":"started","cell":"00000000000'$i'","time":"'$before'","attempt":1,"ranks":1,"hosts":"n2"}'
        echo '{"event":"saved","cell":"00000000000'$i'","time":"2026-01-02T03:05:05Z",'$saved',"validation_auc":0.1}'
    done
    echo '{"event":"finished","cell":"000000000001","time":"2026-01-02T03:05:06Z"}'
    echo '{"event":"failed","cell":"000000000002","time":"2026-01-02T03:05:07Z","kind":"diverged","cause":"the \"loss\""}'
    echo '{"event":"stopped","cell":"000000000003","time":"2026-01-02T03:05:08Z"}'
    echo '{"event":"started","cell":"000000000003","time":"2026-01-02T03:06:00Z","attempt":1,"ranks":1,"hosts":"n2"}'
    echo '{"event":"lost","cell":"000000000003","time":"2026-01-02T03:06:10Z","kind":"lost rank","cause":"silent"}'
    echo '{"event":"decided","time":"'$now'","epoch":1,"dropped":[{"cell":"000000000005","score":null}],"kept":[]}'
    echo '{"event":"slow","time":"'$now'","rank":2,"host":"n2","factor":3}'
} >lines
mkdir six
"$GISD_BUILD/tests/make_journal" six/journal.jsonl <lines
"$grid" --status six >six.txt
"$grid" --status six --json >six.json
fits status six.json
has six.txt 'running for ' 'all                     1        1        1       1        1     1'
has six.json '"schema":1,"view":"status","gisd":"' \
    '"experiment":"six","data":"/d \"q\"","search":"grid","journal_torn":false,"job":{"state":"running","exit_code":null,"host":"n1","pid":12,"ranks":3,"started":"2026-01-02T03:04:05Z"' \
    '"seconds_left":2,"images_per_second":12.345678901234567,"slow":"rank 2 on n2 (3.0 times slower)"' \
    '"totals":{"cells":6,"done":1,"running":1,"partial":1,"failed":1,"dropped":1,"new":1},"axes":[{"key":"backbone","values":["r50x1"]},{"key":"tuning","values":["global"]},{"key":"alpha","values":[0.1,0.2,0.3,0.4,0.5,0.6]}],"runs":[{"settings":{"backbone":"r50x1","tuning":"global"},"totals":{"cells":6,' \
    '"name":"cell-1","run":0,"state":"done","attempts":1,"losses":0,"epoch":2,"epochs":4,"step":10,"steps":20,"started":"2026-01-02T03:04:05Z","changed":"2026-01-02T03:05:06Z","seconds":61,"ranks":1,"hosts":"n2","images_per_second":12.345678901234567,"step_seconds":0.1,"relative_pace":null,"validation_auc":0.1,"validation_dice":null,"failure":null' \
    '"state":"failed",' '"failure":{"kind":"diverged","reason":"the \"loss\""}' \
    '"name":"cell-3","run":0,"state":"partial","attempts":2,"losses":1,' '"seconds":73,' \
    '"failure":{"kind":"lost rank","reason":"silent"}' \
    '"state":"running"' '"state":"dropped"' '"state":"new","attempts":0,"losses":0,"epoch":0,' \
    '"seed":18446744073709551615,"clip_norm":10,"initial":"007","later":1.0e-05,"augment":true'
# A job that gave no sign for long, and one that has ended.
touch -d '1 hour ago' six/journal.jsonl
"$grid" --status six --json >lost.json
fits status lost.json
has lost.json '"job":{"state":"lost","exit_code":null' '"seconds_left":null,"images_per_second":null,"slow":null' \
    '"done":1,"running":0,"partial":2,'
echo '{"event":"closed","time":"2026-01-02T03:07:05Z","code":75,"done":1}' | "$GISD_BUILD/tests/make_journal" six/journal.jsonl
"$grid" --status six --json >ended.json
fits status ended.json
has ended.json '"job":{"state":"ended","exit_code":75,' '"last_sign":"2026-01-02T03:07:05Z","seconds":180,'
mkdir empty
: >empty/journal.jsonl
"$grid" --status empty --json >empty.json
fits status empty.json
has empty.json '"experiment":null,"data":null' '"job":null,"totals":{"cells":0,' '"cells":[]}'

# A plan, of cells that are done, failed, not selected and left.
"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
tuning: [local, global]
training: {epochs: 1, batch: 4, optimiser: sgd, learning_rate: [0.001, 9.5], clip_norm: 0, warmup_epochs: 1e-07}
END
"$grid" tiny.yaml --only tuning=global 2>/dev/null || true
plan() { # plan OPTION...
    "$grid" tiny.yaml --plan "$@" >plan.txt
    "$grid" tiny.yaml --plan --json "$@" >plan.json
    fits plan plan.json
}
count() { # count NAME: cells of a list of plan.json
    sed "s/.*\"$1\":\[//; s/\],\"left_out\".*//" plan.json | grep -o '"id":' | wc -l
}
plan
left=$(sed -n 's/^\([0-9]*\) of 4 cells are left.*/\1/p' plan.txt)
has plan.json "\"totals\":{\"cells\":4,\"selected\":4,\"left\":$left," '"refused":null,"warnings":[' \
    '"only":null,"retry_failed":false,"ranks":1,"training_ranks":1,"walltime_seconds":null' \
    '"axes":[{"key":"tuning","values":["local","global"]},{"key":"learning_rate","values":[0.001,9.5]}]' \
    '"reason":"done"' '"warmup_epochs":1.0e-07'
[ "$(count cells)" = "$left" ] && [ "$(count left_out)" = $((4 - left)) ] || fail "cells: $(cat plan.json)"
plan --only 'tuning=local learning_rate=0.001' --ranks 3 --walltime 1h
has plan.json '"only":"tuning=local learning_rate=0.001"' '"ranks":3,"training_ranks":2,"walltime_seconds":3600' \
    '"totals":{"cells":4,"selected":1,"left":1,"fit":1,' '"reason":"not selected"' '"cells":[{"id":'
[ "$(count cells)" = 1 ] && [ "$(count left_out)" = 3 ] || fail "cells: $(cat plan.json)"
# The same folder says that one cell has failed: tried again only if that is asked for.
id=$(sed -n 's/.*"planned","cell":"\([0-9a-f]*\)".*"name":"r50x1-local-learning_rate=9.5".*/\1/p' results/tiny/journal.jsonl)
echo '{"event":"failed","cell":"'"$id"'","time":"2026-01-02T03:05:07Z","kind":"diverged","cause":"c"}' |
    "$GISD_BUILD/tests/make_journal" results/tiny/journal.jsonl
plan --only 'tuning=local'
has plan.json '"state":"failed","reason":"failed"' '"left":1,'
plan --only 'tuning=local' --retry failed
has plan.json '"retry_failed":true' '"left":2,'
sed 's/epochs: 1,/epochs: 2,/' tiny.yaml >changed.yaml
"$grid" changed.yaml --plan --json >plan.json 2>err.txt && fail "a plan for a folder that is refused"
fits plan plan.json
has plan.json '"refused":"' 'epochs is 1 there and 2 here' '"state":"changed"'
grep -q 'epochs is 1 there' err.txt || fail "no message: $(cat err.txt)"

refuses '--json goes with --plan or --status' tiny.yaml --json
refuses '--json goes with --plan or --status' --why six 0 --json
refuses 'expected one of --plan, --status' --status six --plan
refuses 'expected one of --plan, --status' --why six 0 --status six
refuses '--status looks at a folder as it is' --status six --only tuning=global --json
refuses '--status looks at a folder as it is' --status six --retry failed
refuses '--why looks at a folder as it is' --why six 0 --out x
refuses "unexpected argument 'tiny.yaml'" tiny.yaml --status six --json
refuses '--ranks goes with --plan' tiny.yaml --ranks 3
# Short and shortened words look as well, and train nothing.
lines=$(wc -l <results/tiny/journal.jsonl)
for word in -p --pla; do
    "$grid" tiny.yaml $word --only tuning=local >plan.txt
    has plan.txt ' of 4 cells are left'
done
[ "$(wc -l <results/tiny/journal.jsonl)" = "$lines" ] || fail "a plan has become a run"
