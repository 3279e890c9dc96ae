#!/bin/sh
# Broken files: the documented exit code, one line, nothing lost.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --out run --quiet
model=run/checkpoint.safetensors
size=$(wc -c <$model)

# refused CODE MODEL: by all that read models
refused() {
    for command in eval verify trace info; do
        expect "$1" "$SPIKEGRAD" $command "$2"
        one_error
        silent out
    done
}

refused 1 nowhere.safetensors
: >empty.safetensors
refused 3 empty.safetensors
head -c $((size / 2)) $model >half.safetensors
refused 3 half.safetensors
echo 'not a checkpoint at all, only a line of text' >text.safetensors
refused 3 text.safetensors
printf '\377\377\377\377\377\377\377\177{}' >huge.safetensors
refused 3 huge.safetensors
for at in 3 100 $((size / 3)) $((size - 5)); do
    head -c "$at" $model >flip.safetensors
    tail -c +$((at + 1)) $model | head -c 1 | tr '\000-\377' '\001-\377\000' \
        >>flip.safetensors
    tail -c +$((at + 2)) $model >>flip.safetensors
    refused 3 flip.safetensors
done
cp half.safetensors run/checkpoint.safetensors
expect 3 "$SPIKEGRAD" train --resume run
one_error
same half.safetensors run/checkpoint.safetensors

# data
expect 1 "$SPIKEGRAD" train --data mnist:nowhere
one_error
says err nowhere
mkdir digits
"$SPIKEGRAD" data export "$tiny_data" --idx digits/train
"$SPIKEGRAD" data export "$tiny_data" --idx digits/t10k --split test
expect 0 "$SPIKEGRAD" data info mnist:digits
cp digits/train-images-idx3-ubyte keep
head -c 5000 keep >digits/train-images-idx3-ubyte
expect 3 "$SPIKEGRAD" data info mnist:digits
one_error
says err 'train-images'
printf 'xxxx' | cat - keep >digits/train-images-idx3-ubyte
expect 3 "$SPIKEGRAD" train --data mnist:digits
one_error
[ ! -e runs ] || bad "refused data left a run directory"

# a compressed file that promises far more than it is, and one that may
mkdir large
cp digits/train-labels-idx1-ubyte large/
{
    printf '\0\0\10\3\0\1\206\240\0\0\0\40\0\0\0\40'
    head -c 102400000 /dev/zero
} | gzip -1 >large/train-images-idx3-ubyte.gz
expect 3 "$SPIKEGRAD" train --data mnist:large
one_error
says err 'limit=MIB'
expect 3 "$SPIKEGRAD" train --data mnist:large,limit=128
says err '100 labels, but there are 100000 images'

# recipes
printf '[recipe]\nnet = 10\nspeed = 3\n' >bad.ini
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./bad.ini
one_error
says err "bad.ini:3: unknown key 'speed'"
# of two values of an option neither is meant
printf 'net = 10\nmargin = 0.1\n[run]\n[recipe]\nmargin = 0.2\n' >twice.ini
expect 3 "$SPIKEGRAD" train --data $tiny_data --recipe ./twice.ini --out none
one_error
says err "twice.ini:5: 'margin' stands there for the second time"
printf '[run]\ndata = %s\ndata = glyphs\n' $tiny_data >twice.ini
expect 3 "$SPIKEGRAD" train --recipe ./twice.ini --out none
says err "twice.ini:3: 'data' stands there for the second time"
printf 'epochs = -1\n' >bad.ini
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./bad.ini
says err 'bad.ini:1: '
printf '[network]\nnet = 10\n' >bad.ini
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./bad.ini
says err 'bad.ini:1: unknown section'
printf 'net = 10\n[]\n' >bad.ini
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./bad.ini
says err 'bad.ini:2: unknown section'
printf '[%0400d]\n' 1 >bad.ini
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./bad.ini
one_error
expect 1 "$SPIKEGRAD" train --data glyphs --recipe nowhere
one_error
says err "recipe 'nowhere' not found"

# a file that is one line without an end costs neither time nor memory
truncate -s 3G long.ini 2>err || dd if=/dev/zero of=long.ini bs=1 count=0 \
    seek=3000000000 2>err
expect 3 "$SPIKEGRAD" train --data glyphs --recipe ./long.ini
one_error
says err 'long.ini:1: a line of more than 4 MiB'
expect 3 "$SPIKEGRAD" train --data glyphs --recipe /dev/zero
one_error
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out long
mv long.ini long/metrics.jsonl
for command in report "train --resume"; do
    # shellcheck disable=SC2086
    expect 3 "$SPIKEGRAD" $command long
    one_error
    says err 'metrics.jsonl:1: a line of more than'
done
[ "$(wc -c <long/metrics.jsonl)" -ge 3000000000 ] || bad "metrics were cut"
rm -f long/metrics.jsonl

# shipped recipes are found by name and valid
SPIKEGRAD_RECIPES=$recipes
export SPIKEGRAD_RECIPES
expect 0 "$SPIKEGRAD" recipes
says out '^  mnist-int8 '
for name in mnist mnist-int8; do
    expect 0 "$SPIKEGRAD" train --data "$tiny_data" --recipe $name \
        --net 4C5-P2-10 --epochs 1 --out "by-$name"
done

# a disk that fills up: the limit on file size takes its place
code=0
# shellcheck disable=SC2086,SC3045 # dash and bash both have ulimit -f
(ulimit -f 16; exec "$SPIKEGRAD" train $tiny --net 30C5-P2-10 --out full --quiet) \
    >out 2>err || code=$?
[ $code = 1 ] || bad "full disk: exit code $code"
sed -i '/^spikegrad: /!d' err
one_error
finish
