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
export PYTHONUNBUFFERED=1 # what is said stays, if it is stopped
mkdir -p "$OUT" "$work/kernels" || exit 1
export SPIKEGRAD_KERNEL_CACHE="$work/kernels" # compiled once
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
        for room in src/*/ src/kernels/ref/ src/data/*/; do
            case $room in # what the command or a file of its own needs
            src/cli/ | src/report/ | src/nir/ | src/mpi/ | src/export/ | src/proof/)
                continue
                ;;
            esac
            for file in "$room"*.c; do
                [ -e "$file" ] && echo "$file"
            done
        done
        echo src/proof/verify.c
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

# ---- what it reaches, bits, speed -------------------------------------------
# One call a network: its bits against
# the processor's, a few spikes one by one, then samples a second and phases. A
# card takes no time for the bits; the processor does.
#     LIMIT NET SECONDS BATCH STEPS SAMPLES
one() {
    try "$1" "ours-$2" "$run" "$device" "$2" "$3" "$4" "$5" "$6"
}

try 40 roof "$run" "$device" roof
case $device in
cuda*)
    one 60 M 4 512 30 8
    try 90 pytorch-M python3 bench/device_pytorch.py M 512 8
    one 60 odd 1 64 12 4
    one 70 C 4 256 2 0
    try 90 pytorch-C python3 bench/device_pytorch.py C 256 4
    one 70 best 4 256 2 1
    try 90 pytorch-best python3 bench/device_pytorch.py best 256 4
    one 30 S 1 64 6 0
    try 20 batch-64 "$run" "$device" best 2 64 0
    ;;
*) # a processor in the place of a card
    one 90 M 1 64 3 2
    one 60 odd 1 16 3 1
    one 120 best 1 2 1 0
    try 20 pytorch-M python3 bench/device_pytorch.py M 64 1
    ;;
esac

# ---- one table -------------------------------------------------------------------
value() { # FILE KEY
    sed -n "s/^[^ ]* $2 //p" "$OUT/$1.txt" 2>/dev/null | tail -n 1
}

# The products of all layers, of a phase, as a share of the roof.
share() { # NET PHASE
    awk -v roof="$(value roof roof_gops)" -v phase="$2" '
        $2 == "profile" && $4 == phase && $6 > 0 {
            ms += $5
            ops += $5 * $6
        }
        END {
            if (ms > 0 && roof > 0)
                printf "%.1f %%", 100 * ops / ms / roof
            else
                printf "-"
        }' "$OUT/ours-$1.txt"
}

{
    echo "# $device, $(date -u +%Y-%m-%dT%H:%MZ)"
    echo
    echo "At best: $(value roof roof_gops) GOPS of int8, \
$(value roof roof_gigabytes_per_second) GB/s"
    echo
    grep '^bits\|^different\|^spikes' "$OUT"/ours-*.txt 2>/dev/null |
        sed "s|^$OUT/ours-||; s|\.txt:|: |"
    echo
    echo "| network | ours, samples/s | PyTorch bf16, samples/s | ratio |" \
        "roof: forward | propagate | gradient |"
    echo "|---|---|---|---|---|---|---|"
    for net in M C best; do
        [ -e "$OUT/ours-$net.txt" ] || continue
        ours=$(value "ours-$net" train_samples_per_second)
        theirs=$(value "pytorch-$net" train_samples_per_second)
        ratio=$(awk -v a="${ours:-0}" -v b="${theirs:-0}" \
            'BEGIN { if (a > 0 && b > 0) printf "%.2f", a / b }')
        echo "| $net | ${ours:--} | ${theirs:--} | ${ratio:--} |" \
            "$(share $net forward) | $(share $net propagate) |" \
            "$(share $net gradient) |"
    done
    ms=$(value batch-64 step_ms)
    [ -z "$ms" ] || awk -v ms="$ms" 'BEGIN {
        printf "\ncifar10-best: %s ms a step of 64, so %.1f minutes for the" \
            " 54 epochs of 750 steps, without their tests\n", ms,
            ms * 750 * 54 / 60000
    }'
    echo
    echo "Phases of a step, each waiting for the one before (ms, GOPS of int8"
    echo "as if dense, GB/s at least):"
    for net in M C best odd; do
        [ -e "$OUT/ours-$net.txt" ] || continue
        echo
        echo "## $net"
        echo
        sed -n 's/^[^ ]* profile /    /p' "$OUT/ours-$net.txt"
    done
} >"$OUT/summary.md"
cat "$OUT/summary.md"

# ---- what the profiler of CUDA sees, if it is there -----------------------------
if command -v nsys >/dev/null 2>&1; then
    try 40 nsys nsys profile --stats=true -o "$work/nsys" -f true \
        "$run" "$device" C 0.5 256 0
fi
say "done; tables are in $OUT"
grep -q '^bits same' "$OUT"/ours-*.txt && ! grep -q DIFFERENT "$OUT"/ours-*.txt
