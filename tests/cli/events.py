"""An event file of TensorBoard as lines "step tag value", checksums checked."""
import struct
import sys


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(kind)
            if kind == 2:
                size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value
    assert at == len(data)


def records(data):
    at = 0
    while at < len(data):
        size, check = struct.unpack("<QI", data[at:at + 12])
        assert masked_crc(data[at:at + 8]) == check
        body = data[at + 12:at + 12 + size]
        assert masked_crc(body) == struct.unpack_from("<I", data,
                                                      at + 12 + size)[0]
        at += 16 + size
        yield body


for number, body in enumerate(records(open(sys.argv[1], "rb").read())):
    event = dict(fields(body))
    if number == 0:
        assert event[3] == b"brain.Event:2"
        continue
    for _, value in fields(event[5]):
        value = dict(fields(value))
        print(event[2], value[1].decode(),
              "%.6f" % struct.unpack("<f", value[2])[0])
