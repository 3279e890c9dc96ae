#!/bin/sh
# run.sh COMMAND SET: compare.py with the first Python that has numpy.
set -eu
here=$(dirname "$0")
export PYTHONDONTWRITEBYTECODE=1
for python in python3 /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
        exec "$python" "$here/compare.py" "$@"
    fi
done
echo "skipped: the engine in tests/document needs Python and numpy" \
    "(python3-numpy)"
exit 77
