#!/usr/bin/env bash
# A results folder, a data set and images that somebody made up: nothing leaves the folder, acts on the
# terminal or the report's page, or asks for more than there is. docs/threats.md lists what.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grid=$GISD_BIN/gisd-grid
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "hostile_folder.sh: $*" >&2
    exit 1
}

has() { # has FILE PATTERN...: every pattern stands in the file
    local file=$1 pattern
    shift
    for pattern in "$@"; do
        grep -q -- "$pattern" "$file" || fail "no '$pattern' in $file: $(cat -v "$file")"
    done
}

refused() { # refused COMMAND...: it fails, with one line on stderr that is left in err.txt
    if "$@" >out.txt 2>err.txt; then fail "taken: $*"; fi
    [ "$(wc -l <err.txt)" = 1 ] || fail "more than one line of $*: $(cat -v err.txt)"
}

plain() { # plain FILE: nothing in it that a terminal obeys
    if LC_ALL=C grep -aq $'[\x01-\x08\x0b-\x1f\x7f]' "$1" || LC_ALL=C grep -aq $'\xc2[\x80-\x9f]' "$1"; then
        fail "a control character in $1: $(cat -v "$1")"
    fi
}

journal() { # journal DIR: makes a results folder with the records of the input
    mkdir -p "$1"
    "$GISD_BUILD/tests/make_journal" "$1/journal.jsonl"
}

# ---- identities that lead elsewhere ----

for id in ../../outside /etc/passwd a/b .. . .hidden 'a b' "$(printf '%050d' 0)"; do
    rm -rf away
    journal away <<END
{"event":"planned","cell":"$id","name":"r50x1-local","settings":{"backbone":"r50x1","tuning":"local"}}
{"event":"started","cell":"$id"}
{"event":"finished","cell":"$id"}
END
    refused "$grid" --status away
    has err.txt 'journal.jsonl:1: the identity of a cell is'
    refused "$grid" --why away r50x1-local
    refused "$GISD_BIN/gisd-report" away
    [ ! -e away/report ] || fail "a report of $id"
done
journal adopted <<END
{"event":"planned","cell":"aa","name":"r50x1-local","settings":{"backbone":"r50x1","tuning":"local"}}
{"event":"adopted","cell":"aa","identity":"../../outside"}
END
refused "$grid" --status adopted
has err.txt 'journal.jsonl:2: the identity of a cell is'

# ---- texts that a terminal would obey ----

journal shown <<'END'
{"event":"opened","time":"2024-05-01T10:00:00Z","experiment":"t\u001b[2J","data":"m\u009b31m.csv","host":"n\u0007","ranks":2}
{"event":"planned","cell":"aa","name":"r50x1\u001b]0;owned\u0007","settings":{"backbone":"r50\u001b[31m","tuning":"lo\u202ecal"}}
{"event":"started","cell":"aa","hosts":"\u001b[5m"}
{"event":"failed","cell":"aa","time":"\u001bc","kind":"\u007f","cause":"a\nb\u001b[1A"}
END
mkdir -p shown/cells/aa
printf 'a log \033[2J\033]0;owned\007\n' >shown/cells/aa/log.txt
"$grid" --status shown >status.txt
plain status.txt
has status.txt 't\\x1b\[2J: 1 cells' 'm\\xc2\\x9b31m.csv' 'lo\\xe2\\x80\\xaecal' 'a$' 'b\\x1b\[1A'
"$grid" --why shown aa >why.txt
plain why.txt
has why.txt 'a log \\x1b\[2J'
refused "$grid" --why shown $'\033[31m'
plain err.txt
refused "$grid" $'no\033[31m.yaml'
plain err.txt
printf 'image,label\n\033[2J.png,GC\n' >escape.csv
if "$GISD_BIN/gisd-data" check escape.csv >out.txt 2>err.txt; then fail "no such image, and taken"; fi
plain err.txt
plain out.txt
printf 'name: t\nnam\033[31m: 2\n' >escape.yaml
refused "$grid" escape.yaml
plain err.txt

# ---- the report's page and tables ----

journal page <<'END'
{"event":"opened","experiment":"<script>alert(1)</script>","data":"m.csv"}
{"event":"planned","cell":"aa","name":"1<img src=x onerror=alert(1)> (b)","settings":{"backbone":"1<img src=x onerror=alert(1)> (b)","tuning":"=cmd|calc!A0"}}
{"event":"planned","cell":"bb","name":"[x](javascript:alert(1))","settings":{"backbone":"[x](javascript:alert(1))","tuning":"@SUM(1)"}}
{"event":"failed","cell":"aa","kind":"<b>","cause":"+1+cmd|' /C calc'!A0"}
END
mv page '<i>page</i>' 2>/dev/null || true # its name stands in the title
mv '<i>page<' page 2>/dev/null || true
"$GISD_BIN/gisd-report" page --format html,csv,md,latex >out.txt 2>err.txt ||
    fail "no report: $(cat err.txt)"
if grep -q '<script>\|<img src=x\|<b>' page/report/report.html; then fail "HTML of others in the page"; fi
has page/report/report.html '&lt;script&gt;\|&lt;img src'
if grep -q '[^\\]<img\|^<script>\|[^\\]\[x\]' page/report/report.md; then
    fail "HTML or a link of others in the Markdown: $(cat page/report/report.md)"
fi
if grep -qE '(^|,)"?[=@+][^,]' page/report/*.csv; then
    fail "a formula in a table: $(cat page/report/*.csv)"
fi
has page/report/cells.csv "'=cmd"

# ---- symbolic links inside a results folder ----

"$GISD_BIN/gisd-data" phantom data --images 16 --seed 1 --size 96x80 --overlays 0 >/dev/null
cat >tiny.yaml <<'END'
name: tiny
data: {manifest: data/manifest.csv}
model: {base: 4, size: 64, recursion_steps: 1}
training: {epochs: 1, batch: 4}
END
mkdir -p real outside linked
ln -s "$folder/real" results # the folder itself may be one
"$grid" tiny.yaml >/dev/null 2>err.txt || fail "no grid in a linked folder: $(cat err.txt)"
id=$(ls real/tiny/cells)
for place in cells "cells/$id" "cells/$id/log.txt" journal.jsonl; do
    rm -rf linked outside
    mkdir -p outside "linked/$(dirname "$place")"
    case $place in
    *.txt | *.jsonl) touch outside/target && ln -s "$folder/outside/target" "linked/$place" ;;
    *) ln -s "$folder/outside" "linked/$place" ;;
    esac
    [ "$place" = journal.jsonl ] || printf '' >linked/journal.jsonl
    if "$grid" tiny.yaml --out linked >out.txt 2>err.txt; then fail "taken: a link at $place"; fi
    cat linked/cells/*/log.txt >>err.txt 2>/dev/null || true
    [ ! -s outside/target ] && [ -z "$(ls -A outside | grep -v '^target$')" ] ||
        fail "written through the link at $place: $(find outside)"
    grep -q 'is a symbolic link' err.txt linked/journal.jsonl ||
        fail "no word of the link at $place: $(cat err.txt)"
done
rm -rf outside/*
ln -s "$folder/outside" real/tiny/report
refused "$GISD_BIN/gisd-report" results/tiny
has err.txt 'is a symbolic link'
[ -z "$(ls -A outside)" ] || fail "a report through a link"
rm real/tiny/report
# Temporary and final names that are links are replaced, and what they point to stays.
echo keep >outside/kept
for name in "cells/$id/result.h5.partial" grid.h5 grid.h5.partial experiment.yaml.partial; do
    ln -sf "$folder/outside/kept" "real/tiny/$name"
done
sed -i 's/epochs: 1/epochs: 1, seed: [1, 2]/' tiny.yaml
"$grid" tiny.yaml --out results/tiny >/dev/null 2>&1 || fail "no second seed"
[ "$(cat outside/kept)" = keep ] || fail "written over what a link points to"

# ---- files that ask for more than there is ----

bounded() { # bounded COMMAND...: fails within 20 seconds and 2 GiB
    refused timeout 120 bash -c 'ulimit -t 60; exec "$@"' - "$@"
}
python_free_zeros() { head -c "$1" /dev/zero | tr '\0' "$2"; }
{ printf 'name: '; python_free_zeros 1000000 '['; } >deep.yaml
bounded "$grid" deep.yaml
{ printf 'name: &a [x, x, x, x, x, x, x, x, x]\n'
    before=a
    for next in b c d e f g h i j; do
        printf 'k%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n' $next $next \
            $before $before $before $before $before $before $before $before $before
        before=$next
    done; } >bomb.yaml
bounded "$grid" bomb.yaml
printf 'name: &a {name: *a}\n' >circle.yaml
bounded "$grid" circle.yaml
mkdir deep
python_free_zeros 1000000 '[' >deep/a.json
cp data/images/*1.png deep/a.png 2>/dev/null || cp "$(find data -name '*.png' | sort | sed -n 1p)" deep/a.png
timeout 120 "$GISD_BIN/gisd-data" import labelme deep imported >out.txt 2>err.txt || true
grep -q 'nested' out.txt err.txt imported/skipped.csv || fail "no word of the depth: $(cat err.txt)"
{ printf 'image,label\n"'; python_free_zeros 20000000 x; printf '",GC\n'; } >huge.csv
timeout 120 "$GISD_BIN/gisd-data" check huge.csv >out.txt 2>err.txt && fail "an image of 20 MB of name"
[ "$(wc -c <err.txt)" -lt 100000 ] || fail "a message as long as the field"
