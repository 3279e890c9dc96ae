#!/bin/sh
# shellcheck disable=SC2086 # run is a list of words
# The data of runs and models: what is held back, which data a model is shown,
# splits that are not there.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

# sorted FOLDER STEM BYTE: 120 images of 4x4, 60 black ones of class 0 and then
# 60 of class 1 with this byte
sorted() {
    mkdir -p "$1"
    {
        printf '\0\0\10\3\0\0\0\170\0\0\0\4\0\0\0\4'
        head -c 960 /dev/zero
        head -c 960 /dev/zero | tr '\0' "$3"
    } >"$1/$2-images-idx3-ubyte"
    {
        printf '\0\0\10\1\0\0\0\170'
        head -c 60 /dev/zero
        head -c 60 /dev/zero | tr '\0' '\1'
    } >"$1/$2-labels-idx1-ubyte"
}
sorted A/data train '\377'
run="--net 2 --augment none --epochs 2 --threads 1 --batch 20"

# of each class its share is held back, unless a recipe file says otherwise or
# nothing; the test split is not needed then
cd A || exit 1
expect 0 "$SPIKEGRAD" train --data mnist:data $run --validation 40 --out run
says err '^spikegrad: no test split, so no test: .*data: no file t10k-images'
says run/recipe.ini '^holdout = stratified$'
says run/recipe.ini "^folder = $(pwd)\$"
says out '^best epoch: .*validation 100.00 %, 40 of 40$'
says run/metrics.jsonl '"type":"final"'
! grep -q 'unlike the rest' err || bad "shares are said to differ"
expect 0 "$SPIKEGRAD" report run --out page.html
printf '[recipe]\nnet = 2\naugment = none\nvalidation = 40\n' >old.ini
expect 0 "$SPIKEGRAD" train --data mnist:data --recipe ./old.ini --epochs 1 \
    --out old
says old/recipe.ini '^holdout = last$'
says err '40 samples held back are unlike the rest: class . has a share'
expect 0 "$SPIKEGRAD" train --data mnist:data $run --validation 40 \
    --holdout last --out last --quiet
says last/recipe.ini '^holdout = last$'
silent err

# a recipe of before there was a choice goes on as it was begun
sed -i.bak '/^holdout/d' last/recipe.ini
expect 0 "$SPIKEGRAD" train --resume last --epochs 3 --quiet
sed -i.bak '/^holdout/d' run/recipe.ini
expect 2 "$SPIKEGRAD" train --resume run --quiet
one_error
cp run/recipe.ini.bak run/recipe.ini
expect 0 "$SPIKEGRAD" train --data mnist:data $run --out none
says err '^spikegrad: no test split, so no test: .*--validation'
[ "$(grep -c 'no test split' err)" = 1 ] || bad "said more than once"
grep -q 'test%' out && bad "a column of a split that is not there"
expect 0 "$SPIKEGRAD" train --resume none --epochs 3 --quiet --verify 2
expect 0 "$SPIKEGRAD" report none --out none.html
expect 1 "$SPIKEGRAD" eval none
one_error
says err 'the train split is there$'
expect 0 "$SPIKEGRAD" eval none --split train
expect 0 "$SPIKEGRAD" sweep --data mnist:data $run --set lr=0.1,0.2 --out swept \
    --quiet
expect 0 "$SPIKEGRAD" train --data mnist:data $run --augment flip \
    --max-minutes 0.05 --json --out flipped
grep -q '"test"' out flipped/metrics.jsonl && bad "a test of nothing"
expect 0 "$SPIKEGRAD" train --resume flipped --quiet

# a model is shown the data of its run, from wherever
sorted data t10k '\377'
sorted ../B/data train '\1'
sorted ../B/data t10k '\1'
cd ../B || exit 1
expect 0 "$SPIKEGRAD" eval ../A/run
says out '^accuracy 100.00 %, 120 of 120'
says err "^spikegrad: images are mnist:data in .*/A, test split\$"
expect 0 "$SPIKEGRAD" verify ../A/run/checkpoint.safetensors --samples 2
says err '/A, test split$'
expect 0 "$SPIKEGRAD" train --resume ../A/run --quiet
# other data only by name, and not without a word
expect 0 "$SPIKEGRAD" eval ../A/run --data mnist:data
says err 'mnist:data: not the images and labels that the model was trained on'
expect 0 "$SPIKEGRAD" eval ../A/run --data mnist:../A/data
silent err
# a checkpoint alone does not say where; moved data are found, others are not
# taken for them
cp ../A/run/checkpoint.safetensors model
expect 2 "$SPIKEGRAD" eval model
one_error
says err 'mnist:data: other images or labels than the model was trained on'
mv ../A ../C
expect 2 "$SPIKEGRAD" eval ../C/run
one_error
cd ../C || exit 1
expect 0 "$SPIKEGRAD" eval run
says err 'images are mnist:data, test split'

# what is there
expect 0 "$SPIKEGRAD" data formats
says out '^mnist:DIR$'
says out 'example: glyphs'
expect 0 "$SPIKEGRAD" data formats --json
says out '"name":"cifar100"'
rm data/t10k*
expect 0 "$SPIKEGRAD" data info mnist:data
says err 'only one split'
expect 1 "$SPIKEGRAD" data info mnist:nowhere
one_error
# a path as long as there are, from its root and from a folder that is as deep
deep=
for level in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
    deep=$deep/$(printf '%0200d' $level)
done
sorted "$work/L$deep" train '\377'
sorted "$work/L$deep" t10k '\377'
mkdir -p "$work/B"
cd "$work/B" || exit 1
expect 0 "$SPIKEGRAD" train --data "mnist:$work/L$deep,base=0" $run --out long
says long/recipe.ini "^data = mnist:.*$deep,base=0\$"
for command in eval verify info "train --epochs 3 --resume" "bench --rounds 1 \
    --seconds 0.01 --from" "report --out long.html"; do
    expect 0 "$SPIKEGRAD" $command long
done
says long.html "$deep"
expect 0 "$SPIKEGRAD" sweep --data "mnist:$work/L$deep" $run --out many \
    --seeds 2 --quiet
expect 1 "$SPIKEGRAD" eval long --data "mnist:$work/L${deep}x"
one_error
says err 'no such folder$'
expect 2 "$SPIKEGRAD" train --data "mnist:$deep$deep" $run --out longer
one_error
[ ! -e longer ] || bad "a run on data that cannot be named"
cd "$work/L$(dirname "$deep")" || exit 1
expect 0 "$SPIKEGRAD" train --data "mnist:$(basename "$deep")" $run \
    --out "$work/below"
mv out err "$work"
cd "$work/B" || exit 1
expect 0 "$SPIKEGRAD" eval "$work/below"
expect 0 "$SPIKEGRAD" train --resume "$work/below" --epochs 3

# images in colour come back
mkdir colour cifar
for k in 1 2 3 4 5; do
    { printf '\1'; head -c 3072 /dev/zero | tr '\0' "\\$k"; } \
        >cifar/data_batch_$k.bin
done
"$SPIKEGRAD" data export cifar10:cifar --count 0 --idx colour/train
expect 0 "$SPIKEGRAD" data info mnist:colour,classes=10
says out '5 samples of 32x32x3, 10 classes, mean pixel 3.00'
"$SPIKEGRAD" data export mnist:colour --count 0 --idx colour/again
same colour/train-images-idx4-ubyte colour/again-images-idx4-ubyte
same colour/train-labels-idx1-ubyte colour/again-labels-idx1-ubyte
# a model that a program has trained on its arrays asks for --data, and takes
# it
cd "$work" || exit 1
expect 0 "$SPIKEGRAD" train --data glyphs --net 10 --epochs 1 --batch 256 \
    --out trained --quiet
sed 's/"data":"glyphs"/"data":"arrays"/' trained/checkpoint.safetensors \
    >program.safetensors
expect 0 "$SPIKEGRAD" seal program.safetensors
for command in eval verify anytime trace "bench --rounds 1 --from" \
    "export --c c" "export --vectors v" "train --epochs 1 --out more --from"; do
    expect 2 "$SPIKEGRAD" $command program.safetensors
    one_error
    says err "^spikegrad: program.safetensors was trained on 'arrays', which is \
no file: --data SPEC names the images to show it"
done
[ ! -e more ] || bad "a run of no data"
expect 0 "$SPIKEGRAD" eval program.safetensors --data glyphs --limit 10
expect 0 "$SPIKEGRAD" train --from program.safetensors --data glyphs \
    --epochs 1 --out more --quiet

finish
