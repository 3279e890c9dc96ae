#!/bin/sh
# Evaluation with mirror images: eval --flip, and the last test of a run whose
# images are mirrored.
. "$(dirname "$0")/common.sh"

expect 0 "$SPIKEGRAD" train --data $tiny_data --net 4C5-P2-10 --epochs 2 \
    --batch 32 --augment shift:1+flip --out run --threads 2
says out '^test: .* of 200$'
says out '^test, with mirror images: .* of 200$'
[ "$(grep -c '"type":"final","epoch":2,"chosen":"last","test":{.*"test_flip":{"samples":200,' \
    run/metrics.jsonl)" = 1 ] || bad "no line of the last test"
correct=$(grep '"final"' run/metrics.jsonl |
    sed 's/.*"test_flip":{"samples":200,"correct":\([0-9]*\).*/\1/')
plain=$(grep '"final"' run/metrics.jsonl |
    sed 's/.*"test":{"samples":200,"correct":\([0-9]*\).*/\1/')
says run/metrics.jsonl "\"epoch\":2,.*\"test\":{\"samples\":200,\"correct\":$plain,"

expect 0 "$SPIKEGRAD" eval run --flip
says out "^accuracy .*, $correct of 200; "
says out '^with mirror images'
expect 0 "$SPIKEGRAD" eval run --flip --json --threads 1
says out "\"flip\":true,\"metrics\":{\"samples\":200,\"correct\":$correct,"
mv out one
expect 0 "$SPIKEGRAD" eval run --flip --json --threads 3
same out one
expect 0 "$SPIKEGRAD" eval run --json
says out "\"flip\":false,\"metrics\":{\"samples\":200,\"correct\":$plain,"

# tested once: a complete run is left as it is
cp run/metrics.jsonl before
expect 0 "$SPIKEGRAD" train --resume run
same run/metrics.jsonl before

# without mirror images, and without held-back samples, there is nothing to add
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --augment shift:1 --out straight
! grep -q final straight/metrics.jsonl || bad "a last test without need"
expect 0 "$SPIKEGRAD" train --data $tiny_data --net 4C5-P2-10 --epochs 2 \
    --augment flip --validation 100 --out held --json
says out '"chosen":"best","validation":{.*"test":{.*"test_flip":{'
finish
