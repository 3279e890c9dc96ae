"""Checkpoints, written and read (docs/checkpoint-format.md)."""
import json
import struct

import numpy as np

P = (11400714785074694791, 14029467366897019727, 1609587929392839161,
     9650029242287828579, 2870177450012600261)
MASK = 2**64 - 1
TYPES = {"I32": "<i4", "I16": "<i2", "I8": "i1"}
NAMES = ("weight_master weight_velocity bias bias_master bias_velocity gain "
         "gain_velocity weight").split()
BLANK = "0" * 16


def turn(x, n):
    x &= MASK
    return ((x << n) | (x >> (64 - n))) & MASK


def xxh64(data):
    def mix(a, x):
        return turn(a + x * P[1], 31) * P[0] & MASK

    at, n = 0, len(data)
    h = P[4]
    if n >= 32:
        lanes = [P[0] + P[1], P[1], 0, -P[0]]
        for words in struct.iter_unpack("<4Q", data[:n // 32 * 32]):
            lanes = [mix(a, x) for a, x in zip(lanes, words)]
        at = n // 32 * 32
        h = sum(turn(a, by) for a, by in zip(lanes, (1, 7, 12, 18)))
        for a in lanes:
            h = (h ^ mix(0, a)) * P[0] + P[3] & MASK
    h += n
    while at + 8 <= n:
        (x,) = struct.unpack_from("<Q", data, at)
        h = turn(h ^ mix(0, x), 27) * P[0] + P[3]
        at += 8
    if at + 4 <= n:
        (x,) = struct.unpack_from("<I", data, at)
        h = turn(h ^ x * P[0] & MASK, 23) * P[1] + P[2]
        at += 4
    for x in data[at:]:
        h = turn(h ^ x * P[4] & MASK, 11) * P[0]
    h &= MASK
    h = (h ^ h >> 33) * P[1] & MASK
    h = (h ^ h >> 29) * P[2] & MASK
    return h ^ h >> 32


def quoted(text):
    return "".join(
        chr(b) if 0x20 <= b <= 0x7E and b != 0x25 else f"%{b:02X}"
        for b in text.encode()
    )


def metadata_of(run, version):
    net = run.net
    recipe = net.recipe
    m = {f"recipe.{k}": quoted(v) for k, v in recipe.text.items()}
    m.update(
        format="spikegrad", format_version="1", version=version,
        checksum=BLANK, input="x".join(str(n) for n in net.image),
        classes=str(net.classes), data=quoted(run.data.name),
        data_size=str(run.data.size), data_hash=str(run.data.hash),
        step=str(run.step), epoch=str(run.epoch), batch=str(run.batch),
    )

    def numbers(layers, name):
        return ",".join(str(getattr(x, name)) for x in layers)

    m["theta_bits"] = numbers(net.synaptic, "theta")
    if recipe.standardise == "on":
        m["row_norm"] = numbers(net.hidden, "row_norm")
    if recipe.phi_is_state:
        m["phi_bits"] = numbers(net.hidden, "phi")
    if run.data.class_names:
        m["class_names"] = ",".join(
            quoted(x).replace(",", "%2C") for x in run.data.class_names)
    if net.class_weights:
        m["class_weights"] = ",".join(
            f"{x.numerator}/{x.denominator}" for x in net.class_weights)
        m["class_weight_mean"] = str(net.weight_mean)
    if run.planned:
        m["planned_epochs"] = str(run.planned)
    groups = [run.totals, *run.sums]
    m["train"] = ";".join(",".join(str(n) for n in g) for g in groups)
    return m


def tensors_of(net):
    for name in NAMES:
        for x in net.synaptic:
            if name in x.values:
                kind = "I32"
                if name == "weight":
                    kind = f"I{net.recipe.weight_bits}"
                values = x.values[name]
                if name.startswith("weight"):
                    kernel = (*x.k, x.window_shape[2])
                    if x.kind == "dense":
                        kernel = kernel[2:]
                    values = values.reshape(-1, *kernel)
                yield f"layer.{x.number}.{name}", kind, values


def write(run, version):
    header, body, at = {"__metadata__": metadata_of(run, version)}, [], 0
    for name, kind, values in tensors_of(run.net):
        data = values.astype(TYPES[kind]).tobytes()
        header[name] = {
            "data_offsets": [at, at + len(data)],
            "dtype": kind,
            "shape": list(values.shape),
        }
        body.append(data)
        at += len(data)
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(body)
    where = data.index(b'"checksum":"') + len(b'"checksum":"')
    digits = b"%016x" % xxh64(data)
    return data[:where] + digits + data[where + 16:]


def read(data):
    """Metadata and tensors, once the checksum is right."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__")
    where = data.index(b'"checksum":"') + len(b'"checksum":"')
    blank = data[:where] + BLANK.encode() + data[where + 16:]
    assert metadata["checksum"] == f"{xxh64(blank):016x}", "checksum"
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + begin:8 + length + end],
                               TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).astype(np.int64)
    return metadata, tensors
