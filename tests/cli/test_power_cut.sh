#!/bin/sh
# A power cut leaves each file of a run as it was at some moment, not all at
# the same: what was renamed may be there before what was appended. Every
# state that a file of a run ever had is kept, and mixed with every state of
# the others, the metrics torn as well. Each mix goes on and ends with the
# checkpoints of an undisturbed run. Its metrics are the same too unless they
# were behind the checkpoint, which the syncs of a run prevent: then what is
# missing is told of.
. "$(dirname "$0")/common.sh"
[ -n "${SPIKEGRAD_FAULTS:-}" ] && [ -e "$SPIKEGRAD_FAULTS" ] || exit 77

small="--data glyphs:train=100,test=20 --net 10 --epochs 3 --batch 20
    --validation 40 --threads 1 --quiet"
# shellcheck disable=SC2086
set -- "$SPIKEGRAD" train $small --out run
expect 0 env SPIKEGRAD_FAULT=kill:0 LD_PRELOAD="$SPIKEGRAD_FAULTS" \
    SPIKEGRAD_FAULT_COUNT=count "$@"
count=$(cat count)
[ "$count" -gt 0 ] || exit 77 # calls are not seen on this machine
mv run whole
untimed whole >whole.metrics

# keep FILE: its state of now, unless that is kept already. States are
# numbered by age; metrics are told apart by their lines, which have times.
keep() {
    mkdir -p "kept-$1"
    last=$(find "kept-$1" -type f | wc -l)
    [ -e "run/$1" ] || return 0
    untimed run >now.metrics
    [ "$1" = metrics.jsonl ] || cp "run/$1" now
    [ "$1" != metrics.jsonl ] || cp now.metrics now
    [ "$last" -gt 0 ] && cmp -s now "last-$1" && return 0
    mv now "last-$1"
    cp "run/$1" "kept-$1/$((last + 1))"
}

n=1
while [ "$n" -le "$count" ]; do
    rm -rf run
    code=0
    SPIKEGRAD_FAULT=kill:$n LD_PRELOAD="$SPIKEGRAD_FAULTS" "$@" \
        >out 2>err </dev/null || code=$?
    [ $code = 137 ] || bad "kill:$n of $count: exit code $code"
    for file in metrics.jsonl checkpoint.safetensors best.safetensors; do
        [ ! -e run/recipe.ini ] || keep $file
    done
    n=$((n + 1))
done

# mixed M B C [TORN]: the directory after a cut with these states of metrics,
# best and checkpoint (0: not there) goes on as it should.
mixed() {
    rm -rf run
    mkdir run
    cp whole/recipe.ini run
    [ "$1" = 0 ] || cp "kept-metrics.jsonl/$1" run/metrics.jsonl
    [ "$2" = 0 ] || cp "kept-best.safetensors/$2" run/best.safetensors
    [ "$3" = 0 ] || cp "kept-checkpoint.safetensors/$3" \
        run/checkpoint.safetensors
    printf '%s' "${4:-}" >>run/metrics.jsonl
    expect 0 "$SPIKEGRAD" train --resume run --threads 1
    same whole/checkpoint.safetensors run/checkpoint.safetensors
    untimed run >run.metrics
    epochs=$(($1 > 0 ? $1 - 1 : 0)) # the first state is an empty file
    [ "$epochs" -ge "$3" ] || says err 'metrics.jsonl: no line of '
    [ "$2" -ge "$3" ] || [ "$1" = 5 ] || [ "$epochs" -lt "$3" ] ||
        says err 'best.safetensors is not the checkpoint of epoch '
    [ "$epochs" -lt "$3" ] || [ "$2" -lt "$3" ] || {
        same whole/best.safetensors run/best.safetensors
        same whole.metrics run.metrics
    }
}

states() {
    find "kept-$1" -type f | wc -l
}

[ "$(states metrics.jsonl) $(states best.safetensors)" = "5 3" ] ||
    bad "not three epochs, each better than the one before, and a last test"
for m in 0 1 2 3 4 5; do
    for b in 0 1 2 3; do
        for c in 0 1 2 3; do
            mixed $m $b $c
        done
        mixed $m $b $b '{"type":"ep'
    done
done
finish
