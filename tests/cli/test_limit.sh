#!/bin/sh
# Time limits: a run ends in time with its schedule at its end, goes on with
# more, and everything that was planned is in its files. And the best epoch.
. "$(dirname "$0")/common.sh"

# last_line RUNDIR: of an epoch; field NAME: a number of it
last_line() {
    grep '"type":"epoch"' "$1/metrics.jsonl" | tail -1
}
field() {
    sed "s/.*\"$1\":\([0-9.]*\).*/\1/"
}
# ended RUNDIR SECONDS: by a plan, below the recipe's epochs, within the limit
# and a lot for a machine that is busy with other things
ended() {
    epoch=$(last_line "$1" | field epoch)
    elapsed=$(last_line "$1" | field elapsed)
    "$SPIKEGRAD" info "$1" --json >state
    planned=$(field planned_epochs <state)
    [ "$epoch" = "$planned" ] || bad "$1: epoch $epoch of $planned"
    [ "$epoch" -lt 5000 ] || bad "$1: it was not the time that ended it"
    awk "BEGIN { exit !($elapsed < 2 * $2) }" ||
        bad "$1: $elapsed of $2 seconds"
}

endless="--data glyphs:train=1500,test=100 --net 4C5-P2-10 --batch 50
    --epochs 5000"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $endless --out a --max-minutes 0.02
says err '^plan: [0-9]* epoch'
says a/recipe.ini '^max-minutes = 0.020$'
says a/recipe.ini '^epochs = 5000$'
ended a 1.2
first=$epoch
expect 0 "$SPIKEGRAD" info a
says out "$first of $first epochs"
expect 0 "$SPIKEGRAD" info a --json
says out "\"planned_epochs\":$first,"

# complete it is; more time lets it go on
expect 0 "$SPIKEGRAD" train --resume a
says err 'the run is complete'
expect 0 "$SPIKEGRAD" train --resume a --max-minutes 0.07
says a/recipe.ini '^max-minutes = 0.070$'
ended a 4.2
[ "$epoch" -gt "$first" ] || bad "no more epochs with more time"
expect 0 "$SPIKEGRAD" train --resume a --max-minutes 0.01
says err 'the run is complete'

# however a limit ends a run, the report knows that it is complete
told_complete() {
    expect 0 "$SPIKEGRAD" report "$1" --out -
    ! grep -q 'Not finished' out || bad "$1: not finished"
    says out 'on test, at the end</th><td>[0-9]'
}
told_complete a
cp -r a shut
expect 0 "$SPIKEGRAD" train --resume shut --epochs 4999 --max-minutes 0.01
says shut/metrics.jsonl '{"type":"plan","epoch":[0-9]*,"planned":[0-9]*}'
told_complete shut
cp shut/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --resume shut --quiet
silent err
same shut/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --data glyphs:train=40,test=20 --out soon \
    --max-minutes 0.001 --quiet
told_complete soon

# less than an epoch: one epoch, and the recipe's epochs are the most
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $endless --out one --max-minutes 0.001 \
    --net 15C5-P2-20C5-P2-100-10
[ "$(last_line one | field epoch)" = 1 ] || bad "not one epoch"
[ "$(last_line one | field planned)" = 1 ] || bad "not planned as one epoch"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out whole
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out roomy --max-minutes 60
same whole/checkpoint.safetensors roomy/checkpoint.safetensors

# the time before an interruption counts, that of a part of an epoch too
# shellcheck disable=SC2086
"$SPIKEGRAD" train $endless --out cut --max-minutes 0.03 >out 2>err &
process=$!
tries=0
until [ -e cut/checkpoint.safetensors ] || [ $tries -gt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
sleep 0.3
kill -INT $process 2>/dev/null
code=0
wait $process || code=$?
if [ $code = 130 ]; then
    says cut/metrics.jsonl '"type":"stop"'
    expect 0 "$SPIKEGRAD" train --resume cut
    ! grep -q '"type":"stop"' cut/metrics.jsonl || bad "a stop is left"
else
    [ $code = 0 ] || bad "exit code $code"
fi
ended cut 1.8

# the best epoch, ties to the later
held="--data glyphs:train=700,test=200 --net 4C5-P2-10 --epochs 6 --batch 32
    --validation 100 --lr 1"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $held --out best
says out '^model: best/best.safetensors$'
says out '^test: .* of 200$'
top=$(grep '"type":"epoch"' best/metrics.jsonl |
    sed 's/.*"epoch":\([0-9]*\).*"validation":{"samples":100,"correct":\([0-9]*\).*/\2 \1/' |
    sort -n -k1,1 -k2,2 | tail -1)
says out "^best epoch: ${top#* } of 6, validation .*${top% *} of 100$"
says best/metrics.jsonl "\"final\",\"epoch\":${top#* },\"chosen\":\"best\",\"validation\":{\"samples\":100,\"correct\":${top% *}},\"test\":{\"samples\":200,"
expect 0 "$SPIKEGRAD" info best --best
says out ": ${top#* } of 6 epochs"
for command in eval verify trace info; do
    expect 0 "$SPIKEGRAD" $command best --best
    mv out direct
    expect 0 "$SPIKEGRAD" $command best/best.safetensors
    [ $command = verify ] || same out direct # but for its time
    expect 2 "$SPIKEGRAD" $command best/best.safetensors --best
    one_error
    says err 'not a run directory'
done

# --choose, also afterwards; a run that is complete keeps what it has
cp best/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --resume best
says out '^model: best/best.safetensors$'
same best/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --resume best --choose last
says out '^model: best/checkpoint.safetensors$'
says best/metrics.jsonl '"final","epoch":6,"chosen":"last"'
[ "$(grep -c '"type":"final"' best/metrics.jsonl)" = 1 ] || bad "two finals"
expect 0 "$SPIKEGRAD" train --resume best --choose best
same best/metrics.jsonl before

# a run cut and resumed has the same best epoch
# shellcheck disable=SC2086
"$SPIKEGRAD" train $held --out cut2 --checkpoint-every 5 >out 2>err &
process=$!
tries=0
until [ -e cut2/checkpoint.safetensors ] || [ $tries -gt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -KILL $process 2>/dev/null
wait $process 2>/dev/null
expect 0 "$SPIKEGRAD" train --resume cut2
same cut2/best.safetensors best/best.safetensors
untimed cut2 >cut.metrics
untimed best >whole.metrics
same cut.metrics whole.metrics

# lines that are lost: the model of the last epoch is still not the best one
expect 0 "$SPIKEGRAD" train --data glyphs:train=300,test=100 --net 10 \
    --epochs 6 --batch 16 --validation 60 --lr 0.25 --schedule constant \
    --out early
says out '^best epoch: 4 of 6, '
cp -r early short
head -n 4 early/metrics.jsonl >short/metrics.jsonl
cp -r short short2
expect 0 "$SPIKEGRAD" train --resume short
says out '^best epoch: 4 of 6, '
grep '"type":"final"' early/metrics.jsonl >whole.metrics
grep '"type":"final"' short/metrics.jsonl >short.metrics
same short.metrics whole.metrics
expect 0 "$SPIKEGRAD" train --resume short2 --choose last
says short2/metrics.jsonl '"final","epoch":6,"chosen":"last","test":'

# a test is not given up for a model that is not there
cp -r early gone
expect 0 "$SPIKEGRAD" train --resume gone --choose last
rm gone/best.safetensors
cp gone/metrics.jsonl gone.metrics
cp gone/recipe.ini gone.ini
expect 1 "$SPIKEGRAD" train --resume gone --choose best
one_error
says err 'gone/best.safetensors is not the checkpoint of epoch'
same gone/metrics.jsonl gone.metrics
same gone/recipe.ini gone.ini
expect 0 "$SPIKEGRAD" train --resume gone

# without its checkpoint the best is looked for among what is to come
cp -r best lost
sed '/final/d' best/metrics.jsonl >lost/metrics.jsonl
rm lost/best.safetensors
expect 0 "$SPIKEGRAD" train --resume lost
says err 'lost/best.safetensors is not the checkpoint of epoch'
says out '^model: lost/checkpoint.safetensors$'

# the best checkpoint that cannot be written is an error, in one line
mkdir -p full/best.safetensors
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" train $held --out full --quiet
one_error
says err 'full/best.safetensors'

# epochs that are none and a torn line are dropped
cp -r a odd
printf '{"type":"epoch","epoch":-1,"time":3}\n{"ty' >>odd/metrics.jsonl
expect 0 "$SPIKEGRAD" train --resume odd
same odd/metrics.jsonl a/metrics.jsonl

# a line that is none is refused, and nothing is lost
for line in '[]' '{"type":7}' 'nonsense' ''; do
    {
        head -n 2 a/metrics.jsonl
        echo "$line"
        tail -n +3 a/metrics.jsonl
    } >odd/metrics.jsonl
    cp odd/metrics.jsonl before
    expect 3 "$SPIKEGRAD" train --resume odd
    one_error
    says err 'odd/metrics.jsonl:3: expected a line of metrics'
    same odd/metrics.jsonl before
done

# refused CODE PATTERN ARGUMENT...
refused() {
    wanted_code=$1 pattern=$2
    shift 2
    expect "$wanted_code" "$SPIKEGRAD" train "$@"
    one_error
    says err "$pattern"
    silent out
}
refused 2 'not a decimal from 0.001 to' --data glyphs --max-minutes 0
refused 2 'not a decimal' --data glyphs --max-minutes -1
refused 2 'not a decimal' --data glyphs --max-minutes 1h
refused 2 'not one of last|best' --data glyphs --choose first
# shellcheck disable=SC2086
refused 2 'no best epoch without --validation' $tiny --choose best
sed 's/^max-minutes.*/max-minutes = soon/' a/recipe.ini >soon.ini
refused 3 'soon.ini:.*max-minutes' --recipe ./soon.ini
expect 1 "$SPIKEGRAD" eval a --best
one_error
says err 'a/best.safetensors'
finish
