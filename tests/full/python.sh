#!/bin/sh
# The Python package with all that ./dev test leaves out: types, scikit-learn;
# and its tests with a module that AddressSanitizer and UBSan watch, where an
# array that outlives its memory would be seen.
set -eu

release=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
python=/usr/bin/python3
build=$(cd "$(dirname "$release")" && pwd)
"$python" -c 'import numpy, pytest' 2>/dev/null || {
    echo "no numpy or pytest for $python: nothing on the Python package"
    exit 77
}
export PYTHONDONTWRITEBYTECODE=1
SPIKEGRAD=$build/$(basename "$release")
export SPIKEGRAD
work=$(mktemp -d "$root/build/python-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

run() {
    "$python" -m pytest -q -p no:cacheprovider -c "$root/python/pyproject.toml" \
        --rootdir "$root/python" --basetemp "$work/pytest" "$@" \
        "$root/python/tests"
}

PYTHONPATH=$build/python run

watched=$root/build/python-asan
cmake -S "$root" -B "$watched" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DSPIKEGRAD_SANITIZE=address,undefined -DSPIKEGRAD_PYTHON=ON \
    -DSPIKEGRAD_TESTS=OFF -DSPIKEGRAD_COMMAND=OFF -DSPIKEGRAD_NIR=OFF \
    >/dev/null
cmake --build "$watched" --target spikegrad_python >/dev/null
# Python itself leaks at its end, and grows under the sanitizer.
LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc SPIKEGRAD_SHORT=1 \
    PYTHONPATH=$watched/python run -k 'not leaks and not interrupts'
