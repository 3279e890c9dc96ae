#!/bin/sh
# --device: names, what is said where there is none, and the same files as the
# processor's: with OpenCL where that has a device, and with drivers of CUDA
# over kernels in plain C (../device/), which can be old, small and lost.
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
    [ "$(grep -c '^spikegrad' err)" -le 1 ] || {
        echo "$*: expected one line"
        cat err
        exit 1
    }
}

quietly() {
    "$SPIKEGRAD" "$@" --quiet >/dev/null
}

data=glyphs:train=300,test=100
small="--data $data --recipe demo --epochs 1 --batch 32"
fails 2 "expected cpu, cuda" train --data $data --out A --device gpu
[ ! -e A ]
# shellcheck disable=SC2086 # options
quietly train $small --out A --device cpu
cp -r A first
fails 2 "expected cpu, cuda" eval A --device cuda:x
fails 2 "expected cpu, cuda" verify A --device cuda:x

if ! "$SPIKEGRAD" --version | grep -q '^device cuda'; then
    fails 1 "device cuda: " train --data $data --out B --device cuda
    fails 1 "device cuda: " train --from A --data $data --out B --device cuda
    fails 1 "device cuda: " verify A --device cuda
    [ ! -e B ]
    "$SPIKEGRAD" eval A --device auto >/dev/null
fi

# same DEVICE: the same files; then two epochs, the second elsewhere than the
# first; a run from a model; figures and every spike.
same() {
    rm -rf A B C D
    cp -r first A
    # shellcheck disable=SC2086
    quietly train $small --out B --device "$1"
    cmp A/checkpoint.safetensors B/checkpoint.safetensors
    quietly train --from A --data $data --epochs 1 --out C
    quietly train --from A --data $data --epochs 1 --out D --device "$1"
    cmp C/checkpoint.safetensors D/checkpoint.safetensors
    quietly train --resume A --epochs 2 --device "$1"
    quietly train --resume B --epochs 2
    cmp A/checkpoint.safetensors B/checkpoint.safetensors
    "$SPIKEGRAD" eval A --json --data $data --flip >near
    "$SPIKEGRAD" eval A --json --data $data --flip --device "$1" >far
    cmp near far
    "$SPIKEGRAD" verify A --samples 5 --quiet --device "$1" | grep -q equal
}

if [ -n "${SPIKEGRAD_FAKE_CUDA:-}" ]; then
    unset SPIKEGRAD_NVRTC SPIKEGRAD_KERNEL_CACHE
    LD_LIBRARY_PATH=$SPIKEGRAD_FAKE_CUDA
    export LD_LIBRARY_PATH
    "$SPIKEGRAD" --version | grep -q '^device cuda:0: no card 0, 1024.0 GiB'
    export FAKE_CUDA_LAUNCHES="$folder/launches"
    same cuda
    # shellcheck disable=SC2086
    quietly train $small --out tapes --device cuda
    grep -q '^played [1-9]' launches
    unset FAKE_CUDA_LAUNCHES
    "$SPIKEGRAD" eval A --json --data $data --flip --device auto >first_card
    cmp near first_card

    # no driver that will do
    export FAKE_CUDA_VERSION=10020
    fails 1 "the driver is one of CUDA 10.2, expected 11.0 or later" \
        train --data $data --out E --device cuda
    unset FAKE_CUDA_VERSION
    export FAKE_CUDA_DEVICES=0
    fails 1 "finds no device" train --data $data --out E --device cuda
    unset FAKE_CUDA_DEVICES
    fails 1 "expected a number below 1" eval A --device cuda:1
    export FAKE_CUDA_ARCH=61 # before all that the compiler knows
    fails 1 "too late for architecture 6.1" eval A --device cuda
    export FAKE_CUDA_ARCH=52
    fails 1 "of architecture 5.2, expected 6.0" eval A --device cuda
    unset FAKE_CUDA_ARCH
    export FAKE_NVRTC_FAILS=1
    fails 1 "its compiler refuses the kernels: spikegrad.cu(1): error" \
        eval A --device cuda
    unset FAKE_NVRTC_FAILS

    # a card that its compiler does not know yet; one between two that it does
    for architecture in 120 89; do
        FAKE_CUDA_ARCH=$architecture "$SPIKEGRAD" eval A --json --data $data \
            --flip --device cuda >far
        cmp near far
    done

    # kernels that were kept are not compiled; others, and half of them, are
    mkdir kept
    export SPIKEGRAD_KERNEL_CACHE="$folder/kept"
    "$SPIKEGRAD" eval A --json --data $data --flip --device cuda >far
    cmp near far
    [ "$(ls kept)" = spikegrad-sm_90.kernels ]
    export FAKE_NVRTC_FAILS=1
    "$SPIKEGRAD" eval A --json --data $data --flip --device cuda >far
    cmp near far
    export FAKE_NVRTC_VERSION=14
    fails 1 "its compiler refuses the kernels" eval A --device cuda
    unset FAKE_NVRTC_VERSION
    cp kept/spikegrad-sm_90.kernels whole
    for bytes in 0 20 5000 $(($(wc -c <whole) - 1)); do
        head -c "$bytes" whole >kept/spikegrad-sm_90.kernels
        fails 1 "its compiler refuses the kernels" eval A --device cuda
    done
    sed '2s/.$/!/' whole >kept/spikegrad-sm_90.kernels
    fails 1 "its compiler refuses the kernels" eval A --device cuda
    unset FAKE_NVRTC_FAILS
    "$SPIKEGRAD" eval A --json --data $data --flip --device cuda >far
    cmp near far
    cmp kept/spikegrad-sm_90.kernels whole
    # no folder: nothing is kept, nothing is lost
    SPIKEGRAD_KERNEL_CACHE=$folder/none
    "$SPIKEGRAD" eval A --json --data $data --flip --device cuda >far
    cmp near far
    [ ! -e none ]
    unset SPIKEGRAD_KERNEL_CACHE

    # memory for no batch of 128, but for some
    export FAKE_CUDA_ROOM=6000000
    fails 1 "a batch of 128 needs .* MiB are free; one of .* fits" \
        train --data $data --recipe demo --out E --device cuda
    [ ! -e E ]
    fits=$(sed 's/.* one of \([0-9]*\) fits.*/\1/' err)
    quietly train --data $data --recipe demo --epochs 1 --out E \
        --batch "$fits" --device cuda
    quietly train --data $data --recipe demo --epochs 1 --out F \
        --batch "$fits"
    cmp E/checkpoint.safetensors F/checkpoint.safetensors
    export FAKE_CUDA_ROOM=1500000 # for some images at a time
    "$SPIKEGRAD" eval A --json --data $data --flip --device cuda >far
    cmp near far
    export FAKE_CUDA_ROOM=1000
    fails 1 "MiB are free" eval A --device cuda
    unset FAKE_CUDA_ROOM

    # layers beside what the device reaches
    export FAKE_CUDA_ROOM=64000000
    # shellcheck disable=SC2086
    "$SPIKEGRAD" bench --data $data --recipe demo --batch 8 --warm 1 \
        --rounds 1 --seconds 0.02 --layers --device cuda >table
    grep -q 'device cuda;' table
    grep -q '^cuda at best: [0-9]* GOPS of int8' table
    grep -q 'propagate' table
    unset FAKE_CUDA_ROOM

    # lost in the second epoch: the run is as after the first, and goes on
    rm -rf A G H
    # shellcheck disable=SC2086
    quietly train $small --epochs 3 --out G
    cp -r first H
    export FAKE_CUDA_LOST=700
    fails 1 "the CUDA device failed at .*CUDA_ERROR_LAUNCH_FAILED" \
        train --resume H --epochs 3 --quiet --device cuda
    unset FAKE_CUDA_LOST
    "$SPIKEGRAD" info H | grep -q 'epoch'
    quietly train --resume H
    quietly train --resume first --epochs 3
    cmp H/checkpoint.safetensors first/checkpoint.safetensors
    unset LD_LIBRARY_PATH
    rm -rf first A
    # shellcheck disable=SC2086
    quietly train $small --out first
    cp -r first A
fi

if ! "$SPIKEGRAD" --version | grep -q '^device opencl'; then
    fails 1 "device opencl: " train --data $data --out Z --device opencl
    [ -n "${SPIKEGRAD_FAKE_CUDA:-}" ] || {
        echo "skipped: no OpenCL device (Debian: pocl-opencl-icd)"
        exit 77
    }
    exit 0
fi
fails 1 "device opencl:999: " eval A --device opencl:999
same opencl
