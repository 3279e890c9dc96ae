#!/bin/sh
# What is around a run: closed descriptors, readers that go, signals.
. "$(dirname "$0")/common.sh"

# Descriptors that are closed are not taken by a file of the run.
long="--data glyphs:train=4000,test=50 --net 16C5-P2-10 --threads 2"
# shellcheck disable=SC2086
for closed in 1 2 12; do
    case $closed in
    1) "$SPIKEGRAD" train $tiny --out run-$closed 2>err >&- ;;
    2) "$SPIKEGRAD" train $tiny --out run-$closed >out 2>&- ;;
    *) "$SPIKEGRAD" train $tiny --out run-$closed >&- 2>&- <&- ;;
    esac || bad "a run with $closed closed"
    [ "$(wc -l <run-$closed/metrics.jsonl)" -eq 2 ] ||
        bad "metrics are not two lines with $closed closed"
    expect 0 "$SPIKEGRAD" report run-$closed
    expect 0 "$SPIKEGRAD" train --resume run-$closed
done
# A file that is read is not taken for one either.
"$SPIKEGRAD" info run-1 <&- >&- 2>err || bad "info with 0 and 1 closed"
silent err

# A reader that goes does not end a run, as a table or as JSON lines; one of
# stderr neither.
for form in "" --json; do
    # shellcheck disable=SC2086
    { "$SPIKEGRAD" train $tiny $form --epochs 5 --out "left$form" 2>err
        echo $? >code; } | true
    [ "$(cat code)" = 0 ] || bad "exit code $(cat code) without a reader"
    says err 'nobody reads standard output any more; the run goes on'
    [ "$(wc -l <"left$form/metrics.jsonl")" -eq 5 ] || bad "it did not go on"
done
# shellcheck disable=SC2086
{ "$SPIKEGRAD" train $tiny --out both 2>&1; echo $? >code; } | true
[ "$(cat code)" = 0 ] || bad "exit code $(cat code) without any reader"
expect 0 "$SPIKEGRAD" train --resume both

# signalled SIGNAL COMMAND...: starts it, signals it once it trains.
signalled() {
    signal=$1 name=$2 code=0
    shift 2
    "$@" >out 2>err &
    pid=$!
    tries=0
    until [ -e "$name/recipe.ini" ] || [ $tries -gt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    sleep 0.2
    kill -s "$signal" $pid
    sleep 0.01
    kill -s "$signal" $pid 2>/dev/null # twice, as a terminal that closes
    wait $pid || code=$?
}
# shellcheck disable=SC2086
for signal in HUP USR1 USR2 XCPU; do
    signalled $signal s-$signal "$SPIKEGRAD" train $long --epochs 200 \
        --out s-$signal
    [ $code = 130 ] || bad "SIG$signal: exit code $code"
    [ -e s-$signal/checkpoint.safetensors ] || bad "SIG$signal: not saved"
    says err "continue with: .*train --resume s-$signal"
    signalled $signal w-$signal/alpha=9 "$SPIKEGRAD" sweep $long \
        --epochs 200 --set alpha=9 --out w-$signal --quiet
    [ $code = 130 ] || bad "sweep, SIG$signal: exit code $code"
    [ -e w-$signal/alpha=9/checkpoint.safetensors ] ||
        bad "sweep, SIG$signal: not saved"
done
# what nohup does
# shellcheck disable=SC2086
signalled HUP nohup sh -c 'trap "" HUP; exec "$@"' sh "$SPIKEGRAD" train \
    $long --epochs 2 --out nohup
[ $code = 0 ] || bad "SIGHUP that is ignored: exit code $code"

# Names as people have them: in Latin-1, with a blank at the end.
name=$(printf 'caf\351 ')
mkdir -p "$name/data "
for prefix in train t10k; do
    "$SPIKEGRAD" data export "$tiny_data" --idx "$name/data /$prefix" \
        2>/dev/null
done
expect 0 "$SPIKEGRAD" train --data "mnist:$name/data " --net 10 --epochs 1 \
    --out "$name/run " --json
says out '^{"type":"run"'
says out '^{"type":"end"'
expect 0 "$SPIKEGRAD" train --resume "$name/run " --epochs 2
expect 0 "$SPIKEGRAD" info "$name/run " --json
expect 0 "$SPIKEGRAD" eval "$name/run " --json
expect 0 "$SPIKEGRAD" data info "mnist:$name/data " --json
expect 0 "$SPIKEGRAD" bench --from "$name/run " --seconds .01 --rounds 1 --json
expect 0 "$SPIKEGRAD" sweep --data "mnist:$name/data " --net 10 --epochs 1 \
    --set alpha=9 --out "$name/sweep " --json
says out '^{"type":"sweep"'

# Fewer threads than wanted: said, and the same to the bit.
# shellcheck disable=SC2086
for left in 0 2; do
    expect 0 env THREADS_LEFT=$left "$SPIKEGRAD_LYING" train $tiny \
        --threads 4 --observe 0 --out few-$left
    says err "^spikegrad: $((left + 1)) of 4 threads: the system starts no more"
    same few-$left/checkpoint.safetensors run-1/checkpoint.safetensors
    expect 0 "$SPIKEGRAD" eval few-$left --threads 1 --json
    mv out alone
    expect 0 env THREADS_LEFT=$left "$SPIKEGRAD_LYING" eval few-$left \
        --threads 4 --json
    same out alone
    says err "^spikegrad: $((left + 1)) of 4 threads: the system starts no more"
done
finish
