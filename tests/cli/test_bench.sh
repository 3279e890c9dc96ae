#!/bin/sh
# What bench reports, from a new network and from trained ones; that it leaves
# no files; wrong uses. Short: the figures themselves mean nothing here.
. "$(dirname "$0")/common.sh"

small="--net 4C5-P2-10 --batch 32 --threads 2"
short="--seconds 0.02 --rounds 3"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench --data $tiny_data $small $short
says out '^4C5-P2-10 on glyphs:train=600,test=200$'
says out '^batch 32, 16-bit weights, 2 threads, kernels [a-z0-9]*; 3 rounds'
says out '^train  *[0-9.]*  *[0-9.]*  *[0-9.]*$'
says out '^infer  *[0-9.]*  *[0-9.]*  *[0-9.]*$'
says out '^after step [0-9]*, in epoch [0-9]*: '
says out '^memory: '
silent err

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench --data $tiny_data $small $short --layers --json
[ "$(wc -l <out)" -eq 1 ] || bad "JSON is not one line"
silent err
for key in train_samples_per_second infer_samples_per_second isa threads \
    batch memory_bytes peak_rss_bytes roof_gops layers load_ms; do
    says out "[{,]\"$key\":"
done
says out '"train_rounds":\[[0-9.]*,[0-9.]*,[0-9.]*\]'
says out '"infer_rounds":\[[0-9.]*,[0-9.]*,[0-9.]*\]'
says out '"threads":2,"batch":32,'
says out '"layers":\[{"name":"4C5","forward":{"ms":'
for key in gradient update floor_ms density roof_share; do
    says out "\"$key\":"
done

# every layer and phase that there is, and none that there is not
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench --data $tiny_data $small $short --layers --warm 0
for row in 'load images' '4C5  *forward' '4C5  *count' '4C5  *fire' \
    '4C5  *gradient' '4C5  *update' 'P2  *forward' '10  *forward' '10  *fire' \
    '10  *propagate' '10  *gradient' '10  *update' 'all'; do
    says out "^$row  *[0-9.]"
done
grep -q '^4C5  *propagate' out && bad "errors below the first layer"
grep '.\{81\}' out && bad "lines longer than 80"
[ "$(ls)" = "$(printf 'err\nout')" ] || bad "files left: $(ls)"

# from a run that is complete: it goes on, and the model stays as it is
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out run --quiet
cp run/checkpoint.safetensors before
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench --from run $short
says out 'in epoch 2: '
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench --from run/checkpoint.safetensors $short \
    --data glyphs:train=100,test=10 --batch 32 --json
says out '"data":"glyphs:train=100,test=10"'
same run/checkpoint.safetensors before
[ "$(find run -type f ! -name .lock | wc -l)" -eq 3 ] || bad "files left: $(ls run)"

# what train would train with the same arguments
few="--data glyphs:train=90,test=10 --net 10"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $few --epochs 1 --out few --quiet
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" bench $few $short
says out "^batch $(sed -n 's/^batch = //p' few/recipe.ini), "
rm -r few

# refused CODE PATTERN ARGUMENT...
refused() {
    wanted_code=$1 pattern=$2
    shift 2
    expect "$wanted_code" "$SPIKEGRAD" bench "$@"
    one_error
    says err "$pattern"
    silent out
}
refused 2 'data is missing' --net 10
refused 2 'no such option' --data glyphs --out x
refused 2 'not a decimal from 0.01 to 3600' --data glyphs --seconds 0
refused 2 'not a decimal' --data glyphs --seconds 1e9
refused 2 'not a decimal' --data glyphs --seconds 2.0005
refused 2 'not a number' --data glyphs --rounds 0
refused 2 'one operand too many' --data glyphs extra
refused 2 'batch.*the model has' --from run --batch 64
refused 2 'recipe cannot be given' --from run --recipe demo
refused 1 'nowhere' --from nowhere
refused 1 'nowhere' --data mnist:nowhere
head -c 1000 before >half.safetensors
refused 3 'half' --from half.safetensors

# a signal ends it, in one line
# shellcheck disable=SC2086
"$SPIKEGRAD" bench --data $tiny_data $small --seconds 60 >out 2>err &
process=$!
sleep 1
kill -TERM $process
code=0
wait $process || code=$?
[ "$code" = 130 ] || bad "exit code $code after a signal"
one_error

# memory, tables
expect 0 "$SPIKEGRAD" info run --threads 1
says out '^memory for training at batch 32 with 1 thread: '
expect 0 "$SPIKEGRAD" info run --threads 3 --json
says out '"training_memory_bytes":[1-9][0-9]*,"threads":3,'
expect 0 "$SPIKEGRAD" --version
says out '^kernels: [a-z0-9]* (of ref'
SPIKEGRAD_ISA=abacus
export SPIKEGRAD_ISA
expect 0 "$SPIKEGRAD" --version
one_error
says err "no table 'abacus' here, using [a-z0-9]*; there are ref"
SPIKEGRAD_ISA=ref
expect 0 "$SPIKEGRAD" --version
says out '^kernels: ref '
silent err
finish
