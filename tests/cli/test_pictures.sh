#!/bin/sh
# The pictures of README are what the command draws.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
root=$here/../..

expect 0 "$root/tools/draw_pictures" "$SPIKEGRAD" .
for theme in light dark; do
    cmp "spikes-$theme.svg" "$root/docs/pictures/spikes-$theme.svg" ||
        bad "docs/pictures/spikes-$theme.svg is another: ./dev pages"
done
cmp -s spikes-light.svg spikes-dark.svg && bad "dark is as light"
# without --theme: light, and dark where the reader has it dark
expect 0 "$SPIKEGRAD" train --data $tiny_data --net 4C5-P2-10 --epochs 1 \
    --quiet --out run
for theme in auto light dark; do
    expect 0 "$SPIKEGRAD" trace run --svg $theme.svg --theme $theme
done
expect 0 "$SPIKEGRAD" trace run --svg plain.svg
same plain.svg auto.svg
says auto.svg 'prefers-color-scheme:dark'
! grep -q 'prefers-color-scheme' light.svg dark.svg || bad "not fixed"
expect 2 "$SPIKEGRAD" trace run --svg x.svg --theme grey
one_error
finish
