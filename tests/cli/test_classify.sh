#!/bin/sh
# classify: single files of every kind are taken for what eval takes the same
# samples for, with the options of the model's source; names, top, votes; what
# cannot be read is named and the others are classified.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "skipped: needs NumPy (python3-numpy)"
    exit 77
}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

# predicted FILE: that column of CSV
predicted() {
    "$python" -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[1])):
    print(row["predicted"], row.get("predicted_name", ""),
          *(v for k, v in row.items() if k.startswith("logit_")))' "$1"
}

# alike DATA FILE...: eval of DATA and classify of FILE... say the same
alike() {
    data=$1
    shift
    expect 0 "$SPIKEGRAD" eval run --data "$data" --predictions eval.csv \
        --logits
    expect 0 "$SPIKEGRAD" classify run "$@" --csv files.csv --logits
    predicted eval.csv >a
    predicted files.csv >b
    same a b
}

# arrays and IDX
expect 0 "$SPIKEGRAD" data export glyphs:train=400,test=40 --npy arrays
expect 0 "$SPIKEGRAD" data export glyphs:train=40,test=40 --split test \
    --idx digits
rm -rf run
expect 0 "$SPIKEGRAD" train --data npy:arrays --net 10 --epochs 2 --out run \
    --quiet
alike npy:arrays arrays/x_test.npy
alike npy:arrays digits-images-idx3-ubyte
gzip -c digits-images-idx3-ubyte >digits.gz
expect 0 "$SPIKEGRAD" classify run digits.gz
says out '^digits.gz 0: [0-9]$'
[ "$(wc -l <out)" = 40 ] || bad "not a line a sample"
"$python" - <<END
import numpy as np
x = np.load("arrays/x_test.npy").reshape(40, 28, 28)
np.save("one.npy", x[7])
np.save("other.npy", x[:, :20])
END
expect 0 "$SPIKEGRAD" classify run one.npy --json --top 3 --logits
says out '^{"type":"class","file":"one.npy","index":0,"predicted":[0-9],"top":\[{"class":[0-9],"logit":-*[0-9]*},{"class":'
says out '"logits":\[-*[0-9]*,.*\]}$'
class=$(sed 's/.*"predicted":\([0-9]\).*/\1/' out)
[ "$class" = "$(sed -n '9s/[^,]*,[^,]*,\([0-9]*\).*/\1/p' files.csv)" ] ||
    bad "one.npy is not sample 7"
expect 0 "$SPIKEGRAD" classify run one.npy --top 2
says out "^one.npy: $class, [0-9]\$"
odd=$(printf 'a\nb.npy')
cp one.npy "$odd"
expect 0 "$SPIKEGRAD" classify run "$odd" --csv odd.csv
says odd.csv '"a$' # a field of two lines
rm "$odd"

# what cannot be read: a line each, the others are classified, exit code of the
# first
echo text >text
expect 1 "$SPIKEGRAD" classify run missing one.npy text other.npy
says out "^one.npy: $class\$"
[ "$(wc -l <out)" = 1 ] || bad "more than one file was classified"
says err '^spikegrad: missing: cannot open: No such file'
says err '^spikegrad: text: expected a picture (PNG, JPEG), an array'
says err '^spikegrad: other.npy: samples of 20x28x1, expected 28x28x1$'
[ "$(wc -l <err)" = 3 ] || bad "not a line a file"
expect 3 "$SPIKEGRAD" classify run text missing --csv none.csv
says none.csv '^file,index,predicted$'
head -c 300 one.npy >short.npy
expect 3 "$SPIKEGRAD" classify run short.npy
one_error
says err '^spikegrad: short.npy: '
expect 2 "$SPIKEGRAD" classify run
one_error
expect 2 "$SPIKEGRAD" classify run one.npy --logits
expect 2 "$SPIKEGRAD" classify run one.npy --data nothing:x
expect 1 "$SPIKEGRAD" classify none one.npy

# many files
set --
i=0
while [ $i -lt 500 ]; do
    set -- "$@" one.npy
    i=$((i + 1))
done
expect 0 "$SPIKEGRAD" classify run "$@"
[ "$(wc -l <out)" = 500 ] || bad "not 500 lines"

# votes: the sum of all logits of a file
expect 0 "$SPIKEGRAD" classify run arrays/x_test.npy --vote --csv - --logits
[ "$(wc -l <out)" = 2 ] || bad "not one line a file"
tail -1 out | cut -d, -f4- >voted
"$python" - <<END >summed
import csv
rows = list(csv.DictReader(open("files.csv")))
print(",".join(str(sum(int(r[f"logit_{k}"]) for r in rows))
               for k in range(10)))
END
same voted summed

# recordings, in the shape of the model's source
"$python" "$here/write_events.py" good good >/dev/null || bad "no recordings"
shape=cap=20,bins=2,window=8ms,polarity=split,size=17x17,cut=4ms
rm -rf run
expect 0 "$SPIKEGRAD" train --data "events:good/nmnist,$shape" --net 2 \
    --augment none --epochs 1 --out run --quiet
expect 0 "$SPIKEGRAD" eval run --split train --predictions eval.csv --logits
expect 0 "$SPIKEGRAD" classify run good/nmnist/train/a/*.bin \
    good/nmnist/train/b/*.bin --csv files.csv --logits
predicted eval.csv | sort >a
predicted files.csv | sort >b
same a b
says b ' [ab] '
[ "$(wc -l <a)" -gt 4 ] || bad "recordings were not cut"

# votes of recordings by eval and by classify
expect 0 "$SPIKEGRAD" eval run --split train --vote --predictions eval.csv \
    --logits --json
says out '"vote":{"recordings":3,"correct":[0-3]}}$'
expect 0 "$SPIKEGRAD" classify run good/nmnist/train/a/*.bin \
    good/nmnist/train/b/*.bin --csv files.csv --logits --vote
predicted eval.csv | sort >a
predicted files.csv | sort >b
same a b
[ "$(wc -l <a)" -eq 3 ] || bad "not one line a recording"
expect 0 "$SPIKEGRAD" eval run --split train --vote --top 2 --predictions v.npy
says out '^recordings [0-9.]* %, [0-3] of 3, by the sums'
says out '^among the 2 largest: 100.00 %, 3$'
"$python" -c 'import numpy as np
assert np.load("v.npy").shape == (3, 3)' || bad "v.npy is not of recordings"

# pictures, as the source makes them: of any size, grey
"$SPIKEGRAD" data info images:none >out 2>err
grep -q 'no libpng' err && finish
expect 0 "$SPIKEGRAD" data export glyphs:train=60,test=30 --images pictures
rm -rf run
expect 0 "$SPIKEGRAD" train --data images:pictures,size=14x14,channels=1 \
    --net 10 --augment none --epochs 1 --out run --quiet
expect 0 "$SPIKEGRAD" eval run --predictions eval.csv --logits
expect 0 "$SPIKEGRAD" classify run pictures/test/*/*.png --csv files.csv \
    --logits
predicted eval.csv | sort >a
predicted files.csv | sort >b
same a b
rm -rf run
expect 0 "$SPIKEGRAD" train --data glyphs:train=60,test=30 --net 10 \
    --augment none --epochs 1 --out run --quiet
expect 0 "$SPIKEGRAD" classify run pictures/test/3/*.png
if "$python" -c 'import PIL' 2>/dev/null; then
    "$python" - pictures/test/3/*.png <<END
import sys
from PIL import Image
Image.open(sys.argv[1]).convert("RGB").resize((40, 31)).save("large.png")
END
    expect 3 "$SPIKEGRAD" classify run large.png
    one_error
    says err '^spikegrad: large.png: '
    expect 0 "$SPIKEGRAD" classify run large.png --resize
    says out '^large.png: [0-9]'
fi
finish
