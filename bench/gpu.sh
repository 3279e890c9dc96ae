#!/bin/sh
# gpu.sh [DEVICE]: all that is to be known of a card, in one call of under six
# minutes: builds, proves the bits, measures against PyTorch on the same card,
# profiles. DEVICE is cuda:0 if it is not given; opencl:0 stands in where there
# is no card. Tables go to the folder $OUT (build/gpu).
#
# It needs a C compiler, and CMake with Ninja or neither; of libraries none:
# what needs one is left out. GPU_BUDGET (330) is the time, in seconds, that it
# may take; what comes too late is left out and said.
set -u
cd "$(dirname "$0")/.." || exit 1
device=${1:-cuda:0}
OUT=${OUT:-$PWD/build/gpu}
budget=${GPU_BUDGET:-330}
begin=$(date +%s)
work=${GPU_BUILD:-$PWD/build/gpu-build}
mkdir -p "$OUT" "$work" || exit 1
: >"$OUT/log.txt"

left() {
    echo $((budget - $(date +%s) + begin))
}

say() {
    printf '%s s: %s\n' "$(($(date +%s) - begin))" "$*" | tee -a "$OUT/log.txt"
}

# try SECONDS NAME COMMAND...: its output to $OUT/NAME.txt, within the time.
try() {
    limit=$1 name=$2
    shift 2
    remains=$(left)
    if [ "$remains" -lt 8 ]; then
        say "$name: left out, no time"
        return 1
    fi
    [ "$limit" -le "$remains" ] || limit=$remains
    timeout "$limit" "$@" >"$OUT/$name.txt" 2>&1
    code=$?
    case $code in
    0) say "$name: done" ;;
    77) say "$name: $(tail -n 1 "$OUT/$name.txt")" ;;
    124) say "$name: stopped after $limit s" ;;
    *) say "$name: exit code $code: $(tail -n 1 "$OUT/$name.txt")" ;;
    esac
    return $code
}

# ---- the machine ------------------------------------------------------------
{
    uname -a
    nproc
    nvidia-smi 2>&1 || echo "no nvidia-smi"
    nvcc --version 2>&1 || echo "no nvcc"
} >"$OUT/machine.txt" 2>&1

# ---- the program: bench_device from the library's sources --------------------
# By hand, so that neither CMake nor a library is needed. Kernels of the
# processor for what it runs here: gcc and clang know the flags.
# A file and its flags, as one argument, by the shells that xargs starts.
# shellcheck disable=SC2016
compile_one='
file=${1%% *}
more=${1#"$file"}
object=$work/$(echo "$file" | tr / _).o
exec $cc $flags $more -c "$file" -o "$object"
'

build() {
    cc=${CC:-cc}
    flags="-std=c11 -O3 -DNDEBUG -D_POSIX_C_SOURCE=200809L -ffp-contract=off
        -Isrc -Iinclude -Ibench -DSG_HAVE_DEVICES=1"
    echo '#include <Random123/philox.h>' | $cc -E -x c - >/dev/null 2>&1 ||
        flags="$flags -DSG_OWN_PHILOX=1"
    isa=
    case $(uname -m) in
    x86_64)
        isa="avx2:-mavx2 avxvnni:-mavx2,-mavxvnni
            avx512:-mavx512f,-mavx512bw,-mavx512vl,-mavx512vnni"
        flags="$flags -DSG_HAVE_AVX2=1 -DSG_HAVE_AVXVNNI=1 -DSG_HAVE_AVX512=1"
        ;;
    aarch64)
        isa="neon: neondot:-march=armv8.2-a+dotprod"
        flags="$flags -DSG_HAVE_NEON=1 -DSG_HAVE_NEONDOT=1"
        ;;
    esac
    rm -f "$work"/*.o
    tools/embed_kernels src "$work/device_source.c" || return 1
    {
        for room in base core kernels kernels/ref machine layers data augment \
            network io optimiser ann event engine device learn proof; do
            for file in src/"$room"/*.c; do
                [ -e "$file" ] && echo "$file"
            done
        done
        echo "$work/device_source.c"
        echo bench/measure.c
        echo bench/bench_device.c
        for entry in $isa; do
            for file in src/kernels/"${entry%%:*}"/*.c; do
                echo "$file $(echo "${entry#*:}" | tr ',' ' ')"
            done
        done
    } >"$work/files"
    export cc flags work
    tr '\n' '\0' <"$work/files" |
        xargs -0 -P "$(nproc)" -n 1 sh -c "$compile_one" sh || return 1
    $cc -o "$work/bench_device" "$work"/*.o -lpthread -lm -ldl
}

say "building $work/bench_device"
if ! build >"$OUT/build.txt" 2>&1; then
    say "the build failed: $(tail -n 1 "$OUT/build.txt")"
    exit 1
fi
say "built"
run=$work/bench_device

# ---- the bits: a few steps of every network, all arrays compared ---------------
# A card takes no time for this; the processor does.
case $device in
cuda*) try 40 bits-M "$run" "$device" M 0 512 30
    try 60 bits-S "$run" "$device" S 0 64 12
    try 90 bits-best "$run" "$device" best 0 64 4
    try 60 bits-C "$run" "$device" C 0 64 2
    seconds=5 large=256 m=512 ;;
*) try 60 bits-M "$run" "$device" M 0 64 3
    try 60 bits-S "$run" "$device" 8C3p1-P2max-16C3p1-10 0 16 3
    seconds=1 large=8 m=64 ;;
esac

# ---- speed, against PyTorch on the same card -----------------------------------
for net in M C best; do
    batch=$large
    [ $net = M ] && batch=$m
    case $device in
    cuda*) ;;
    *) [ $net = M ] || continue ;;
    esac
    try 40 "speed-$net" "$run" "$device" $net $seconds $batch 0
    try 60 "pytorch-$net" python3 bench/device_pytorch.py $net $batch $seconds
done

# ---- one table -------------------------------------------------------------------
value() { # FILE KEY
    sed -n "s/^[^ ]* $2 //p" "$OUT/$1.txt" 2>/dev/null | head -n 1
}
{
    echo "# $device, $(date -u +%Y-%m-%dT%H:%MZ)"
    echo
    grep -h '^bits\|^different' "$OUT"/bits-*.txt 2>/dev/null
    echo
    echo "| network | ours, samples/s | PyTorch bf16, samples/s | ratio |"
    echo "|---|---|---|---|"
    for net in M C best; do
        ours=$(value "speed-$net" train_samples_per_second)
        theirs=$(value "pytorch-$net" train_samples_per_second)
        ratio=$(awk -v a="${ours:-0}" -v b="${theirs:-0}" \
            'BEGIN { if (a > 0 && b > 0) printf "%.2f", a / b }')
        echo "| $net | ${ours:--} | ${theirs:--} | ${ratio:--} |"
    done
    echo
    echo "Phases of a step (ms, GOPS of int8 as if dense, GB/s at least):"
    for net in M C best; do
        [ -e "$OUT/speed-$net.txt" ] || continue
        echo
        echo "## $net"
        echo
        sed -n 's/^[^ ]* profile /    /p' "$OUT/speed-$net.txt"
    done
} >"$OUT/summary.md"
cat "$OUT/summary.md"

# ---- what the profiler of CUDA sees, if it is there -----------------------------
if command -v nsys >/dev/null 2>&1; then
    try 40 nsys nsys profile --stats=true -o "$work/nsys" -f true \
        "$run" "$device" C 0.5 $large 0
fi
say "done; tables are in $OUT"
grep -q '^bits same' "$OUT"/bits-*.txt && ! grep -q DIFFERENT "$OUT"/bits-*.txt
