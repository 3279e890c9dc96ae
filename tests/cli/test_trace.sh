#!/bin/sh
# Event streams, pictures and exported samples.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --out run --quiet
expect 0 "$SPIKEGRAD" trace run --sample 3
[ "$(head -1 out)" = time,phase,layer,neuron,sign,sent ] || bad "no head of columns"
says out '^0,forward,0,[0-9]*,1,1$'
says out ',backward,'
tail -n +2 out | awk -F, 'NF != 6 || $1 < last || ($5 != 1 && $5 != -1) ||
    ($6 != 0 && $6 != 1) { exit 1 } { last = $1 + 0 }' ||
    bad "malformed events or time running back"
mv out all.csv
says err "; $(($(wc -l <all.csv) - 1)) spikes emitted, $(grep -c ',1$' all.csv) sent\$"
expect 0 "$SPIKEGRAD" trace run --sample 3 --out all2.csv --svg all.svg
silent out
same all.csv all2.csv
says all.svg '^</svg>$'
says all.svg '>4C5<'
says all.svg ' emitted, .* sent<'
says all.svg '<svg xmlns="[^"]*" viewBox="0 0 [0-9 ]*" preserve'
none_left .
expect 0 "$SPIKEGRAD" trace run --sample 3 --format jsonl --forward-only \
    --order random --seed 5
says out '^{"time":0,"phase":"forward","layer":0,"neuron":[0-9]*,"sign":1,"sent":1}$'
! grep -q backward out || bad "backward events with --forward-only"
expect 2 "$SPIKEGRAD" trace run --sample 200
one_error
expect 1 "$SPIKEGRAD" trace run --out nowhere/x.csv
one_error

# stopped while it writes: nothing is left. In this order a spike is answered
# by several above it, layer after layer, so that it would take minutes.
expect 0 "$SPIKEGRAD" train --data glyphs:train=100,test=100 --epochs 1 \
    --net 6C3p1-6C3p1-6C3p1-6C3p1-6C3p1-6C3p1-6C3p1-6C3p1-6C3p1-10 \
    --out deep --quiet
"$SPIKEGRAD" trace deep --order lifo --out half.csv 2>err &
pid=$!
tries=0
until [ -n "$(temporary .)" ] || [ $tries -gt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -INT $pid
code=0
wait $pid || code=$?
[ $code = 130 ] || bad "exit code $code of a trace that was stopped"
one_error
none_left .

if [ -w /dev/full ]; then
    expect 1 "$SPIKEGRAD" trace run --out /dev/full
    one_error
    code=0
    "$SPIKEGRAD" eval run >/dev/full 2>err || code=$?
    [ $code = 1 ] || bad "eval to a full device: exit code $code"
    one_error
    [ -c /dev/full ] || bad "/dev/full was replaced"
fi

expect 0 "$SPIKEGRAD" data info "$tiny_data"
says out 'train: 600 samples of 28x28x1, 10 classes'
says out 'test: 200 samples'
expect 0 "$SPIKEGRAD" data info "$tiny_data" --json
says out '"split":"test","height":28,'
expect 0 "$SPIKEGRAD" data export "$tiny_data" --count 9 --png sheet.png
[ "$(od -An -tx1 -N4 sheet.png | tr -d ' ')" = 89504e47 ] || bad "not a PNG"

# what is exported as IDX reads back as MNIST: training sees the same images
mkdir digits
expect 0 "$SPIKEGRAD" data export "$tiny_data" --count 0 --idx digits/train
expect 0 "$SPIKEGRAD" data export "$tiny_data" --count 0 --split test \
    --idx digits/t10k
expect 0 "$SPIKEGRAD" eval run --json
mv out before
expect 0 "$SPIKEGRAD" eval run --data mnist:digits --json
same before out
expect 0 "$SPIKEGRAD" data info mnist:digits
finish
