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

# heads that NumPy would not write, or that say what no model has
"$python" - <<'END' || bad "the heads are not written"
import json, struct, zipfile
import numpy as np
arrays = dict(np.load("model.npz"))
usual = "{'descr': '<i4', 'fortran_order': False, 'shape': (4,), }"
bias = arrays["layer.0.bias"].tobytes()
def npy(head, items=bias, version=1, magic=b"\x93NUMPY"):
    text = head.encode() + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return magic + bytes([version, 0]) + size + text + items
def save(name, member, raw):
    with zipfile.ZipFile(name, "w") as file:
        for key, value in arrays.items():
            if key + ".npy" != member:
                with file.open(key + ".npy", "w") as to:
                    np.lib.format.write_array(to, value)
        file.writestr(member, raw)
heads = {
    "magic": npy(usual, magic=b"\x93NUMPX"),
    "short": b"\x93NUMPY\1\0",
    "long": npy(usual + " " * 600),
    "longer": b"\x93NUMPY\1\0\xff\x01" + usual.encode(),
    "order": npy("{'descr': '<i4', 'shape': (4,), }"),
    "colon": npy("{'fortran_order' 1, 'descr' '<i4', 'shape' (4,)}"),
    "type": npy("{'fortran_order': False, 'shape': (4,), }"),
    "quote": npy(usual.replace("'<i4'", "<i4")),
    "open": npy(usual.replace("'<i4'", "'<i4")),
    "byte": npy(usual.replace("<i4", "?i4")),
    "real": npy(usual.replace("<i4", "<f4")),
    "three": npy(usual.replace("<i4", "<i3")),
    "nine": npy(usual.replace("<i4", "<i9")),
    "shape": npy("{'descr': '<i4', 'fortran_order': False, }"),
    "list": npy(usual.replace("(4,)", "[4]")),
    "scalar": npy(usual.replace("(4,)", "()"), bias[:4]),
    "five": npy(usual.replace("(4,)", "(4, 1, 1, 1, 1)")),
    "zero": npy(usual.replace("(4,)", "(4, 0)"), b""),
    "minus": npy(usual.replace("(4,)", "(-4,)")),
    "word": npy(usual.replace("(4,)", "(four,)")),
    "huge": npy(usual.replace("(4,)", "(4294967296,)")),
    "product": npy(usual.replace("(4,)", "(4294967295, 4294967295, 9)")),
    "brim": b"\x93NUMPY\1\0\0\2"
            + b"{'fortran_order': False, 'descr': '<".rjust(512) + bias,
    "few": npy(usual, bias[:-1]),
    "many": npy(usual, bias + b"\0"),
}
for name, raw in heads.items():
    save(f"head-{name}.npz", "layer.0.bias.npy", raw)
save("second.npz", "layer.0.bias.npy", npy(usual, version=2))
save("unsigned.npz", "layer.0.bias.npy",
     npy(usual.replace("<i4", ">u8"), b"\xff" * 32))
save("least.npz", "layer.0.bias.npy",
     npy(usual.replace("<i4", "<i8"), struct.pack("<4q", -1 << 40, 0, 0, 0)))
save("nodot.npz", "bias.npy", npy(usual))
save("readme.npz", "readme.txt", "not an array")
save("endless.npz", "x" * 200 + ".npy", npy(usual))
metadata = bytes(arrays["metadata"])
def meta(name, text, kind="|u1", shape=None):
    shape = shape or f"({len(text)},)"
    save(name, "metadata.npy", npy(
        f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}",
        text))
meta("meta-wide.npz", metadata + b" " * (len(metadata) % 2), "<i2",
     f"({(len(metadata) + 1) // 2},)")
meta("meta-deep.npz", metadata, shape=f"({len(metadata)}, 1)")
meta("meta-bits.npz", b'{"recipe.net": "10"}')
meta("meta-twice.npz", b'{"recipe.weight-bits": "8", ' + metadata[1:])
END
for file in head-*.npz; do
    refused 'array layer.0.bias: expected whole numbers of NumPy, up to 4' \
        "$file"
done
for file in meta-*.npz; do
    refused 'array metadata: expected bytes of JSON' "$file"
done
refused 'array layer.0.bias: item 0 is 9223372036854775807, expected' \
    unsigned.npz
refused 'array layer.0.bias: item 0 is -1099511627776, expected' least.npz
refused "tensor 'bias' does not belong" nodot.npz
for file in second readme endless; do
    expect 0 "$SPIKEGRAD" convert $file.npz --out $file.safetensors
    same run/checkpoint.safetensors $file.safetensors
done

# a name as long as names may be; nothing is written beside it
long=$(printf '%0243d' 0).safetensors
expect 0 "$SPIKEGRAD" convert model.npz --out "$long"
same run/checkpoint.safetensors "$long"

# what a flag asks for is done, or refused
expect 0 "$SPIKEGRAD" convert model.npz --out seen.safetensors --data \
    glyphs:train=100,test=20
says out '^accuracy [0-9.]* %, [0-9]* of 20$'
for flag in --graph-only --image=3x3x3 --steps=2 --lr=1; do
    expect 2 "$SPIKEGRAD" convert model.npz --out none.safetensors "$flag"
    one_error
    expect 2 "$SPIKEGRAD" convert run --npz none.npz "$flag"
    one_error
done
expect 2 "$SPIKEGRAD" convert run --npz none.npz --data glyphs:
expect 2 "$SPIKEGRAD" convert model.npz --out none.safetensors --best

# on standard output there is nothing else
for name in - /dev/stdout; do
    expect 0 "$SPIKEGRAD" convert run --npz "$name"
    mv out piped.npz
    expect 0 "$SPIKEGRAD" convert piped.npz --out piped.safetensors
    same run/checkpoint.safetensors piped.safetensors
done

# who takes it for a checkpoint is told what it is
for command in info eval verify seal; do
    expect 3 "$SPIKEGRAD" $command model.npz
    one_error
    says err 'model.npz: a zip archive, as NumPy and PyTorch write'
done

# a file that is not there, a place that is not there, one that is full
expect 1 "$SPIKEGRAD" convert none.npz --out none.safetensors
one_error
expect 1 "$SPIKEGRAD" convert model.npz --out nowhere/none.safetensors
one_error
says err '^spikegrad: nowhere/none.safetensors: '
expect 1 "$SPIKEGRAD" convert run --npz nowhere/none.npz
one_error
expect 1 "$SPIKEGRAD" convert run --npz /dev/full
one_error
# why is said, once, by whatever library writes
for arguments in 'convert run --npz -' 'data export glyphs:train=9 --npz -' \
    'data export glyphs:train=90 --png -'; do
    code=0
    # shellcheck disable=SC2086
    "$SPIKEGRAD" $arguments >/dev/full 2>err || code=$?
    [ $code = 1 ] || bad "$arguments: exit code $code of a full device"
    one_error
    says err '^spikegrad: standard output: No space left on device$'
done
for arguments in 'convert run --npz' 'data export glyphs:train=900 --npz' \
    'data export glyphs:train=900 --png' 'export run --c' 'report run --out'; do
    code=0
    # shellcheck disable=SC2086,SC3045
    (ulimit -f 8; trap '' XFSZ; exec "$SPIKEGRAD" $arguments large) \
        >out 2>err || code=$?
    [ $code = 1 ] || bad "$arguments: exit code $code of a full disk"
    one_error
    says err ': File too large$'
    [ ! -e large ] || bad "$arguments: a file is left"
done

# weights of 8 bits, and thresholds as they are
expect 0 "$SPIKEGRAD" train --data glyphs:train=60,test=20 --net 4C5-P2-10 \
    --weight-bits 8 --epochs 1 --batch 10 --out narrow --quiet
expect 0 "$SPIKEGRAD" convert narrow --npz narrow.npz
expect 0 "$SPIKEGRAD" convert narrow.npz --out narrow.safetensors
same narrow/checkpoint.safetensors narrow.safetensors

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
