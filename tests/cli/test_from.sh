#!/bin/sh
# A new run from the weights of another one: what it takes over, what is new,
# what is refused, and that it goes on after a stop like any run.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out model --weight-bits 8 --quiet

# its own recipe and data, but for the flags
expect 0 "$SPIKEGRAD" train --from model --out device --batch 1 --momentum 0 \
    --master-bits 16 --rate shift --schedule constant --warmup 0 --lr 0.02 \
    --epochs 1
says device/recipe.ini '^net = 4C5-P2-10$'
says device/recipe.ini '^weight-bits = 8$'
says device/recipe.ini "^data = $tiny_data\$"
says device/recipe.ini '^from = model$'
expect 0 "$SPIKEGRAD" verify device --samples 5
expect 0 "$SPIKEGRAD" train --from model/checkpoint.safetensors --out again \
    --batch 1 --momentum 0 --master-bits 16 --rate shift --schedule constant \
    --warmup 0 --lr 0.02 --epochs 1 --threads 3
same device/checkpoint.safetensors again/checkpoint.safetensors

# other data, a new last layer, nothing else learns; the model may be gone
expect 0 "$SPIKEGRAD" train --from model --data glyphs:train=200,test=50 \
    --freeze hidden --new-readout --epochs 2 --out frozen
cp -r model elsewhere
rm -r model
expect 0 "$SPIKEGRAD" train --resume frozen --epochs 3
expect 0 "$SPIKEGRAD" verify frozen --samples 5

# its recipe alone is not the run: it begins with the weights of the model
for command in "train --out none" "sweep --out none --set lr=0.1" bench; do
    # shellcheck disable=SC2086
    expect 2 "$SPIKEGRAD" $command --recipe device/recipe.ini
    one_error
    says err "recipe device/recipe.ini: that run began with the weights of"
    [ ! -e none ] || bad "a run directory of $command"
done
expect 0 "$SPIKEGRAD" train --from elsewhere --recipe device/recipe.ini \
    --out twin --quiet
same device/checkpoint.safetensors twin/checkpoint.safetensors

# a bare checkpoint: its data are where they are found now
for split in train test; do
    prefix=train
    [ $split = train ] || prefix=t10k
    "$SPIKEGRAD" data export "$tiny_data" --count 0 --split $split \
        --idx ./$prefix 2>/dev/null
done
expect 0 "$SPIKEGRAD" train --data mnist:. --net 10 --epochs 1 --quiet --out idx
cp idx/checkpoint.safetensors bare.safetensors
expect 0 "$SPIKEGRAD" train --from bare.safetensors --quiet --out of-bare
says of-bare/recipe.ini "^folder = $(pwd -P)\$"

# a run that has not come to its checkpoint says what it lacks
rm frozen/checkpoint.safetensors
expect 1 "$SPIKEGRAD" train --resume frozen
says err 'to begin with the weights of model'
one_error

# refused before anything is written
for bad in "--weight-bits 16" "--net 4C3-P2-10" "--net 4C5-P2-5-10" \
    "--freeze 0-2" "--freeze 9" "--standardise on" "--input onoff"; do
    # shellcheck disable=SC2086
    expect 2 "$SPIKEGRAD" train --from elsewhere --out none $bad
    one_error
    [ ! -e none ] || bad "a run directory after $bad"
done
expect 1 "$SPIKEGRAD" train --from nothing --out none
one_error
expect 2 "$SPIKEGRAD" train --new-readout --data "$tiny_data"
one_error
expect 2 "$SPIKEGRAD" train --resume device --from elsewhere
one_error
expect 2 "$SPIKEGRAD" train --data "$tiny_data" --phi kept --out none
says err 'no model to keep it from'
finish
