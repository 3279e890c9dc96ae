#!/bin/sh
# NIR files: ours as h5py and numpy see them and back to the same bytes, others
# as networks of ours, broken ones refused.
. "$(dirname "$0")/common.sh"

python=/usr/bin/python3
$python -c 'import h5py, numpy' 2>/dev/null || {
    echo "skipped: no python3-h5py"
    exit 77
}
"$SPIKEGRAD" convert . --out x 2>&1 | grep -q 'built without' && {
    echo "skipped: built without NIR files"
    exit 77
}
nir() {
    $python "$recipes/../tests/cli/nir.py" "$@"
}

data=glyphs:train=300,test=100
mkdir digits
expect 0 "$SPIKEGRAD" data export $data --idx digits/t10k --split test --count 0
# The images of an IDX file as an array of NumPy.
$python - digits/t10k-images-idx3-ubyte pixels.npy <<'END'
import sys
import numpy as np
raw = np.fromfile(sys.argv[1], np.uint8)[16:]
np.save(sys.argv[2], raw.reshape(-1, 28, 28, 1))
END

# round_trip FLAG...: a network, its graph, and the network of its graph
round_trip() {
    rm -rf run
    expect 0 "$SPIKEGRAD" train --data $data --epochs 1 --count-cap 31 \
        --lr 0.05 --weight-bits 8 --out run --quiet "$@"
    expect 0 "$SPIKEGRAD" convert run --nir graph.nir
    says out graph.nir
    expect 0 "$SPIKEGRAD" convert graph.nir --out back.safetensors
    same run/checkpoint.safetensors back.safetensors
    expect 0 "$SPIKEGRAD" eval run --json
    right=$(sed 's/.*"correct": *\([0-9]*\).*/\1/' out)
    nir run graph.nir pixels.npy 15 >classes || bad "numpy cannot run $*"
    tail -c 100 digits/t10k-labels-idx1-ubyte | od -An -v -t u1 -w1 |
        tr -d ' ' >labels
    found=$(paste classes labels | awk '$1 == $2' | wc -l)
    [ "$right" = "$found" ] || bad "numpy has $found right, not $right: $*"
}

round_trip --net 6C5-P2-8C5s2-P2-32-10
expect 0 "$SPIKEGRAD" convert graph.nir --graph-only --input plain \
    --input-levels 15 \
    --out other.safetensors
expect 0 "$SPIKEGRAD" eval other.safetensors --data $data --json
says out "\"correct\": *$right\>"
round_trip --net 4C3p1-4C3p1-4C3p1-R1-P2-6C3p1s2-6C3p1-R2C1s2-Pavg-10
round_trip --net 4C3-P2avg-D2-16-10 --fire floor
round_trip --net 4C3-P2avg-16-16-R1-10 --fire round
# rows and columns apart, and pools that leave some over
round_trip --net 4C2x6s1x2p0x1-P7x1-6C3x2s2x1p1x0-R1C1x2s2x1-10

expect 0 "$SPIKEGRAD" convert run --nir twice.nir
same graph.nir twice.nir

# a graph that was changed is not the checkpoint within
rm -rf run
expect 0 "$SPIKEGRAD" train --data $data --epochs 1 --net 16-10 --out run \
    --quiet
expect 0 "$SPIKEGRAD" convert run --nir graph.nir
nir edit graph.nir
expect 3 "$SPIKEGRAD" convert graph.nir --out changed.safetensors
one_error
says err 'was changed'
[ ! -e changed.safetensors ] || bad "a changed graph left a file"
expect 0 "$SPIKEGRAD" convert graph.nir --graph-only --out changed.safetensors

# what NIR has no node for
expect 0 "$SPIKEGRAD" train --data $data --epochs 1 --net 4C3-P2max-10 \
    --out max --quiet
expect 1 "$SPIKEGRAD" convert max --nir max.nir
one_error
says err 'layer 1 (P2max)'
[ ! -e max.nir ] || bad "a refused network left a file"

# graphs of others
nir make good good.nir
expect 0 "$SPIKEGRAD" convert good.nir --out good.safetensors --data $data
says out 4C3p1-8C5s2-P2-10
says out accuracy
expect 0 "$SPIKEGRAD" verify good.safetensors --data $data --samples 2 \
    --order random --quiet
expect 0 "$SPIKEGRAD" convert good.nir --out wide.safetensors \
    --weight-bits 16 --count-cap 10 --steps 4
expect 0 "$SPIKEGRAD" info wide.safetensors
says out 'weight-bits *16'
says out 'count-cap *10'

# others that are taken over: KIND NET OPTION...
taken() {
    kind=$1 net=$2
    shift 2
    nir make "$kind" other.nir
    expect 0 "$SPIKEGRAD" convert other.nir --out other.safetensors "$@"
    says out "^other.safetensors: $net for "
}
taken scale 4C3p1-8C5s2-P2-10
taken scale-weights 4C3p1-8C5s2-P2-10
taken mean 4C3p1-8C5s2-P2avg-10
taken sum 4C3p1-8C5s2-8C2s2-10
taken batch 4C3p1-8C5s2-P2-10
taken valid 4C3p1-8C5s2-P2-10
taken fixed 4C3p1-8C5s2-P2-10
expect 0 "$SPIKEGRAD" convert good.nir --out good.safetensors
same good.safetensors other.safetensors # whatever texts are like
taken signal '.*10'
# a Flatten before the neurons is the network of one behind them
# alike KIND NET OTHER
alike() {
    taken "$1" "$2"
    mv other.safetensors first.safetensors
    taken "$3" "$2"
    same first.safetensors other.safetensors
}
alike late 4C3p1-8C5s2-10 early
alike late-scale 4C3p1-8C5s2-10 early-scale
alike mean 4C3p1-8C5s2-P2avg-10 flat-mean
alike sum 4C3p1-8C5s2-8C2s2-10 flat-sum
taken list-of 20-10
taken list-of 20-10 --image 28x28x1
expect 2 "$SPIKEGRAD" convert other.nir --out none --image 28x28x2
one_error

# refused KIND CODE WORD: with one line that says WORD
refused() {
    nir make "$1" bad.nir
    expect "$2" "$SPIKEGRAD" convert bad.nir --out bad.safetensors
    one_error
    says err "$3"
    [ ! -e bad.safetensors ] || bad "$1 left a file"
}
refused lif 1 "node 'a+' is a LIF"
refused nan 3 "node 'c'.*not finite"
refused reset 1 "node 'b+' (IF): v_reset"
refused uneven 1 "node 'b+'.*differs"
refused negative 3 "node 'b+'.*positive"
refused inputs 3 "node 'c'.*inputs"
refused channels 3 "node 'b'.*channels"
refused overlap 1 "node 'mean'.*overlap"
refused no-neurons 1 "node 'b'.*without neurons"
refused loop 1 "node 'a'.*more than one"
refused aside 1 "node 'lost'"
refused no-weight 3 "node 'a' has no 'weight'"
refused text-weight 3 "node 'a'.*numbers"
refused outside 3 "node 'c' has no 'weight'"
refused no-edges 3 edges
refused scale-size 3 "node 's'.*as many numbers"
refused scale-uneven 1 "node 's'.*differs"
refused sum-size 3 "node 'm+'.*as many numbers"
refused reflect 3 "padding 'reflect'"
refused even 1 "node 'b'.*odd kernels"
refused part 1 "node 'flat'.*part of an image"
refused rank 3 "node 'c'.*two dimensions"
refused image 1 "node 'c'.*Flatten is missing"
refused list 1 "node 'b'.*a list"
refused kernel 3 "node 'b'.*larger"
refused bias 3 "node 'a'.*each output"
refused stride 3 "node 'a'"
refused half 3 "node 'a'"
refused size 3 "node 'in'.*out of range"
refused shape 3 "node 'in'.*1 to 4"
refused two 1 "node 'in'.*3 dimensions"
refused end 1 "node 'out'.*ends with weights"
refused deep-weight 3 "node 'a'.*4 dimensions"
refused same-steps 1 "node 'a'.*'same' wants stride 1"
refused empty 3 "node 'a': 'bias' has"
refused gap 3 "node 'b'.*out of range"
refused no-groups 3 "node 'b'.*out of range"
refused flat-start 3 "node 'flat'.*one number"
refused inputless 3 'no node is an Input'
refused endless 3 "node 'out' has no 'start_dim'"
refused into-input 1 "node 'in' is an Input that hears another"
refused edge-to-nothing 3 "'a+' to 'nothing', and no such node"
refused many-types 3 "node 'a': 'type' is not one text"
refused number-type 3 "node 'a': 'type' is not text"
refused pool-padding 1 "node 'mean'.*overlap or are padded"
refused flat-weights 1 "node 'c'.*without neurons"
refused second-input 1 "node 'more' (Input): a second Input"
refused early-output 1 "node 'more' (Output): leads to another"
refused swells 1 "node 'b'.*2^26"
refused huge 3 'larger than the file'

# damage that libhdf5 survives or not: never more than a line
for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
    nir damage good.nir $seed bad.nir
    code=0
    "$SPIKEGRAD" convert bad.nir --out bad.safetensors >out 2>err || code=$?
    case $code in
    0) [ ! -s err ] || bad "seed $seed: $(cat err)" ;;
    1 | 2 | 3) one_error ;;
    *) bad "seed $seed: exit code $code" ;;
    esac
done

head -c 3000 good.nir >half.nir
expect 3 "$SPIKEGRAD" convert half.nir --out half.safetensors
one_error
echo text >text.nir
expect 3 "$SPIKEGRAD" convert text.nir --out text.safetensors
one_error
says err HDF5
expect 1 "$SPIKEGRAD" convert nowhere.nir --out x.safetensors
one_error
expect 2 "$SPIKEGRAD" convert good.nir
says err 'nir FILE'
expect 2 "$SPIKEGRAD" convert good.nir --out x --image 28x28
one_error
expect 2 "$SPIKEGRAD" convert run --nir x.nir --lr 1
one_error

# real graphs of other tools
graphs=$SPIKEGRAD_DATA/nir
[ -d "$graphs" ] || {
    echo "no NIR files of other tools in SPIKEGRAD_DATA"
    finish
}
expect 0 "$SPIKEGRAD" convert "$graphs/cnn_sinabs.nir" --out sinabs.safetensors
says out 16C5s2p1-16C3p1-P2-8C3p1-P2-256-10
recordings=$SPIKEGRAD_DATA/n-mnist-small
if [ -d "$recordings" ]; then
    expect 0 "$SPIKEGRAD" eval sinabs.safetensors \
        --data "events:$recordings,cut=105ms"
    says out 'accuracy 9[5-9]'
fi
expect 1 "$SPIKEGRAD" convert "$graphs/lif_norse.nir" --out x
says err "node '1' is a LIF"
expect 1 "$SPIKEGRAD" convert "$graphs/lif_rockpool.nir" --out x
says err "is a LIF"
expect 1 "$SPIKEGRAD" convert "$graphs/braille_noDelay_bias_zero.nir" --out x
says err 'CubaLIF'
finish
