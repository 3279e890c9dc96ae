#!/bin/sh
# run.sh BUILD CC: installs BUILD below a temporary DESTDIR, then compiles and
# runs consumer.c against it, found by pkg-config and by CMake.
set -eu

build=$1
cc=$2
here=$(cd "$(dirname "$0")" && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
DESTDIR=$stage cmake --install "$build"

pc=$(find "$stage" -name spikegrad.pc)
libdir=$(dirname "$(dirname "$pc")")
for file in libspikegrad.a libspikegrad.so libspikegrad.so.0.2; do
    test -e "$libdir/$file" || { echo "not installed: $file"; exit 1; }
done

check() {
    version=$(LD_LIBRARY_PATH=$libdir "$2")
    echo "$1: $version"
    test "$version" = "$(pkg-config --modversion "$pc")"
}

export PKG_CONFIG_SYSROOT_DIR="$stage"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046 # flags are words
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/consumer.c" \
    -o "$stage/by-pkg-config" $(pkg-config --cflags --libs spikegrad)
check "pkg-config" "$stage/by-pkg-config"

cmake -S "$here" -B "$stage/build" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -Dspikegrad_ROOT="$stage$prefix"
cmake --build "$stage/build"
check "CMake, shared" "$stage/build/consumer"
check "CMake, static" "$stage/build/consumer_static"

# What the shared library exports is the public interface and nothing else.
foreign=$(nm -D --defined-only "$libdir/libspikegrad.so" |
    awk '$3 !~ /^sg_[a-z]/ { print $3 }')
test -z "$foreign" || { echo "exported but not public: $foreign"; exit 1; }

if test -x "$stage$prefix/bin/spikegrad"; then
    "$stage$prefix/bin/spikegrad" --version
fi
