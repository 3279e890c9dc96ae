#!/bin/sh
# Data of one's own: arrays of NumPy and pictures as PIL, ImageMagick, zip and
# tar write them, against what the rules of docs/data.md make of them.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy, PIL' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "NumPy and PIL are not there (python3-numpy, python3-pil)"
    exit 77
}
"$python" "$here/sources.py" write . || exit 1

# bytes SPEC: a hash of pixels and labels of both splits
bytes() {
    rm -rf bytes
    "$SPIKEGRAD" data export "$1" --npy bytes >err 2>&1 </dev/null ||
        sed 's/^/    /' err >&2
    cat bytes/*.npy 2>/dev/null | cksum
}

# alike SPEC...: all hold the same
alike() {
    first=$(bytes "$1")
    for spec; do
        [ "$(bytes "$spec")" = "$first" ] || bad "$spec is not like $1"
    done
}

# a build may lack a part, and says so
parts=all
"$SPIKEGRAD" data info npz:grey.npz >/dev/null 2>err || {
    says err 'no libarchive'
    parts=some
}
"$SPIKEGRAD" data info images:png >/dev/null 2>err || {
    says err 'no libpng'
    parts=some
}
alike npy:grey npy:types npy:reals npy:grey,layout=NHW npy:wide,range=0:255
alike npy:nhwc npy:nchw npy:nchw,layout=NCHW
alike npy:signal8 npy:signal,range=-1.5:2.5 npy:signal8,layout=NL
alike npy:half8 npy:half,range=-.3:.7
[ $parts = all ] || {
    echo "a build without all of libpng, libjpeg and libarchive"
    exit 77
}

alike npy:grey npz:grey.npz npz:packed.npz images:png images:palette \
    images:png,channels=1 images:png,size=9x12
alike npy:nhwc images:colour
alike npy:jpeg8 images:jpeg
alike npy:at4x5 images:png,size=4x5
alike npy:at20x31 images:png,size=20x31
alike npy:at9x6 images:png,size=9x6
alike npy:black images:alpha
alike npy:white images:alpha,background=white
alike npy:luma images:colour,channels=1
alike npy:deep8 images:deep

# what is exported is read again
"$SPIKEGRAD" data export npy:grey --npz again.npz --images again
"$SPIKEGRAD" data export images:colour --npz colour.npz --images coloured
alike npy:grey npz:again.npz images:again
alike npy:nhwc npz:colour.npz images:coloured
"$python" -c '
import numpy
a = numpy.load("again.npz")
assert sorted(a) == ["x_test", "x_train", "y_test", "y_train"]
assert (a["x_train"] == numpy.load("grey/x_train.npy")).all()' ||
    bad "NumPy does not read again.npz"
expect 1 "$SPIKEGRAD" data export npy:grey --images again
one_error

# one layer of packing
"$python" - <<'END'
import gzip, os, shutil, tarfile, zipfile
with tarfile.open("png.tar.gz", "w:gz") as t:
    t.add("png", "cats")
with tarfile.open("png.tar", "w") as t:
    t.add("png", ".")
with zipfile.ZipFile("png.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for folder, _, names in os.walk("png"):
        for name in names:
            z.write(os.path.join(folder, name))
os.mkdir("gz")
for name in os.listdir("grey"):
    with open("grey/" + name, "rb") as f, \
            gzip.open("gz/" + name + ".gz", "wb") as g:
        shutil.copyfileobj(f, g)
END
alike npy:grey images:png.tar.gz images:png.tar images:png.zip npy:gz

# ImageMagick's files; 1 bit, 4 bits, 16 bits, interlaced
if command -v convert >/dev/null; then
    mkdir -p magick/a magick/b plain/a plain/b
    for depth in 1 4 8 16; do
        for class in a b; do
            convert -size 8x6 gradient:black-white -colorspace Gray \
                -depth 8 -posterize 2 "plain/$class/$depth.png"
            convert "plain/$class/$depth.png" -interlace PNG \
                -depth $depth "magick/$class/$depth.png"
        done
    done
    alike images:plain images:magick
    convert plain/a/8.png -quality 100 -interlace JPEG magick/a/8.jpg
    expect 0 "$SPIKEGRAD" data info images:magick
    says out '9 samples of 6x8x1, 2 classes'
fi

# one folder, part of which is for tests; names are in order of their value
expect 0 "$SPIKEGRAD" data info images:deep,test=20%
silent err
says out 'test: .* samples of 9x12x1, 4 classes'
expect 2 "$SPIKEGRAD" data info images:png,test=20%
one_error
mkdir -p ten
for k in 2 10 1; do mkdir ten/$k; cp png/train/0/000.png ten/$k/$k.png \
    2>/dev/null || cp "$(find png -name '*.png' | head -1)" ten/$k/$k.png; done
"$SPIKEGRAD" data export images:ten --npy ordered
"$python" -c '
import numpy
assert list(numpy.load("ordered/y_train.npy")) == [0, 2, 1]' ||
    bad "classes are not in order of their numbers, or pictures of their names"

# a cache is used, and never once something has changed
alike npy:grey images:png,cache=kept images:png,cache=kept
{ [ -s kept.train ] && [ -s kept.test ]; } || bad "no cache"
sum=$(cksum <kept.train)
alike npy:grey images:png,cache=kept
[ "$sum" = "$(cksum <kept.train)" ] || bad "the cache was written anew"
victim=$(find png/train -name '003.png')
other=$(find png/train -name '004.png')
cp "$other" "$victim"
touch -d '2001-01-01' "$victim"
alike images:png images:png,cache=kept
[ "$sum" != "$(cksum <kept.train)" ] || bad "the cache is stale"
alike images:png,size=4x4 images:png,size=4x4,cache=kept
mv "$other" "${other%/*}/0041.png"
alike images:png images:png,cache=kept
head -c 3000 kept.train >short
mv short kept.train
alike images:png images:png,cache=kept
alike images:png.zip images:png.zip,cache=zip images:png.zip,cache=zip
none_left .
echo precious >mine.train
expect 3 "$SPIKEGRAD" data info images:png,cache=mine
says mine.train precious
expect 1 "$SPIKEGRAD" data info images:png,cache=nowhere/x
one_error
mv "${other%/*}/0041.png" "$other"

# the same network from pictures, arrays and IDX
"$SPIKEGRAD" data export npy:grey --count 0 --idx idx/train 2>/dev/null || {
    mkdir idx
    "$SPIKEGRAD" data export npy:grey --count 0 --idx idx/train
}
"$SPIKEGRAD" data export npy:grey --split test --count 0 --idx idx/t10k
for spec in mnist:idx npy:grey npz:packed.npz images:again; do
    expect 0 "$SPIKEGRAD" train --data "$spec" --net 4C3-P2-4 --epochs 2 \
        --batch 10 --threads 1 --augment none --quiet --out "run-${spec%:*}"
done
for run in npy npz images; do
    "$python" "$here/sources.py" same run-mnist/checkpoint.safetensors \
        run-$run/checkpoint.safetensors || bad "another checkpoint from $run"
done

# and so of real digits
if [ -d "${SPIKEGRAD_DATA:-nowhere}/mnist" ]; then
    mkdir real
    "$SPIKEGRAD" data export "mnist:$SPIKEGRAD_DATA/mnist" --count 1500 \
        --npz real.npz --images real/p
    "$SPIKEGRAD" data export npz:real.npz --count 0 --idx real/train
    "$SPIKEGRAD" data export npz:real.npz --split test --count 0 \
        --idx real/t10k
    for spec in mnist:real npz:real.npz images:real/p; do
        expect 0 "$SPIKEGRAD" train --data "$spec" --epochs 1 --quiet \
            --recipe "$recipes/mnist.ini" --out "real-${spec%:*}"
    done
    for run in npz images; do
        "$python" "$here/sources.py" same real-mnist/checkpoint.safetensors \
            real-$run/checkpoint.safetensors || bad "real: $run differs"
    done
else
    echo "SPIKEGRAD_DATA has no mnist: no real digits"
fi

# what is listed
expect 0 "$SPIKEGRAD" data formats
says out '^images:DIR$'
says out '^npz:FILE$'
says out 'layout=AXES'
expect 0 "$SPIKEGRAD" data formats --json
says out '"name":"images"'
expect 2 "$SPIKEGRAD" data info png
says err 'it looks like images:png'
expect 2 "$SPIKEGRAD" data info again.npz
says err 'it looks like npz:again.npz'
finish
