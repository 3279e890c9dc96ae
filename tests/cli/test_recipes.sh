#!/bin/sh
# The list of recipes: what they reached, in 80 columns, and as JSON.
. "$(dirname "$0")/common.sh"

mkdir own
SPIKEGRAD_RECIPES=$recipes
export SPIKEGRAD_RECIPES
expect 0 "$SPIKEGRAD" recipes
silent err
says out '^  mnist  *MNIST, int16 weights'
says out '^  *reached  *99.48 % test'
says out '^  *command  *spikegrad train --data mnist:DIR --recipe mnist-int8'
# but for the name of the directory
grep -v ':$' out | grep '.\{81\}' && bad "lines longer than 80"
expect 0 "$SPIKEGRAD" recipes --json
says out '^{"name":"mnist","path":".*/mnist.ini","about":"MNIST, .*,"net":"15C5-P2-40C5-P2-300-10","reached":"99.48 % test, '
grep -v '^{.*}$' out && bad "not JSON lines"
# each that ships can be read, and every one is listed
grep '"problem"' out && bad "a recipe that cannot be read"
for file in "$recipes"/*.ini; do
    name=$(basename "$file" .ini)
    says out "\"name\":\"$name\""
done

# results are read by training too, and are no part of a run
SPIKEGRAD_RECIPES=$work/own
cat >own/mine.ini <<END
# mine
[run]
data = $tiny_data
[recipe]
net = 4C5-P2-10
epochs = 1
[result]
reached = something
command = spikegrad train --recipe mine
END
printf '# worse\n[recipe]\nalpha = 0\n' >own/worse.ini
expect 0 "$SPIKEGRAD" recipes
says out '^  mine  *mine$'
says out '^  *reached  *something$'
says out '^  worse  *worse$'
says out '^  *unusable  *.*worse.ini:3: alpha'
silent err
expect 0 "$SPIKEGRAD" recipes --json
says out '"name":"worse",.*"problem":"'
expect 0 "$SPIKEGRAD" train --recipe mine --out run --quiet
! grep -q result run/recipe.ini || bad "the result of another run"

printf '[result]\nsped = 1 s\n' >bad.ini
expect 3 "$SPIKEGRAD" train --recipe ./bad.ini --data glyphs
one_error
says err "bad.ini:2: bad or unknown key 'sped' in \[result\]"
printf '[result]\ntime = %0600d\n' 1 >bad.ini
expect 3 "$SPIKEGRAD" train --recipe ./bad.ini --data glyphs
one_error
says err "bad.ini:2: 'time' in \[result\] has 600 bytes: expected less than 512"
printf '[results]\ntime = 1 s\n' >bad.ini
expect 3 "$SPIKEGRAD" train --recipe ./bad.ini --data glyphs
one_error
expect 2 "$SPIKEGRAD" recipes more
one_error
# whatever a run is made of is read back from what was written
long=100-100-100-100-100-100
for _ in 1 2 3 4 5 6 7 8 9; do
    long=$long-100-100-100-100-100-100
done
mkdir 'in ;a = [dir]'
for split in train test; do
    prefix=train
    [ $split = train ] || prefix=t10k
    expect 0 "$SPIKEGRAD" data export glyphs:train=200,test=100 \
        --split $split --count 0 --idx "in ;a = [dir]/$prefix"
done
expect 0 "$SPIKEGRAD" train --data 'mnist:in ;a = [dir]' --net "$long-10" \
    --epochs 1 --quiet --out odd
expect 0 "$SPIKEGRAD" train --resume odd
says err 'the run is complete'
says odd/recipe.ini "^net = $long-10\$"
expect 0 "$SPIKEGRAD" report odd

# a folder called like a recipe does not hide it
mkdir mnist
expect 0 "$SPIKEGRAD" train --recipe mnist --data glyphs:train=200,test=100 \
    --epochs 1 --quiet --out shadow
says shadow/recipe.ini '^net = 15C5-P2-40C5-P2-300-10$'

printf 'epochs 4\n' >bad.ini
expect 3 "$SPIKEGRAD" train --recipe ./bad.ini --data glyphs
says err "bad.ini:1: expected 'key = value'"
printf '\357\273\277epochs = 1\n; net = 3\n\n  batch=7  \r\n' >good.ini
expect 0 "$SPIKEGRAD" train --recipe ./good.ini --quiet --net 10 \
    --data glyphs:train=200,test=100 --out good
says good/recipe.ini '^batch = 7$'
finish
