# shellcheck shell=sh disable=SC2034
# Helpers of the command's tests; sourced. POSIX sh.
#
# expect CODE COMMAND... runs a command in the test's own directory, keeps its
# output in ./out and ./err, and compares the exit code. says FILE PATTERN and
# silent FILE look at them afterwards. A test ends with `finish`.

: "${SPIKEGRAD:?path of the command}"
unset SPIKEGRAD_RECIPES
recipes=$(cd "$(dirname "$0")/../../recipes" && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# A small run: data, net and length.
tiny_data=glyphs:train=600,test=200
tiny="--data $tiny_data --net 4C5-P2-10 --epochs 2 --batch 32"

bad() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

expect() {
    wanted=$1
    shift
    code=0
    "$@" >out 2>err </dev/null || code=$?
    [ "$code" = "$wanted" ] || {
        bad "exit code $code, expected $wanted: $*"
        sed 's/^/    /' err >&2
    }
}

# says FILE PATTERN: a line of it matches the basic regular expression.
says() {
    grep -q -e "$2" "$1" || {
        bad "no '$2' in $1"
        sed 's/^/    /' "$1" | head -5 >&2
    }
}

silent() {
    [ ! -s "$1" ] || bad "$1 is not empty: $(head -1 "$1")"
}

# one_error: stderr is one line that begins with the name of the command.
one_error() {
    [ "$(wc -l <err)" -eq 1 ] || bad "stderr is not one line: $(cat err)"
    says err '^spikegrad: '
}

same() {
    cmp -s "$1" "$2" || bad "$1 and $2 differ"
}

# on_small_stack COMMAND...: with 256 KiB of it, unless sanitizers, which take
# more, are in the command.
on_small_stack() {
    grep -q __asan_init "$SPIKEGRAD" || ulimit -s 256
    "$@"
}

# temporary DIRECTORY: the files in it that are being written, or were left.
temporary() {
    find "$1" -name '.*.tmp'
}

none_left() {
    [ -z "$(temporary "$1")" ] || bad "left: $(temporary "$1")"
}

# The metrics of a run without its times.
untimed() {
    sed 's/,"time":{[^}]*}//' "$1/metrics.jsonl"
}

finish() {
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}
