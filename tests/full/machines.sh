#!/bin/sh
# Ranks of different machines leave the checkpoints of one process: each argument
# is how one rank is started, as words, and the first one trains alone as well.
#
#   machines.sh build/release/tests/socket_rank \
#       'qemu-s390x build/s390x/tests/socket_rank' \
#       'qemu-aarch64 build/aarch64/tests/socket_rank'
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/alone" "$work/many"
# shellcheck disable=SC2086 # words
$1 "$work/alone" 0 1 "$work/one" || exit 1
rank=0 pids=
for program; do
    # shellcheck disable=SC2086
    timeout 900 $program "$work/many" $rank $# "$work/together" &
    pids="$pids $!"
    rank=$((rank + 1))
done
failed=0
for pid in $pids; do
    wait "$pid" || failed=1
done
for one in "$work"/one.*; do
    many=$work/together.${one##*.}
    cmp "$one" "$many" || failed=1
    sha256sum <"$one" | cut -c 1-16
done
[ -e "$work/one.2" ] || failed=1
exit $failed
