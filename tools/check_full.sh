# shellcheck shell=sh
# ./dev check-full, sourced by dev: stages that take long, each by itself. One
# that fails does not keep the others from being run.

# The stages, in the order in which they are run: first what finds most in
# little time. Those that are not below are scripts of tests/full.
full_stages='asan tsan debug clang core s390x aarch64 valgrind'
full_stages="$full_stages valgrind_training ranks machines same_bits python"
full_stages="$full_stages document chip gpu faults fuzz export device"
full_stages="$full_stages plain_nets"

# tests_of PRESET...: what the build of the first makes, tested as each says.
tests_of() {
    build "$1"
    for preset; do
        say "testing $preset"
        run_tests "$preset" || die "check-full: $preset FAILED"
    done
}

# The suites as programs of another machine.
foreign_tests_of() {
    need_foreign || {
        say "not Debian: no tests for other machines"
        return 77
    }
    tests_of "$@"
}

# Ranks of three machines, one of them big-endian, train together; each is rank 0
# once.
machines_of() {
    need_foreign || {
        say "not Debian: no ranks of other machines"
        return 77
    }
    for preset in release s390x aarch64; do
        build "$preset" --target socket_rank
    done
    here=build/release/tests/socket_rank
    big="qemu-s390x build/s390x/tests/socket_rank"
    arm="qemu-aarch64 build/aarch64/tests/socket_rank"
    sh tests/full/machines.sh "$here" "$big" "$arm" || return 1
    sh tests/full/machines.sh "$big" "$arm" "$here" "$here" || return 1
    sh tests/full/machines.sh "$arm" "$here" "$big" "$big" "$here"
}

# Every kernel table that 64-bit ARM has, with and without dot products.
tables_of_arm() {
    for isa in ref neon; do
        say "testing aarch64 with kernel table $isa"
        SPIKEGRAD_ISA=$isa run_tests aarch64 -L golden ||
            die "check-full: aarch64 with $isa FAILED"
    done
}

# Unit and fault tests under valgrind. Its processor is slow: a test that is
# not through in five minutes counts as clean so far.
valgrind_tests() {
    build debug
    for source in tests/unit/test_*.c tests/kernels/test_*.c \
        tests/fault/test_*.c; do
        folder=$(basename "$(dirname "$source")")
        name=$(basename "$source" .c)
        program=build/debug/tests/$folder/${folder}_${name#test_}
        say "valgrind $program"
        status=0
        timeout 300 valgrind --quiet --error-exitcode=99 --leak-check=full \
            "$program" >build/valgrind.log 2>&1 || status=$?
        case $status in
        0 | 77) ;;
        124) say "valgrind: stopped after five minutes, clean so far" ;;
        *)
            cat build/valgrind.log
            die "check-full: valgrind failed on $program"
            ;;
        esac
    done
}

# script_of NAME PRESET...: tests/full/NAME.sh with the commands of the builds.
script_of() {
    script=tests/full/$1.sh
    shift
    commands=
    for preset; do
        build "$preset"
        commands="$commands build/$preset/spikegrad"
    done
    say "running $script"
    # shellcheck disable=SC2086 # a list of words
    sh "$script" $commands
}

# How often each target is run: all together 1.5 10^7 times, in some thirty
# minutes. What trains has to be content with less.
fuzz_runs='idx 6000000 recipe 2000000 topology 1500000 checkpoint 250000
    metrics 200000 train 100000 data 100000 use 20000 npy 1000000
    archive 1000000 picture 1000000 listing 1000000 cache 1000000
    events 500000'

fuzz_targets() {
    build fuzz
    total=0
    # shellcheck disable=SC2086 # a list of words
    set -- $fuzz_runs
    for source in tests/fuzz/fuzz_*.c; do
        name=${source##*/fuzz_}
        case " $* " in
        *" ${name%.c} "*) ;;
        *) die "check-full: fuzz_${name%.c} has no number of runs" ;;
        esac
    done
    while [ $# -gt 0 ]; do
        say "fuzzing $1, $2 times"
        fuzz_one "$1" -runs="$2"
        total=$((total + $2))
        shift 2
    done
    say "fuzz: nothing found in $total executions"
}

stage() {
    case $1 in
    debug | asan | tsan | clang | core) tests_of "$1" ;;
    s390x) foreign_tests_of s390x ;;
    machines) machines_of ;;
    aarch64)
        foreign_tests_of aarch64 aarch64-v8.0
        tables_of_arm
        ;;
    valgrind) valgrind_tests ;;
    valgrind_training) script_of "$1" debug ;;
    same_bits) script_of "$1" release debug clang ;;
    fuzz) fuzz_targets ;;
    *) script_of "$1" release ;;
    esac
}

# check_full [STAGE...]
check_full() {
    test_seconds=5400
    for script in tests/full/*.sh; do
        name=$(basename "$script" .sh)
        case " $full_stages " in
        *" $name "*) ;;
        *) die "check-full: $script is no stage" ;;
        esac
    done
    for name; do
        case " $full_stages " in
        *" $name "*) ;;
        *)
            say "check-full has no stage '$name'; they are $full_stages" >&2
            exit 2
            ;;
        esac
    done
    # shellcheck disable=SC2086 # a list of words
    [ $# -gt 0 ] || set -- $full_stages
    mkdir -p build/check-full
    table='' failed=0
    for name; do
        log=build/check-full/$name.log
        say "check-full: $name; $log tells how it goes"
        begin=$(date +%s)
        set +e
        (
            set -e
            stage "$name"
        ) </dev/null >"$log" 2>&1
        code=$?
        set -e
        case $code in
        0) result=passed ;;
        77) result=skipped ;;
        *)
            result=FAILED
            failed=$((failed + 1))
            tail -n 40 "$log"
            ;;
        esac
        table=$table$(printf '%-20s %-8s %7d\\n' "$name" "$result" \
            $(($(date +%s) - begin)))
        say "check-full: $name: $result"
    done
    printf '\n%-20s %-8s %7s\n%b' stage result seconds "$table"
    [ "$failed" = 0 ] || die "check-full: $failed of $# stages FAILED"
    say "check-full: $# stages, none failed"
}
