#!/bin/sh
# Runs every benchmark and puts what they print into the tables of
# docs/performance.md: run.sh BUILD ROUNDS. Called by `./dev bench`.
#
# A comparison whose other side is not installed, or whose data are missing, is
# left out with a message, and its table stays as it was.
set -eu
build=$1
rounds=$2
out=$build/bench/tables
spikegrad=$build/spikegrad
net_m=15C5-P2-40C5-P2-300-10
net_c=128C3p1-256C3p1-P2max-512C3p1-P2max-1024C3p1-512C3p1-1024-512-10
data_m=${SPIKEGRAD_DATA:-}/mnist
data_c=${SPIKEGRAD_DATA:-}/cifar-10-batches-bin
model_c=$build/bench/model-c

say() {
    printf 'bench: %s\n' "$*" >&2
}

# table NAME COMMAND...: keeps what the command prints, if it succeeds.
table() {
    name=$1
    shift
    say "$name: $*"
    status=0
    "$@" >"$out/$name.new" || status=$?
    cat "$out/$name.new"
    case $status in
    0) mv "$out/$name.new" "$out/$name.txt" ;;
    77) rm "$out/$name.new" ;; # the other side is not there
    *)
        say "$name FAILED"
        exit 1
        ;;
    esac
}

# program_table NAME: a program of the same name in the build.
program_table() {
    if [ -x "$build/bench/$1" ]; then
        table "$1" "$build/bench/$1" "$rounds"
    else
        say "$1 is not built: what it compares with is missing"
    fi
}

# C has to have learned something, or its densities are those of noise: it
# trains for two minutes.
learn_c() {
    [ ! -f "$model_c/checkpoint.safetensors" ] || return 0
    say "training C for two minutes"
    status=0
    timeout -s INT 120 "$spikegrad" train --quiet --net "$net_c" \
        --data "cifar10:$data_c" --batch 64 --weight-bits 8 --count-cap 15 \
        --spread 1 --lr 0.03 --epochs 10 --augment crop:4+flip \
        --out "$model_c" >"$out/learn_c.log" 2>&1 || status=$?
    case $status in
    0 | 124 | 130) ;;
    *)
        cat "$out/learn_c.log" >&2
        exit 1
        ;;
    esac
}

mkdir -p "$out"
program_table bench_engines
program_table bench_threads
program_table bench_latency
program_table against_onednn
if [ -e "$build/python/spikegrad/_core.abi3.so" ]; then
    PYTHONPATH=$build/python table python_package /usr/bin/python3 \
        bench/python_package.py "$build" "$rounds"
else
    say "the Python module is not built: nothing on it"
fi
if [ -d "$data_m" ]; then
    table pytorch-m /usr/bin/python3 bench/against_pytorch.py \
        --net "$net_m" --data "mnist:$data_m" --rounds "$rounds" \
        --spikegrad "$spikegrad" --spiking 8 -- --weight-bits 8 --warm 469
    table layers-m "$spikegrad" bench --net "$net_m" --data "mnist:$data_m" \
        --weight-bits 8 --warm 469 --rounds "$rounds" --layers
else
    say "no mnist in SPIKEGRAD_DATA: nothing on M"
fi
if [ -d "$data_c" ]; then
    learn_c
    table pytorch-c /usr/bin/python3 bench/against_pytorch.py \
        --net "$net_c" --data "cifar10:$data_c" --rounds "$rounds" \
        --seconds 4 --batch 32,64 --our-batch 64 \
        --spikegrad "$spikegrad" --from "$model_c"
    table layers-c "$spikegrad" bench --from "$model_c" \
        --rounds "$rounds" --seconds 4 --layers
else
    say "no cifar-10-batches-bin in SPIKEGRAD_DATA: nothing on C"
fi
tools/fill_tables docs/performance.md "$out"
