#!/bin/sh
# The commands in the documents: every option that one names is there, and those
# of some pages run, one after the other, with an epoch where they say nothing.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
root=$here/../..

mkdir bin
ln -s "$SPIKEGRAD" bin/spikegrad

# commands PAGE: those in its blocks of code, a line each, up to a comment.
commands() {
    awk '
    /^```/ { fenced = !fenced; next }
    fenced || /^    / {
        line = line $0
        if (sub(/\\$/, "", line))
            next
        sub(/^ *(build\/release\/)?/, "", line)
        gsub(/  +/, " ", line)
        sub(/ +# .*/, "", line)
        if (line ~ /^spikegrad [a-z]/)
            print line
        line = ""
    }' "$1"
}

# The options of each command of a page.
seen=0
for page in "$root"/README.md "$root"/docs/*.md "$root"/rtl/README.md; do
    commands "$page" >list
    while read -r line; do
        # shellcheck disable=SC2086 # words of a command
        set -- $line
        [ "$2" = help ] && continue
        name=$2
        [ "$name" = data ] && name="data $3"
        # shellcheck disable=SC2086
        "$SPIKEGRAD" help $name >page 2>err || {
            bad "$page: $line: $(cat err)"
            continue
        }
        for flag in $(printf '%s\n' "$line" | grep -o -e ' --[a-z][a-z0-9-]*'); do
            grep -q -e "^  $flag\( \|\$\)" page ||
                bad "$page: no $flag in: $line"
        done
        seen=$((seen + 1))
    done <list
done
[ "$seen" -gt 60 ] || bad "only $seen commands in the documents"

# run_page PAGE [SECTION]: runs the commands of all of it, or of a section; on a
# small set instead of MNIST's DIR, with few samples, and each in a directory of
# its own. Files that are nowhere here are passed over.
run_page() {
    awk -v wanted="${2:-}" '/^## / { inside = $0 == "## " wanted }
        wanted == "" || inside' "$root/$1" >section
    commands section | grep -v recording.bin |
        sed "s|mnist:DIR|$tiny_data|; s|SPEC|$tiny_data|
        s/--samples [0-9]*/--samples 2/
        /^spikegrad bench/s/$/ --seconds 1/
        /^spikegrad train.*--resume\|^spikegrad train.*--epochs/!s/^spikegrad train/& --epochs 1/
        s|.*--out \([a-z/]*\).*|rm -rf \1; &|" >list
    [ -s list ] || bad "$1: no commands"
    while read -r line; do
        case $line in
        *convert*) "$SPIKEGRAD" help convert >page 2>err || continue ;;
        esac
        (
            PATH=$work/bin:$PATH
            eval "$line"
        ) >out 2>err </dev/null || {
            bad "$1: exit code $?: $line"
            sed 's/^/    /' err >&2
        }
    done <list
}

run_page docs/faq.md
rm -rf runs ./*.safetensors infer compare.html

# pictures, arrays and IDX files of one's own
expect 0 "$SPIKEGRAD" data export glyphs:train=300,test=50 --images mine
mv mine/train/* mine && rm -r mine/train mine/test
expect 0 "$SPIKEGRAD" data export glyphs:train=300,test=50 --npz mine.npz \
    --npy arrays
mv arrays/* mine
expect 0 "$SPIKEGRAD" data export glyphs:train=300,test=50 --count 0 \
    --idx mine/train
mkdir DIR
run_page docs/your-own-data.md
rm -rf runs mine

run_page README.md MNIST
rm -rf runs
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --quiet --out runs/b
run_page docs/command.md "A run"
finish
