#!/bin/sh
# Recipes on the processor and on drivers of CUDA over kernels in plain C
# (../device/): a few steps of each; in check-full more, see ../full/device.sh.
set -eu
[ -n "${SPIKEGRAD_FAKE_CUDA:-}" ] || {
    echo "skipped: this build knows no devices"
    exit 77
}
unset SPIKEGRAD_NVRTC SPIKEGRAD_KERNEL_CACHE SPIKEGRAD_DATA
LD_LIBRARY_PATH=$SPIKEGRAD_FAKE_CUDA
DEVICE=cuda
DEVICE_LARGE_BATCH=1
export LD_LIBRARY_PATH DEVICE DEVICE_LARGE_BATCH
script=$(dirname "$0")/../full/device.sh

DEVICE_RECIPES=demo DEVICE_STEPS=60 DEVICE_BATCH=4 sh "$script" "$SPIKEGRAD"
DEVICE_RECIPES="mnist mnist-best mnist-int8 mnist-paper mnist-sparse"
DEVICE_RECIPES="$DEVICE_RECIPES glyph-events nmnist-small cifar10-study"
export DEVICE_RECIPES
DEVICE_STEPS=5 DEVICE_BATCH=3 sh "$script" "$SPIKEGRAD"
