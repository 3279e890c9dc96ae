#!/bin/sh
# A run without a recipe takes options that suit its network and data; one that
# learns nothing says so.
. "$(dirname "$0")/common.sh"

lacks() {
    ! grep -q -e "$2" "$1" || bad "'$2' in $1"
}

deep="--data $tiny_data --net 4C3-4C3-4C3-9-10 --epochs 1 --batch 32"

# shellcheck disable=SC2086 # lists of words
{
    expect 0 "$SPIKEGRAD" train $deep --out deep
    says err '^spikegrad: standardise = on, .*phi = auto:2, lr = 0.05'
    says deep/recipe.ini '^standardise = on'
    expect 0 "$SPIKEGRAD" train $deep --lr 0.06 --standardise off --out own \
        --quiet
    silent err
    says own/recipe.ini '^lr = 0.06'
    says own/recipe.ini '^standardise = off'
    says own/recipe.ini '^phi = auto:2'
    expect 0 "$SPIKEGRAD" train $deep --recipe mnist --out named
    lacks err 'suits this network'
    says named/recipe.ini '^standardise = off'
    expect 0 "$SPIKEGRAD" train --data glyphs:train=10000,test=50 \
        --net 4C5s2-10 --epochs 1 --out shallow
    lacks err 'suits this network'
    says shallow/recipe.ini '^lr = 0.25'

    # a few samples: small batches, and a rate that rises over a twentieth
    expect 0 "$SPIKEGRAD" train --data glyphs:train=240,test=200 \
        --net 6C5s2-P2-10 --out few
    says err '^spikegrad: epochs = 60, batch = 16, lr = 0.05, warmup = 3, which'
    [ "$(awk '$1 == 60 { print($4 >= 75) }' out)" = 1 ] ||
        bad "240 digits are not learned"
    expect 0 "$SPIKEGRAD" train --data glyphs:train=240,test=50 --net 4C5s2-10 \
        --epochs 2 --out brief
    says brief/recipe.ini '^warmup = 0.1'
}

# 120 steps at a rate that nothing survives
expect 0 "$SPIKEGRAD" train --data glyphs:train=600,test=50 --net 9-9-10 \
    --lr 900 --batch 10 --epochs 2 --out lost
says err '^spikegrad: epoch 2: '
says err 'Try a lower --lr'
# and at one that changes nothing: said once
expect 0 "$SPIKEGRAD" train --data glyphs:train=1200,test=50 --net 10 \
    --lr 0.000001 --batch 10 --epochs 3 --out still
[ "$(grep -c 'the accuracy is that of guessing' err)" -eq 1 ] ||
    bad "guessing is not told once"
# charge far beyond the cap: channels that shout are told once, and recorded,
# the same for any number of threads
loud="--data glyphs:train=1200,test=50 --net 4C5-P2-20-10 --spread 16
    --count-cap 15 --batch 10 --epochs 2"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $loud --threads 1 --out loud
[ "$(grep -c 'layer 0 (4C5): channel [0-9]* sends' err)" -eq 1 ] ||
    bad "a loud channel is not told once"
says loud/metrics.jsonl '"channels":\[{"layer":0,"loudest":[0-3],"spikes":'
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $loud --threads 3 --quiet --out louder
grep -q 'sends' err && bad "told although it was to be quiet"
for run in loud louder; do
    grep -o '"channels":[^]]*' $run/metrics.jsonl >$run.channels
done
expect 0 cmp loud.channels louder.channels
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $loud --observe 0 --out blind
lacks err 'sends'
grep -q channels blind/metrics.jsonl && bad "channels without instruments"
finish
