#!/bin/sh
# --device: names, what is said where there is none, and, where OpenCL has a
# device, the same files as the processor's, resumed from one to the other.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fails() { # CODE TEXT ARG...
    code=$1 text=$2
    shift 2
    got=0
    "$SPIKEGRAD" "$@" >out 2>err || got=$?
    [ "$got" = "$code" ] || {
        echo "$*: exit $got, expected $code"
        cat err
        exit 1
    }
    grep -q -- "$text" err || {
        echo "$*: expected '$text'"
        cat err
        exit 1
    }
}

data=glyphs:train=300,test=100
fails 2 "expected cpu, cuda" train --data $data --out A --device gpu
[ ! -e A ]
"$SPIKEGRAD" train --data $data --recipe demo --epochs 1 --batch 32 --out A \
    --quiet --device cpu >/dev/null
fails 2 "expected cpu, cuda" eval A --device cuda:x

if ! "$SPIKEGRAD" --version | grep -q '^device cuda'; then
    fails 1 "device cuda: " train --data $data --out B --device cuda
    [ ! -e B ]
    "$SPIKEGRAD" eval A --device auto >/dev/null
fi
if ! "$SPIKEGRAD" --version | grep -q '^device opencl'; then
    fails 1 "device opencl: " train --data $data --out B --device opencl
    echo "skipped: no OpenCL device (Debian: pocl-opencl-icd)"
    exit 77
fi
fails 1 "device opencl:999: " eval A --device opencl:999

# The same file; then two epochs, the second elsewhere than the first.
"$SPIKEGRAD" train --data $data --recipe demo --epochs 1 --batch 32 --out B \
    --quiet --device opencl >/dev/null
cmp A/checkpoint.safetensors B/checkpoint.safetensors
"$SPIKEGRAD" train --resume A --epochs 2 --quiet --device opencl >/dev/null
"$SPIKEGRAD" train --resume B --epochs 2 --quiet >/dev/null
cmp A/checkpoint.safetensors B/checkpoint.safetensors
"$SPIKEGRAD" eval A --json --data $data --flip >near
"$SPIKEGRAD" eval A --json --data $data --flip --device opencl >far
cmp near far
