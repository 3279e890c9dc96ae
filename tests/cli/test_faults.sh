#!/bin/sh
# Faults at some points of every subcommand; check-full tries every one.
points=6
. "$(dirname "$0")/faults.sh"
finish
