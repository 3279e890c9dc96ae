#!/bin/sh
# A run directory has one owner at a time, whose death frees it; lines that
# its metrics lack, or have twice, are told of and cost nothing else.
. "$(dirname "$0")/common.sh"

long="--data glyphs:train=3000,test=50 --net 8C5-P2-10 --epochs 200 --quiet"

# owned NAME: waits until the run NAME has an owner that trains
owned() {
    tries=0
    until [ -s "$1/metrics.jsonl" ] || [ $tries -gt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
}

# shellcheck disable=SC2086
"$SPIKEGRAD" train $long --out run >train.out 2>&1 &
pid=$!
owned run
expect 1 "$SPIKEGRAD" train --resume run
one_error
says err "^spikegrad: run is in use by process $pid on "
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" train $long --out run
one_error
# looking at it is free
expect 0 "$SPIKEGRAD" report run
expect 0 "$SPIKEGRAD" info run
kill -9 $pid
wait $pid 2>/dev/null
mkdir rest
cp run/recipe.ini rest
sed -i 's/^epochs = .*/epochs = 2/' rest/recipe.ini
expect 0 "$SPIKEGRAD" train --resume rest --quiet

# its death leaves no lock, though the file is there
[ -e run/.lock ] || bad "no run/.lock"
"$SPIKEGRAD" train --resume run --quiet >train.out 2>&1 &
pid=$!
sleep 0.3
kill -0 $pid || bad "the run of a killed process cannot be gone on with"
kill -9 $pid
wait $pid 2>/dev/null

# of two that begin at once, one gets it
for k in 1 2 3; do
    for name in a b; do
        # shellcheck disable=SC2086
        {
            code=0
            "$SPIKEGRAD" train $tiny --quiet --out "both$k" >/dev/null \
                2>"err-$name" || code=$?
            echo $code >"code-$name"
        } &
    done
    wait
    [ "$(sort code-a code-b | tr '\n' ' ')" = "0 1 " ] ||
        bad "two at once: $(cat code-a code-b)"
    [ "$(wc -l <both$k/metrics.jsonl)" -eq 2 ] || bad "both$k: not two epochs"
done

# a sweep has its directory too
grid="--data $tiny_data --net 10 --seeds 3 --epochs 200 --quiet"
# shellcheck disable=SC2086
"$SPIKEGRAD" sweep $grid --out grid >/dev/null 2>&1 &
pid=$!
tries=0
until [ -s grid/.lock ] || [ $tries -gt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" sweep $grid --out grid
one_error
says err "^spikegrad: grid is in use by process $pid on "
kill -9 $pid
wait $pid 2>/dev/null

# what is at the name of the lock is not followed and not waited for
mkdir odd
cp rest/recipe.ini odd
ln -s ../precious odd/.lock
expect 1 "$SPIKEGRAD" train --resume odd
one_error
[ ! -e precious ] || bad "the link was followed"
rm odd/.lock
mkfifo odd/.lock
expect 1 timeout 10 "$SPIKEGRAD" train --resume odd
one_error

# a line that is lost is told of, each time, and recorded once
expect 0 "$SPIKEGRAD" train --data glyphs:train=100,test=20 --net 10 \
    --epochs 5 --out whole --quiet
cp -r whole holes
sed -i '2d;4d' holes/metrics.jsonl
for k in 1 2; do
    expect 0 "$SPIKEGRAD" train --resume holes
    says err '^spikegrad: holes/metrics.jsonl: no line of 2 epochs, the first of them 2$'
    [ "$(tail -n 1 holes/metrics.jsonl)" = \
        '{"type":"lost","epochs":[[2,2],[4,4]]}' ] || bad "not recorded"
    [ "$(wc -l <holes/metrics.jsonl)" -eq 4 ] || bad "recorded more than once"
done
expect 0 "$SPIKEGRAD" report holes --out holes.html
says holes.html 'no line of 2 of the epochs'
says holes.html '5 of 5'

# also with no metrics at all; but that is no report
cp -r whole none
rm none/metrics.jsonl
expect 0 "$SPIKEGRAD" train --resume none --quiet
says err 'none/metrics.jsonl: no line of 5 epochs, the first of them 1$'
says none/metrics.jsonl '\[\[1,5\]\]'
expect 1 "$SPIKEGRAD" report none --out none.html
one_error

# and one that is there twice, as two owners have left it
cp -r whole twice
{
    sed -n '1,3p' whole/metrics.jsonl
    sed -n '3,5p' whole/metrics.jsonl
} >twice/metrics.jsonl
cp twice/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --resume twice
says err '^spikegrad: twice/metrics.jsonl: more than one line of epoch 3$'
same before twice/metrics.jsonl
expect 0 "$SPIKEGRAD" report twice --out twice.html
says twice.html 'several lines of 1 of the epochs'
finish
