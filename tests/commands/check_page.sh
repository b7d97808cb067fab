#!/usr/bin/env bash
# The page of gisd-data check --html: what stands in it, that it needs nothing else, and that nothing
# of the user's is written over.
set -euo pipefail
data=$GISD_BIN/gisd-data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() {
    echo "check_page.sh: $*" >&2
    exit 1
}
has() { # has TEXT: the page has it, on one line
    grep -qF -- "$1" page.html || fail "no '$1' in the page"
}
count() { # count NUMBER TEXT: so often
    [ "$(grep -oF -- "$2" page.html | wc -l)" = "$1" ] || fail "'$2': expected $1 times"
}

# ---- a sound data set: the page and the table tell the same numbers ----
"$data" phantom set --images 60 --seed 2 >/dev/null
"$data" check set/manifest.csv --html page.html >table.txt 2>warnings.txt
has '<title>set/manifest.csv - data set</title>'
has 'No errors, '
has 'The images are synthetic'
has '<li><b>60</b>images</li>'
read -r _ images normal gc gu cg patients masks boxes < <(grep '^all ' table.txt)
has "<li><b>$patients</b>patients</li>"
has "<li><b>$masks</b>masks</li>"
number() { echo "<td class=\"number\">$1</td>"; }
read -r _ train _ < <(grep '^train ' table.txt)
read -r _ val _ < <(grep '^val ' table.txt)
read -r _ test _ < <(grep '^test ' table.txt)
has "<tr class=\"all\"><th scope=\"row\">all</th>$(number "$images")$(number "$train")$(number "$val")$(number "$test")$(number "$patients")$(number "$masks")$(number "$boxes")</tr>"
for class in "normal $normal" "GC $gc" "GU $gu" "CG $cg"; do
    has "<th scope=\"row\">${class% *}</th>$(number "${class#* }")"
done
has "<th scope=\"row\">320 × 256</th>$(number 60)"
# every picture has words and a size, and none is elsewhere
pictures=$(grep -oF '<img ' page.html | wc -l)
[ "$pictures" -ge 40 ] || fail "$pictures pictures"
count "$pictures" 'src="data:image/jpeg;base64,'
count "$pictures" 'loading="lazy" alt="images/'
! grep -qE '(src|href)="(http|/|[a-z]+/)' page.html || fail 'the page asks for other files'
! grep -q '<script' page.html || fail 'the page has a script'
[ "$(tail -c 8 page.html)" = '</html>' ]

# ---- faults, with names that HTML would read as its own ----
mkdir -p '<b>&"'
cp set/images/* '<b>&"'
{
    head -n 1 set/manifest.csv
    tail -n +2 set/manifest.csv | sed 's|^images/|"<b>\&""/|; s|\(\.jpg\)|\1"|; s|,masks/|,set/masks/|'
} >odd.csv
first=$(sed -n 2p odd.csv)
cp set/images/000000.jpg copy.jpg
other=train
case $first in *,train,*) other=test ;; esac
label=$(echo "$first" | cut -d, -f3)
if [ "$label" = normal ]; then lesion=; else lesion="0 0 10 10 $label"; fi
echo "copy.jpg,,$label,P<i>,,,$other,$lesion" >>odd.csv
echo 'gone.jpg,,normal,P99999,,,train,' >>odd.csv
code=0
"$data" check odd.csv --html page.html >/dev/null 2>message.txt || code=$?
[ $code = 1 ] || fail "code $code with errors"
grep -q 'odd.csv: 2 problems in 62 rows' message.txt || fail "$(cat message.txt)"
has 'Not fit for use: 2 errors'
has '<td class="number">62</td><td class="error">error</td><td class="message">copy.jpg: the same pixels as &lt;b&gt;&amp;&quot;/000000.jpg on line 2,'
has '<td class="number">63</td><td class="error">error</td>'
has 'patient P&lt;i&gt;'
has '<h3>Pictures with errors</h3>'
! grep -qF -e '<b>&"' -e 'P<i>' page.html || fail 'a name is not escaped'

# ---- the page appears whole or not at all, and writes over nothing of others ----
refuses() { # refuses PATTERN COMMAND...
    local pattern=$1 code=0
    shift
    "$@" >/dev/null 2>message.txt || code=$?
    [ $code = 1 ] || fail "$*: code $code"
    grep -q "$pattern" message.txt || fail "$*: expected '$pattern' in: $(cat message.txt)"
}
cp set/manifest.csv before.csv
refuses 'set/manifest.csv' "$data" check set/manifest.csv --html set/manifest.csv
refuses '000003.jpg' "$data" check set/manifest.csv --html set/images/000003.jpg --force
cmp set/manifest.csv before.csv
echo precious >notes.html
refuses 'notes.html' "$data" check set/manifest.csv --html notes.html
[ "$(cat notes.html)" = precious ]
"$data" check set/manifest.csv --html notes.html --force >/dev/null 2>&1
grep -q '</html>' notes.html
refuses 'no/where.html' "$data" check set/manifest.csv --html no/where.html
[ -z "$(find . -name '*.partial' -o -name '.*.tmp')" ] || fail 'something is left'
