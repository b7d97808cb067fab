#!/usr/bin/env bash
# An installed gisd serves a C program that knows nothing but pkg-config, shared and static.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix
cmake --install "$GISD_BUILD" --prefix "$prefix" >/dev/null
flags=$(sed -n 's/^CMAKE_C_FLAGS:STRING=//p' "$GISD_BUILD/CMakeCache.txt") # sanitizers
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name gisd.pc)")
export PKG_CONFIG_PATH
library=$(pkg-config --variable=libdir gisd)
cp "$GISD_SOURCE/examples/detect.c" "$folder"
cd "$folder"
"$GISD_BUILD/tests/make_checkpoint" .

# shellcheck disable=SC2046,SC2086
cc -std=c17 -Wall -Werror $flags detect.c $(pkg-config --cflags --libs gisd) -o shared
# shellcheck disable=SC2046,SC2086
cc -std=c17 -Wall -Werror $flags detect.c $(pkg-config --cflags gisd) \
    $(pkg-config --static --libs gisd | sed 's/-lgisd/-l:libgisd.a/') -o static
LD_LIBRARY_PATH=$library ./shared checkpoint.h5 picture.png >shared.txt
./static checkpoint.h5 picture.png >static.txt
grep -q '^picture.png: .*lesion score 0\.[0-9]' shared.txt
cmp shared.txt static.txt

# The installed command says the same of the picture.
score=$(sed -n 's/^picture.png: .*lesion score //p' shared.txt)
"$prefix/bin/gisd-detect" checkpoint.h5 picture.png | grep -q "lesion score $score"

# What is no program but a script is there too.
"$prefix/bin/gisd-run" --version | grep -q '^gisd-run [0-9]'

# Errors come back as a code and one line of text.
if LD_LIBRARY_PATH=$library ./shared checkpoint.h5 missing.png 2>error.txt; then
    echo "install.sh: a missing image went unnoticed" >&2
    exit 1
fi
[ "$(wc -l <error.txt)" -eq 1 ]
grep -q 'missing.png' error.txt
