#!/bin/sh
# Under mpirun: one checkpoint whatever the number of ranks, their threads and
# instruction sets; runs that go on with other numbers; ranks that die, are
# stopped, see other data; a full disk. With Open MPI and with MPICH, whichever
# is here. KILLS is how many ranks are killed.
. "$(dirname "$0")/mpi.sh"

data=glyphs:train=90,test=40
base="--data $data --epochs 2 --batch 16 --quiet"
# The i-th of the grid: so many ranks, and the recipe.
recipe() {
    case $1 in
    0) echo 2 '--net 6C3p1-P2-20-10 --loss softmax' ;;
    1) echo 3 '--net 6C3p1-P2-20-10 --loss squared' ;;
    2) echo 5 '--net 6C3p1-P2-20-10 --dither on --augment shift:1' ;;
    3) echo 8 '--net 6C3p1-P2-20-10 --rounding stochastic' ;;
    4) echo 3 '--net 20C3p1-P2-40-10 --standardise on --clip 0.02 --spike-limit 0.1' ;;
    5) echo 5 '--net 6C3p1-P2-20-10 --phi auto:1' ;;
    6) echo 2 '--net 6C3p1-6C3p1-R1-P2max-20-10 --standardise on --phi auto:2' ;;
    7) echo 3 '--net 6C3p1-P2-D2-20-D2-10' ;;
    8) echo 5 '--net 6C3p1-P2-20-10 --weight-bits 16 --validation 20' ;;
    esac
}

i=0
while [ $i -lt 9 ]; do
    row=$(recipe $i)
    ranks=${row%% *} recipe=${row#* }
    # shellcheck disable=SC2086
    expect 0 "$SPIKEGRAD" train $base $recipe --threads 1 --out one$i
    for mpi in $mpis; do
        [ "$mpi" != "${mpis##* }" ] || [ "$mpis" = " $mpi" ] ||
            [ $((i % 3)) = 1 ] || continue
        # shellcheck disable=SC2046,SC2086
        expect 0 $(launcher "$mpi") -n "$ranks" "$SPIKEGRAD" train $base \
            $recipe --threads $((1 + i % 2)) --out "$mpi$i"
        same one$i/checkpoint.safetensors "$mpi$i/checkpoint.safetensors"
        untimed one$i >one.metrics
        untimed "$mpi$i" >many.metrics
        same one.metrics many.metrics
        if [ "$(wc -l <out)" -le 3 ] || [ "$(grep -c '^model: ' out)" != 1 ]
        then
            bad "the table is not that of one: $(cat out)"
        fi
    done
    i=$((i + 1))
done

mpi=${mpis# }
mpi=${mpi%% *}
launch=$(launcher "$mpi")

mixed=$(recipe 4)
# Instruction sets side by side; more ranks than a batch has samples.
# shellcheck disable=SC2086
expect 0 $launch -n 1 env SPIKEGRAD_ISA=ref "$SPIKEGRAD" train $base ${mixed#* } \
    --threads 1 --out mixed : -n 2 "$SPIKEGRAD"
same one4/checkpoint.safetensors mixed/checkpoint.safetensors
expect 0 "$SPIKEGRAD" train --data $data --batch 2 --epochs 1 --quiet \
    --net 10 --out few1
# shellcheck disable=SC2086
expect 0 $launch -n 3 "$SPIKEGRAD" train --data $data --batch 2 --epochs 1 \
    --quiet --net 10 --threads 1 --out few3
same few1/checkpoint.safetensors few3/checkpoint.safetensors

# The same figures of a model; other commands are those of one process.
expect 0 "$SPIKEGRAD" eval one4 --json
mv out eval.one
# shellcheck disable=SC2086
expect 0 $launch -n 3 "$SPIKEGRAD" eval one4 --json --threads 1
same eval.one out
# shellcheck disable=SC2086
expect 0 $launch -n 2 "$SPIKEGRAD" info one4
[ "$(grep -c parameters out)" -le 1 ] || bad "told twice: $(cat out)"
# shellcheck disable=SC2086
expect 2 $launch -n 2 "$SPIKEGRAD" train --data
says err '^spikegrad: '
[ "$(grep -c '^spikegrad: ' err)" = 1 ] || bad "told twice: $(cat err)"

# Ranks that see other images: every one has a folder of its own.
mkdir -p here/d there/d
expect 0 "$SPIKEGRAD" data export glyphs:train=50,test=10,seed=1 --split train --idx here/d/train
expect 0 "$SPIKEGRAD" data export glyphs:train=50,test=10,seed=2 --split train --idx there/d/train
own=idx:/proc/self/cwd/d
# shellcheck disable=SC2086
expect 2 $launch -n 1 -wdir "$work/here" "$SPIKEGRAD" train --data $own \
    --net 10 --epochs 1 --quiet --out "$work/other" \
    : -n 1 -wdir "$work/there" "$SPIKEGRAD"
says err '^spikegrad: rank 1 (.*): .* hash .* expected'
[ ! -e other ] || bad "a run was begun"
rm -r there/d
# shellcheck disable=SC2086
expect 1 $launch -n 1 -wdir "$work/here" "$SPIKEGRAD" train --data $own \
    --net 10 --epochs 1 --quiet --out "$work/other" \
    : -n 1 -wdir "$work/there" "$SPIKEGRAD"
says err '^spikegrad: rank 1 (.*): '

# Standard output that is full, and a disk: what is there goes on.
# shellcheck disable=SC2086,SC2016
expect 1 $launch -n 1 sh -c 'exec "$@" >/dev/full' x "$SPIKEGRAD" train $base \
    --net 10 --json --out full : -n 2 "$SPIKEGRAD"
says err '^spikegrad: .*No space left'

# A disk that is full at rank 0: the run ends everywhere with one line, and goes on
# with other ranks when there is room.
mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=4m none disk 2>/dev/null; then
    trap 'umount "$work/disk"; rm -rf "$work"' EXIT
    disk="--data $data --net 6C3p1-P2-20-10 --batch 16 --epochs 60 --quiet
        --threads 1"
    # shellcheck disable=SC2086
    expect 0 "$SPIKEGRAD" train $disk --out roomy
    # shellcheck disable=SC2086
    $launch -n 3 "$SPIKEGRAD" train $disk --out disk/run >out 2>err &
    pid=$!
    tries=0
    until [ -e disk/run/checkpoint.safetensors ] || [ $tries = 1000 ]; do
        sleep 0.02
        tries=$((tries + 1))
    done
    dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null
    begin=$(date +%s)
    code=0
    wait $pid || code=$?
    [ $code = 1 ] || bad "a full disk: code $code"
    [ $(($(date +%s) - begin)) -le 10 ] || bad "a full disk is told late"
    says err '^spikegrad: rank 0 (.*): .*: No space left'
    [ "$(grep -c '^spikegrad: ' err)" = 1 ] || bad "told twice: $(cat err)"
    rm disk/filler
    # shellcheck disable=SC2086
    expect 0 $launch -n 2 "$SPIKEGRAD" train --resume disk/run --quiet \
        --threads 1
    none_left disk/run
    same roomy/checkpoint.safetensors disk/run/checkpoint.safetensors
    umount disk
    trap 'rm -rf "$work"' EXIT
fi

# Ranks die; the run goes on with fewer or more.
long="--data glyphs:train=800,test=20 --net 6C3p1-P2-20-10 --epochs 20
    --batch 16 --quiet"
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $long --threads 1 --out whole

# rank_of LAUNCHER RANK: the process of it below that one.
rank_of() {
    for p in $(pgrep -f "$SPIKEGRAD train .*$work/cut"); do
        { tr '\0' '\n' <"/proc/$p/environ"; } 2>/dev/null |
            grep -q -x -e "OMPI_COMM_WORLD_RANK=$1" -e "PMI_RANK=$1" &&
            [ "$(readlink "/proc/$p/exe")" = "$(readlink -f "$SPIKEGRAD")" ] &&
            echo "$p"
    done
}

chance() {
    od -An -N2 -tu2 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}

# A rank is killed some time after its run has begun, be the machine fast or
# slow; few runs may end before.
kills=0 runs=0
while [ $kills -lt "${KILLS:-2}" ]; do
    runs=$((runs + 1))
    [ $runs -le $((8 * ${KILLS:-2})) ] || {
        bad "no rank lives long enough to be killed"
        break
    }
    rm -rf cut
    code=1
    tries=0
    while [ $code != 0 ] && [ $tries -lt 12 ]; do
        tries=$((tries + 1))
        ranks=$((2 + $(chance 3)))
        if [ -e cut/recipe.ini ]; then
            set -- --resume "$work/cut"
        else
            # shellcheck disable=SC2086
            set -- $long --out "$work/cut"
        fi
        # shellcheck disable=SC2086
        $launch -n $ranks "$SPIKEGRAD" train "$@" --threads 1 --quiet \
            --checkpoint-every 5 >out 2>err &
        pid=$!
        if [ $tries -lt 4 ]; then
            waits=0
            until [ -e cut/recipe.ini ] || [ $waits = 100 ]; do
                sleep 0.05
                waits=$((waits + 1))
            done
            sleep "0.$(printf %03d "$(chance 600)")"
            victim=$(rank_of "$(chance $ranks)" | head -1)
            begin=$(date +%s)
            [ -n "$victim" ] && kill -9 "$victim" 2>/dev/null &&
                kills=$((kills + 1))
        fi
        code=0
        wait $pid || code=$?
        [ $tries -ge 4 ] || [ $(($(date +%s) - begin)) -le 10 ] ||
            [ $code = 0 ] || bad "it took more than 10 s to end"
        [ $code = 0 ] || [ $tries -ge 4 ] || [ -z "$victim" ] ||
            says err 'rank [0-9]* (.*) is gone\|process rank [0-9]* .* on node'
        [ $code = 0 ] || [ -e cut/recipe.ini ] || rm -rf cut
    done
    [ $code = 0 ] || bad "it does not end: $(cat err)"
    same whole/checkpoint.safetensors cut/checkpoint.safetensors
    untimed whole >one.metrics
    untimed cut >many.metrics
    same one.metrics many.metrics
done

# saved: waits until the run under way has saved once.
saved() {
    tries=0
    while [ ! -e cut/checkpoint.safetensors ] && [ $tries -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}

# A rank that is stopped is as good as gone.
rm -rf cut
# shellcheck disable=SC2086
$launch -n 3 "$SPIKEGRAD" train $long --epochs 2000 --threads 1 \
    --checkpoint-every 5 --out "$work/cut" >out 2>err &
pid=$!
saved
victim=$(rank_of 1 | head -1)
begin=$(date +%s)
[ -n "$victim" ] && kill -STOP "$victim"
code=0
wait $pid || code=$?
[ $code != 0 ] || bad "a rank is stopped, and nobody minds"
[ $(($(date +%s) - begin)) -le 30 ] || bad "a stopped rank is told late"
says err 'rank 1 (.*) gives no sign of life'
[ "$(grep -c '^spikegrad: ' err)" = 1 ] || bad "told twice: $(cat err)"
kill -9 "$victim" 2>/dev/null
expect 0 "$SPIKEGRAD" info cut

# A signal to the launcher: the run is saved, and goes on alone.
rm -rf cut
# shellcheck disable=SC2086
$launch -n 3 "$SPIKEGRAD" train $long --epochs 200 --threads 1 \
    --out "$work/cut" >out 2>err &
pid=$!
saved
kill -INT $pid
wait $pid
says err '^spikegrad: stopped; continue with'
expect 0 "$SPIKEGRAD" info cut
finish
