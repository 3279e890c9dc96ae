#!/bin/sh
# Wrong command lines: exit code 2, one line on stderr, nothing on stdout, no
# run directory; and the help of every subcommand.
. "$(dirname "$0")/common.sh"

for arguments in "" "bogus" "--bogus" "train" "train --data" "train --bogus" \
    "train --data nowhere:x" "train --data glyphs --threads 0" \
    "train --data glyphs --threads many" "train --data glyphs --batch 0" \
    "train --data glyphs --lr fast" "train --data glyphs --weight-bits 9" \
    "train --data glyphs:train=600,test=9 --net 15Q5-10" \
    "train --data glyphs:train=600,test=9 --net 15C99-10" \
    "train --data glyphs:train=600,test=9 --net 11" \
    "train --data glyphs:train=600,test=9 --validation 600" \
    "train --data glyphs extra" "train --quiet=yes --data glyphs" \
    "train --resume x --lr 1" "train --resume x --out y" \
    "eval" "eval a b" "eval a --split none" "verify a --order sideways" \
    "verify a --samples 0" "trace a --format xml" "info" "info a --bogus" \
    "info a --threads 0" "report" "report a --pj-mul8 -1" \
    "data" "data bogus" "data info" "data export glyphs" \
    "data export glyphs --png x --scale 99" "recipes more" "help bogus"; do
    # shellcheck disable=SC2086 # the words of a line are arguments
    expect 2 "$SPIKEGRAD" $arguments
    one_error
    says err "try 'spikegrad .*--help'"
    silent out
done
[ ! -e runs ] || bad "a refused command left a run directory"

expect 2 "$SPIKEGRAD" train --data glyphs --lr fast
says err 'lr'
expect 2 "$SPIKEGRAD" verify a --order sideways
says err "'sideways' is not one of fifo|lifo|scatter|turns|random|all"

# no text is missing in what is expected
expect 2 "$SPIKEGRAD" data
says err "'data info SPEC' or 'data export SPEC' or 'data formats';"

# two things at once on standard output
expect 0 "$SPIKEGRAD" train --data "$tiny_data" --net 10 --epochs 1 \
    --observe 0 --quiet --out seen
for both in "report seen --csv - --out /dev/stdout" \
    "trace seen --out - --svg -" "eval seen --predictions -" \
    "eval seen --json --predictions /dev/stdout" \
    "classify seen x --json --csv /dev/stdout"; do
    # shellcheck disable=SC2086
    expect 2 "$SPIKEGRAD" $both
    one_error
    says err 'both want stdout'
    silent out
done

# flags that would have no effect
for arguments in "eval seen --logits" "export seen --c none --format npy" \
    "export seen --c none --order lifo" "convert seen --nir none --split train" \
    "convert seen --npz none --threads 2" \
    "train --data glyphs --out none --json --layers"; do
    # shellcheck disable=SC2086
    expect 2 "$SPIKEGRAD" $arguments
    one_error
    silent out
    [ ! -e none ] || bad "left by: $arguments"
done

# a flag is no value of another; numbers as people write them
expect 2 "$SPIKEGRAD" train --data glyphs --lr --out x
one_error
says err '^spikegrad: --lr: a value is missing before --out;'
[ ! -e x ] || bad "a refused command left a directory"
for lr in .1 1e-1 0.1000000000 100e-3 1E-1 0.1e+0; do
    expect 0 "$SPIKEGRAD" train --data "$tiny_data" --net 10 --epochs 1 \
        --lr $lr --max-minutes 5e-1 --observe 0 --quiet --out "lr$lr"
    says "lr$lr/recipe.ini" '^lr = 0.1$'
    says "lr$lr/recipe.ini" '^max-minutes = 0.500$'
done
for lr in . e1 1e 1e- 1e-7 0.0000001 1e4 1e99999 0x1 +1 1..2 '1 '; do
    expect 2 "$SPIKEGRAD" train --data "$tiny_data" --net 10 --lr "$lr"
    one_error
    expect 2 "$SPIKEGRAD" report a --pj-mul8 "${lr}9999"
done
expect 2 "$SPIKEGRAD" report a --pj-mul8 1e-4
says err "'1e-4' is not a decimal from 0 to 1000 with at most 3 places"

# ~ behind a colon, which no shell expands
mkdir home home/digits
for prefix in train t10k; do
    "$SPIKEGRAD" data export "$tiny_data" --idx home/digits/$prefix \
        2>/dev/null
done
HOME=$work/home
export HOME
expect 0 "$SPIKEGRAD" data info 'mnist:~/digits'
says out "100 samples of 28x28x1"
expect 0 "$SPIKEGRAD" train --data 'mnist:~/digits' --net 10 --epochs 1 \
    --out tilde
says tilde/recipe.ini "^data = mnist:$HOME/digits\$"
printf '[run]\ndata = mnist:~/digits\n[recipe]\nnet = 10\nepochs = 1\n' >t.ini
expect 0 "$SPIKEGRAD" train --recipe ./t.ini --out tilde2
says tilde2/recipe.ini "^data = mnist:$HOME/digits\$"
expect 0 "$SPIKEGRAD" eval tilde --data 'mnist:~/digits'
expect 1 "$SPIKEGRAD" data info 'mnist:./~/digits'

for command in demo train eval verify anytime trace report bench info sweep \
    recipes data "data info" "data export"; do
    # shellcheck disable=SC2086
    expect 0 "$SPIKEGRAD" $command --help
    says out "^usage: spikegrad $command"
    silent err
    mv out direct
    # shellcheck disable=SC2086
    expect 0 "$SPIKEGRAD" help $command
    same out direct
done
expect 0 "$SPIKEGRAD" train --help
says out '^  --net TOPOLOGY .*'
says out '(default: 12)'
expect 0 "$SPIKEGRAD" verify --help
says out '(default: 20)'

expect 0 "$SPIKEGRAD" --version
says out '^spikegrad [0-9]*\.[0-9]*\.[0-9]*$'
says out '^kernels: '
expect 0 "$SPIKEGRAD" help
says out '^Exit codes:'
finish
