#!/bin/sh
# What ranks do besides training: verification, observation, anytime, and the
# combinations of a sweep. Whatever the number of ranks, output and files are
# those of one process but for times.
. "$(dirname "$0")/mpi.sh"

run="--data glyphs:train=200,test=60 --epochs 2 --batch 10
    --net 6C3p1-P2-D2-20-10 --verify 37 --observe 40 --json"
# without the times of lines
timeless() {
    sed -e 's/"[a-z_]*seconds":[^,}]*//' -e 's/"time":{[^}]*}//g' "$1"
}

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $run --threads 1 --out one
timeless out | sed 's/"path":"[^"]*"//;s/"model":"[^"]*"//' >one.out
untimed one >one.metrics
for mpi in $mpis; do
    for ranks in 2 5; do
        # shellcheck disable=SC2046,SC2086
        expect 0 $(launcher "$mpi") -n "$ranks" "$SPIKEGRAD" train $run \
            --threads 1 --out "$mpi$ranks"
        timeless out | sed 's/"path":"[^"]*"//;s/"model":"[^"]*"//' >many.out
        same one.out many.out
        untimed "$mpi$ranks" >many.metrics
        same one.metrics many.metrics
        same one/checkpoint.safetensors "$mpi$ranks"/checkpoint.safetensors
    done
done
says one.metrics '"observed":{"samples":40,'
says one.metrics '"channels":\['

# what ranks send and wait is in the times of their lines
mpi=${mpis##* }
grep -q '"sent"\|"ranks"' one/metrics.jsonl && bad "traffic of one process"
for key in rank_steps sent received step_seconds wait_seconds; do
    [ "$(grep -c "\"time\":{[^}]*\"$key\":[0-9]" "${mpi}5/metrics.jsonl")" = 2 ] ||
        bad "no $key in ${mpi}5/metrics.jsonl"
done
says "${mpi}5/metrics.jsonl" '"time":{[^}]*"ranks":5,"rank_steps":20,'
expect 0 "$SPIKEGRAD" report "${mpi}5" --out ranks.html
says ranks.html '5 processes in the last epoch; the first sent and received [0-9]'

launch=$(launcher "$mpi")
# equal CODE ARG...: of one process and of some ranks
equal() {
    wanted=$1
    shift
    expect "$wanted" "$SPIKEGRAD" "$@"
    timeless out >one.out
    mv err one.err
    for ranks in 2 3; do
        # shellcheck disable=SC2086
        expect "$wanted" $launch -n $ranks "$SPIKEGRAD" "$@"
        timeless out >many.out
        same one.out many.out
        [ "$wanted" = 0 ] || grep -q -x -F -e "$(cat one.err)" err ||
            bad "$(cat one.err): $(cat err)"
    done
}
equal 0 verify one --samples 45 --order all --json
equal 0 verify one --samples 3 --order turns --json --threads 2
equal 0 anytime one --samples 31
equal 0 anytime one --samples 31 --arrival strong --json
equal 0 anytime one --samples 7 --arrival random --seed 3
equal 2 anytime one --samples 7 --data glyphs:train=1,test=1,height=9

# a difference that one process finds, some ranks find
[ -z "${SPIKEGRAD_LYING:-}" ] || {
    lying=$SPIKEGRAD_LYING
    expect 4 "$lying" verify one --samples 45
    mv err one.err
    # shellcheck disable=SC2086
    expect 4 env "SPIKEGRAD_MPI=$build/libspikegrad_mpi_${mpis##* }.so" \
        $launch -n 3 "$lying" verify one --samples 45
    line=$(cat one.err)
    sed 's/rank 0 ([^)]*): //' err >many.err
    grep -q -x -F -e "$line" many.err || bad "$line: $(cat err)"
}

# a picture of two steps
# shellcheck disable=SC2086
expect 0 $launch -n 3 "$SPIKEGRAD" bench --data glyphs:train=90,test=9 \
    --net 16C3p1-P2-300-10 --batch 12 --threads 1 --warm 1 --seconds 0.01 \
    --rounds 1 --ranks-timeline steps.svg
says steps.svg '^<title>2 steps of 16C3p1-P2-300-10 by 3 ranks</title>$'
says steps.svg '>rank 2</text>'
says steps.svg 'class="update" x='
says steps.svg 'class="sent" d='
[ "$(grep -c 'class="line step"' steps.svg)" = 2 ] || bad "not two steps"
grep -q '[Nn]an\|inf\|="-' steps.svg && bad "a place that is none"
# shellcheck disable=SC2086
expect 1 $launch -n 2 "$SPIKEGRAD" bench --data glyphs:train=20,test=9 --net 10 \
    --batch 12 --threads 1 --warm 1 --seconds 0.01 --rounds 1 \
    --ranks-timeline nowhere/steps.svg
expect 2 "$SPIKEGRAD" bench --data glyphs --net 10 --ranks-timeline x.svg
one_error
[ ! -e x.svg ] || bad "a picture of one process"
# shellcheck disable=SC2086
expect 2 $launch -n 2 "$SPIKEGRAD" bench --data glyphs:train=20,test=9 --net 10 \
    --json --ranks-timeline -
says err 'both want stdout'

# a sweep: the same directories, the same table
sweep="--data glyphs:train=200,test=60 --batch 20 --epochs 2 --quiet --json
    --set alpha=16,64 --set net=10,15C99-10,4C5-P2-10 --seeds 2"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" sweep $sweep --threads 1 --out s
mv s s1
timeless out | sed 's/"[a-z_]*seconds":[^,}]*//g' >one.out
(cd s1 && find . | sort) >one.files
for ranks in 2 4; do
    rm -rf s
    # shellcheck disable=SC2086
    expect 0 $launch -n $ranks "$SPIKEGRAD" sweep $sweep --threads 1 --out s
    timeless out | sed 's/"[a-z_]*seconds":[^,}]*//g' >many.out
    same one.out many.out
    (cd s && find . | sort) >many.files
    same one.files many.files
    grep 'checkpoint.safetensors$' one.files >files
    while read -r file; do
        same "s1/$file" "s/$file"
    done <files
done
[ "$(wc -l <files)" = 8 ] || bad "not eight runs"
# one that is cut goes on with others
rm -rf s/alpha=64*
# shellcheck disable=SC2086
expect 0 $launch -n 3 "$SPIKEGRAD" sweep $sweep --threads 1 --out s
timeless out | sed 's/"[a-z_]*seconds":[^,}]*//g' >many.out
same one.out many.out
# ranks that see another folder
mkdir -p here there
# shellcheck disable=SC2086
expect 1 $launch -n 1 -wdir "$work/here" "$SPIKEGRAD" sweep --quiet \
    --data glyphs:train=40,test=10 --epochs 1 --net 10 --set alpha=16,64 \
    --threads 1 --out s : -n 1 -wdir "$work/there" "$SPIKEGRAD"
says out 'failed: .* all ranks of a sweep need the same folder'
[ ! -e there/s ] || bad "a run elsewhere was begun"

# a signal stops all; the same command goes on
rm -rf s
sweep="--data glyphs:train=400,test=60 --batch 20 --quiet --threads 1
    --net 4C5-P2-10 --set alpha=16,64,127 --out s"
# shellcheck disable=SC2086
$launch -n 2 "$SPIKEGRAD" sweep $sweep --epochs 4000 >out 2>err &
pid=$!
tries=0
until [ "$(find s -name checkpoint.safetensors 2>/dev/null | wc -l)" -ge 2 ] ||
    [ $tries = 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
kill -INT $pid
wait $pid
says err '^spikegrad: stopped; the same command goes on'
finish
