#!/bin/sh
# shellcheck disable=SC2086 # run is a list of words
# Weights of classes: a rare class is found, the same from any way to the end,
# in both engines and in an exported program; what is refused.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
command -v python3 >/dev/null || {
    echo "skipped: needs python3"
    exit 77
}
python3 "$here/unbalanced.py" rare || bad "no set"
run="--data idx:rare --net 16-2 --augment none --epochs 6"

# right RUN: percent of the balanced test split
right() {
    expect 0 "$SPIKEGRAD" eval "$1" --json
    right=$(sed 's/.*"accuracy":\([0-9]*\).*/\1/' out)
}
expect 0 "$SPIKEGRAD" train $run --out plain --quiet
expect 0 "$SPIKEGRAD" train $run --class-weights auto --out auto --quiet
right plain
[ "$right" -le 60 ] || bad "without weights $right %"
right auto
[ "$right" -ge 75 ] || bad "with weights $right %"
expect 0 "$SPIKEGRAD" verify auto --samples 20 --order all

# only ratios count; weights come from the samples that are trained on
expect 0 "$SPIKEGRAD" train $run --class-weights 20/3,1/3 --out given --quiet
grep -a -q '"class_weights":"1/1,1/20"' given/checkpoint.safetensors ||
    bad "20/3,1/3 is not 1/1,1/20"
grep -a -q '"class_weights":"1/1,1/19"' auto/checkpoint.safetensors ||
    bad "auto is not 1/1,1/19"
expect 0 "$SPIKEGRAD" train $run --class-weights 20,1 --out again --quiet
expect 0 "$SPIKEGRAD" eval given --predictions a.npy --logits
expect 0 "$SPIKEGRAD" eval again --predictions b.npy --logits
same a.npy b.npy

# begun again, with other threads
expect 0 "$SPIKEGRAD" train $run --class-weights auto --epochs 3 --out part \
    --quiet
expect 0 "$SPIKEGRAD" train --resume part --epochs 6 --threads 1 --quiet
expect 0 "$SPIKEGRAD" train $run --class-weights auto --threads 3 --out more \
    --quiet
same auto/checkpoint.safetensors more/checkpoint.safetensors

# from a model: weights of the new data; of a list none for other classes
expect 0 "$SPIKEGRAD" train --from auto --epochs 1 --out on --quiet
grep -a -q '"class_weights":"1/1,1/19"' on/checkpoint.safetensors ||
    bad "no weights after --from"
expect 0 "$SPIKEGRAD" info given
says out 'class-weights *20/3,1/3'
if command -v make >/dev/null && command -v cc >/dev/null; then
    expect 0 "$SPIKEGRAD" export auto --learn --samples 30 --lr 0.05 --c unit
    expect 0 make -s -C unit host-test EXTRA=-Werror
    says out ' samples equal, '
fi
expect 1 "$SPIKEGRAD" export auto --learn --samples 3 --lr 0.05 --vectors v
says err 'the reference core weighs no classes'

for bad in 1 1,2,3 0,1 1,0 1/0,1 '1,' ',1' 1,,2 -1,1 1.5,1 32768,1 1,1/32768 1/2/3,1 \
    autos; do
    expect 2 "$SPIKEGRAD" train $run --class-weights "$bad" --out none
    one_error
    says err '^spikegrad: class-weights: '
    [ ! -e none ] || bad "a run with $bad"
done

# files that lie
for lie in 1/1,1/00 2/1,1/19 1/1,1x19 1,11/119 1/1,20/9 0/1,1/19; do
    sed "s|\"class_weights\":\"1/1,1/19\"|\"class_weights\":\"$lie\"|" \
        auto/checkpoint.safetensors >lie.safetensors
    expect 3 "$SPIKEGRAD" info lie.safetensors
    expect 3 "$SPIKEGRAD" seal lie.safetensors
    one_error
    says err "metadata 'class_weights' at "
done
finish
