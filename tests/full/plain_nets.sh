#!/bin/sh
# plain_nets.sh SPIKEGRAD...: thirty networks of 2 to 8 layers on MNIST and
# CIFAR-10 with no flag but the network, the number of epochs and the seed, a
# few thousand samples each. None may end at chance without a word.
#
# Prints a table. Accuracy is that of the test split after the last epoch; what
# the run said of its health on stderr is "said". It needs SPIKEGRAD_DATA.
set -eu
spikegrad=$(realpath "$1")
mnist=${SPIKEGRAD_DATA:-}/mnist
cifar=${SPIKEGRAD_DATA:-}/cifar-10-batches-bin
if [ ! -d "$mnist" ] || [ ! -d "$cifar" ]; then
    echo "plain_nets: SPIKEGRAD_DATA has no mnist and cifar-10-batches-bin"
    exit 77
fi
chance=15 # percent; ten classes
samples=${SAMPLES:-5000} tests=1000 epochs=${EPOCHS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# A part of each, in files of its own: what is tried is what follows from the
# data, whose images and classes are those of the whole.
part() {
    mkdir "$2"
    "$spikegrad" data export "$1" --idx "$2/train" --count "$samples" >/dev/null
    "$spikegrad" data export "$1" --split test --idx "$2/t10k" \
        --count "$tests" >/dev/null
}
part "mnist:$mnist" mnist
part "cifar10:$cifar" cifar10

on_mnist='300-10
16C5-P2-10
300-100-10
12C5-P2-64-10
15C5-P2-40C5-P2-300-10
12C5-12C5-64C3-10
256-128-64-32-10
12C5-12C5-64C3-64C3-10
16C3p1-P2max-16C3p1-P2max-32C3p1-10
8C3p1-8C3p1-P2-16C3p1-16C3p1-P2-32C3p1-10
100-100-100-100-100-10
8C3-8C3-8C3-8C3-P2-64-32-10
64-64-64-64-64-64-64-10
8C3p1-8C3p1-8C3p1-P2-8C3p1-8C3p1-8C3p1-P2-64-10
16C3s2p1-16C3p1-16C3p1-R2-16C3s2p1-16C3p1-16C3p1-R2-Pavg-10'
on_cifar='400-10
16C5-P2-10
300-100-10
16C5-P2-64-10
16C5-P2-32C5-P2-128-10
12C5-12C5-32C3-10
16C3p1-P2max-16C3p1-P2max-16C3p1-10
256-128-64-32-10
12C3p1-12C3p1-P2-24C3p1-24C3p1-P2-10
12C5-12C5-24C3-24C3-10
8C3p1-8C3p1-P2-16C3p1-16C3p1-P2-32C3p1-10
8C3-8C3-8C3-P2-16C3-16C3-P2-32-10
64-64-64-64-64-64-64-10
8C3p1-8C3p1-8C3p1-P2-16C3p1-16C3p1-16C3p1-P2-64-10
16C3s2p1-16C3p1-16C3p1-R2-16C3s2p1-16C3p1-16C3p1-R2-Pavg-10'

nets=0 silent=0 lost=0
# try DATA NET
try() {
    nets=$((nets + 1))
    rm -rf run
    "$spikegrad" train --data "mnist:$1" --net "$2" --epochs "$epochs" \
        --out run >out 2>err </dev/null || {
        cat err
        exit 1
    }
    said=$(grep -c '^spikegrad: epoch' err) || :
    accuracy=$(sed -n 's/.*"test":{"samples":\([0-9]*\),"correct":\([0-9]*\).*/\1 \2/p' \
        run/metrics.jsonl | awk '{ last = 100 * $2 / $1 }
            END { printf "%.1f", last }')
    printf '%-8s %6s %%  %-5s %s\n' "$1" "$accuracy" \
        "$([ "$said" -gt 0 ] && echo said)" "$2"
    awk "BEGIN { exit !($accuracy < $chance) }" || return 0
    lost=$((lost + 1))
    [ "$said" -gt 0 ] || silent=$((silent + 1))
}

for net in $on_mnist; do
    try mnist "$net"
done
for net in $on_cifar; do
    try cifar10 "$net"
done
echo "plain_nets: $lost of $nets at chance, $silent of them without a word"
[ "$silent" -eq 0 ]
