"""Files that data sources read, written by NumPy and PIL, and what the source
should make of them.

    sources.py write FOLDER     the files
    sources.py same A B         two checkpoints differ in nothing but the name
                                of their data
"""
import json
import os
import struct
import sys

import numpy as np
from PIL import Image

N, H, W, CLASSES = 60, 9, 12, 4


def pixels(rng, *shape):
    return rng.integers(0, 256, shape).astype(np.uint8)


def save_set(folder, **arrays):
    os.makedirs(folder, exist_ok=True)
    for name, array in arrays.items():
        np.save(os.path.join(folder, name + ".npy"), array)


def save_images(folder, x, y, mode=None, ext="png", **options):
    for i, (image, label) in enumerate(zip(x, y)):
        place = os.path.join(folder, str(label))
        os.makedirs(place, exist_ok=True)
        picture = Image.fromarray(image)
        if mode:
            picture = picture.convert(mode)
        picture.save(os.path.join(place, "%03d.%s" % (i, ext)), **options)


def as_bytes(v, low, high):
    """The rule of docs/data.md, by exact fractions."""
    from fractions import Fraction
    out = np.zeros(v.shape, np.uint8)
    for at, number in np.ndenumerate(v):
        q = (Fraction(float(number)) - low) / (high - low)
        q = min(max(q, 0), 1)
        out[at] = int((255 * q + Fraction(1, 2)) // 1)
    return out


def resample(x, rows, columns):
    """The rule of docs/data.md."""
    n, h, w = x.shape
    u = np.zeros((columns, w), np.int64)
    v = np.zeros((rows, h), np.int64)
    for m, to, of in (u, columns, w), (v, rows, h):
        for a in range(to):
            for b in range(of):
                m[a, b] = max(0, min((a + 1) * of, (b + 1) * to)
                              - max(a * of, b * to))
    total = v @ x.astype(np.int64) @ u.T
    return ((total + h * w // 2) // (h * w)).astype(np.uint8)


def write(root):
    os.chdir(root)
    rng = np.random.default_rng(1)
    x, y = pixels(rng, N, H, W), rng.integers(0, CLASSES, N)
    t, u = pixels(rng, N // 2, H, W), rng.integers(0, CLASSES, N // 2)
    x[:, 2:5] = 0
    y[:CLASSES] = range(CLASSES)
    grey = dict(x_train=x, y_train=y, x_test=t, y_test=u)
    save_set("grey", **grey)
    np.savez("grey.npz", **grey)
    np.savez_compressed("packed.npz", **grey)
    save_set("types", x_train=np.asfortranarray(x.astype(">i4")),
             y_train=y.astype(np.uint8).reshape(-1, 1),
             x_test=t.astype("<i2"), y_test=u.astype(">i8"))
    wide = [np.where(a == 0, np.iinfo(np.int64).min, a.astype(np.int64))
            for a in (x, t)]
    save_set("wide", x_train=wide[0], y_train=y, x_test=wide[1], y_test=u)
    save_set("reals", x_train=(x / 255).astype(np.float32), y_train=y,
             x_test=np.asfortranarray((t / 255).astype(">f8")), y_test=u)
    colour = pixels(rng, N, H, W, 3)
    save_set("nhwc", x_train=colour, y_train=y, x_test=colour, y_test=y)
    save_set("nchw", x_train=colour.transpose(0, 3, 1, 2).copy(), y_train=y,
             x_test=np.asfortranarray(colour.transpose(0, 3, 1, 2)), y_test=y)
    signal = rng.normal(0, 1, (N, 40)).astype(np.float32)
    signal[0, :4] = [-1.5, 2.5, 7, -7]
    save_set("signal", x_train=signal, y_train=y)
    save_set("signal8", x_train=as_bytes(signal, -1.5, 2.5), y_train=y)
    half = rng.normal(0, 1, (N, 6, 5)).astype(np.float16)
    save_set("half", x_train=half, y_train=y)
    from fractions import Fraction
    save_set("half8", x_train=as_bytes(half, Fraction(-3, 10),
                                       Fraction(7, 10)), y_train=y)

    save_images("png/train", x, y)
    save_images("png/test", t, u)
    save_images("colour/train", colour, y)
    save_images("colour/test", colour, y)
    save_images("palette/train", x, y, mode="P")
    save_images("palette/test", t, u, mode="P")
    save_images("jpeg/train", x, y, ext="jpg", quality=95)
    save_images("jpeg/test", t, u, ext="jpg", quality=95)
    jpeg = [[np.asarray(Image.open("jpeg/%s/%d/%03d.jpg" % (split, c, i)))
             for i, c in enumerate(labels)]
            for split, labels in (("train", y), ("test", u))]
    save_set("jpeg8", x_train=np.array(jpeg[0]), y_train=y,
             x_test=np.array(jpeg[1]), y_test=u)
    for rows, columns in (4, 5), (20, 31), (9, 6):
        save_set("at%dx%d" % (rows, columns),
                 x_train=resample(x, rows, columns), y_train=y,
                 x_test=resample(t, rows, columns), y_test=u)
    alpha = np.stack([x, x, x, 255 - x], -1)
    save_images("alpha/train", alpha, y)
    v, a = x.astype(int), 255 - x.astype(int)
    black = ((v * a + 127) // 255).astype(np.uint8)
    white = ((v * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)
    for name, z in ("black", black), ("white", white):
        save_set(name, x_train=np.stack([z] * 3, -1), y_train=y)
    r, g, b = (colour[..., k].astype(int) for k in range(3))
    luma = ((19595 * r + 38470 * g + 7471 * b + 32768) >> 16).astype(np.uint8)
    save_set("luma", x_train=luma, y_train=y, x_test=luma, y_test=y)
    deep = rng.integers(0, 65536, (N, H, W)).astype(np.uint16)
    for i, (image, label) in enumerate(zip(deep, y)):
        os.makedirs("deep/%d" % label, exist_ok=True)
        Image.fromarray(image).save("deep/%d/%03d.png" % (label, i))
    save_set("deep8", x_train=((deep.astype(int) * 510 + 65535) // 131070)
             .astype(np.uint8), y_train=y)


def read(path):
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        head = json.loads(f.read(size))
        return head, f.read()


def same(a, b):
    (x, x_bytes), (y, y_bytes) = read(a), read(b)
    for head in x, y:
        meta = head["__metadata__"]
        for key in list(meta):
            text = meta[key]
            if key in ("data", "checksum") or "checksum" in key:
                del meta[key]
    if x_bytes != y_bytes:
        sys.exit("%s, %s: other tensors" % (a, b))
    if x != y:
        keys = [k for k in x["__metadata__"]
                if x["__metadata__"][k] != y["__metadata__"].get(k)]
        sys.exit("%s, %s: other metadata: %s" % (a, b, keys))


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    same(*sys.argv[2:])
