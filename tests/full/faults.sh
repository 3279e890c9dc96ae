#!/bin/sh
# Every allocation and every system call of every subcommand fails once, and
# the command is killed before each, and 400 times when chance says: some
# minutes.
#
#     faults.sh SPIKEGRAD...
SPIKEGRAD=$(realpath "$1")
SPIKEGRAD_FAULTS=$(realpath "$(dirname "$1")/tests/fault_preload.so")
export SPIKEGRAD
KILLS=400 sh "$(dirname "$0")/../cli/test_kill.sh" || exit 1
points=0
. "$(dirname "$0")/../cli/faults.sh"
finish
