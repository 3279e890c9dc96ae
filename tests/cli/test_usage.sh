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
