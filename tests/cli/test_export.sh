#!/bin/sh
# Programs for microcontrollers: each network of a grid is exported, compiled
# and run on this machine, where every hash has to be that of the engine; what a
# device does not do is refused in one line. QEMU's boards, the cores in Verilog.
# With ALL=1 all of the grid; with SANITIZE=1 programs run under sanitizers.
. "$(dirname "$0")/common.sh"
if ! command -v make >/dev/null || ! command -v cc >/dev/null; then
    echo "skipped: no make, or no cc"
    exit 77
fi
: "${ALL:=}" "${SANITIZE:=}"
sanitizers=
[ ! "$SANITIZE" ] ||
    sanitizers='-g -fsanitize=address,undefined -fno-sanitize-recover=all'

# equal DIR TARGET...: its self-test says that all samples are equal.
equal() {
    folder=$1
    shift
    for target; do
        flags=-Werror
        [ "$target" != host-test ] || flags="$flags $sanitizers"
        expect 0 make -s -C "$folder" "$target" EXTRA="$flags"
        cat err >>out # where QEMU writes
        says out ' samples equal, '
    done
}

number=0
# grid NET OPTIONS...: trained for an epoch, exported for inference, to learn,
# with rates of shifts and layers frozen, and with all that draws numbers.
grid() {
    net=$1
    shift
    number=$((number + 1))
    [ "$ALL" ] || [ $((number % 5)) = 1 ] || return 0
    case "$*" in
    *standardise*) ;;
    *) set -- "$@" --standardise off ;;
    esac
    expect 0 "$SPIKEGRAD" train --data glyphs:train=60,test=20 --net "$net" \
        --epochs 1 --batch 12 --augment none --out "g$number" --quiet "$@"
    expect 0 "$SPIKEGRAD" export "g$number" --c "i$number" --samples 8 --quiet
    equal "i$number" host-test
    set -- "$SPIKEGRAD" export "g$number" --learn --samples 12 --lr 0.05 --quiet
    expect 0 "$@" --c "l$number"
    equal "l$number" host-test
    expect 0 "$@" --c "s$number" --rate shift --freeze "${frozen:-none}"
    equal "s$number" host-test
    expect 0 "$@" --c "d$number" --dither on --rounding stochastic
    equal "d$number" host-test
}

grid 6C5-P2-10
grid 5C3s2p1-P2max-7C3p1-12-10 --weight-bits 8 --count-cap 15
grid 20-10
grid 4C5s2-6C3-10 --loss squared --fire floor
grid 4C5p2-P2-5C3-P2max-9-10 --weight-bits 8 --input onoff
grid 3C4s3p2-P2-8-8-10 --phi auto:1
grid 4C3x5s2-P1x2-5C1x3p0x1-10
grid P2max-4C3-P2-10 --smoothing 0.1
frozen=0
grid 6C5-P2-9C3-P2-16-10 --weight-bits 8 --count-cap 7
frozen=hidden
grid 4C5s2-P2-10 --alpha 32 --input-levels 3
frozen=
grid 4C5s2-P2avg-6C3-10
grid 6C5s2-Pavg-10 --phi 2
grid 3C5-P2-P2max-10
grid 4C5s4-4C3p1-R1-10
frozen=0
grid 4C5s4-6C3s2p1-6C3p1-R2C1s2-P2-10 --weight-bits 8 --count-cap 15
frozen=
grid '(3C5s4-3C3p1-R1)x1-Pmax-10' --input counts
grid 4C5s2-D2-12-10
grid D2-4C5s2-P2-D4-10 --weight-bits 8
grid 4C5s2-6C3-P2-10 --standardise on
grid 4C5s2-P2avg-5C3-10 --standardise on --phi auto:1 --input onoff
frozen=0
grid 4C5s2-P2-12-10 --dither on --smoothing 0.2 --standardise on
grid 4C5s2-P2-9-10 --margin 0.3 --class-weights 3,1,2,1,1,1,1,1,1/3,1
grid 6-10 --margin 0.5 --loss squared --dither on
grid 4C5s2-P2-9-10 --margin 0.1 --balance drawn --alpha 16 --smoothing 0.1
grid 4C5s2-P2max-10 --balance on --weight-bits 8 --class-weights 3,1,2,1,1,1,1,1,1/3,1
frozen=
grid 4C5s3-10 --momentum 0.5 --weight-decay 0.001 --rounding stochastic
grid 8C7s4p3-6C1-P-4C3p1-10 --weight-bits 8 --count-cap 5
grid 4C5s2-D2-4C3p1-4C3p1-R1-P2avg-8-10 --count-cap 15 --standardise on

# errors in the last layer alone, with what draws numbers: a dropout on the
# input, and what is kept of the charges of others
tiny_net() {
    expect 0 "$SPIKEGRAD" train --data glyphs:train=30,test=10 --net "$1" \
        --epochs 1 --out top --quiet
    shift
    expect 0 "$SPIKEGRAD" export top --learn --samples 3 --quiet --c top.l "$@"
    equal top.l host-test
    rm -rf top top.l
}
tiny_net D2-10
tiny_net D2-P2-10 --dither on
tiny_net 4C5s4-D2-10 --freeze hidden --dither on --rounding stochastic
tiny_net 10 --dither on --balance drawn

# the device's state is that of the twin, and comes back as a checkpoint
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --weight-bits 8 --out model --quiet
device="--batch 1 --momentum 0 --schedule constant --warmup 0 --augment none
    --master-bits 16 --rate shift --lr 0.03 --epochs 1 --validation 0"
short=glyphs:train=40,test=20
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train --from model --data $short --out twin $device
expect 0 "$SPIKEGRAD" export model --data $short --learn --samples 40 --c unit \
    --master-bits 16 --rate shift --lr 0.03
equal unit host-test
expect 0 "$SPIKEGRAD" import-state unit/twin.safetensors unit/state.bin \
    --out unit.safetensors
expect 0 "$SPIKEGRAD" verify unit.safetensors --data $short --samples 3
expect 0 "$SPIKEGRAD" eval unit.safetensors --data $short --json
cp out unit.json
expect 0 "$SPIKEGRAD" eval twin --data $short --json
same_field() {
    [ "$(grep -o "\"$1\":[^,}]*" unit.json | head -1)" = \
        "$(grep -o "\"$1\":[^,}]*" out | head -1)" ] || bad "another $1"
}
same_field accuracy
same_field loss
# the same bytes again, with no path in them
expect 0 "$SPIKEGRAD" export model --data $short --learn --samples 40 \
    --c again --master-bits 16 --rate shift --lr 0.03
rm -f unit/state.bin unit/host.elf
expect 0 diff -r unit again
# what is no state of that unit
cp unit/twin.safetensors twin.st
head -c 99 again/net.h >none.bin
expect 3 "$SPIKEGRAD" import-state twin.st none.bin --out none
one_error
equal unit host-test
head -c 200 unit/state.bin >torn.bin
expect 3 "$SPIKEGRAD" import-state twin.st torn.bin --out none
one_error
{ head -c 300 unit/state.bin && printf x && tail -c +302 unit/state.bin; } \
    >damaged.bin
expect 3 "$SPIKEGRAD" import-state twin.st damaged.bin --out none
says err damaged
expect 1 "$SPIKEGRAD" import-state model unit/state.bin --out none
expect 1 "$SPIKEGRAD" import-state twin.st nothing --out none
[ ! -e none ] || bad "a file of a state that is none"

# what a device does not do: one line each, and nothing is written
refused() {
    word=$1
    shift
    expect 1 "$SPIKEGRAD" export model --learn "$@" --c none
    says err "$word"
    one_error
}
refused 'batch 1' --batch 2
refused 'momentum 0' --momentum 0.5
refused 'spike-cost 0' --spike-cost 0.1
refused 'schedule constant' --schedule cosine
refused 'augment none' --augment shift:1
refused 'weight-decay' --weight-decay 0.001
refused 'measures no thresholds' --phi auto:1
refused 'validation 0' --validation 20
[ ! -e none ] || bad "a folder of what a device does not do"

# a state is of one program: the same weights under other rules are another
expect 0 "$SPIKEGRAD" export model --learn --fire floor --c floor --samples 2
expect 0 "$SPIKEGRAD" export model --learn --fire round --c round --samples 2
equal round host-test
expect 3 "$SPIKEGRAD" import-state floor/twin.safetensors round/state.bin \
    --out none
says err 'another program'
one_error
expect 0 "$SPIKEGRAD" import-state round/twin.safetensors round/state.bin \
    --out unit.safetensors

# what the page says of the host's run holds for frozen layers too
expect 0 "$SPIKEGRAD" export model --learn --freeze hidden --c frozen \
    --samples 2
says frozen/README.md '--epochs 1 --freeze hidden$'
says round/README.md '--epochs 1$'

# memory: refused with what is missing
expect 2 "$SPIKEGRAD" export model --learn --ram 1000 --c none --samples 0
says err 'more than the 1000'
one_error
expect 0 "$SPIKEGRAD" export model --learn --ram 30000 --c roomy --samples 6
equal roomy host-test
expect 1 "$SPIKEGRAD" export model --c roomy
says err 'is there already'
expect 2 "$SPIKEGRAD" export model --c none --lr 0.1
says err 'goes with --learn'
expect 2 "$SPIKEGRAD" export model
[ ! -e none ] || bad "a folder that is of no use"

# the best epoch of a run, which need not be the last
expect 0 "$SPIKEGRAD" train --data glyphs:train=60,test=20 --net 6-10 \
    --validation 10 --epochs 3 --out held --quiet
expect 0 "$SPIKEGRAD" export held --best --c best --samples 2 --quiet
expect 0 "$SPIKEGRAD" export held/best.safetensors --c named --samples 2 --quiet
expect 0 diff -r best named
rm held/best.safetensors
expect 1 "$SPIKEGRAD" export held --best --c none --samples 2
one_error

# golden vectors; the reference core in Verilog
expect 0 "$SPIKEGRAD" train --data glyphs:train=400,test=20 --net P4-12-10 \
    --weight-bits 8 --count-cap 15 --loss squared --standardise off --lr 0.05 \
    --epochs 1 --out dense --quiet
expect 0 "$SPIKEGRAD" export dense --vectors vectors --learn --samples 3 \
    --master-bits 16 --rate shift --lr 0.02
[ "$(wc -l <vectors/l1_w_after.hex)" = $((3 * 49 * 12)) ] || bad 'l1_w_after'
[ "$(wc -l <vectors/input.hex)" = $((3 * 784)) ] || bad 'input.hex'
[ "$(wc -l <vectors/l2_v.hex)" = 30 ] || bad 'l2_v.hex'
expect 0 "$SPIKEGRAD" export dense --vectors arrays --samples 3 --format npy
[ "$(head -c 6 arrays/l1_n.npy | tail -c 5)" = NUMPY ] || bad 'l1_n.npy'
# behind a dropout charges are twice as large in use, biases too
expect 0 "$SPIKEGRAD" train --data $short --net 6-D2-10 --epochs 1 --quiet \
    --batch 8 --out dropped
expect 0 "$SPIKEGRAD" export dropped --vectors use --samples 1
expect 0 "$SPIKEGRAD" export dropped --vectors learn --learn --samples 1
for file in use learn; do
    tail -n 1 $file/l2_b.hex | sed 's/^/0x/' >$file.last
done
[ $((($(cat learn.last) * 2) & 0xffffffff)) = $(($(cat use.last))) ] ||
    bad 'l2_b.hex of a network in use'
says use/params.vh 'L2_FROM 2$'
expect 0 "$SPIKEGRAD" train --data $short --net 4C5s2-10 --standardise on \
    --epochs 1 --out rows --quiet
expect 1 "$SPIKEGRAD" export dense --vectors none --learn --balance on \
    --loss softmax
says err 'vectors: the reference core rounds each class alone: balance off'
expect 1 "$SPIKEGRAD" export dense --vectors none --learn --margin 0.1
says err 'vectors: the reference core learns from every sample: margin 0'
expect 1 "$SPIKEGRAD" export rows --vectors none --learn
says err 'no file'
one_error
expect 0 "$SPIKEGRAD" export dense --vectors oldest --learn --samples 3 \
    --master-bits 16 --rate shift --lr 0.02 --order fifo
grep -q 'in the order fifo' oldest/params.vh || bad 'order of params.vh'
expect 1 cmp -s vectors/params.vh oldest/params.vh
expect 0 diff -x params.vh -r vectors oldest # nothing else depends on it
expect 2 "$SPIKEGRAD" export dense --vectors none --samples 0
expect 2 "$SPIKEGRAD" export dense --vectors none --c none
expect 1 "$SPIKEGRAD" export dense --vectors none --learn --momentum 0.5
one_error
[ ! -e none ] || bad "a folder of no vectors"
rtl=$(dirname "$recipes")/rtl
if command -v iverilog >/dev/null; then
    expect 0 iverilog -g2005-sv -Ivectors -o bench "$rtl/dense_core.v" \
        "$rtl/test_bench.v"
    cp bench vectors
    expect 0 sh -c 'cd vectors && vvp -n bench'
    says out ' 0 differ'
    expect 0 "$SPIKEGRAD" train --data glyphs:train=200,test=20 --net \
        P4-3C3-P2-4C2p1-P2-10 --weight-bits 8 --count-cap 7 --input-levels 1 \
        --standardise off --lr 0.05 --epochs 1 --out spatial --quiet
    expect 0 "$SPIKEGRAD" export spatial --vectors conv --learn --samples 2 \
        --master-bits 16 --rate shift --lr 0.02
    expect 0 iverilog -g2005-sv -Iconv -o conv/bench "$rtl/conv_core.v" \
        "$rtl/conv_bench.v"
    expect 0 sh -c 'cd conv && vvp -n bench'
    says out ' 0 differ'
fi

# QEMU's boards
if command -v qemu-system-arm arm-none-eabi-gcc >/dev/null &&
    command -v qemu-system-riscv32 riscv64-unknown-elf-gcc >/dev/null; then
    boards='run-m0 run-m3 run-m4 run-m33 run-rv32'
    # shellcheck disable=SC2086
    equal i1 $boards
    # shellcheck disable=SC2086
    equal unit ${boards#run-m0}
fi
finish
