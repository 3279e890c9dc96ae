#!/bin/sh
# run.sh PART BUILD COMMAND: the Python package. PART is
#
#   tests      python/tests, by the module of BUILD
#   tutorials  the scripts of python/tutorials, small; notebooks are theirs
#   package    a wheel by pip, installed in an environment of its own
#
# Exits 77, skipped, without Debian's python3 and what the part needs. Nothing
# is written outside BUILD.
set -eu

part=$1
build=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1 SPIKEGRAD_SHORT=1
export SPIKEGRAD="$3" MPLBACKEND=Agg

needs() {
    for module in "$@"; do
        "$python" -c "import $module" 2>/dev/null || {
            echo "no $module for $python: skipped"
            exit 77
        }
    done
}

[ -e "$build/python/spikegrad/_core.abi3.so" ] || {
    echo "the module was not built: skipped"
    exit 77
}
needs numpy
work=$(mktemp -d "$build/python/test-XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work" HOME="$work" MPLCONFIGDIR="$work"

tests() {
    needs pytest
    [ ! -d "$build/tests/device" ] ||
        export SPIKEGRAD_FAKE_CUDA="$build/tests/device"
    cd "$work"
    PYTHONPATH=$build/python "$python" -m pytest -q -p no:cacheprovider \
        -c "$root/python/pyproject.toml" --rootdir "$root/python" \
        --basetemp "$work/pytest" "$root/python/tests"
}

# Each as a notebook that was run, short; and the examples of docs/python.md.
tutorials() {
    needs matplotlib PIL
    export PYTHONPATH="$build/python"
    cd "$work"
    "$python" "$root/tools/notebook" --run "$root"/python/tutorials/*.py .
    for script in "$root"/python/tutorials/*.py; do
        name=$(basename "$script" .py)
        grep -q '"output_type": "stream"' "$name.ipynb"
    done
    grep -q image/png spikes_and_errors.ipynb
    # shellcheck disable=SC2016 # backquotes of the document
    sed -n '/^```python$/,/^```$/p' "$root/docs/python.md" |
        sed "/^\`\`\`/d; s|/tmp/|$work/|" >examples.py
    "$python" examples.py
}

# What it says and what is in it; then as one who installs it.
package() {
    needs setuptools wheel pip venv
    SPIKEGRAD_BUILD=$build "$python" -m pip wheel -q --no-build-isolation \
        --no-deps --no-index -w "$work" "$root/python"
    set -- "$work"/spikegrad-*-cp39-abi3-*.whl
    "$python" -m venv --system-site-packages --without-pip "$work/env"
    "$python" -m pip -q --python "$work/env/bin/python" install --no-index \
        --no-deps "$1"
    cd "$work"
    "$work/env/bin/python" - <<'END'
import os
import subprocess

import spikegrad as sg

folder = os.path.dirname(sg.__file__)
assert folder.startswith(os.getcwd()), folder
loaded = subprocess.run(["ldd", os.path.join(folder, "_core.abi3.so")],
                        check=True, text=True, stdout=subprocess.PIPE).stdout
for line in loaded.splitlines():
    name, _, path = line.strip().partition(" => ")
    if path and not name.startswith(("libc.", "libm.", "libpthread.",
                                     "libgcc_s.", "libdl.", "librt.")):
        assert folder in os.path.realpath(path.split(" (")[0]), line
train, test = sg.load("glyphs:train=300,test=50")
trainer = sg.Trainer(sg.Recipe.load("mnist").replace(net="9-10", epochs=1),
                     train)
trainer.fit(test, progress=False)
print(trainer.network.verify(test, 3))
END
}

"$part"
echo "$part: as they should be"
