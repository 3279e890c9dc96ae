#!/bin/sh
# Mutants: changes of the reference core in Verilog, and of the engine of
# exported programs, each of which has to be caught by the golden vectors; the
# core itself equals them, is clean for Verilator, and its size is counted.
#
#     chip.sh SPIKEGRAD...            the first is used
set -eu
SPIKEGRAD=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
rtl=$(cd "$(dirname "$0")/../../rtl" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
survivors=0

# caught NAME OLD NEW FILE COMMAND...: FILE with OLD, a basic regular
# expression, replaced by NEW; the command must fail.
caught() {
    old=$1 new=$2 file=$3
    shift 3
    cp "$file" kept
    sed "s/$old/$new/" kept >"$file"
    if cmp -s kept "$file"; then
        echo "no mutant: $old" && survivors=$((survivors + 1))
    elif "$@" >out 2>&1; then
        echo "not caught: $old -> $new" && survivors=$((survivors + 1))
    fi
    cp kept "$file"
}

"$SPIKEGRAD" train --data glyphs:train=1000,test=200 --net P4-12-10 \
    --weight-bits 8 --count-cap 15 --loss squared --standardise off \
    --lr 0.05 --epochs 2 --out model --quiet >/dev/null
if command -v iverilog >/dev/null; then
    "$SPIKEGRAD" export model --vectors vectors --learn --samples 30 \
        --master-bits 16 --rate shift --lr 0.02
    cp "$rtl"/*.v .
    bench() {
        iverilog -g2005-sv -Ivectors -o bench dense_core.v test_bench.v &&
            (cd vectors && timeout 60 vvp -n ../bench)
    }
    bench
    while IFS='|' read -r old new; do
        caught "$old" "$new" dense_core.v bench
    done <<'END'
v1\[h\] >= LEVEL1|v1[h] > LEVEL1
n1\[h\] < CAP|n1[h] < CAP - 9
v1\[h\] < LEVEL1 - (1 << THETA1)|v1[h] <= LEVEL1 - (1 << THETA1)
\&\& n1\[h\] > 0;|;
v1\[h\] > 0;|v1[h] > 60;
n1\[h\] > 0 |||n1[h] > 1 \|\|
u1\[h\] >= (1 << (PHI1|u1[h] > (1 << (PHI1
u1\[h\] < -(1 << (PHI1|u1[h] <= -(1 << (PHI1
u2\[o\] >= 32768|u2[o] >= 65536
u2\[o\] < -32768|u2[o] < -65536
d2\[o\] < 127|d2[o] < 3
d2\[o\] > -127|d2[o] > -3
residual \* ALPHA|residual * (ALPHA + 1)
first\[NB\] ? -weight : weight|weight
1 << (MASTER_SHIFT - 1)|0
(32'sd1 <<< (bits - 1))|0
stepped > limit ? limit|stepped > 0 ? 0
v1\[h\] + weight|v1[h] + weight + (j == 3)
v2\[o\] + signed_weight|v2[o] + weight
u1\[h\] + signed_weight|u1[h] - signed_weight
n0\[in_index\] + 1'b1|n0[in_index] + 2'd2
BIAS_RATE1|(BIAS_RATE1+1)
head <= head + 1'b1;|head <= head;
state <= last_h ? INPUT : charged|state <= last_h ? INPUT : !charged
END
    if command -v verilator >/dev/null; then
        verilator --lint-only -Wall -Wno-DECLFILENAME dense_core.v
        "$SPIKEGRAD" export model --vectors many --learn --samples 1000 \
            --master-bits 16 --rate shift --lr 0.02
        (cd many && verilator --binary --timing -Wno-fatal -Wno-WIDTH -I. \
            --top-module test_bench ../test_bench.v ../dense_core.v \
            >verilator.log 2>&1 && ./obj_dir/Vtest_bench)
    fi
    if command -v yosys >/dev/null; then
        yosys -q -l yosys.log -p "read_verilog dense_core.v;
            synth -top dense_core -flatten -run begin:fine; opt -full;
            memory_collect; opt; techmap; opt; abc -lut 6; opt_clean; stat" \
            >/dev/null 2>&1
        awk '/\$lut/ {n = $2} END {print n " 6-input LUTs without memories"}' \
            yosys.log
    fi
else
    echo "no iverilog: the core in Verilog is not looked at"
fi

"$SPIKEGRAD" train --data glyphs:train=600,test=100 --net 6C5-P2-8C3p1-P2max-10 \
    --weight-bits 8 --count-cap 7 --standardise off --epochs 2 \
    --out convolution --quiet >/dev/null
"$SPIKEGRAD" export convolution --c unit --learn --samples 60 --lr 0.05 \
    --master-bits 16 --rate shift --quiet
selftest() {
    make -s -C unit host-test
}
selftest
while IFS='|' read -r old new; do
    caught "$old" "$new" unit/spikegrad_device.c selftest
done <<'END'
(int32_t)1 << SG_MASTER_SHIFT) >> 1|(int32_t)1 << SG_MASTER_SHIFT) >> 2
n \* weight_of|(n - 1) * weight_of
y < l->units_h|y + 1 < l->units_h
n <= to\[k\]|n < to[k]
(l->pool ? to\[k\] : 0)|0
k < SG_CLASSES|k + 1 < SG_CLASSES
>> bit % 8 \& 1))|>> bit % 8 \& 0))
!= place_in_window(l, y, x)|== place_in_window(l, y, x)
y % l->pool_h|x % l->pool_h
d \* synapse|-d * synapse
(int8_t)sg__error_response(s->gradient|(int8_t)-sg__error_response(s->gradient
d \* in\[c\]|d * in[0]
++kx == g->kernel_w|++kx > g->kernel_w
v < g->in_h \&\& u < g->in_w|v < g->in_h
s->charge\[k\] += d|s->charge[k] = d
first == 0|first == 1
if (in\[i\])|if (in[i] > 1)
s->sent\[k\] \* in\[j\]|s->sent[k] * in[0]
SG_WANTED :|SG_WANTED - 9 :
1 << (shift - 1)|1 << (shift - 2)
l->bias_rate_shift, l->bias_limit|l->shift, l->bias_limit
END
[ $survivors -eq 0 ] || exit 1
echo "every mutant is caught"
