#!/bin/sh
# A small run from training to pictures, as a user goes through it.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny
says out '^epoch .*test%'
says out '^    2 '
says out '^model: runs/glyphs-1/checkpoint.safetensors$'
says err 'run directory runs/glyphs-1'
run=runs/glyphs-1
says $run/recipe.ini '^data = glyphs:train=600,test=200$'
says $run/recipe.ini '^net = 4C5-P2-10$'
[ "$(wc -l <$run/metrics.jsonl)" -eq 2 ] || bad "not two lines of metrics"

# the recipe alone repeats the run, --json prints the metrics, --quiet is quiet
expect 0 "$SPIKEGRAD" train --recipe $run/recipe.ini --json --quiet --out again
silent err
same $run/checkpoint.safetensors again/checkpoint.safetensors
grep '"type":"epoch"' out >lines
same lines again/metrics.jsonl
says out '^{"type":"end","model":"again/checkpoint.safetensors"}$'
untimed $run >first
untimed again >second
same first second

# a directory in use is refused and left alone
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" train $tiny --out again --seed 2
one_error
says err 'again already holds a run'
same $run/checkpoint.safetensors again/checkpoint.safetensors
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --validation 100
says out 'val%'
says out '^test: .* of 200$'
says runs/glyphs-2/metrics.jsonl '"validation":{"samples":100,'
says runs/glyphs-2/metrics.jsonl '"type":"final"'

expect 0 "$SPIKEGRAD" eval $run
says out '^accuracy .* of 200; '
says out '^4C5 '
says out '^9 '
silent err
expect 0 "$SPIKEGRAD" eval $run/checkpoint.safetensors --split train \
    --limit 50 --json
says out '"samples":50,'
says out '"confusion":\[\['

expect 0 "$SPIKEGRAD" verify $run --samples 4 --order all
says out '^fifo .*equal: 4 samples, [0-9]* events.* integers compared'
says out '^lifo '
says out '^scatter '
says out '^turns '
says out '^random .* of them taken back'
expect 0 "$SPIKEGRAD" verify $run --samples 2 --order random --seed 7 --json
says out '"equal":true,"samples":2,'
# the same for every number of threads, but for the time
for threads in 1 2 3; do
    expect 0 "$SPIKEGRAD" verify $run --samples 37 --order all \
        --threads $threads
    sed 's/, [0-9.]* s$//' out >verified.$threads
    same verified.1 verified.$threads
done
says verified.3 '^scatter .*equal: 37 samples'

# with all of the input, anytime says what eval says
expect 0 "$SPIKEGRAD" eval $run --limit 50 --json
correct=$(sed -n 's/.*"samples":50,"correct":\([0-9]*\),.*/\1/p' out)
[ -n "$correct" ] || correct=$(sed -n 's/.*"correct":\([0-9]*\),.*/\1/p' out)
expect 0 "$SPIKEGRAD" anytime $run --samples 50 --json
[ "$(wc -l <out)" -eq 7 ] || bad "not seven lines of anytime"
says out "^{\"share\":1.0,\"samples\":50,\"correct\":$correct,\"settled\":50,"
expect 0 "$SPIKEGRAD" anytime $run --samples 5
says out '^ *1/64 '
says out '^ *1/1 .* 100.00 '

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --verify 3 --out proven
says out '^random .*equal: 3 samples'
# of more samples than there are, all: an epoch is not lost for it
expect 0 "$SPIKEGRAD" train --data glyphs:train=60,test=20 --net 10 --epochs 1 \
    --validation 7 --verify 1000000 --out few
says out 'random   equal: 7 samples'

# a command whose verification is made to lie: the exit code of a mismatch
expect 4 "$SPIKEGRAD_LYING" verify $run --samples 2
one_error
says err 'layer 1 (P2), spike count 7: events give 3, the ANN gives 4$'

# the demonstration, with a recipe of its own that takes no time
mkdir own
printf '%s\n' '[run]' 'data = glyphs:train=200,test=20' '[recipe]' \
    'net = 6C5s2-P2-10' 'epochs = 2' 'batch = 32' >own/demo.ini
for command in "$SPIKEGRAD" "$SPIKEGRAD_LYING"; do
    code=0
    [ "$command" = "$SPIKEGRAD" ] || code=4
    expect $code env SPIKEGRAD_RECIPES="$PWD/own" "$command" demo \
        --samples 2 --out demo-$code
done
says err 'verification failed'
expect 0 env SPIKEGRAD_RECIPES="$PWD/own" "$SPIKEGRAD" demo --samples 2 \
    --out demo
for order in fifo lifo scatter turns random; do
    says out "^$order .*equal: 2 samples"
done
says out 'info demo$'
expect 1 env SPIKEGRAD_RECIPES="$PWD/own" "$SPIKEGRAD" demo --out demo
one_error
says err 'already holds a run'
# of more samples than there are, all
expect 0 env SPIKEGRAD_RECIPES="$PWD/own" "$SPIKEGRAD" demo --samples 5000 \
    --out demo-all
says out '^random .*equal: 20 samples'

expect 0 "$SPIKEGRAD" info $run
says out '^ 0 4C5 .*convolution'
says out 'trained on glyphs.*: 2 of 2 epochs'
expect 0 "$SPIKEGRAD" info $run --json
says out '"classes":10,'
finish
