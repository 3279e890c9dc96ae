#!/bin/sh
# Programs for microcontrollers: the whole grid of networks, and QEMU's boards
# (Cortex-M0, M3, M4, M33, RV32) with a thousand images and three thousand
# steps of learning.
#
#     export.sh SPIKEGRAD...          the first is used
set -eu
SPIKEGRAD=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export SPIKEGRAD
here=$(cd "$(dirname "$0")" && pwd)
ALL=1 sh "$here/../cli/test_export.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$SPIKEGRAD" train --data glyphs:train=3000,test=1000 --out model --quiet \
    --net 6C5-P2-8C3-P2max-16-10 --weight-bits 8 --epochs 1 >/dev/null
"$SPIKEGRAD" export model --c infer --samples 1000
"$SPIKEGRAD" export model --c learn --learn --samples 3000 --lr 0.01 \
    --master-bits 16 --rate shift
for board in m3 m4 m33 rv32; do
    make -s -C infer run-$board
    make -s -C learn run-$board
done
# the micro:bit has 16 KiB of RAM and 256 of flash
"$SPIKEGRAD" train --data glyphs:train=3000,test=1000 --out small --quiet \
    --net 6C5-P2-12C5-P2-10 --weight-bits 8 --epochs 1 --count-cap 7 >/dev/null
"$SPIKEGRAD" export small --c microbit --learn --samples 200 --lr 0.01 \
    --master-bits 16 --rate shift --ram 15000
make -s -C microbit run-m0 EXTRA=-DNO_SAVE
