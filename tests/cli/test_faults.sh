#!/bin/sh
# Faults at some points of every subcommand, POINTS of each kind; check-full
# tries every one.
points=${POINTS:-6}
. "$(dirname "$0")/faults.sh"
finish
