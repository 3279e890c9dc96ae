#!/bin/sh
# Recordings of event cameras: one list of events in every format, written by
# another program, gives the same counts; broken files are refused in one line;
# what is trained on them can be played in its own time.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

python=
for p in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$p" -c 'import numpy' 2>/dev/null || python=$p
done
[ -n "$python" ] || python=$(command -v python3) || {
    echo "skipped: needs Python"
    exit 77
}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# every event with its time, place and polarity
"$python" "$here/write_events.py" good good || bad "nothing written"
without=
if "$SPIKEGRAD" data info events:good/npz,sensor=34x34 2>&1 |
    grep -q libarchive; then
    without="without-npz"
    rm -rf good/npz good/numpy_columns good/numpy_table
fi
expect 0 "$SPIKEGRAD" data export \
    events:good/nmnist,cap=255,bins=60,window=300ms --count 0 --idx wanted
formats=0
for folder in good/*; do
    options=
    case $folder in
    *aedat*) options=,crop=34x34+0+0 ;;
    *csv* | *npyf | *dat1 | *np[yz] | *numpy*) options=,sensor=34x34 ;;
    esac
    expect 0 "$SPIKEGRAD" data export \
        "events:$folder$options,cap=255,bins=60,window=300ms" --count 0 \
        --idx got
    same wanted-images-idx4-ubyte got-images-idx4-ubyte
    same wanted-labels-idx1-ubyte got-labels-idx1-ubyte
    rm -f got-*
    formats=$((formats + 1))
done
[ $formats -ge 12 ] || bad "only $formats formats"
expect 3 "$SPIKEGRAD" data info events:good/npy
one_error
says err 'good/npy/train/a/0.npy: does not say how large the sensor is, give sensor=HxW; its events reach 34x34$'

# broken ones, each within a second; memory is for builds without sanitizers
# shellcheck disable=SC2086 # $without may be nothing
"$python" "$here/write_events.py" bad bad $without || bad "nothing written"
"$python" "$here/run_bad.py" "$SPIKEGRAD" bad "${SPIKEGRAD_FAULTS:+64}" ||
    bad "a broken recording"

# what is trained knows its data's counts; played in time it ends where eval does
data=glyph-events:train=300,test=60,window=300ms,bins=2
expect 0 "$SPIKEGRAD" train --data $data --net 6C5-P2-10 --epochs 3 --batch 20 \
    --out run --quiet
says run/recipe.ini '^input = counts$'
says run/recipe.ini '^input-levels = 31$'
expect 0 "$SPIKEGRAD" eval run --json
cp out eval
expect 0 "$SPIKEGRAD" anytime run --samples 60 --step 50 --json --quiet
[ "$(wc -l <out)" -eq 6 ] || bad "not 6 times of 50 ms in 300"
says out '^{"ms":50,"samples":60,'
tail -1 out >last
correct=$(sed 's/.*"correct":\([0-9]*\).*/\1/' last)
says eval "\"correct\":${correct}[,}]"
for order in strong even; do
    expect 0 "$SPIKEGRAD" anytime run --samples 10 --arrival $order --quiet
    says out '^ *1/1 .* 100.00 '
done
expect 0 "$SPIKEGRAD" anytime run --samples 60 --arrival random --quiet
tail -1 out >last
says last '^ *1/1 '
expect 0 "$SPIKEGRAD" verify run --samples 10 --order all --quiet

# every spike says which event caused it
expect 0 "$SPIKEGRAD" trace run --replay --sample 3
[ "$(head -1 out)" = time,phase,layer,neuron,sign,sent,us ] || bad "no column us"
tail -n +2 out | awk -F, 'NF != 7 || $7 < last || $7 >= 300000 { exit 1 }
    { last = $7 + 0 } END { if (last == 0) exit 1 }' || bad "times"
expect 0 "$SPIKEGRAD" trace run --replay --format jsonl
says out '^{"time":.*,"sent":1,"us":[0-9]*}$'
expect 2 "$SPIKEGRAD" trace run --replay --data "$tiny_data"
one_error

# counts want a network for counts
expect 2 "$SPIKEGRAD" train --data $data --net 6C5-P2-10 --input plain \
    --epochs 1 --out plain --quiet
one_error
says err 'spike counts, expected a network with input = counts'
[ ! -e plain ] || bad "a refused command left a run directory"
expect 2 "$SPIKEGRAD" bench --data $data --net 6C5-P2-10 --input plain
one_error
expect 0 "$SPIKEGRAD" data info $data
says out ', mean of spike counts up to 31 [0-9.]*$'
finish
