#!/bin/sh
# The man page and the completion are what the command's tables say, and they
# work.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
: "${SPIKEGRAD_PAGES:?path of what writes the pages}"
root=$here/../..

# current KIND PROSE PAGE
current() {
    "$SPIKEGRAD_PAGES" "$1" <"$root/$2" >page 2>err || bad "$(cat err)"
    cmp -s page "$root/$3" || bad "$3 is not what the tables say: ./dev pages"
}
current man docs/man/spikegrad.1.in docs/man/spikegrad.1
current bash completions/spikegrad.bash.in completions/spikegrad.bash

# prose that does not fit
expect 2 "$SPIKEGRAD_PAGES" neither
for line in "@options bogus" "@bogus" "a *mark without its other half"; do
    printf 'spikegrad(1)\n\n%s\n' "$line" >prose
    "$SPIKEGRAD_PAGES" man <prose >page 2>err && bad "taken: $line"
    [ -s err ] || bad "no word on: $line"
done
grep -v '^	@options trace$' "$root/docs/man/spikegrad.1.in" >prose
"$SPIKEGRAD_PAGES" man <prose >page 2>err && bad "trace has no options"
says err "trace: a subcommand without '@options'"

# everything that --help has is in the man page
for command in train "data export" sweep; do
    # shellcheck disable=SC2086
    "$SPIKEGRAD" help $command | sed -n 's/^  --\([a-z-]*\).*/\1/p' |
        grep -vx help | sed 's/-/\\-/g' >flags
    [ -s flags ] || bad "no flags in the help of $command"
    while read -r flag; do
        grep -qF "\\-\\-$flag\\fR" "$root/docs/man/spikegrad.1" ||
            bad "$command --$flag is not in the man page"
    done <flags
done
if command -v groff >groff.path 2>&1; then
    groff -man -Tutf8 -ww "$root/docs/man/spikegrad.1" >page 2>err
    silent err
fi

# completes 'WORDS' 'EXPECTED...': the last word is the one under the cursor.
completes() {
    bash -c '. "$1"; COMP_WORDS=($2); [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMP_WORDS[0]=$3
        _spikegrad; printf "%s\n" "${COMPREPLY[@]}" | sort | tr "\n" " "' \
        bash "$root/completions/spikegrad.bash" "$1" "$SPIKEGRAD" >out 2>err
    silent err
    [ "$(cat out)" = "$2 " ] || bad "'$1' completes to '$(cat out)', not '$2 '"
}
if command -v bash >bash.path 2>&1; then
    touch model.ini
    completes "spikegrad tr" "trace train"
    completes "spikegrad help sw" "sweep"
    completes "spikegrad data " "--help export formats info"
    completes "spikegrad data export --s" "--scale --split"
    completes "spikegrad data export --split t" "test train"
    completes "spikegrad train --fi" "--fire"
    completes "spikegrad train --fire " "floor round"
    completes "spikegrad train --weight-bits " "16 8"
    completes "spikegrad train --choose " "best last"
    completes "spikegrad sweep --choose b" "best"
    completes "spikegrad verify --order s" "scatter"
    completes "spikegrad train --data mn" "mnist:"
    completes "spikegrad train --recipe mnist-s" "mnist-sparse"
    completes "spikegrad sweep --set wei" "weight-bits= weight-decay="
    completes "spikegrad sweep --set loss = sq" "squared"
    completes "spikegrad sweep --set loss =" "softmax squared"
    completes "spikegrad sweep --set loss=" "loss=softmax loss=squared"
    completes "spikegrad sweep --seeds 3 --set loss = squared,so" \
        "squared,softmax"
    completes "spikegrad sweep --set loss=squared,so" "loss=squared,softmax"
    completes "spikegrad eval mod" "model.ini"
fi
finish
