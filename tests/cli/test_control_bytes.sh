#!/bin/sh
# Bytes that act on a terminal, at every place a file or a name can hold text:
# they are written out, and what is said stays on its line.
. "$(dirname "$0")/common.sh"

# ESC [31m, BEL, DEL, a C1 control, a mark of direction, a byte that is no
# UTF-8; and what of it is shown
esc=$(printf '\033[31m')
evil=$(printf 'E\033[31m\007\177\302\233m\342\200\256E')
latin=$(printf '\351t\351')
shown='E.x1b.31m.x07.x7f.u009bm.u202eE'

# harmless FILE...: lines of printable UTF-8
harmless() {
    for file; do
        LC_ALL=C grep -n "$(printf '[\001-\010\013-\037\177]')" "$file" &&
            bad "control bytes in $file"
        LC_ALL=C grep -n "$(printf '\302[\200-\237]')" "$file" &&
            bad "C1 controls in $file"
        LC_ALL=C grep -n "$(printf '\342\200\256')" "$file" &&
            bad "a mark of direction in $file"
        iconv -f UTF-8 -t UTF-8 "$file" >iconv.out 2>&1 ||
            bad "$file is not UTF-8"
    done
}

# told CODE COMMAND...: as expect, and shown once at least
told() {
    expect "$@"
    harmless out err
    cat out err >both
    says both "$shown"
}

# data that lie in such a folder: in recipe, checkpoint and metrics
mkdir "$evil"
"$SPIKEGRAD" data export glyphs:train=60,test=30 --idx "$evil/train"
"$SPIKEGRAD" data export glyphs:train=60,test=30 --idx "$evil/t10k" --split test
told 0 "$SPIKEGRAD" data info "mnist:$evil"
# in such a run directory too
run="run$evil"
told 0 "$SPIKEGRAD" train --data "mnist:$evil" --net 4C5-P2-10 --epochs 2 \
    --validation 20 --out "$run"
says out "^model: run$shown/"
told 0 "$SPIKEGRAD" train --resume "$run"
told 0 "$SPIKEGRAD" info "$run"
says out "^trained on mnist:$shown: 2 of 2"
expect 0 "$SPIKEGRAD" eval "$run"
harmless out err
expect 0 "$SPIKEGRAD" verify "$run" --samples 2
harmless out err
expect 0 "$SPIKEGRAD" anytime "$run" --samples 5
harmless out err
told 0 "$SPIKEGRAD" trace "$run" --svg picture.svg --out events.csv
harmless picture.svg events.csv
says picture.svg "$shown"
expect 0 "$SPIKEGRAD" report "$run" --out page.html
harmless page.html out err
says page.html "$shown"
expect 0 "$SPIKEGRAD" report "$run" --out -
harmless out

# as fields of CSV
told 0 "$SPIKEGRAD" report "$run" --csv -
told 0 "$SPIKEGRAD" classify "$run" "$evil/t10k-images-idx3-ubyte" --csv -
says out "^$shown/t10k"
mkdir named
for split in train test; do
    for class in 1 2; do
        mkdir -p "named/$split/$latin,$class"
        "$SPIKEGRAD" data export glyphs:train=9,test=9 --count 3 \
            --split $split --png "named/$split/$latin,$class/a.png" --scale 1
    done
done
expect 0 "$SPIKEGRAD" train --data images:named --net 2 --epochs 1 --quiet \
    --out classes
expect 0 "$SPIKEGRAD" eval classes --predictions named.csv
harmless named.csv
says named.csv '"\\xe9t\\xe9,2"'

# what is said of files that are written, and of lines that are lost
cp "$run/checkpoint.safetensors" "sealed$evil"
told 0 "$SPIKEGRAD" seal "sealed$evil"
told 0 "$SPIKEGRAD" export "$run" --c "program$evil" --samples 0
cp -r "$run" "torn$evil"
sed 1d "$run/metrics.jsonl" >"torn$evil/metrics.jsonl"
told 0 "$SPIKEGRAD" train --resume "torn$evil"
says err 'no line of epoch 1$'

# on a terminal JSON has no controls either: none of those beyond ASCII
if command -v script >/dev/null; then
    script -qec "'$SPIKEGRAD' info --json '$run'" /dev/null >terminal \
        2>/dev/null </dev/null || bad "info --json on a terminal"
    tr -d '\r\177' <terminal >line
    harmless line
    says line 'u009Bm'
fi

# a terminal that knows no escapes, or says nothing of itself, gets none
if command -v script >/dev/null; then
    for term in dumb "" xterm; do
        rm -rf shown
        TERM=$term script -qec "'$SPIKEGRAD' train --threads 1 --out shown \
            --data glyphs:train=6000,test=50 --net 8C5-P2-10 --epochs 1" \
            /dev/null >terminal 2>/dev/null </dev/null || bad "TERM='$term'"
        found=$(tr -dc '\033' <terminal | wc -c)
        case $term in
        xterm) [ "$found" -gt 0 ] || bad "no progress on a terminal" ;;
        *) [ "$found" -eq 0 ] || bad "escapes where TERM='$term'" ;;
        esac
    done
fi

# names of files that are not there, or nothing of that kind
for command in info eval verify trace anytime report; do
    told 1 "$SPIKEGRAD" $command "no$evil"
    one_error
done
printf 'x' >"file$evil"
told 3 "$SPIKEGRAD" info "file$evil"
one_error
told 2 "$SPIKEGRAD" train --data "$evil"
one_error
told 1 "$SPIKEGRAD" train --data "mnist:no$evil"
one_error
told 2 "$SPIKEGRAD" train --data "$tiny_data" --lr "$evil"
one_error
told 1 "$SPIKEGRAD" train --data "$tiny_data" --recipe "$evil"
one_error
told 2 "$SPIKEGRAD" train --"$evil"
one_error
told 2 "$SPIKEGRAD" "$evil"
one_error
told 2 "$SPIKEGRAD" sweep --data "$tiny_data" --set "lr=$evil" --out s
one_error
for net in "$evil" '10
spikegrad: all is well'; do
    expect 2 "$SPIKEGRAD" train --data "$tiny_data" --net "$net"
    harmless err
    one_error
done
expect 2 "$SPIKEGRAD" train --data 'mnist:two
lines' --net 10
one_error

# a sweep in such a place
told 0 "$SPIKEGRAD" sweep --data "mnist:$evil" --net 10 --epochs 1 \
    --set lr=0.1,0.2 --out "sweep$evil"

# recipes: comment, key, value, section, result
mkdir "list$evil"
{
    echo "# about $evil $latin"
    printf '[run]\ndata = mnist:%s\n[recipe]\nnet = 10\n' "$evil"
    printf '[result]\nreached = %s%s\ntime = %s\n' "$evil" "$latin" "$evil"
} >"list$evil/$evil.ini"
for line in "net = $evil" "$evil = 3" "[$evil]
epochs = 1" "$evil" "lr = $evil" \
    "[run]
choose = $evil"; do
    echo "$line" >"list$evil/bad.ini"
    told 3 "$SPIKEGRAD" train --data "$tiny_data" --recipe "list$evil/bad.ini"
    one_error
done
SPIKEGRAD_RECIPES=list$evil
export SPIKEGRAD_RECIPES
told 0 "$SPIKEGRAD" recipes
says out "about $shown .xe9t.xe9"
expect 0 "$SPIKEGRAD" recipes --json
iconv -f UTF-8 -t UTF-8 out >iconv.out || bad "JSON that is not UTF-8"
says out 'xe9t.*xe9'
unset SPIKEGRAD_RECIPES

# metrics: every text of theirs
sed -E 's/"(name|from|kind)":"[^"]*"/"\1":"9\\u001b[31m\\u009bm<b>"/g' \
    "$run/metrics.jsonl" >metrics
cp -r "$run" odd
cp metrics odd/metrics.jsonl
expect 0 "$SPIKEGRAD" report odd --out odd.html
harmless odd.html err
says odd.html '9.x1b.31m.u009bm&#60;b&#62;'
printf '{"type":"%s"}\n%s\n' "$evil" "$evil" >odd/metrics.jsonl
expect 3 "$SPIKEGRAD" report odd
harmless err
one_error
expect 3 "$SPIKEGRAD" train --resume odd
harmless err
finish
