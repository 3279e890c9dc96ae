#!/bin/sh
# A run cut anywhere and resumed ends with the files of an uninterrupted one,
# and the number of threads changes nothing.
. "$(dirname "$0")/common.sh"

long="--data glyphs:train=1500,test=100 --net 6C5-P2-10 --epochs 4 --batch 10"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $long --out whole --threads 1
untimed whole >whole.metrics

# after SECONDS SIGNAL NAME ARGUMENT...: starts, kills, tells the exit code
after() {
    delay=$1 signal=$2 name=$3
    shift 3
    code=0
    "$SPIKEGRAD" train "$@" --out "$name" --checkpoint-every 7 >out 2>err &
    pid=$!
    tries=0
    until [ -e "$name/checkpoint.safetensors" ] || [ $tries -gt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    sleep "$delay"
    kill -s "$signal" $pid 2>/dev/null
    wait $pid || code=$?
}

check_resumed() {
    expect 0 "$SPIKEGRAD" train --resume "$1" --threads "$2"
    same whole/checkpoint.safetensors "$1/checkpoint.safetensors"
    untimed "$1" >resumed.metrics
    same whole.metrics resumed.metrics
}

# shellcheck disable=SC2086 # the words of a line are arguments
for way in "0.05 INT" "0.3 TERM"; do
    name=stopped-${way#* }
    after $way "$name" $long
    if [ $code = 130 ]; then
        says err "continue with: .*spikegrad train --resume $name"
        none_left "$name"
    else
        [ $code = 0 ] || bad "exit code $code after ${way#* }"
    fi
    check_resumed "$name" 2
done
# shellcheck disable=SC2086
for delay in 0.05 0.3; do
    after $delay KILL "killed-$delay" $long
    check_resumed "killed-$delay" 3
done

# lines beyond the checkpoint and a torn one are dropped
cp -r killed-0.05 torn
printf '{"type":"epoch","epoch":9}\n{"type":"ep' >>torn/metrics.jsonl
expect 0 "$SPIKEGRAD" train --resume torn
says err 'the run is complete'
untimed torn >torn.metrics
same whole.metrics torn.metrics

# killed before the first checkpoint
mkdir early
cp whole/recipe.ini early
check_resumed early 2

# data that have moved are named once; other data are not taken
mkdir a
for split in train test; do
    prefix=train
    [ $split = train ] || prefix=t10k
    "$SPIKEGRAD" data export "$tiny_data" --count 0 --split $split \
        --idx a/$prefix 2>/dev/null
done
expect 0 "$SPIKEGRAD" train --data mnist:a --net 10 --epochs 1 --quiet --out mv
mv a b
expect 1 "$SPIKEGRAD" train --resume mv
expect 0 "$SPIKEGRAD" train --resume mv --data mnist:b
says mv/recipe.ini '^data = mnist:b$'
expect 0 "$SPIKEGRAD" train --resume mv
expect 0 "$SPIKEGRAD" eval mv
says err 'images are mnist:b'
expect 0 "$SPIKEGRAD" train --from mv --epochs 1 --quiet --out mv-on
says mv-on/recipe.ini '^data = mnist:b$'
cp -r mv guest
cp whole/recipe.ini guest # other data, so the model's own are meant
expect 1 "$SPIKEGRAD" eval guest
says err '^spikegrad: a: no such folder'
expect 2 "$SPIKEGRAD" train --resume mv --data "$tiny_data,seed=9"
one_error
says err 'other images or labels than mv/checkpoint.safetensors was trained on'
says mv/recipe.ini '^data = mnist:b$'

expect 1 "$SPIKEGRAD" train --resume nowhere
one_error
sed 's/^batch = 10/batch = 8/' whole/recipe.ini >torn/recipe.ini
expect 3 "$SPIKEGRAD" train --resume torn
one_error
says err 'batch = 8'

# more epochs, by a flag or by recipe.ini: the same run, cut or not
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --validation 100 --out flag
cp -r flag edited
cp -r flag twice
cp -r flag limited
expect 0 "$SPIKEGRAD" train --resume flag --epochs 4
says err '^4 epochs instead of 2: the learning rate'
says flag/recipe.ini '^epochs = 4$'
untimed flag >flag.metrics
says flag.metrics '"epoch":2,"planned":2,'
says flag.metrics '"epoch":4,"planned":4,'
[ "$(grep -c '"type":"final"' flag.metrics)" -eq 1 ] || bad "not one last test"
sed 's/^epochs = 2/epochs = 4/' flag/recipe.ini >edited/recipe.ini
expect 0 "$SPIKEGRAD" train --resume edited --quiet
silent err
untimed edited >edited.metrics
same flag.metrics edited.metrics
same flag/checkpoint.safetensors edited/checkpoint.safetensors
expect 0 "$SPIKEGRAD" info flag
says out '4 of 4 epochs'

# again as long as it is; shorter than it is; no number
cp flag/checkpoint.safetensors before
expect 0 "$SPIKEGRAD" train --resume flag --epochs 4
says err 'the run is complete'
same flag/checkpoint.safetensors before
expect 2 "$SPIKEGRAD" train --resume flag --epochs 3
one_error
says err 'epochs: 3, but 4 are begun'
says flag/recipe.ini '^epochs = 4$'
expect 2 "$SPIKEGRAD" train --resume flag --epochs many
expect 2 "$SPIKEGRAD" train --resume flag --epochs 5 --lr 1
says err '--lr cannot be changed with --resume'

# with a time limit, which is not over
expect 0 "$SPIKEGRAD" train --resume limited --epochs 3 --max-minutes 5
expect 0 "$SPIKEGRAD" train --resume limited --epochs 4 --quiet
[ "$(grep -c '"type":"epoch"' limited/metrics.jsonl)" -eq 4 ] ||
    bad "not four epochs under a time limit"
# a recipe that has lost its data, as one that was emptied
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out emptied --quiet
: >emptied/recipe.ini
expect 3 "$SPIKEGRAD" train --resume emptied --epochs 3
says err 'emptied/recipe.ini: it does not say which data'
finish
