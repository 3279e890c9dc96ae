#!/bin/sh
# bench/gpu.sh from start to end, with a processor in the place of a card: that
# it builds, proves bits and leaves its tables when a card is there for once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" --version | grep -q '^device opencl' || {
    echo "skipped: no OpenCL device (Debian: pocl-opencl-icd)"
    exit 77
}
OUT=$folder/out GPU_BUILD=$folder/build GPU_BUDGET=${GPU_BUDGET:-3600} \
    sh "$(dirname "$0")/../../bench/gpu.sh" opencl:0
for net in M odd best; do
    grep -q '^bits same' "$folder/out/ours-$net.txt"
done
grep -q '^spikes same' "$folder/out/ours-M.txt"
grep -q '^| M | [0-9]' "$folder/out/summary.md"
