"""unbalanced.py FOLDER: IDX files of two classes of noise that overlap, 16
pixels about 110 or 140; of the first class one sample in 20 of the training
split and half of the test split."""
import pathlib
import random
import struct
import sys

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
draw = random.Random(1)
for stem, n, every in ("train", 4000, 20), ("test", 1000, 2):
    pixels, labels = bytearray(), bytearray()
    for i in range(n):
        label = int(i % every != 0)
        mean = 110 + 30 * label
        pixels += bytes(min(max(int(draw.gauss(mean, 55)), 0), 255)
                        for _ in range(16))
        labels.append(label)
    (folder / f"{stem}-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, n, 4, 4) + pixels)
    (folder / f"{stem}-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, n) + labels)
