#!/bin/sh
# Programs for microcontrollers: the whole grid of networks under sanitizers,
# and QEMU's boards (Cortex-M0, M3, M4, M33, RV32) with a thousand images and
# three thousand steps of learning, all that is learned compared after each.
#
#     export.sh SPIKEGRAD...          the first is used
# INFER and LEARN: other numbers of images and steps; GRID=0: without the grid.
set -eu
SPIKEGRAD=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export SPIKEGRAD
: "${INFER:=1000}" "${LEARN:=3000}"
here=$(cd "$(dirname "$0")" && pwd)
: "${GRID:=1}"
[ "$GRID" = 0 ] || ALL=1 SANITIZE=1 sh "$here/../cli/test_export.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# boards NAME TRAINING... -- EXPORT...: a model on the boards that are named.
boards() {
    name=$1 targets=$2 net=$3 cap=$4
    shift 4
    "$SPIKEGRAD" train --data glyphs:train=3000,test=1000 --out "$name" \
        --quiet --net "$net" --weight-bits 8 --epochs 1 --count-cap "$cap" \
        >/dev/null
    "$SPIKEGRAD" export "$name" --c "$name.i" --samples "$INFER" --quiet
    "$SPIKEGRAD" export "$name" --c "$name.l" --learn --samples "$LEARN" \
        --lr 0.01 --master-bits 16 --rate shift --quiet "$@"
    for target in $targets; do
        echo "$net on $target"
        make -s -C "$name.i" "long-$target"
        make -s -C "$name.l" "long-$target" EXTRA=-DNO_SAVE
    done
}
boards larger 'm3 m4 m33 rv32' 6C5-P2-8C3-P2max-16-10 15
# the micro:bit has 16 KiB of RAM and 256 of flash
boards small 'm0 m4' 6C5-P2-12C5-P2-10 7 --ram 14800
