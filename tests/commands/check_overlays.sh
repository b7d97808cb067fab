#!/usr/bin/env bash
# tools/check-overlays counts labels found, whole or in pieces, and false boxes, and the labels of real
# frames in the repository are whole.
set -euo pipefail
command -v python3 >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
check=$GISD_SOURCE/tools/check-overlays
labels=$GISD_SOURCE/tools/overlay-labels/kvasir-seg-validation.csv

fail() {
    echo "check_overlays.sh: $*" >&2
    cat out.txt >&2
    exit 1
}

ends() { # ends CODE LABELS OVERLAYS
    local code=0
    python3 "$check" "$2" "$3" >out.txt 2>&1 || code=$?
    [ "$code" = "$1" ] || fail "ended with $code, expected $1"
}

has() {
    grep -qE -- "$1" out.txt || fail "no '$1'"
}

header=image,x0,y0,x1,y1,class,score
sed -e '1d' -e 's/,[a-z_]*$/,1/' "$labels" | { echo $header && cat; } >same.csv
ends 0 "$labels" same.csv
has '^digits +167 +167 '
has '^green_inset +4 +4 '
has '^false boxes: 0 on 60 frames'
echo $header >none.csv
ends 1 "$labels" none.csv
has '^surround +221 +0 +0.0% +95%, missed'
[ "$(cut -d, -f1 "$labels" | sort -u | wc -l)" = 61 ] || fail "not 60 frames and a header"

cat >labels.csv <<'END'
image,x0,y0,x1,y1,class,kind
a.jpg,10,10,110,22,text,text
a.jpg,10,30,110,42,digits,digits
a.jpg,0,200,100,300,tube,painted_square
bare.jpg,,,,,,
END
cat >pieces.csv <<'END'
image,x0,y0,x1,y1,class,score
images/a.png,10,11,50,21,text,0.9
images/a.png,60,9,112,23,digits,0.8
images/a.png,10,30,58,42,digits,0.8
images/a.png,0,204,98,300,tube,1
images/other.png,0,0,50,50,tube,1
END
ends 1 labels.csv pieces.csv # a line in two pieces is found, 48 of 100 columns are too few
has '^text +1 +1 '
has '^digits +1 +0 +0.0% +90%, missed'
has '^painted_square +1 +1 '
has '^false boxes: 0 on 2 frames'
cat >wrong.csv <<'END'
image,x0,y0,x1,y1,class,score
a,0,0,400,400,text,1
bare,5,5,9,9,border,1
END
ends 1 labels.csv wrong.csv # a box about everything finds nothing
has '^text +1 +0 '
has '^false boxes: 2 on 2 frames, 1.00 a frame, goal 0.1, missed'
sed 's/class/what/' pieces.csv >column.csv
ends 2 labels.csv column.csv
has "column.csv:1: no column 'class'"
