#!/bin/sh
# shellcheck disable=SC2086 # train is a list of words
# Sets of any shape and number of classes, IDX files of any name, names of
# classes, and what becomes of each sample.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
command -v python3 >/dev/null || {
    echo "skipped: needs python3"
    exit 77
}
set_of() {
    python3 "$here/sets.py" "$@" || bad "no set: $*"
}
train="train --augment none --threads 2 --quiet"

# shape CLASSES NET TRAIN SHAPE: a set of this shape is trained on, verified,
# loaded, classified and reported
shape() {
    rm -rf set run
    set_of set train "$3" "$4" "$1"
    set_of set test 20 "$4" "$1"
    expect 0 "$SPIKEGRAD" $train --data idx:set,classes="$1" --net "$2" \
        --epochs 1 --batch 16 --out run --verify 1
    silent err
    expect 0 "$SPIKEGRAD" eval run --data idx:set,classes="$1" --json --top 2
    says out '"confusion"'
    expect 0 "$SPIKEGRAD" verify run --samples 2 --data idx:set,classes="$1"
    expect 0 "$SPIKEGRAD" anytime run --samples 2 --data idx:set,classes="$1"
    expect 0 "$SPIKEGRAD" info run
    expect 0 "$SPIKEGRAD" report run --out page.html
}
shape 2 4C1x5s1x2-P1x2-2 40 1x37x1
shape 3 4C5x1p2x0-P2x1max-3 40 33x1x2
shape 5 3C2x3s1x2-P3x1-5 40 9x14x3
shape 7 4C5s4-7 20 64x64x1
shape 2 2C4s4-P2max-2 8 128x128x2
shape 300 30-300 600 5x7x1
shape 1000 20-1000 1000 4x8x1

# it learns all of many classes
rm -rf set run
set_of set train 1200 1x300x1 300
set_of set test 300 1x300x1 300
expect 0 "$SPIKEGRAD" $train --data idx:set --net 300 --epochs 12 \
    --batch 20 --lr 0.5 --out run
expect 0 "$SPIKEGRAD" eval run --top 5 --predictions all.csv
says out '^accuracy 9[0-9]\.\|^accuracy 100\.'
says out '^among the 5 largest: \(9[5-9]\|100\)\.'
[ "$(wc -l <all.csv)" = 301 ] || bad "predictions: not a line a sample"
says all.csv '^index,label,predicted$'
says all.csv '^299,299,'
right=$(awk -F, '$2 == $3' all.csv | wc -l)
expect 0 "$SPIKEGRAD" eval run --json
says out "\"correct\": *$right\>"
expect 0 "$SPIKEGRAD" data info idx:set
says out '300 classes'
mkdir copy
expect 0 "$SPIKEGRAD" data export idx:set --count 0 --split test --idx copy/test
expect 0 "$SPIKEGRAD" data export idx:set --count 0 --idx copy/train
expect 0 "$SPIKEGRAD" eval run --data idx:copy --split test
silent err

# of very many, confusions cost no memory: they would be 16 GiB
rm -rf set run
set_of set train 20 2x2x1 65535
set_of set test 10 2x2x1 65535
expect 0 "$SPIKEGRAD" $train --data idx:set,classes=65535 --net 65535 \
    --epochs 1 --out run
# shellcheck disable=SC3045
(
    grep -q __asan_init "$SPIKEGRAD" || ulimit -v 2000000
    expect 0 "$SPIKEGRAD" eval run --top 5
    says out '^confusions of more than 4096 classes are not counted$'
    expect 0 "$SPIKEGRAD" eval run --json
    grep -q '"confusion"' out && bad "a matrix of 65535 classes"
    [ "$failures" -eq 0 ]
) || bad "eval of 65535 classes"

# many classes as arrays and as folders of pictures: the same samples
rm -rf set arrays pictures
set_of set train 1000 4x8x1 1000
set_of set test 1000 4x8x1 1000
expect 0 "$SPIKEGRAD" data export idx:set --count 0 --idx wanted
expect 0 "$SPIKEGRAD" data export idx:set --count 0 --npy arrays
expect 0 "$SPIKEGRAD" data export idx:set --count 0 --images pictures
for data in npy:arrays images:pictures images:pictures,cache=kept \
    images:pictures,cache=kept; do
    "$SPIKEGRAD" data info "$data" >out 2>err || ! grep -q libpng err ||
        break # a library that does not read them
    expect 0 "$SPIKEGRAD" data info "$data"
    says out '1000 classes'
    expect 0 "$SPIKEGRAD" data export "$data" --count 0 --idx got
    same wanted-images-idx3-ubyte got-images-idx3-ubyte
    same wanted-labels-idx1-int got-labels-idx1-int
done

# any name, labels from 1 on, planes of colours
set_of own letters-train 52 4x5x3 26 first=1 planes
set_of own letters-test 26 4x5x3 26 first=1 planes
set_of flat letters-train 52 4x5x3 26
set_of flat letters-test 26 4x5x3 26
expect 0 "$SPIKEGRAD" data info idx:own,layout=NCHW
says out 'train: 52 samples of 4x5x3, 26 classes'
expect 0 "$SPIKEGRAD" data export idx:own,layout=NCHW --idx a
expect 0 "$SPIKEGRAD" data export idx:flat --idx b
same a-images-idx4-ubyte b-images-idx4-ubyte
same a-labels-idx1-ubyte b-labels-idx1-ubyte
expect 2 "$SPIKEGRAD" data info idx:own
says err 'say layout=NCHW'
expect 3 "$SPIKEGRAD" data info idx:own,layout=NCHW,base=2
says err 'label 1, expected 2\.\.'
expect 2 "$SPIKEGRAD" data info idx:own,layout=NHCW
set_of own other-train 26 4x5x3 26 planes
expect 2 "$SPIKEGRAD" data info idx:own,layout=NCHW
says err 'several files like letters-train-images.*say train='
expect 0 "$SPIKEGRAD" data info idx:own,layout=NCHW,train=other-train
expect 2 "$SPIKEGRAD" data info own
says err 'looks like idx:own'

# an export that would be read as something else says so, or is refused and
# nothing is written
set_of gap train 12 4x8x1 3 first=1
mkdir again
expect 0 "$SPIKEGRAD" data export idx:gap,base=0 --idx again/train
says err '--idx: no sample is of class 0: idx:DIR,base=0'
same gap/train-labels-idx1-ubyte again/train-labels-idx1-ubyte
expect 0 "$SPIKEGRAD" data export idx:gap,base=0 --images gap/pictures
says err '--images: no sample is of class 0.*--npz, --npy and --idx'
expect 0 "$SPIKEGRAD" data export idx:gap,base=0 --npy gap/arrays
expect 0 "$SPIKEGRAD" data export npy:gap/arrays --npy gap/again
same gap/arrays/y_train.npy gap/again/y_train.npy
set_of gap wide-train 12 3x8x6 3
data=idx:gap,train=wide-train,layout=NHWC
for kind in npy npz; do
    expect 2 "$SPIKEGRAD" data export $data --$kind gap/wide
    one_error
    says err "--$kind: samples of 3x8x6.* --idx PREFIX .*layout=NHWC"
done
[ ! -e gap/wide ] || bad "a refused export was written"
expect 0 "$SPIKEGRAD" data export $data --count 0 --idx gap/copy-train
same gap/wide-train-images-idx4-ubyte gap/copy-train-images-idx4-ubyte

# names come along: from a file into data, run, model, tables, JSON
set_of set train 60 3x5x1 3
set_of set test 30 3x5x1 3
printf 'cat\r\ndog, brown\n\303\266re\n\n' >set/names.txt
data=idx:set,names=names.txt
expect 0 "$SPIKEGRAD" data info $data
says out 'dog, brown'
expect 0 "$SPIKEGRAD" data info $data --json
says out '"names".*"dog, brown"'
rm -rf run
expect 0 "$SPIKEGRAD" $train --data $data --net 3 --epochs 2 --out run
grep -q 'class_names":"cat,dog%2C brown,%C3%B6re"' run/checkpoint.safetensors ||
    bad "no names in the checkpoint"
rm set/names.txt
expect 0 "$SPIKEGRAD" eval run/checkpoint.safetensors --data idx:set \
    --predictions p.csv --logits
says out 'dog, brown'
says p.csv '^index,label,predicted,label_name,predicted_name,logit_0,'
says p.csv '^1,1,[0-9],"dog, brown",'
expect 0 "$SPIKEGRAD" eval run/checkpoint.safetensors --data idx:set --json
says out '"classes".*"dog, brown"'
expect 0 "$SPIKEGRAD" info run
says out 'dog, brown'
expect 0 "$SPIKEGRAD" eval run/checkpoint.safetensors --data idx:set \
    --predictions p.npy --flip
[ "$(head -c 6 p.npy | tr '\223' '#')" = '#NUMPY' ] || bad "no NPY"
[ "$(wc -c <p.npy)" = $((128 + 30 * 3 * 8)) ] || bad "size of the NPY"
expect 1 "$SPIKEGRAD" data info $data
says err 'set/names.txt\|names.txt'
printf 'cat\ndog\n' >set/names.txt
expect 3 "$SPIKEGRAD" data info $data
says err '2 lines, expected 3'
{ printf 'cat\ndog\nore\n' && head -c 131072 /dev/zero | tr '\0' '\n'; } \
    >set/names.txt
expect 3 "$SPIKEGRAD" data info $data
says err 'more than 131072 bytes'
one_error
printf '0\n1\n2\n' >set/names.txt
expect 0 "$SPIKEGRAD" $train --data $data --net 3 --epochs 1 --out none
grep -q class_names none/checkpoint.safetensors && bad "numbers are no names"

# a network that is refused, for its bits do not fit, says so
expect 2 "$SPIKEGRAD" $train --data idx:set --net 4 --out no
one_error
# the report shows what is taken for what, by name; of many the commonest
set_of set train 60 3x5x1 3
set_of set test 30 3x5x1 3
printf 'cat\ndog & wolf\nbird\n' >set/names.txt
rm -rf run
expect 0 "$SPIKEGRAD" $train --data idx:set,names=names.txt --net 3 \
    --epochs 1 --validation 6 --out run
says run/metrics.jsonl '"classes":{"samples":\[10,10,10\],"correct":.*"names":\["cat","dog & wolf","bird"\]}'
expect 0 "$SPIKEGRAD" report run --out page.html
says page.html '<h2>Classes</h2>'
says page.html '<th>1 dog &#38; wolf</th>'
right=$(sed -n 's/.*"correct":\[\([0-9]*\),.*/\1/p' run/metrics.jsonl | tail -1)
says page.html "<tr><th>0 cat</th><td><b>$right</b></td>"
for lie in 's/"samples":\[10,/"samples":[/' 's/"samples":\[10,/"samples":[-1,/' \
    's/"confused":\[\[[0-9]/"confused":[[3/' 's/"correct":\[/"correct":[11,/' \
    's/"names":\["cat"/"names":[7/'; do
    rm -rf lying
    cp -r run lying
    sed "/\"type\":\"final\"/$lie" run/metrics.jsonl >lying/metrics.jsonl
    cmp -s run/metrics.jsonl lying/metrics.jsonl && bad "no lie: $lie"
    expect 3 "$SPIKEGRAD" report lying --out lying.html
    one_error
done
rm -rf set run
set_of set train 300 1x300x1 50
set_of set test 100 1x300x1 50
expect 0 "$SPIKEGRAD" $train --data idx:set --net 50 --epochs 1 \
    --validation 50 --out run
expect 0 "$SPIKEGRAD" report run --out page.html
says page.html 'the commonest confusions'
says page.html 'the classes that fare worst'
finish
