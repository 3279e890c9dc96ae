#!/bin/sh
# Killed at moments that chance picks, again and again, until it is done: the
# same checkpoint and the same metrics as without. KILLS is how often at most.
. "$(dirname "$0")/common.sh"

long="--data glyphs:train=1000,test=50 --net 6C5-P2-10 --epochs 4 --batch 10
    --threads 1 --quiet"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $long --out whole
untimed whole >whole.metrics

kills=0
while [ $kills -lt "${KILLS:-8}" ]; do
    rm -rf run
    code=1
    while [ $code != 0 ]; do
        if [ -e run/recipe.ini ]; then
            set -- --resume run --checkpoint-every 5 --threads 1 --quiet
        else
            # shellcheck disable=SC2086
            set -- $long --out run --checkpoint-every 5
        fi
        "$SPIKEGRAD" train "$@" >out 2>err &
        pid=$!
        # two bytes of chance: up to a quarter of a second
        sleep "0.$(od -An -N2 -tu2 /dev/urandom |
            awk '{ printf "%03d", $1 % 250 }')"
        kill -9 $pid 2>/dev/null
        code=0
        wait $pid || code=$?
        [ $code = 0 ] || [ $code = 137 ] || {
            bad "exit code $code: $(cat err)"
            break
        }
        kills=$((kills + 1))
    done
    same whole/checkpoint.safetensors run/checkpoint.safetensors
    untimed run >run.metrics
    same whole.metrics run.metrics
    none_left run
done
echo "$kills processes, killed or done"
finish
