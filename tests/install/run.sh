#!/bin/sh
# run.sh BUILD CC [CXX]: installs BUILD into a temporary folder, then compiles
# and runs consumer.c against it, as C of each standard and as C++, shared and
# static, found by pkg-config and by CMake.
set -eu

build=$1
cc=$2
cxx=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
warnings='-Wall -Wextra -Wpedantic -Wconversion -Werror'

fail() {
    printf 'install: %s\n' "$*"
    exit 1
}

# The prefix of the build is what stands in the file for pkg-config, wherever
# the files are staged.
prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
DESTDIR=$stage/dest cmake --install "$build" >/dev/null
pc=$(find "$stage/dest" -name spikegrad.pc)
grep -qx "prefix=$prefix" "$pc" || fail "spikegrad.pc is not for $prefix"

# Another prefix, given when it is installed.
root=$stage/root
cmake --install "$build" --prefix "$root" >/dev/null
pc=$(find "$root" -name spikegrad.pc)
libdir=$(dirname "$(dirname "$pc")")
grep -qx "prefix=$root" "$pc" || fail "spikegrad.pc is not for $root"
for file in libspikegrad.a libspikegrad.so libspikegrad.so.0.2; do
    test -e "$libdir/$file" || fail "not installed: $file"
done

# The same without the shared library, for links that may only find the other.
only=$stage/static
cmake --install "$build" --prefix "$only" >/dev/null
find "$only" -name 'libspikegrad.so*' -exec rm {} +
only_libdir=$only${libdir#"$root"}

# config LIBDIR FLAG...
config() {
    path=$1/pkgconfig
    shift
    PKG_CONFIG_PATH=$path pkg-config "$@" spikegrad
}

check() {
    version=$(LD_LIBRARY_PATH=$libdir "$2") || fail "$1: does not run"
    echo "$1: $version"
    test "$version" = "$(config "$libdir" --modversion)" || fail "$1: version"
}

# try NAME COMPILER...: consumer.c and each header by itself, without a
# warning.
try() {
    name=$1
    shift
    # shellcheck disable=SC2046,SC2086 # flags are words
    for header in "$root"/include/spikegrad/*.h; do
        echo "#include <spikegrad/${header##*/}>" |
            "$@" $warnings $(config "$libdir" --cflags) -fsyntax-only - ||
            fail "$name: ${header##*/}"
    done
    # shellcheck disable=SC2046,SC2086
    "$@" $warnings "$here/consumer.c" -x none -o "$stage/shared" \
        $(config "$libdir" --cflags --libs) || fail "$name, shared"
    # shellcheck disable=SC2046,SC2086
    "$@" $warnings "$here/consumer.c" -x none -o "$stage/archive" \
        $(config "$only_libdir" --cflags --static --libs) ||
        fail "$name, static"
    check "$name, shared" "$stage/shared"
    LD_LIBRARY_PATH='' "$stage/archive" >/dev/null || fail "$name, static"
}

for standard in c11 c17 c2x; do
    try "$standard" "$cc" "-std=$standard" -x c
done
if test -n "$cxx"; then
    try c++17 "$cxx" -std=c++17 -x c++
else
    echo "no C++ compiler: c++17 is not tried"
fi

cmake -S "$here" -B "$stage/build" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -Dspikegrad_ROOT="$root" >/dev/null
cmake --build "$stage/build" >/dev/null
check "CMake, shared" "$stage/build/consumer"
check "CMake, static" "$stage/build/consumer_static"

# What the shared library exports is what the headers declare, and nothing else.
nm -D --defined-only "$libdir/libspikegrad.so" |
    awk '{ print $3 }' | sort >"$stage/exported"
cat "$root"/include/spikegrad/*.h | sed -n '/SG_API/,/;/p' | tr '\n' ' ' |
    grep -o 'SG_API [^;]*;' | grep -o '\bsg_[a-z0-9_]*(' | tr -d '(' |
    sort -u >"$stage/declared"
diff "$stage/declared" "$stage/exported" ||
    fail "declared (<) and exported (>) differ"

if test -x "$root/bin/spikegrad"; then
    "$root/bin/spikegrad" --version
fi
