#!/bin/sh
# One training run, many ways: the commands given as arguments (release,
# debug, clang builds), 1, 2 and 3 threads, each kernel table that this
# machine can run. Every checkpoint must have the same bytes.
#
#     same_bits.sh SPIKEGRAD...
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
expected=
runs=0

# train COMMAND THREADS ISA RECIPE-OPTION...
train() {
    command=$1 threads=$2 isa=$3
    shift 3
    rm -rf "$folder/run"
    SPIKEGRAD_ISA=$isa "$command" train --quiet --threads "$threads" \
        --data glyphs:train=700,test=100 --net 8C5-P2-12C3p1-P2max-40-10 \
        --epochs 2 --batch 32 --out "$folder/run" "$@" >/dev/null
    sum=$(sha256sum <"$folder/run/checkpoint.safetensors")
    runs=$((runs + 1))
    [ -n "$expected" ] || expected=$sum
    [ "$sum" = "$expected" ] || {
        echo "same_bits: $command with $threads threads on $isa: other bits"
        exit 1
    }
}

# tables_of COMMAND: "kernels: BEST (of ref, avx2, ...)" is what it says.
tables_of() {
    tables=$("$1" --version | sed -n 's/^kernels: .* (of \(.*\))$/\1/p' |
        tr -d ,)
    [ -n "$tables" ] || {
        echo "same_bits: $1 --version names no kernel tables"
        exit 1
    }
}

# one_recipe RECIPE-OPTION...: all ways for one set of options.
one_recipe() {
    expected=
    for command in $commands; do
        tables_of "$command"
        for threads in 1 2 3; do
            for isa in $tables; do
                train "$command" "$threads" "$isa" "$@"
            done
        done
    done
}

commands=$*
one_recipe --weight-bits 16
one_recipe --weight-bits 8 --loss squared --dither on --rounding stochastic
echo "same_bits: $runs runs, equal checkpoints; tables: $tables"
