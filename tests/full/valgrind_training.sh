#!/bin/sh
# A debug build under valgrind trains a deep network with 8-bit weights,
# standardised, thresholds found on data, through a residual block and a pool:
# no byte is read that nobody wrote, by the tables that valgrind runs.
#
#     valgrind_training.sh SPIKEGRAD
set -eu
command=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
command -v valgrind >/dev/null || exit 77
for isa in ref avx2; do
    SPIKEGRAD_ISA=$isa valgrind --quiet --error-exitcode=99 "$command" train \
        --data glyphs:train=32,test=8 --epochs 1 --batch 16 --threads 1 \
        --net 4C3p1-4C3p1-4C3p1-R2-P2max-10 --weight-bits 8 \
        --standardise on --phi auto:2 --out "$folder/$isa" --quiet \
        >"$folder/log" 2>&1 || {
        echo "valgrind_training: table $isa"
        cat "$folder/log"
        exit 1
    }
done
