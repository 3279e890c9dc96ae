#!/bin/sh
# All that is tried of ranks in ./dev test, and twenty of them killed instead of
# two, at moments that chance picks.
#
#     ranks.sh SPIKEGRAD...           the first is used
SPIKEGRAD=$(realpath "$1")
export SPIKEGRAD KILLS="${KILLS:-20}"
exec sh "$(dirname "$0")/../cli/test_ranks.sh"
