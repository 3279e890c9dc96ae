#!/bin/sh
# Sweeps: every combination is a run like any other; a sweep that is called
# again goes on; a combination that is refused is a row.
. "$(dirname "$0")/common.sh"

small="--data $tiny_data --net 4C5-P2-10-10 --batch 32 --epochs 2 --threads 2"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $small --out s/a --set alpha=16,64 \
    --set "phi=0.5;0.25,0.5" --quiet
silent err
mv out table
[ "$(wc -l <table)" -eq 5 ] || bad "not a head and four rows"
says table '^alpha phi  *epochs  val % test % fwd/ANN in use bwd/ANN  time s state$'
sed -n 2p table >row
says row '^16    0.5       *2  *-  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9.]* complete$'
sed -n 5p table >row
says row '^64    0.25,0.5  *2 '
[ "$(find s/a -name checkpoint.safetensors | wc -l)" -eq 4 ] ||
    bad "not four runs"

# one of them by itself: a grid is of the defaults, so by its recipe
expect 0 "$SPIKEGRAD" train --out one \
    --recipe s/a/alpha=64,phi=0.25,0.5/recipe.ini
same one/checkpoint.safetensors s/a/alpha=64,phi=0.25,0.5/checkpoint.safetensors

# again: nothing is trained; as JSON it is the file
cp s/a/sweep.json before
says s/a/report.html "<h1>Training runs"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $small --out s/a --set alpha=16,64 \
    --set "phi=0.5;0.25,0.5" --json
silent err
same out before
same s/a/sweep.json before
says out '^{"type":"sweep","runs":\[{"path":"s/a/alpha=16,phi=0.5","options":{"alpha":"16","phi":"0.5"},"state":"complete","epochs":2,"planned":2,'

# data whose path begins where the recipe says; also when a run goes on
mkdir there
for prefix in train t10k; do
    "$SPIKEGRAD" data export glyphs:train=90,test=20 --idx there/$prefix \
        2>/dev/null
done
(cd there && "$SPIKEGRAD" train --data mnist:. --net 10 --epochs 1 --out run \
    --quiet >/dev/null)
sweep_there() {
    expect 0 "$SPIKEGRAD" sweep --recipe there/run/recipe.ini --out s/there \
        --set lr=0.1 --json
    says out '"state":"complete"'
    says s/there/lr=0.1/recipe.ini "^folder = $(cd there && pwd -P)\$"
}
sweep_there
rm s/there/lr=0.1/checkpoint.safetensors
: >s/there/lr=0.1/metrics.jsonl
sweep_there

# the flags of a run are those of train
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $small --out s/flags --set alpha=16 --observe 9 \
    --verify 3 --json
says out '^{"type":"sweep"'
[ "$(wc -l <out)" -eq 1 ] || bad "a sweep prints what its runs would"
says s/flags/alpha=16/metrics.jsonl '"observed":{"samples":9,'
# shellcheck disable=SC2086
expect 4 "$SPIKEGRAD_LYING" sweep $small --out s/lying --set alpha=16 --verify 3
says out 'failed: verification failed'

# a combination the library refuses, one whose directory holds something else
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $small --out s/b --set net=10,15C99-10
says out '^10  *2 .* complete$'
says out '^15C99-10  *refused: .*15C99'
says err '^\[2/2\] s/b/net=15C99-10$'
says s/b/sweep.json '"state":"refused","reason":"'
[ ! -e s/b/net=15C99-10 ] || bad "a refused run left a directory"
# shellcheck disable=SC2086
expect 2 "$SPIKEGRAD" sweep $small --out s/c --set net=11,15C99-10
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" sweep $small --out s/b --set net=10 --lr 1
says out 'failed: it holds a run with lr = 0.25$'
# shellcheck disable=SC2086
expect 1 "$SPIKEGRAD" sweep $small --out s/b --set net=10 \
    --data glyphs:train=600,test=100
says out "failed: it holds a run on $tiny_data\$"

# seeds, validation, and the recipe's own seed as the first one
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $small --out s/d --seeds 2 --seed 5 \
    --validation 100
says out '^seed epochs'
says out '^5  *2  *[0-9.]*  *[0-9.]* '
says out '^6  *2  *[0-9.]*  *[0-9.]* '
[ -e s/d/seed=6/best.safetensors ] || bad "no best checkpoint"

# a time limit for all; what does not fit is not run, and may be later. On a
# machine with much else to do that can be the second run.
long="--data glyphs:train=1500,test=100 --net 4C5-P2-10 --batch 50"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $long --epochs 5000 --out s/e --max-minutes 0.03 \
    --set alpha=32,64
says out '^32 .* complete$'
says out '^64 .* \(complete\|not run\)$'
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $long --epochs 5000 --out s/e --max-minutes 0.001 \
    --set alpha=32,64,96
says out '^96  *not run$'
[ ! -e s/e/alpha=96 ] || bad "it was run"

# a signal, and the same command goes on
# shellcheck disable=SC2086
"$SPIKEGRAD" sweep $long --epochs 30 --out s/f --set alpha=32,64 >out 2>err &
process=$!
tries=0
until [ -e s/f/alpha=32/checkpoint.safetensors ] || [ $tries -gt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -INT $process 2>/dev/null
code=0
wait $process || code=$?
[ $code = 130 ] || bad "exit code $code after a signal"
says err '^spikegrad: stopped; the same command goes on$'
says s/f/sweep.json '"state":"unfinished"'
says s/f/sweep.json '"state":"not run"'
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $long --epochs 30 --out s/f --set alpha=32,64
[ "$(grep -c '  30 .* complete$' out)" -eq 2 ] || bad "it did not go on"
expect 0 "$SPIKEGRAD" train --recipe s/f/alpha=32/recipe.ini --out uncut \
    --quiet
same uncut/checkpoint.safetensors s/f/alpha=32/checkpoint.safetensors

# refused CODE PATTERN ARGUMENT...
refused() {
    wanted_code=$1 pattern=$2
    shift 2
    expect "$wanted_code" "$SPIKEGRAD" sweep "$@"
    one_error
    says err "$pattern"
    silent out
    [ ! -e x ] || bad "a refused sweep left a directory"
}
refused 2 'out is missing' --data glyphs --set alpha=1
refused 2 'set is missing' --data glyphs --out x
refused 2 'data is missing' --set alpha=1 --out x
refused 2 "'alpha' is not NAME=VALUE" --data glyphs --out x --set alpha
refused 2 "'beta' is not an option" --data glyphs --out x --set beta=1
refused 2 'alpha.*1..127' --data glyphs --out x --set alpha=1,128
refused 2 'alpha' --data glyphs --out x --set alpha=
refused 2 'alpha is there twice' --data glyphs --out x --set alpha=1 \
    --set alpha=2
refused 2 '0.5 is there twice' --data glyphs --out x --set lr=0.5,0.50
refused 2 'seed is there twice' --data glyphs --out x --set seed=1,2 --seeds 2
refused 2 'no such option' --data glyphs --out x --resume y
refused 1 'nowhere' --data mnist:nowhere --out x --set alpha=1
refused 2 'operand too many' y --data glyphs --out x --set alpha=1
# shellcheck disable=SC2086
(
    on_small_stack "$SPIKEGRAD" sweep $small --out s/stack --set alpha=16,64 \
        --quiet >/dev/null
) || bad "sweep takes much stack"
finish
