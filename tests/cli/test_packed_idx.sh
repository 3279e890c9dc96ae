#!/bin/sh
# IDX files in archives, packed by themselves or not: the same samples; damaged
# ones are refused in one line (hostile_sources.py has more).
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "NumPy is not there (python3-numpy)"
    exit 77
}
"$python" "$here/packed_idx.py" .
"$SPIKEGRAD" data info emnist:plain.zip,set=letters >out 2>err ||
    if grep -q 'no libarchive' err; then
        echo "a build without libarchive"
        exit 77
    fi

# export SPEC: its arrays, in the folder got
export_arrays() {
    rm -rf got
    expect 0 "$SPIKEGRAD" data export "$1" --count 0 --npy got
}
export_arrays emnist:plain,set=letters
mv got wanted
for spec in emnist:gzip.zip,set=letters emnist:plain.zip,set=letters \
    emnist:plain.tar.gz,set=letters emnist:members.zip,set=letters; do
    export_arrays "$spec"
    diff -r got wanted || bad "$spec: other samples"
done
stems=train=emnist-letters-train,test=emnist-letters-test
export_arrays idx:plain,$stems
mv got turned
export_arrays idx:gzip.zip,$stems
diff -r got turned || bad "idx: other samples"

expect 2 "$SPIKEGRAD" data info gzip.zip
says err 'it looks like emnist:gzip.zip'
expect 2 "$SPIKEGRAD" data info emnist:gzip.zip
says err 'expected balanced'
expect 1 "$SPIKEGRAD" data info emnist:gzip.zip,set=balanced
says err 'gzip.zip: no file emnist-balanced-train-images-idx3-ubyte'
expect 1 "$SPIKEGRAD" data info mnist:gzip.zip
says err 'it looks like emnist:'

for bad in cut empty junk sum none deep; do
    expect 3 "$SPIKEGRAD" data info emnist:bad-$bad.zip,set=letters
    one_error
    says err 'bad-.*.zip: gzip/emnist-letters-train-images.*byte'
done
expect 3 "$SPIKEGRAD" data info emnist:bad-cut.zip,set=letters
says err 'ends too soon'
expect 0 "$SPIKEGRAD" data info emnist:bad-cut.zip,set=digits
finish
