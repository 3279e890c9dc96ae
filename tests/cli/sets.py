"""sets.py FOLDER STEM N HxWxC CLASSES [first=K] [planes]: IDX files of N samples
of a small set. Of class k all bytes but every 13th are 0 that are not of the
k-th of CLASSES ranges of the image; labels begin at K, wide if they have to."""
import pathlib
import random
import struct
import sys

folder, stem, n, shape, classes, *rest = sys.argv[1:]
n, classes = int(n), int(classes)
h, w, c = map(int, shape.split("x"))
first = next((int(x[6:]) for x in rest if x.startswith("first=")), 0)
planes = "planes" in rest
size = h * w * c
draw = random.Random(stem)
pixels, labels = bytearray(), []
for i in range(n):
    label = i % classes
    image = bytearray(size)
    for at in range(i % 13, size, 13):
        image[at] = draw.randrange(100)
    begin = label * size // classes
    for at in range(begin, max(begin + 1, (label + 1) * size // classes)):
        image[at] = 255 - draw.randrange(50)
    if planes:
        image = bytearray(image[(p * c) + k] for k in range(c)
                          for p in range(h * w))
    pixels += image
    labels.append(label + first)
sizes = [n, c, h, w] if planes else [n, h, w] + [c] * (c > 1)
wide = max(labels) > 255
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)
(folder / f"{stem}-images-idx{len(sizes)}-ubyte").write_bytes(
    struct.pack(f">{1 + len(sizes)}I", 0x800 | len(sizes), *sizes) + pixels)
(folder / f"{stem}-labels-idx1-{'int' if wide else 'ubyte'}").write_bytes(
    struct.pack(">2I", 0xC01 if wide else 0x801, n)
    + (struct.pack(f">{n}I", *labels) if wide else bytes(labels)))
