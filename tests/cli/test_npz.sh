#!/bin/sh
# convert --npz: a whole model as arrays that NumPy reads, and back to the bit;
# arrays that were changed, and files that are broken.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || {
    echo "skipped: needs NumPy (python3-numpy)"
    exit 77
}
expect 0 "$SPIKEGRAD" train --data glyphs:train=100,test=20 --net \
    4C5s2-4C3p1-R1-P2-D2-9-10 --standardise on --phi auto:1 --epochs 1 \
    --batch 10 --out run --quiet
"$SPIKEGRAD" convert run --npz model.npz >out 2>err
grep -q 'no libarchive' err && {
    echo "skipped: a build without libarchive"
    exit 77
}
says out '^model.npz: arrays of NumPy$'
expect 0 "$SPIKEGRAD" convert model.npz --out back.safetensors
says out '^back.safetensors: the model in model.npz$'
same run/checkpoint.safetensors back.safetensors
expect 0 "$SPIKEGRAD" convert run --npz again.npz
same model.npz again.npz

# what NumPy sees is what the checkpoint has, and it may write it anew: other
# types, byte orders, order of axes, packed
"$python" - <<'END' || bad "NumPy does not agree"
import json, struct
import numpy as np
data = open("run/checkpoint.safetensors", "rb").read()
(length,) = struct.unpack_from("<Q", data)
header = json.loads(data[8:8 + length])
arrays = np.load("model.npz")
metadata = header.pop("__metadata__")
assert json.loads(bytes(arrays["metadata"])) == metadata
assert set(arrays.files) == {"metadata", *header}
for name, entry in header.items():
    begin, end = entry["data_offsets"]
    kind = {"I32": "<i4", "I16": "<i2", "I8": "i1"}[entry["dtype"]]
    values = np.frombuffer(data[8 + length + begin:8 + length + end], kind)
    assert arrays[name].dtype == np.dtype(kind)
    assert (arrays[name] == values.reshape(entry["shape"])).all(), name
new = {k: np.asfortranarray(v.astype(">i8")) if v.ndim > 1 else v
       for k, v in arrays.items()}
np.savez_compressed("other.npz", **new)
new = dict(arrays)
new["layer.0.weight_master"] = new["layer.0.weight_master"] // 2
np.savez("changed.npz", **new)
def save(name, **change):
    new = {**arrays, **change}
    np.savez(name, **{k: v for k, v in new.items() if v is not None})
save("real.npz", **{"layer.0.bias": np.ones(4)})
save("less.npz", **{"layer.0.bias": None})
save("more.npz", **{"layer.9.bias": np.ones(4, int)})
save("large.npz", **{"layer.0.bias": np.full(4, 1 << 40)})
save("shape.npz", **{"layer.0.bias": np.zeros(5, int)})
save("plain.npz", metadata=None)
save("text.npz", metadata=np.frombuffer(b"no json", np.uint8))
bomb = np.zeros(1 << 27, np.uint8)
np.savez_compressed("bomb.npz", metadata=arrays["metadata"], bomb=bomb)
END
expect 0 "$SPIKEGRAD" convert other.npz --out other.safetensors
same run/checkpoint.safetensors other.safetensors
expect 0 "$SPIKEGRAD" convert changed.npz --out changed.safetensors
says out '; [1-9][0-9]* forward weights and biases follow their masters$'
expect 0 "$SPIKEGRAD" eval changed.safetensors
expect 0 "$SPIKEGRAD" verify changed.safetensors --samples 3

# refused WORDS FILE: in one line that begins with its name; nothing is left
refused() {
    expect 3 "$SPIKEGRAD" convert "$2" --out none.safetensors
    one_error
    says err "^spikegrad: $2: $1"
    [ -z "$(ls none.* 2>/dev/null)" ] || bad "$2: a file is left"
}
refused 'array layer.0.bias: expected whole numbers' real.npz
refused "tensor 'layer.0.bias' is missing" less.npz
refused "tensor 'layer.9.bias' does not belong" more.npz
refused 'array layer.0.bias: item 0 is 1099511627776, expected a number of 32' \
    large.npz
refused "tensor 'layer.0.bias': dimension 0 is 5, expected 4" shape.npz
refused 'no array metadata' plain.npz
refused 'array metadata: expected bytes of JSON' text.npz
refused 'array bomb: expected less to come out' bomb.npz
size=$(wc -c <model.npz)
for part in 100 1000 $((size / 3)) $((size / 2)) $((size - 30)); do
    head -c "$part" model.npz >short.npz
    code=0
    "$SPIKEGRAD" convert short.npz --out none.safetensors >out 2>err || code=$?
    [ $code = 3 ] || [ $code = 1 ] || [ $code = 0 ] || bad "short: code $code"
    [ $code = 0 ] && same none.safetensors run/checkpoint.safetensors
    rm -f none.safetensors
done
"$python" - <<'END'
import random
draw = random.Random(3)
data = open("model.npz", "rb").read()
for i in range(40):
    other = bytearray(data)
    for _ in range(3):
        at = draw.randrange(min(len(data), 4000))
        other[at] = draw.randrange(256)
    open(f"flip{i}.npz", "wb").write(other)
END
for file in flip*.npz; do
    code=0
    "$SPIKEGRAD" convert "$file" --out flip.safetensors >out 2>err || code=$?
    [ $code -le 3 ] || bad "$file: code $code: $(cat err)"
done
expect 2 "$SPIKEGRAD" convert run
expect 2 "$SPIKEGRAD" convert run --npz a.npz --nir a.nir
expect 2 "$SPIKEGRAD" convert model.npz --out a.safetensors --batch 3
finish
