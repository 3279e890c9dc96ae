#!/bin/sh
# Every recipe for some steps, on the processor and on a device: checkpoints
# must have the same bytes. Batches are smaller than the recipes' and the
# samples just enough for one epoch, so that it ends.
#
#     device.sh SPIKEGRAD...             the first is used
#
#   DEVICE         opencl; cuda, with drivers that are found
#   DEVICE_STEPS   300
#   DEVICE_BATCH   32; of networks for CIFAR-10, DEVICE_LARGE_BATCH, 4
#   DEVICE_RECIPES names of recipes; all of them
#   SPIKEGRAD_DATA with cifar-10-batches-bin; else bytes of any kind
set -eu
run=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
recipes=$(cd "$(dirname "$0")/../../recipes" && pwd)
device=${DEVICE:-opencl}
steps=${DEVICE_STEPS:-300}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir kernels
export SPIKEGRAD_KERNEL_CACHE="$folder/kernels" # compiled once

"$run" --version | grep -q "^device $device" || {
    echo "skipped: no device $device"
    exit 77
}

# array FILE SHAPE: begins a file of NumPy with bytes in that shape.
array() {
    printf '\223NUMPY\001\000v\000%-117s\n' \
        "{'descr': '|u1', 'fortran_order': False, 'shape': $2, }" >"$1"
}

# drawn DIR TRAIN TEST: images of CIFAR's shape, of whatever the command is
# made of.
drawn() {
    mkdir -p "$1"
    for part in train:"$2" test:"$3"; do
        n=${part#*:}
        array "$1/x_${part%%:*}.npy" "($n, 32, 32, 3)"
        while :; do cat "$run"; done 2>/dev/null |
            head -c $((n * 3072)) >>"$1/x_${part%%:*}.npy"
        array "$1/y_${part%%:*}.npy" "($n,)"
        while :; do printf '\0\1\2\3\4\5\6\7\10\11'; done 2>/dev/null |
            head -c "$n" >>"$1/y_${part%%:*}.npy"
    done
}

# colours N: a source with N samples for training.
colours() {
    cifar=${SPIKEGRAD_DATA:-/nowhere}/cifar-10-batches-bin
    if [ -d "$cifar" ]; then
        "$run" data export "cifar10:$cifar" --count "$1" --npy colours \
            >/dev/null 2>&1
    else
        drawn colours "$1" 10
    fi
    echo "npy:$folder/colours,classes=10"
}

for file in "$recipes"/*.ini; do
    name=$(basename "$file" .ini)
    case " ${DEVICE_RECIPES:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    batch=${DEVICE_BATCH:-32}
    case $name in
    cifar10-*) batch=${DEVICE_LARGE_BATCH:-4} ;;
    esac
    samples=$((steps * batch))
    case $name in
    cifar10-*) data=$(colours $samples) ;;
    glyph-events)
        data=glyph-events:train=$samples,test=10,window=300ms,bins=3
        ;;
    nmnist-*) data=glyph-events:train=$samples,test=10 ;;
    *) data=glyphs:train=$samples,test=10 ;;
    esac
    begin=$(date +%s)
    for place in cpu "$device"; do
        rm -rf "$place"
        "$run" train --recipe "$file" --data "$data" --batch "$batch" \
            --epochs 1 --warmup 0.25 --validation 0 --device "$place" \
            --out "$place" --quiet >/dev/null
    done
    cmp "cpu/checkpoint.safetensors" "$device/checkpoint.safetensors" || {
        echo "device: $name: other bits on $device"
        exit 1
    }
    echo "device: $name: $steps steps of $batch on $device: the same bytes," \
        "$(($(date +%s) - begin)) s"
    rm -rf colours
done
