#!/bin/sh
# Files of the command at names where something else stands: links are not
# followed, pipes not waited for, permissions kept, leftovers removed.
. "$(dirname "$0")/common.sh"

small="--data glyphs:train=100,test=20 --net 16-10 --epochs 1 --quiet"

# what older versions wrote to
for name in recipe.ini metrics.jsonl checkpoint.safetensors; do
    echo precious >"$name.kept"
    mkdir -p run
    ln -s "$PWD/$name.kept" "run/$name.tmp"
done
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $small --out run
echo precious >page.kept
ln -s page.kept page.html.tmp
expect 0 "$SPIKEGRAD" report run --out page.html
for name in *.kept; do
    [ "$(cat "$name")" = precious ] || bad "$name was overwritten"
done

# permissions
chmod 600 page.html
expect 0 "$SPIKEGRAD" report run --out page.html
[ "$(stat -c %a page.html)" = 600 ] || bad "page.html has other permissions"
chmod 600 run/metrics.jsonl
printf '{"ty' >>run/metrics.jsonl
expect 0 "$SPIKEGRAD" train --resume run
[ "$(stat -c %a run/metrics.jsonl)" = 600 ] || bad "metrics are open to all"

# what is no file is refused at once; /dev/stdout is what - is
mkfifo pipe
ln -s pipe link
mkdir folder
for name in pipe link folder /dev/null; do
    expect 1 timeout 10 "$SPIKEGRAD" report run --out $name
    one_error
    says err "$name: "
    expect 1 timeout 10 "$SPIKEGRAD" trace run --out $name
    one_error
done
expect 0 "$SPIKEGRAD" trace run --out -
cp out direct
expect 0 "$SPIKEGRAD" trace run --out /dev/stdout
same out direct
for name in recipe.ini metrics.jsonl checkpoint.safetensors; do
    mkdir "in-$name"
    mkfifo "in-$name/$name"
    # shellcheck disable=SC2086
    expect 1 timeout 10 "$SPIKEGRAD" train $small --out "in-$name"
    one_error
    cp -r run "pipe-$name"
    rm "pipe-$name/$name"
    mkfifo "pipe-$name/$name"
    expect 1 timeout 10 "$SPIKEGRAD" train --resume "pipe-$name"
    one_error
done
expect 1 timeout 10 "$SPIKEGRAD" train --recipe ./pipe --data glyphs
one_error

# the owner of a run removes what killed processes left in it, nothing else
left=run/.checkpoint.safetensors.0123456789abcdef.tmp
touch $left run/.checkpoint.safetensors.0123.tmp
expect 0 "$SPIKEGRAD" train --resume run
[ ! -e $left ] || bad "$left is still there"
[ -e run/.checkpoint.safetensors.0123.tmp ] || bad "a file of others is gone"
finish
