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
    sed "s#$old#$new#" kept >"$file"
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
            (cd vectors && prlimit --cpu=60 vvp -n ../bench)
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
    "$SPIKEGRAD" train --data glyphs:train=1000,test=100 \
        --net P2-4C3-P2-6C3p1-P2-10 --weight-bits 8 --count-cap 7 \
        --input-levels 3 --standardise off --lr 0.05 --epochs 2 --out spatial \
        --quiet >/dev/null
    "$SPIKEGRAD" export spatial --vectors few --learn --samples 4 \
        --master-bits 16 --rate shift --lr 0.02
    bench() {
        iverilog -g2005-sv -Ifew -o bench conv_core.v conv_bench.v &&
            (cd few && prlimit --cpu=60 vvp -n ../bench)
    }
    bench
    while IFS='|' read -r old new; do
        caught "$old" "$new" conv_core.v bench
    done <<'END'
v\[at_n\] >= level|v[at_n] > level + 3
v\[at_n\] < level - theta|v[at_n] < level - theta - 3
n\[at_n\] < CAP\[32\*nl +: 32\];|1;
\&\& n\[at_n\] > 0;|;
gate = n\[at_b\] > 0 .. v|gate = v
u\[at_b\] >= phi / 2|u[at_b] > phi
u\[at_b\] < -(phi / 2)|u[at_b] < -phi
u\[at_o\] >= 32768|u[at_o] >= 65536
u\[at_o\] < -32768|u[at_o] < -65536
y = ey + ph - ky|y = ey + ky - ph
ix = ex + kx - pw|ix = ex + pw - kx
negative ? -weight : weight|weight
17'sd1 << (MASTER_SHIFT - 1)|0
trace\[at_trace\] - 1|trace[at_trace]
(iy << window) + wy|(iy << window)
wx + 1 < 1 << window) wx|wx + 2 < 1 << window) wx
ey <= from_y >> WINDOW\[32\*from +: 32\]|ey <= from_y
v\[at_o\] > largest|v[at_o] < largest
linear = 64'd2147483648 - t\[7:0\]|linear = 64'd2147483648 + t[7:0]
coarse(t\[15:12\])|coarse(t[14:11])
rounded_share = share +|rounded_share = share + 1 +
so == label ? WANTED : WANTED_OF|so != label ? WANTED : WANTED_OF
w\[i\] - rounded|w[i] + rounded
gb\[i\]})|gb[i] >>> 1})
gb\[BIASES\[32\*from +: 32\] + from_o\] - 1|gb[BIASES[32*from +: 32] + from_o]
(32'sd1 <<< (places - 1))|0
END
    if command -v verilator >/dev/null; then
        verilator --lint-only -Wall -Wno-DECLFILENAME dense_core.v
        verilator --lint-only -Wall -Wno-DECLFILENAME conv_core.v
        "$SPIKEGRAD" export model --vectors many --learn --samples 1000 \
            --master-bits 16 --rate shift --lr 0.02
        # many BENCH CORE: the vectors in `many`
        many() {
            (cd many && verilator --binary --timing -Wno-fatal -Wno-WIDTH \
                -I. --top-module "$1" "../$1.v" "../$2.v" >verilator.log 2>&1 &&
                "./obj_dir/V$1")
        }
        many test_bench dense_core
        rm -rf many
        "$SPIKEGRAD" export spatial --vectors many --learn --samples 1000 \
            --master-bits 16 --rate shift --lr 0.02
        many conv_bench conv_core
    fi
    for core in dense_core conv_core; do
        command -v yosys >/dev/null || break
        yosys -q -l yosys.log -p "read_verilog $core.v;
            synth -top $core -flatten -run begin:fine; opt -full;
            memory_collect; opt; techmap; opt; abc -lut 6; opt_clean; stat" \
            >/dev/null 2>&1
        awk -v core=$core '/\$lut/ {n = $2} END {
            print core ": " n " 6-input LUTs without memories"}' yosys.log
    done
else
    echo "no iverilog: the core in Verilog is not looked at"
fi

# unit NAME NET OPTIONS...: a program that learns, whose mutants are read from
# the input: FILE|OLD|NEW.
unit() {
    name=$1 net=$2
    shift 2
    "$SPIKEGRAD" train --data glyphs:train=600,test=100 --net "$net" \
        --weight-bits 8 --count-cap 7 --epochs 2 --out "$name" --quiet "$@" \
        >/dev/null
    # shellcheck disable=SC2086
    "$SPIKEGRAD" export "$name" --c "$name.c" --learn --samples 400 --quiet \
        $export
    selftest() {
        make -s -C "$name.c" host-test
    }
    selftest
    while IFS='|' read -r file old new; do
        caught "$old" "$new" "$name.c/$file" selftest
    done
}
export='--master-bits 16 --rate shift --lr 0.01'
unit lean 6C5-P2-8C3p1-P2max-10 --standardise off <<'END'
spikegrad_layers.h|sg__floor_shift(stored|sg__floor_shift(stored - 99
spikegrad_device.c|value(at\[2\])|value(at[1])
spikegrad_device.c|(sender \& 255) \* value(w|value(w
spikegrad_device.c|(at - in)) \* l->geo|(at - in) + 1) * l->geo
spikegrad_device.c|x >= l->units_w|x + 1 >= l->units_w
spikegrad_device.c|n <= to\[k\]|n < to[k]
spikegrad_device.c|(uint8_t)(to\[k\] + n)|(uint8_t)n
spikegrad_device.c|y % l->window_h|x % l->window_h
spikegrad_device.c|half, shift) \* |0, shift) *
spikegrad_learn.c|>> neuron % 8 \& 1|>> neuron % 7 \& 1
spikegrad_learn.c|!= place)|== place)
spikegrad_learn.c|d \* in\[i\]|d * in[0]
spikegrad_learn.c|s->charge\[k\] += d|s->charge[k] = d
spikegrad_learn.c|master - change|master + change
spikegrad_learn.c|s->charge\[k\], l->bias_mult|s->charge[k] / 2, l->bias_mult
spikegrad_learn.c|k == label ? SG_WANTED|k != label ? SG_WANTED
spikegrad_learn.c|k < SG_CLASSES|k + 1 < SG_CLASSES
spikegrad_learn.c|tap \* g->in_c, g->in_c|0, g->in_c
spikegrad_learn.c|y + g->pad_h - v|y - v
spikegrad_learn.c|l->below\].phi_bits|l->below].phi_bits + 1
spikegrad_learn.c|v < (y + 1) \* l|v + 1 < (y + 1) * l
spikegrad_learn.c|d \* in\[j\]|d * in[0]
core/exponential.h|p + (rest >= 2|p + 0 * (rest >= 2
core/exponential.h|bit <= 16|bit < 16
core/rules.h|gradient + ((int32_t)1 << (shift - 1))|gradient
END
export='--lr 0.05 --dither on --rounding stochastic --spike-limit 0.1'
unit wide 4C5s2-D2-4C3p1-4C3p1-R1-P2max-8-10 --standardise on <<'END'
spikegrad_charges.c|how == SG_MORE_ERRORS ? \*to|how != SG_MORE_ERRORS ? *to
spikegrad_charges.c|!= best_y|== best_y
spikegrad_charges.c|<< l->skip_shift|<< (l->skip_shift + 1)
spikegrad_charges.c|\&\& !sg_takes_part|\&\& sg_takes_part
spikegrad_charges.c|l->number, neuron|l->number, neuron + 1
spikegrad_charges.c|offset\[i % 4\]|offset[0]
spikegrad_charges.c|l->number, unit|l->number + 1, unit
spikegrad_learn.c|<< l->error_shift|<< (l->error_shift + 1)
spikegrad_learn.c|if (!gate_of(s, l, neuron))|if (0)
spikegrad_rows.c|s->gradient\[i\], l->mult|s->gradient[0], l->mult
spikegrad_rows.c|sg__decayed(\*gain, shrink)|*gain
spikegrad_rows.c|l->row_start, row|l->row_start / 2, row
spikegrad_learn.c|sg__decayed(\*bias, shrink)|*bias
core/rows.h|+ (int64_t)(n / 2)|+ 0
END
[ $survivors -eq 0 ] || exit 1
echo "every mutant is caught"
