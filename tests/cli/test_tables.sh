#!/bin/sh
# Metrics for other programs: as comma-separated values and as events.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --out 'a,b' --quiet
expect 0 "$SPIKEGRAD" report 'a,b' --csv out.csv
silent out
[ ! -e report.html ] || bad "--csv wrote a page too"
[ "$(wc -l <out.csv)" -eq 17 ] || bad "2 epochs x 2 splits x 4, and a header"
says out.csv '^run,epoch,split,layer,name,.*,gradient_ops$'
says out.csv '^"a,b",2,test,,,'
says out.csv '^"a,b",1,train,0,4C5,2304,57600,600,,,,[0-9]'
expect 0 "$SPIKEGRAD" report 'a,b' --csv - --out page.html
same out out.csv
says page.html '<html'

expect 0 "$SPIKEGRAD" report 'a,b' --tensorboard events
file=events/a,b/events.out.tfevents.0.spikegrad
if command -v python3 >/dev/null; then
    python3 "$recipes/../tests/cli/events.py" $file >lines ||
        bad "not an event file"
    accuracy=$(grep '^"a,b",2,test,,,' out.csv | cut -d, -f11)
    says lines "^2 accuracy/test $accuracy\$"
    says lines '^1 spikes_train/000_4C5 '
fi
cp $file first

# the last test is of the epoch that its line says
# shellcheck disable=SC2086
expect 0 "$SPIKEGRAD" train $tiny --validation 100 --out held --quiet
sed '/"type":"final"/s/"epoch":2/"epoch":1/' held/metrics.jsonl >metrics
cp metrics held/metrics.jsonl
expect 0 "$SPIKEGRAD" report held --csv out.csv --tensorboard held-events
says out.csv '^held,[12],validation,,,'
says out.csv '^held,1,final,,,'
if command -v python3 >/dev/null; then
    python3 "$recipes/../tests/cli/events.py" \
        held-events/held/events.out.tfevents.0.spikegrad >lines ||
        bad "not an event file"
    says lines '^1 accuracy/final '
fi
expect 0 "$SPIKEGRAD" report 'a,b' --tensorboard events
same first $file
mkdir other
cp -r 'a,b' other
expect 2 "$SPIKEGRAD" report 'a,b' 'other/a,b' --tensorboard events
one_error
expect 1 "$SPIKEGRAD" report 'a,b' --tensorboard first
one_error
expect 1 "$SPIKEGRAD" report 'a,b' --csv nowhere/x.csv
one_error
finish
