#!/usr/bin/env bash
# An installed gisd serves a C program that knows nothing but pkg-config, or find_package(), shared and
# static; and everything else that a user needs is there.
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

# The header needs nothing but itself, in C++ too, and the library nothing of MPI.
[[ $(pkg-config --cflags gisd) =~ ^-I[^\ ]*/include\ ?$ ]]
[[ $(pkg-config --libs gisd) =~ ^-L[^\ ]*\ -lgisd\ ?$ ]]
echo '#include <gisd/gisd.h>' | c++ -Wall -Werror -I"$prefix/include" -fsyntax-only -x c++ -
readelf -d static "$library/libgisd.so" >needs.txt
grep -q 'NEEDED.*libhdf5' needs.txt
if grep -q 'NEEDED.*libmpi' needs.txt; then
    echo "install.sh: the library asks for MPI" >&2
    exit 1
fi

# The same by find_package(), from a project of its own.
mkdir project
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$GISD_BUILD/CMakeCache.txt")
cat >project/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.22)
project(user C)
find_package(gisd $version REQUIRED)
foreach(library gisd gisd_static)
  add_executable(by_\${library} ../detect.c)
  target_link_libraries(by_\${library} gisd::\${library})
endforeach()
END
cmake -S project -B build -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$flags" >cmake.txt 2>&1 &&
    cmake --build build >>cmake.txt 2>&1 || {
    cat cmake.txt >&2
    exit 1
}
for program in by_gisd by_gisd_static; do
    build/$program checkpoint.h5 picture.png | cmp - shared.txt
done
readelf -d build/by_gisd >by_gisd.txt
readelf -d build/by_gisd_static >by_gisd_static.txt
grep -q 'NEEDED.*libgisd' by_gisd.txt
if grep -q 'NEEDED.*libgisd' by_gisd_static.txt; then
    echo "install.sh: gisd::gisd_static is not static" >&2
    exit 1
fi

# The installed command says the same of the picture.
score=$(sed -n 's/^picture.png: .*lesion score //p' shared.txt)
grep -q "lesion score $score" <<<"$("$prefix/bin/gisd-detect" checkpoint.h5 picture.png)"

# What a user reads, copies and completes with.
for file in doc/gisd/README.md doc/gisd/CHANGELOG.md doc/gisd/CITATION.cff doc/gisd/LICENSE \
    doc/gisd/docs/results.md doc/gisd/examples/detect.c gisd/experiments/table2.yaml \
    gisd/slurm/grid.sh gisd/tools/pytorch/improved_ssd.py gisd/published/table2.csv \
    gisd/detectors/overlays.h5 bash-completion/completions/gisd-grid; do
    [ -s "$prefix/share/$file" ] || {
        echo "install.sh: no share/$file" >&2
        exit 1
    }
done
[ -x "$prefix/share/gisd/slurm/grid.sh" ]
if [ -e "$GISD_BUILD/packaging/man1/made" ]; then # where there is help2man, and no sanitizer
    for page in gisd-data gisd-data-import gisd-grid gisd-report gisd-eval gisd-detect gisd-weights \
        gisd-bench; do
        zcat "$prefix/share/man/man1/$page.1.gz" >page.txt
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'SEE ALSO'; do
            grep -q "^\.SH \"*$section" page.txt
        done
    done
elif command -v help2man >/dev/null && [ -z "$flags" ]; then
    echo "install.sh: no manual in spite of help2man" >&2
    exit 1
fi

# What is no program but a script is there too.
"$prefix/bin/gisd-run" --version | grep -q '^gisd-run [0-9]'

# Errors come back as a code and one line of text.
if LD_LIBRARY_PATH=$library ./shared checkpoint.h5 missing.png 2>error.txt; then
    echo "install.sh: a missing image went unnoticed" >&2
    exit 1
fi
[ "$(wc -l <error.txt)" -eq 1 ]
grep -q 'missing.png' error.txt
