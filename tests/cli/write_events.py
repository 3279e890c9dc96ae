"""Writes one list of events in every format that is read, from the formats'
documents alone, and broken variants of each.

    write_events.py good FOLDER        FOLDER/FORMAT/train/a/1.SUFFIX and so on
    write_events.py bad FOLDER         FOLDER/N/a/1.SUFFIX
    write_events.py corpus FOLDER      small ones for the fuzzer

With without-npz behind the folder, for a build without libarchive, that format
is left out.
"""
import io
import pathlib
import random
import struct
import sys
import zipfile

HEIGHT = WIDTH = 34


def events(seed, count=200):
    """(t, x, y, p) in the order of time, beginning at 0."""
    r = random.Random(seed)
    t = 0
    for i in range(count):
        t += r.randrange(0, 3000) if i else 0
        yield t, r.randrange(WIDTH), r.randrange(HEIGHT), r.randrange(2)


def nmnist(ev):
    out, ahead = b"", 0
    for t, x, y, p in ev:
        out += bytes((x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255))
    return out


def aedat2(ev):
    """A DVS128 of jAER: x from the right, y from below, a 0 is on."""
    head = (b"#!AER-DAT2.0\r\n# This is a raw AE data file\r\n"
            b"# Z\xc3\xbcrich, Gr\xfc\xdfe\r\n"
            b"# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n")
    start = 0xfffff000  # overflows soon
    return head + b"".join(
        struct.pack(">II", (127 - y) << 8 | (127 - x) << 1 | 1 - p,
                    (start + t) & 0xffffffff) for t, x, y, p in ev
    ) + struct.pack(">II", 0x8000, 5)  # external


def aedat2_davis(ev):
    """A DAVIS of jAER: x from the right, y from below."""
    head = b"#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.Davis240C\r\n"
    return head + b"".join(
        struct.pack(">II", (179 - y) << 22 | (239 - x) << 12 | p << 11, 77 + t)
        + struct.pack(">II", 1 << 31 | 12345, 77 + t) for t, x, y, p in ev)


def aedat3(ev):
    head = (b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n"
            b"#Start-Time: 2016-05-05 10:00:00 (TZ+0200)\r\n#!END-HEADER\r\n")
    ev = list(ev)
    out = head
    for i in range(0, len(ev), 64):
        part = ev[i:i + 64]
        # a special packet and one of events, one of which is not valid
        out += struct.pack("<hhiiiiii", 0, 1, 8, 4, 0, 1, 1, 1) + bytes(8)
        out += struct.pack("<hhiiiiii", 1, 1, 8, 4, 3, len(part) + 1,
                           len(part) + 1, len(part))
        out += struct.pack("<II", 5 << 17 | 5 << 2, part[0][0])
        for t, x, y, p in part:
            out += struct.pack("<II", x << 17 | y << 2 | p << 1 | 1, t)
    return out


def dat(ev):
    head = (b"% Data file containing CD events.\n% Version 2\n"
            b"% Date 2014-05-23 20:00:00\n% Height 34\n% Width 34\n")
    return head + bytes((12, 8)) + b"".join(
        struct.pack("<II", 5000 + t, p << 28 | y << 14 | x)
        for t, x, y, p in ev)


def dat1(ev):
    head = b"% Data file containing TD events.\n% Version 1\n"
    return head + bytes((0, 8)) + b"".join(
        struct.pack("<II", t, p << 17 | y << 9 | x) for t, x, y, p in ev)


def evt2(ev):
    out = b"% evt 2.0\n% geometry 34x34\n% end\n"
    out += struct.pack("<I", 0 << 28 | 1 << 11 | 1)  # before the first time
    high = None
    for t, x, y, p in ev:
        t += (1 << 34) - 100  # overflows
        if t >> 6 != high:
            high = t >> 6
            out += struct.pack("<I", 8 << 28 | high & 0xfffffff)
            out += struct.pack("<I", 14 << 28 | 99)
        out += struct.pack("<I", p << 28 | (t & 63) << 22 | x << 11 | y)
    return out


def evt3(ev):
    out = b"% camera_integrator_name X\n% format EVT3;height=34;width=34\n"
    high = low = row = None
    ev = list(ev)
    for i, (t, x, y, p) in enumerate(ev):
        t += (1 << 24) - 5000
        if t >> 12 != high:
            high, low = t >> 12, None
            out += struct.pack("<H", 8 << 12 | high & 0xfff)
        if t & 0xfff != low:
            low = t & 0xfff
            out += struct.pack("<H", 6 << 12 | low)
        if y != row:
            row = y
            out += struct.pack("<H", y)
        if i % 3 == 0:
            out += struct.pack("<H", 2 << 12 | p << 11 | x)
        elif i % 3 == 1:  # the third of twelve
            out += struct.pack("<HH", 3 << 12 | p << 11 | max(x - 2, 0),
                               4 << 12 | 1 << min(x, 2))
        else:  # the second of the second vector
            at = x - 13
            if at < 0:
                out += struct.pack("<HH", 3 << 12 | p << 11 | x, 5 << 12 | 1)
            else:
                out += struct.pack("<HHH", 3 << 12 | p << 11 | at, 4 << 12,
                                   5 << 12 | 2)
    return out


def csv(ev):
    return b"# a comment\nx,y,polarity,timestamp\r\n" + b"".join(
        b"%d, %d,%d,%d\n" % (x, y, p, t + 123456789) for t, x, y, p in ev)


def csv_plain(ev):
    return b"\n".join(b"%d %d %d %d" % (t, x, y, p or -1)
                      for t, x, y, p in ev)


def npy_head(descr, shape):
    text = "{'descr': %s, 'fortran_order': False, 'shape': %s, }" % (
        descr, shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def npy_by_hand(ev):
    ev = list(ev)
    return npy_head("[('x', '<i2'), ('y', '<i2'), ('t', '>i8'), ('p', '|b1')]",
                    f"({len(ev)},)") + b"".join(
        struct.pack("<hh", x, y) + struct.pack(">q", t) + bytes((p,))
        for t, x, y, p in ev)


def npy_floats(ev):
    ev = list(ev)
    return npy_head("'<f8'", f"({len(ev)}, 4)") + b"".join(
        struct.pack("<dddd", *e) for e in ev)


def npz_by_hand(ev):
    ev = list(ev)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for k, (name, kind, code) in enumerate(
                (("t", "<i8", "q"), ("x", "<i4", "i"), ("y", "|u1", "B"),
                 ("p", "<f4", "f"))):
            z.writestr(name + ".npy", npy_head(repr(kind), f"({len(ev)},)")
                       + b"".join(struct.pack("<" + code, e[k]) for e in ev))
    return out.getvalue()


def with_numpy(ev, how):
    import numpy as np
    ev = list(ev)
    kind = np.dtype([("t", int), ("x", int), ("y", int), ("p", int)])
    table = np.array(ev, kind)
    out = io.BytesIO()
    if how == "npy":
        np.save(out, table)
    elif how == "columns":
        np.savez_compressed(out, **{k: table[k] for k in "txyp"})
    else:
        np.savez(out, events=table)
    return out.getvalue()


FORMATS = {
    "nmnist": ("bin", nmnist), "aedat2": ("aedat", aedat2),
    "aedat2d": ("aedat", aedat2_davis), "aedat3": ("aedat", aedat3),
    "dat": ("dat", dat), "dat1": ("dat", dat1), "evt2": ("raw", evt2),
    "evt3": ("raw", evt3), "csv": ("csv", csv), "csv2": ("csv", csv_plain),
    "npy": ("npy", npy_by_hand), "npyf": ("npy", npy_floats),
    "npz": ("npz", npz_by_hand),
}


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def good(folder):
    formats = dict(FORMATS)
    try:
        import numpy  # noqa: F401
        for how in ("npy", "columns", "table"):
            if how != "npy" and "npz" not in FORMATS:
                continue
            formats["numpy_" + how] = (
                "npy" if how == "npy" else "npz",
                lambda ev, how=how: with_numpy(ev, how))
    except ImportError:
        pass
    for name, (suffix, write) in formats.items():
        for i in range(3):
            put(folder / name / "train" / "ab"[i % 2] / f"{i}.{suffix}",
                write(events(i)))
        put(folder / name / "test" / "a" / f"3.{suffix}", write(events(3)))


def bad(folder):
    """What each is, in `why`."""
    n = 0
    for name, (suffix, write) in FORMATS.items():
        whole = write(events(9))
        r = random.Random(name)
        variants = [whole[:1], whole[1:], b"", whole[:len(whole) // 2] + b"\0"]
        variants.append(b"\xff" * 5000)
        head = whole[:64]
        variants.append(bytes(255 - b for b in head) + whole[64:])
        variants.append(whole.replace(b"34", b"99999999"))
        variants.append(whole.replace(b"200", b"99999999999"))
        for _ in range(4):
            broken = bytearray(whole)
            for _ in range(20):
                broken[r.randrange(len(broken))] = r.randrange(256)
            variants.append(bytes(broken))
        for v in variants:
            put(folder / str(n) / "a" / f"1.{suffix}", v)
            put(folder / str(n) / "why", name.encode())
            n += 1


def corpus(folder):
    kind = {"bin": 0, "aedat": 1, "dat": 2, "raw": 3, "csv": 4, "npy": 5,
            "npz": 6}
    for name, (suffix, write) in FORMATS.items():
        put(folder / name, bytes((kind[suffix], 3)) + write(events(5, 12)))


if __name__ == "__main__":
    if sys.argv[3:] == ["without-npz"]:
        FORMATS = {k: v for k, v in FORMATS.items() if v[0] != "npz"}
    {"good": good, "bad": bad, "corpus": corpus}[sys.argv[1]](
        pathlib.Path(sys.argv[2]))
