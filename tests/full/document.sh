#!/bin/sh
# The engine in Python that was written from the documents, against the
# command: recipes drawn at random besides those of the suite.
#
#     document.sh SPIKEGRAD...        the first is used
set -eu
exec sh "$(dirname "$0")/../document/run.sh" "$1" long 150
