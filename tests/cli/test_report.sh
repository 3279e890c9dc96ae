#!/bin/sh
# Reports on runs of every kind, the instruments of train, and what is refused.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
{
    expect 0 "$SPIKEGRAD" train $tiny --out one --quiet
    expect 0 "$SPIKEGRAD" train $tiny --epochs 1 --validation 100 --lr 0.1 \
        --out two --quiet
    expect 0 "$SPIKEGRAD" train $tiny --observe 0 --out blind --quiet
    expect 0 "$SPIKEGRAD" train $tiny --observe 7 --threads 1 --out 'a<b>&"c' \
        --quiet
    expect 0 "$SPIKEGRAD" train $tiny --observe 7 --threads 3 --out seven \
        --quiet
}

# the instruments: on by default, on what is held back, changing nothing
says one/metrics.jsonl '"observed":{"samples":256,"from":"train","layers":\['
says two/metrics.jsonl '"observed":{"samples":100,"from":"validation",'
says one/metrics.jsonl '{"name":"4C5","neurons":2304,"cap":[0-9]*,"counts":\[0,'
says one/metrics.jsonl '"name":"4C5","neurons":2304,"dense_macs":57600,'
grep -q observed blind/metrics.jsonl && bad "observed with --observe 0"
same one/checkpoint.safetensors blind/checkpoint.safetensors
untimed seven >first
untimed 'a<b>&"c' >second
same first second

# whole FILE: a page that needs nothing but itself, with all its parts
whole() {
    says "$1" '^<!doctype html>$'
    says "$1" '^</html>$'
    for part in Results Learning 'Synaptic operations' 'Energy, estimated' \
        'Layers over the epochs' Distributions Settings; do
        says "$1" "^<h2>$part</h2>$"
    done
    grep -i -e 'http' -e '<script' -e 'src=' -e '@import' -e 'url(' "$1" &&
        bad "$1 is not self-contained"
    grep -i -w -e nan -e inf "$1" && bad "$1 has numbers that are none"
    [ "$(grep -o '<svg' "$1" | wc -l)" -eq \
        "$(grep -o '</svg>' "$1" | wc -l)" ] || bad "unclosed pictures in $1"
}

expect 0 "$SPIKEGRAD" report one
silent out
silent err
whole report.html
says report.html '<h1>A training run</h1>'
says report.html '4C5-P2-10 on glyphs:train=600,test=200'
expect 0 "$SPIKEGRAD" report one --out -
same out report.html
silent err

# side by side, one of them without instruments, one of another net
expect 0 "$SPIKEGRAD" train --data "$tiny_data" --net 20-10 --epochs 3 \
    --batch 32 --out other --quiet
expect 0 "$SPIKEGRAD" report one two blind other 'a<b>&"c' --out all.html
whole all.html
(
    on_small_stack "$SPIKEGRAD" report one one one one one one one one \
        --out eight.html
) || bad "report takes much stack"
whole eight.html
says all.html 'a&#60;b&#62;&#38;&#34;c'
grep -q 'a<b>' all.html && bad "a path is not escaped"
says all.html '^<tr class=differs><th>lr '
says all.html '^<tr class=differs><th>epochs '
says all.html '^<tr><th>batch</th>'
says all.html 'nothing observed'
none_left .

# constants of energy
expect 0 "$SPIKEGRAD" report one --pj-add32 0.5 --pj-fmul32 4 --out energy.html
says energy.html '32 bits, 0.5 '
says energy.html 'float32</th><td>4.90</td>'

# runs that are not finished, and metrics of an older version
cp -r one going
head -n 1 one/metrics.jsonl >going/metrics.jsonl
printf '{"type":"epoch","ep' >>going/metrics.jsonl
rm going/checkpoint.safetensors
expect 0 "$SPIKEGRAD" report going two --out going.html
whole going.html
says going.html 'Not finished: 1 of 2 epochs'
sed 's/"planned":2/"planned":1/; s/^{"type":"ep$//' going/metrics.jsonl |
    sed '/^$/d' >planned
cp planned going/metrics.jsonl
expect 0 "$SPIKEGRAD" report going --out going.html
grep -q 'Not finished' going.html && bad "a run that was planned shorter"
sed 's/"planned":1/"planned":100,"replanned":1/' planned >going/metrics.jsonl
expect 0 "$SPIKEGRAD" report going --out going.html
grep -q 'Not finished' going.html && bad "a run that a limit of time ended"
says going.html 'on test, at the end</th><td>[0-9]'
cp -r two tested
sed 's/"planned":1/"planned":100/' two/metrics.jsonl >tested/metrics.jsonl
expect 0 "$SPIKEGRAD" report tested --out tested.html
grep -q 'Not finished' tested.html && bad "a run with a last test"
cp planned going/metrics.jsonl
printf '{"type":"epoch","ep' >>going/metrics.jsonl
expect 0 "$SPIKEGRAD" report going --out going.html
says going.html 'last line of its metrics is cut off'
sed 's/"dense_macs":[0-9]*,//g; s/,"observed":.*/}/' one/metrics.jsonl \
    >going/metrics.jsonl
expect 0 "$SPIKEGRAD" report going --out going.html
whole going.html
printf '{"type":"later","x":1}\n' >>going/metrics.jsonl
expect 0 "$SPIKEGRAD" report going --out going.html

# the smallest runs: a loss that all curves have, instruments with one sample
expect 0 "$SPIKEGRAD" train --data glyphs:train=20,test=10 --net 10 \
    --epochs 1 --out flat --quiet
expect 0 timeout 20 "$SPIKEGRAD" report flat --out flat.html
whole flat.html
expect 0 "$SPIKEGRAD" train --data glyphs:train=20,test=10 --net 1-10 \
    --epochs 1 --observe 1 --out least --quiet
expect 0 timeout 20 "$SPIKEGRAD" report least --out least.html
whole least.html

# extreme SCRIPT: the page of a run whose metrics sed has changed
extreme() {
    rm -rf edited
    cp -r one edited
    sed -E "$1" one/metrics.jsonl >edited/metrics.jsonl
    expect 0 timeout 20 "$SPIKEGRAD" report edited --out edited.html
    whole edited.html
    [ "$(wc -c <edited.html)" -lt 200000 ] || bad "a large page: $1"
    grep -E '[0-9]{25}' edited.html && bad "an endless number: $1"
}
most=9223372036854775807
extreme 's/"samples":600,"correct":[0-9]+/"samples":600,"correct":600/
    s/"samples":200,"correct":[0-9]+/"samples":200,"correct":200/'
says edited.html '>100</text>'
extreme 's/"(elapsed|seconds)":[0-9.e-]+/"\1":1e300/g'
extreme 's/"(elapsed|seconds)":[0-9.e-]+/"\1":1e-300/g'
extreme "s/\"(elapsed|seconds)\":[0-9.e-]+/\"\\1\":$most/g"
for field in correct loss_q20 spikes active saturated forward_ops \
    error_senders backward_ops gradient_ops dense_macs planned; do
    extreme "s/\"$field\":[0-9]+/\"$field\":0/g"
    extreme "s/\"$field\":[0-9]+/\"$field\":$most/g"
    extreme "s/\"$field\":[0-9]+,//g; s/,\"$field\":[0-9]+//g"
done
for field in samples neurons silent errorless; do
    extreme "s/\"$field\":[0-9]+/\"$field\":1/g"
    extreme "s/\"$field\":[0-9]+/\"$field\":$most/g"
done
extreme 's/"(counts|errors)":\[[^]]*\]/"\1":[]/g'
extreme "s/\"(counts|errors)\":\[[^]]*/\"\\1\":[-255,$most,17,1,17,$most,0,1/g"

# layers that take no part are named, with what helps
grep -q 'class=health' report.html && bad "a healthy layer is called ill"
extreme 's/"spikes":[0-9]+/"spikes":0/g'
says edited.html '<b>layer 0 (4C5) is silent</b>.* lower --lr'
grep -q 'layer 2 (10) is silent' edited.html && bad "the last layer fires not"
extreme 's/"error_senders":[0-9]+/"error_senders":0/g'
says edited.html '<b>layer 0 (4C5) is without errors</b>'
says edited.html '<b>layer 2 (10) is without errors</b>'
extreme 's/"saturated":[0-9]+/"saturated":1000000/g'
says edited.html '<b>layer 0 (4C5) is saturated</b>'
expect 0 "$SPIKEGRAD" report one edited --out edited.html
says edited.html 'r1">B</span> <b>layer 0 (4C5) is saturated'

# but not one that does not learn, for want of errors
expect 0 "$SPIKEGRAD" train --from one --freeze 0 --epochs 1 --out frozen \
    --quiet
for freeze in 0 hidden 1,0-0; do
    sed "s/^freeze = .*/freeze = $freeze/" frozen/recipe.ini >frozen.ini
    cp frozen.ini frozen/recipe.ini
    expect 0 "$SPIKEGRAD" report frozen --out frozen.html
    grep -q 'class=health' frozen.html && bad "a frozen layer is called ill"
done
sed 's/^freeze = .*/freeze = 1/' frozen.ini >frozen/recipe.ini
expect 0 "$SPIKEGRAD" report frozen --out frozen.html
says frozen.html '<b>layer 0 (4C5) is without errors</b>'

# ranks: of a last epoch by one process none, and any numbers
of_ranks() {
    extreme "s/\"time\":\{/&\"ranks\":$1,\"rank_steps\":$2,\"sent\":$3,\"received\":9,\"step_seconds\":$4,\"wait_seconds\":$5,/"
}
of_ranks 3 10 91 2.0 0.5
says edited.html '3 processes in the last epoch.*10.0.*B a step and waited 25.0 %'
of_ranks 1e300 1e300 1e300 1e-300 1e300
of_ranks $most 1 $most $most 0
of_ranks 2 1e-300 1e308 1e308 1e308
of_ranks -1 5 5 5 5
grep -q 'processes in' edited.html && bad "-1 processes"
sed -E '1s/"time":\{/&"ranks":3,"rank_steps":9,/' one/metrics.jsonl \
    >edited/metrics.jsonl
expect 0 "$SPIKEGRAD" report edited --out edited.html
grep -q 'processes in' edited.html && bad "a last epoch by 0 processes"

# channels that shout
extreme 's/"loud":0/"loud":2/g'
says edited.html '<b>layer 0 (4C5) has 2 channels that shout</b>.* --balance on'
# of which no layer can have such
for edit in 's/"layer":0,/"layer":1,/' 's/"layer":0,/"layer":2,/' \
    's/"layer":0,/"layer":-1,/' 's/"layer":0,/"layer":0.0,/' \
    's/"loudest":[0-9]+/"loudest":9999999/' 's/"loud":2/"loud":9999999/' \
    's/"layer":0,"(.*)"counts":[0-9]+/"layer":0,"\1"counts":1/'; do
    extreme "s/\"loud\":0/\"loud\":2/g;$edit"
    ! grep -q 'that shout' edited.html || bad "channels that shout: $edit"
done

# many epochs: thinned for the picture, extremes kept, soon done
mkdir -p many
cp one/recipe.ini many
head -n 1 one/metrics.jsonl | sed 's/,"observed":.*/}/' | awk '{
    for (e = 1; e <= 20000; e++) {
        line = $0
        sub(/"epoch":1,/, "\"epoch\":" e ",", line)
        sub(/"planned":2,/, "\"planned\":20000,", line)
        if (e == 7777)
            sub(/"loss_q20":[0-9]+/, "\"loss_q20\":629145600000", line)
        print line
    }
}' >many/metrics.jsonl
expect 0 timeout 15 "$SPIKEGRAD" report many --out many.html
whole many.html
says many.html '20000 of 20000'
says many.html '>1k</text>' # the axis of the loss goes up to that epoch
[ "$(wc -c <many.html)" -lt 200000 ] || bad "a page that grows with epochs"

# refused CODE PATTERN ARGUMENT...: in one line, and the page stays as it was
cp report.html before.html
refused() {
    wanted_code=$1 pattern=$2
    shift 2
    expect "$wanted_code" "$SPIKEGRAD" report "$@"
    one_error
    says err "$pattern"
    silent out
    same report.html before.html
}
refused 2 'RUNDIR... is missing'
refused 2 'one operand too many' one one one one one one one one one
refused 2 'not a decimal' one --pj-add32 much
refused 1 'nowhere/recipe.ini' nowhere
refused 1 'nowhere/recipe.ini' one nowhere two
refused 1 'one/recipe.ini/recipe.ini' one/recipe.ini
refused 1 'nowhere/x.html' one --out nowhere/x.html
cp -r one bad
rm bad/metrics.jsonl
refused 1 'bad/metrics.jsonl' bad
: >bad/metrics.jsonl
refused 1 'bad/metrics.jsonl: no epoch yet' bad
for line in 'nonsense' '[]' '{"type":"epoch","epoch":2}' \
    '{"type":"epoch","epoch":1}' \
    '{"type":"epoch","epoch":1,"train":{"samples":1,"layers":[]}}' \
    '{"type":"epoch","epoch":1,"train":{"samples":0,"layers":[{"name":"9"}]}}'; do
    printf '%s\n{}\n' "$line" >bad/metrics.jsonl
    refused 3 'bad/metrics.jsonl:1: ' bad
done
printf '{"type":"epoch","epoch":100001}\n{}\n' >bad/metrics.jsonl
refused 3 'bad/metrics.jsonl:1: ' bad
echo 'speed = 3' >>bad/recipe.ini
refused 3 'bad/recipe.ini' bad

# what was kept of runs whose figures are quoted
for run in "$recipes"/../docs/runs/*/; do
    expect 0 "$SPIKEGRAD" report "$run" --out kept.html
    grep -q '</html>' kept.html || bad "$run"
    grep -q '^data = [a-z0-9]*:DIR$' "$run/recipe.ini" || bad "$run has a path"
done
finish
