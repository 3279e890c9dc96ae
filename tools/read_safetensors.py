#!/usr/bin/env python3
"""Prints what a safetensors file of integers holds: metadata, then tensors.

Written from the format's description alone, with the standard library only,
so that it is a second opinion on files written by spikegrad.

usage: read_safetensors.py [--values] FILE
"""
import json
import struct
import sys

CODES = {"I8": "b", "U8": "B", "I16": "h", "I32": "i", "I64": "q"}


def read(path):
    """Returns metadata and a list of (name, dtype, shape, values)."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__", {})
    data = content[8 + length:]
    tensors, at = [], 0
    for name, entry in sorted(header.items(),
                              key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        count = 1
        for size in entry["shape"]:
            count *= size
        assert begin == at, f"{name}: starts at {begin}, expected {at}"
        values = struct.unpack(f"<{count}{CODES[entry['dtype']]}",
                               data[begin:end])
        tensors.append((name, entry["dtype"], entry["shape"], values))
        at = end
    assert at == len(data), f"tensors end at {at}, the data at {len(data)}"
    return metadata, tensors


def main(arguments):
    show_values = "--values" in arguments
    paths = [a for a in arguments if not a.startswith("--")]
    if len(paths) != 1:
        sys.exit(__doc__.strip().splitlines()[-1])
    metadata, tensors = read(paths[0])
    for key, value in sorted(metadata.items()):
        print(f"{key} = {value}")
    for name, dtype, shape, values in tensors:
        text = f"{name} {dtype} {'x'.join(map(str, shape))}: "
        if show_values:
            print(text + " ".join(map(str, values)))
        else:
            print(text + f"{min(values, default=0)}..{max(values, default=0)}")


if __name__ == "__main__":
    main(sys.argv[1:])
