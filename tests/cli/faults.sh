# shellcheck shell=sh
# The command under faults; sourced. For every subcommand: its N-th allocation
# finds no memory, its N-th system call fails, it is killed before its N-th
# system call. Then either it says so in one line and ends with code 1, or
# everything is as without; and what it leaves can be gone on with and ends
# with the same files.
#
# points=K tries K of each kind and subcommand; points=0 tries every one of the
# main subcommands; points=sites the first from each place in the program, with who called it,
# that no subcommand before has come to. KINDS are those that are tried: memory,
# calls and kill.
# fault_preload.c is what fails.
here=$(cd "$(dirname "$0")/../cli" && pwd)
. "$here/common.sh"

[ -n "${SPIKEGRAD_FAULTS:-}" ] && [ -e "$SPIKEGRAD_FAULTS" ] || exit 77
export LC_ALL=C
small="--data glyphs:train=60,test=20 --net 16-10 --epochs 2 --batch 16
    --threads 1 --quiet"

# faulty FAULT COMMAND...: its output is in ../out and ../err.
faulty() {
    fault=$1
    shift
    code=0
    timeout 100 env SPIKEGRAD_FAULT="$fault" LD_PRELOAD="$SPIKEGRAD_FAULTS" \
        SPIKEGRAD_FAULT_COUNT="$top/$kind.count" "$@" >../out 2>../err \
        </dev/null || code=$?
}

# points_of COUNT: those that are to be tried.
points_of() {
    case $points in
    0)
        cat "$top/$kind.sites" >>"$top/$kind.seen"
        seq "$1"
        ;;
    sites)
        awk 'FILENAME == ARGV[1] { seen[$2]; next } !($2 in seen)' \
            "$top/$kind.seen" "$top/$kind.sites" | tee -a "$top/$kind.seen" |
            cut -d' ' -f1
        ;;
    *)
        awk -v count="$1" -v points="$points" 'BEGIN {
            for (k = 0; k < points && k < count; k++)
                print count <= points ? k + 1 : 1 + int(k * count / points)
        }'
        ;;
    esac
}

# What is in a directory, without clocks, locks and pages that show a clock.
digest() {
    (
        cd "$1" || exit
        find . -type f ! -name .lock | sort
        find . -type f ! -name .lock ! -name report.html | sort |
            xargs sed -E 's/"time":\{[^}]*\}//
                s/"(seconds|elapsed)":[-+.0-9e]*//g'
    ) | cksum
}

# The output of a command without clocks.
clean_output() {
    case $name in
    train | rich | resume | warm | onward | sweep | again) ;;
    bench | benched | layers) ;;
    *) sed -E 's/, [0-9.]+ s$//; s/"seconds":[0-9.e-]+//' ../out ;;
    esac | cksum
}

# recover: what was cut or has failed is done again, in the directory it left.
recover() {
    case $name in
    train | rich | resume)
        if [ -e run/recipe.ini ]; then
            set -- train --resume run --threads 1 --quiet
        fi
        ;;
    warm | onward)
        if [ -e warm/checkpoint.safetensors ]; then
            set -- train --resume warm --threads 1 --quiet
        fi
        ;;
    esac
    "$SPIKEGRAD" "$@" >../again.out 2>../again.err </dev/null
}

# told_once: one line says what was wrong; a sweep may have one for a run, or
# tell of it in its table, and one for itself; of files that are classified each
# has its own.
told_once() {
    if [ "$name" = pictures ]; then
        grep -q '^spikegrad: ' ../err && ! grep -qv '^spikegrad: ' ../err
    elif [ "$name" = sweep ] || [ "$name" = again ]; then
        grep -q ' failed: ' ../out || grep -q '^spikegrad: ' ../err
    else
        [ "$(wc -l <../err)" -eq 1 ] && grep -q '^spikegrad: ' ../err
    fi
}

# strike FAULT: one try of the command in "$@" after it.
strike() {
    fault=$1
    shift
    rm -rf w
    cp -r "seed-$name" w
    cd w || exit 1
    faulty "$fault" "$SPIKEGRAD" "$@"
    case $code in
    0)
        [ "$(clean_output)" = "$output" ] && [ "$(digest .)" = "$files" ] ||
            bad "$name $fault: code 0, and other files or output"
        unharmed=$((unharmed + 1))
        ;;
    1)
        told_once || bad "$name $fault: not one line: $(head -c 300 ../err)"
        told=$((told + 1))
        ;;
    137) [ "$kind" = kill ] || bad "$name $fault: killed" ;;
    *) bad "$name $fault: code $code: $(head -c 300 ../err)" ;;
    esac
    if [ $code != 0 ]; then
        # beside a page or a table; a run or sweep removes its own
        rm -rf ./.*.tmp board/*/.*.tmp
        recover "$@" || bad "$name $fault: then: $(head -c 300 ../again.err)"
        [ "$(digest .)" = "$files" ] ||
            bad "$name $fault: other files after the next run"
    fi
    cd ..
}

# each NAME COMMAND...: all faults of this kind. seed-NAME is what it starts
# from.
each() {
    name=$1
    shift
    told=0 unharmed=0
    rm -rf w
    cp -r "seed-$name" w
    cd w || exit 1
    SPIKEGRAD_FAULT_SITES=$top/$kind.sites faulty "$kind:0" "$SPIKEGRAD" "$@"
    [ $code = 0 ] || bad "$name without a fault: $(cat ../err)"
    output=$(clean_output)
    files=$(digest .)
    cd ..
    count=$(cat "$top/$kind.count")
    tried=0
    for n in $(points_of "$count"); do
        strike "$kind:$n" "$@"
        tried=$((tried + 1))
    done
    echo "$kind $name: $tried of $count points: $told ended with a line," \
        "$unharmed did as without"
}

# each_place NAME COMMAND...: the same; where every fault is tried, only those
# from places that no subcommand before has come to.
each_place() {
    kept=$points
    [ "$points" != 0 ] || points=sites
    each "$@"
    points=$kept
}

# The state of a run whose second epoch is under way.
make_cut() {
    mkdir seed-resume
    (
        cd seed-resume || exit 1
        # shellcheck disable=SC2086
        faulty kill:0 "$SPIKEGRAD" train $small --out run
        n=$(cat "$top/$kind.count")
        while [ "$n" -gt 0 ]; do
            rm -rf run
            # shellcheck disable=SC2086
            faulty kill:$n "$SPIKEGRAD" train $small --out run
            [ "$(wc -l <run/metrics.jsonl)" = 1 ] && break
            n=$((n - 1))
        done
    )
}

# all KIND: every subcommand, in a directory of its own.
all() {
    kind=$1
    mkdir "$kind"
    cd "$kind" || exit 1
    : >"$top/$kind.seen"
    for seed in train rich sweep recipes bench layers data images events; do
        mkdir seed-$seed
    done
    for split in train test; do
        file=t10k
        [ $split = test ] || file=train
        "$SPIKEGRAD" data export glyphs:train=60,test=20 --count 0 \
            --split $split --idx seed-data/$file 2>/dev/null || exit 1
    done
    gzip seed-data/train* || exit 1
    cp -r seed-data seed-export
    "$SPIKEGRAD" data export glyphs:train=6,test=2 --npy seed-images/a \
        --npz seed-images/a.npz --images seed-images/p || exit 1
    cp -r seed-images seed-arrays
    cp -r seed-images seed-packed
    cp -r seed-images seed-written
    # shellcheck disable=SC2086
    "$SPIKEGRAD" train $small --out model/run >/dev/null || exit 1
    for seed in eval predictions verify report table info trace picture seal \
        anytime warm onward benched; do
        cp -r model seed-$seed
    done
    cp -r model seed-class
    cp -r seed-images/* seed-class
    cp -r seed-class seed-pictures
    # shellcheck disable=SC2086
    "$SPIKEGRAD" sweep $small --epochs 1 --set loss=softmax,squared \
        --out seed-again/grid >/dev/null || exit 1
    rm -r seed-again/grid/*squared* || exit 1
    "$SPIKEGRAD" train --data glyph-events:train=20,test=6 --net 9-10 \
        --epochs 1 --batch 8 --quiet --threads 1 --out seed-played/run \
        >/dev/null || exit 1
    cp -r seed-played seed-replayed
    # shellcheck disable=SC2086
    "$SPIKEGRAD" train $small --weight-bits 8 --count-cap 15 \
        --standardise off --loss squared --out small/run >/dev/null || exit 1
    for seed in program vectors; do
        cp -r small seed-$seed
    done
    make_cut
    cp "$recipes/mnist.ini" seed-recipes/small.ini
    # shellcheck disable=SC2086
    each train train $small --out run
    each resume train --resume run --threads 1 --quiet
    each eval eval run --threads 1
    each predictions eval run --threads 1 --flip --predictions p.csv --top 3
    each verify verify run --samples 2 --order random --quiet
    each report report run --out page.html
    each table report run --csv table.csv --tensorboard board
    cp -r model seed-tables
    cp -r model/run seed-tables/other
    each_place tables report run other --out page.html --csv t.csv --tensorboard board
    # shellcheck disable=SC2086
    each warm train --from run $small --freeze 1 --out warm
    each program export run --c program --learn --samples 4 --quiet
    each vectors export run --vectors vectors --samples 4 --quiet
    each_place onward train --from run --epochs 1 --new-readout --lr 0.01 \
        --threads 1 --quiet --out warm
    each info info run
    # shellcheck disable=SC2086
    each_place rich train $small --net 4C5s2-P2-10 --validation 12 --augment shift:1 \
        --standardise on --phi auto:1 --class-weights auto --verify 2 --json \
        --checkpoint-every 2 --out run
    each_place class classify run a/x_test.npy --data npy:a --csv c.csv --logits \
        --top 2
    each data data info mnist:. --json
    each images data info images:p --json
    each arrays data info npy:a --json
    # libarchive and libhdf5 end the program where they find no memory
    [ "$kind" = memory ] || {
        cp -r model seed-nir
        "$SPIKEGRAD" convert no --out no 2>&1 | grep -q 'built without' ||
            each nir convert run --nir graph.nir
        each packed data info npz:a.npz --json
        each written data export npz:a.npz --npy . --npz b.npz
        # shellcheck disable=SC2046
        each_place pictures classify run $(cd seed-pictures && echo p/test/*/*.png) \
            --data images:p --json --resize --logits
    }
    each export data export mnist:. --idx new --png new.png
    each trace trace run --forward-only --out spikes.csv
    each_place picture trace run --svg spikes.svg --format jsonl --out spikes.jsonl
    each_place played anytime run --samples 2 --json --quiet
    each_place replayed trace run --replay --forward-only --out spikes.csv
    each_place events data info glyph-events:train=4,test=2
    each seal seal run/checkpoint.safetensors --out sealed.safetensors
    each anytime anytime run --samples 2 --quiet
    SPIKEGRAD_RECIPES=$PWD/seed-recipes
    export SPIKEGRAD_RECIPES
    each recipes recipes --json
    # shellcheck disable=SC2086
    each sweep sweep $small --epochs 1 --seeds 2 --out grid
    # shellcheck disable=SC2086
    each bench bench --data glyphs:train=60,test=20 --net 16-10 --threads 1 \
        --batch 16 --seconds 0.01 --rounds 1
    # shellcheck disable=SC2086
    each_place again sweep $small --epochs 1 --set loss=softmax,squared --out grid
    each_place benched bench --from run --threads 1 --seconds 0.01 --rounds 1 --json
    each_place layers bench --data glyphs:train=60,test=20 --net 16-10 --threads 1 \
        --batch 16 --seconds 0.01 --rounds 1 --layers --json
    echo $failures >"$top/$kind.failures"
}

top=$PWD
: "${KINDS:=memory calls kill}"
for kind in $KINDS; do
    all "$kind" >"$kind.log" &
done
wait
for kind in $KINDS; do
    cat $kind.log
    failures=$((failures + $(cat $kind.failures || echo 1)))
done
