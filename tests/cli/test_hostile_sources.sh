#!/bin/sh
# Data sources that lie or are broken: refused in one line, within a second of
# processor time and 64 MiB.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy, PIL' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "NumPy and PIL are not there (python3-numpy, python3-pil)"
    exit 77
}
for part in libpng libjpeg libarchive; do
    mkdir -p probe/a && : >probe/a/x.png
    printf '\211PNG\r\n\032\n0' >probe/a/x.png
    [ $part != libjpeg ] || printf '\377\330\377' >probe/a/x.png
    source=images:probe
    [ $part != libarchive ] || {
        printf 'PK\5\6%18s' '' >probe.zip
        source=images:probe.zip
    }
    ! "$SPIKEGRAD" data info $source 2>&1 | grep -q "no $part" || {
        echo "a build without $part"
        exit 77
    }
done
mkdir files
"$python" "$here/hostile_sources.py" "$SPIKEGRAD" files ||
    bad "a hostile source is not refused as it should be"
finish
