"""IDX files in folders and archives: EMNIST as it is distributed, gzip within a
zip. packed_idx.py FOLDER writes them, and damaged ones."""
import gzip
import os
import sys
import tarfile
import zipfile

import numpy as np

os.chdir(sys.argv[1])
rng = np.random.default_rng(1)


def idx(array):
    array = np.ascontiguousarray(array, np.uint8)
    return bytes([0, 0, 8, array.ndim]) + \
        np.array(array.shape, ">u4").tobytes() + array.tobytes()


def pack(name, files):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as z:
        for path, content in files.items():
            z.writestr(path, content)


plain = {}
for split, n in ("train", 120), ("test", 40):
    x, y = rng.integers(0, 255, (n, 28, 28)), rng.integers(1, 27, n)
    y[:26] = range(1, 27)
    for name, count, labels in ("letters", n, y), ("digits", 30, y % 10):
        stem = "emnist-%s-%s" % (name, split)
        plain[stem + "-images-idx3-ubyte"] = idx(x[:count])
        plain[stem + "-labels-idx1-ubyte"] = idx(labels[:count])
os.mkdir("plain")
for path, content in plain.items():
    with open("plain/" + path, "wb") as file:
        file.write(content)
packed = {"gzip/" + path + ".gz": gzip.compress(content)
          for path, content in plain.items()}
others = {"__MACOSX/gzip/" + path + ".gz": b"none" for path in plain}
pack("gzip.zip", {**others, **packed})
pack("plain.zip", plain)
with tarfile.open("plain.tar.gz", "w:gz") as tar:
    tar.add("plain")

# two members, as gzip has it
images = "gzip/emnist-letters-train-images-idx3-ubyte.gz"
whole = plain[os.path.basename(images)[:-3]]
pack("members.zip", {**packed, images: gzip.compress(whole[:999]) +
                     gzip.compress(whole[999:])})

# what is refused
good = packed[images]
for name, content in (("cut", good[:-9]), ("empty", b""), ("junk", good + b"x"),
                      ("sum", good[:-8] + b"1234" + good[-4:]),
                      ("none", b"no gzip at all"),
                      ("deep", good[:200] + b"\xff" * 50 + good[250:])):
    pack("bad-%s.zip" % name, {**packed, images: content})
