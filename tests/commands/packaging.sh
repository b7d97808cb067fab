#!/usr/bin/env bash
# The Debian package is built, passes lintian, and works where it is unpacked; the recipes for Spack,
# Apptainer and environment modules are sound as far as that shows without those programs. Of a build
# for the sanitizers nobody makes a package: skipped there, and where there is no Debian.
set -euo pipefail
grep -q fsanitize "$GISD_BUILD/CMakeCache.txt" && exit 77
command -v dpkg-shlibdeps >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMP_NUM_THREADS=1
cd "$folder"

fail() {
    echo "packaging.sh: $*" >&2
    exit 1
}

cpack -G DEB --config "$GISD_BUILD/CPackConfig.cmake" -B deb >cpack.txt 2>&1 || fail "$(cat cpack.txt)"
package=$(echo deb/gisd_*.deb)
dpkg-deb -f "$package" >control.txt
for library in libhdf5 libopenmpi libpng; do
    grep -q "^Depends:.*$library" control.txt || fail "no dependency on $library"
done
if command -v lintian >/dev/null; then
    lintian --allow-root --fail-on error "$package" >lintian.txt 2>&1 || fail "$(cat lintian.txt)"
fi

# It works elsewhere than in /usr too.
dpkg-deb -x "$package" root
bin=$folder/root/usr/bin
"$bin/gisd-data" phantom data --images 2 --seed 1 --size 64x64 --overlays 0 >/dev/null
"$bin/gisd-data" check data/manifest.csv >/dev/null
"$GISD_BUILD/tests/make_checkpoint" .
"$bin/gisd-detect" checkpoint.h5 picture.png >found.txt
grep -q '^picture.png: ' found.txt
env -i "$bin/gisd-grid" --help >help.txt # needs no MPI
for file in copyright changelog.gz changelog.Debian.gz; do
    [ -s "root/usr/share/doc/gisd/$file" ] || fail "no $file"
done

# The environment module names the prefix it was installed to.
cmake --install "$GISD_BUILD" --prefix "$folder/prefix" >/dev/null
module=$(echo prefix/share/gisd/modulefiles/gisd/*)
if command -v tclsh >/dev/null; then
    tclsh >module.txt 2>said.txt <<END || fail "the module: $(cat said.txt)"
foreach name {module-whatis conflict} { proc \$name args {} }
foreach name {prepend-path setenv} { proc \$name {variable value} { puts "\$variable \$value" } }
source $module
ModulesHelp
END
    [ "$(sed -n 's/^PATH //p' module.txt)" = "$folder/prefix/bin" ] || fail "$(cat module.txt)"
    while read -r variable place; do
        [ -e "$place" ] || [ "$variable" = MANPATH ] || fail "the module's $variable: no $place"
    done <module.txt
fi

# Each section of Apptainer's file that is a script.
for section in post runscript test; do
    awk -v section="%$section" '/^(%|Bootstrap:)/ { on = $1 == section; next } on' \
        "$GISD_SOURCE/packaging/apptainer/gisd.def" >"$section.sh"
    [ -s "$section.sh" ] || fail "gisd.def has no %$section"
    bash -n "$section.sh"
done
if command -v python3 >/dev/null; then
    python3 - "$GISD_SOURCE/packaging/spack/packages/gisd/package.py" <<'END'
import sys
compile(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1], "exec")
END
fi
