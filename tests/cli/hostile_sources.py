"""Files that lie, are cut off or claim to be huge: each has to be refused in
one line that names it, soon and without much memory.

    hostile_sources.py SPIKEGRAD FOLDER     in FOLDER, which is empty
"""
import gzip
import io
import os
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import numpy as np
from PIL import Image

command, folder = sys.argv[1:]
os.chdir(folder)
with open(command, "rb") as f:
    sanitized = b"__asan_init" in f.read() or b"__tsan_init" in f.read()
SECONDS, MEBIBYTES = 1, 64
failures = 0


def bad(text):
    global failures
    failures += 1
    print("FAILED:", text, file=sys.stderr)


def refused(spec, *says):
    """The command ends with 1, 2 or 3 and one line of error."""
    run = subprocess.Popen([command, "data", "info", spec],
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = run.stderr.read()
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    run.stderr.close()
    if run.returncode not in (1, 2, 3):
        bad("%r: exit code %d: %r" % (spec, run.returncode, err))
    if err.count(b"\n") != 1 or not err.startswith(b"spikegrad: "):
        bad("%r: not one line of error: %r" % (spec, err))
    for text in says:
        if text.encode() not in err:
            bad("%r: no %r in %r" % (spec, text, err))
    if sanitized:
        return
    if usage.ru_maxrss > MEBIBYTES * 1024:
        bad("%r: %d KiB of memory" % (spec, usage.ru_maxrss))
    if usage.ru_utime + usage.ru_stime > SECONDS:
        bad("%r: %.2f s" % (spec, usage.ru_utime + usage.ru_stime))


def write(path, data):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def npy(array):
    f = io.BytesIO()
    np.save(f, array)
    return f.getvalue()


def head(text, version=1):
    text = text.encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + size + text


def shape(text, kind="|u1"):
    return head("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"
                % (kind, text))


# ---- arrays ----

x, y = np.zeros((6, 4, 5), np.uint8), np.arange(6)


def arrays(a, b=npy(y), says=(), options=""):
    write("a/x_train.npy", a)
    write("a/y_train.npy", b)
    refused("npy:a" + options, *says)
    with zipfile.ZipFile("a.npz", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("x_train.npy", a)
        z.writestr("y_train.npy", b)
    refused("npz:a.npz" + options, *says)


good = npy(x)
for cut in 0, 3, 7, 9, 60, 127, 128, len(good) - 1:
    arrays(good[:cut], says=["x_train", "byte"])
    arrays(good, npy(y)[:min(cut, len(npy(y)) - 1)], says=["y_train", "byte"])
arrays(b"PK" + good[2:], says=["byte 0", "93 4e"])
arrays(good + b"x", says=["goes on"])
arrays(shape("4294967295, 4294967295, 65535, 255"), says=["bytes of items"])
arrays(shape("4294967295, 65535"), says=["bytes of items"])
arrays(shape("99999999999999999999999, 4"), says=["1..4294967295"])
arrays(shape("0, 4, 4"), says=["1..4294967295"])
arrays(shape("-1, 4, 4"), says=["1..4294967295"])
arrays(shape("6, 70000") + bytes(420000), says=["65535"])
arrays(shape("6, 4, 4, 4, 4"), says=["4 dimensions"])
arrays(shape(""), says=["expected"])
arrays(shape("6, 5, 5, 5") + bytes(750), says=["layout="])
arrays(shape("6, 3, 3, 3") + bytes(162), says=["layout="])
for kind in "|O", "<c8", "<U5", "<M8", "|V4", "<f1", "=f4", "<u16", "":
    arrays(shape("6, 4", kind) + bytes(24), says=["expected a type"])
arrays(head("[1, 2]"), says=["a dictionary"])
arrays(head("{'descr': '|u1', 'shape': (6, 4)}"), says=["fortran_order"])
arrays(head("{'descr': '|u1', 'fortran_order': None, 'shape': (6, 4)}"),
       says=["True or False"])
arrays(head("{" * 60000), says=["a key"])
arrays(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(100), says=["65536"])
arrays(b"\x93NUMPY\x09\x00" + bytes(100), says=["version 9"])
arrays(npy(np.array([[1, 2]] * 6, [("t", "<u4")])), says=["structured"])
real = np.zeros((6, 3), np.float32)
for number in np.nan, np.inf, 2, -.001:
    real[4, 1] = number
    arrays(npy(real), says=["sample 4"])
real[4, 1] = np.nan
arrays(npy(real), says=["sample 4", "nan"], options=",range=0:2")
arrays(npy(np.full((6, 3), 256, np.int16)), says=["256", "range="])
arrays(good, npy(y[:5]), says=["5 labels"])
arrays(good, npy(y - 1), says=["label -1"])
arrays(good, npy(y + 2 ** 40), says=["label"])
arrays(good, npy(y.astype(np.float32)), says=["whole numbers"])
arrays(good, npy(np.zeros((6, 2), int)), says=["whole numbers"])
for options in (",range=1:0", ",range=x", ",range=0:1e9", ",range=0:.1234567",
                ",layout=HWN", ",classes=1"):
    arrays(good, options=options, says=[options[1:6]])
arrays(good, options=",classes=4", says=["label 4"])

# ---- archives ----

with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("x_train.npy", "w", force_zip64=True) as f:
        f.write(shape("262144, 4096"))
        for _ in range(256):
            f.write(bytes(1 << 20))
    z.writestr("y_train.npy", npy(np.zeros(262144, np.uint8)))
refused("npz:bomb.npz", "bomb.npz", "limit=MIB")
with zipfile.ZipFile("tail.npz", "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("x_train.npy", "w") as f:
        f.write(good)
        for _ in range(256):
            f.write(bytes(1 << 20))
refused("npz:tail.npz", "goes on")
whole = open("a.npz", "rb").read()
with zipfile.ZipFile("ok.npz", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("x_train.npy", good)
    z.writestr("y_train.npy", npy(y))
whole = open("ok.npz", "rb").read()
for cut in 0, 10, 40, 100, len(whole) // 2:
    write("cut.npz", whole[:cut])
    refused("npz:cut.npz", "cut.npz")
for at in 60, 70, 80, 90:
    write("flip.npz", whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1:])
    refused("npz:flip.npz", "flip.npz")
write("size.npz", whole.replace(struct.pack("<I", len(good)),
                                b"\xff\xff\xff\x7f"))
refused("npz:size.npz", "size.npz")
write("text.npz", b"<!DOCTYPE html><html>not found</html>")
refused("npz:text.npz", "text.npz")
write("none.npz", b"PK\5\6" + bytes(18))
refused("npz:none.npz", "no array x_train")
with zipfile.ZipFile("other.npz", "w") as z:
    z.writestr("../x_train.npy", good)
    z.writestr("/y_train.npy", npy(y))
refused("npz:other.npz", "no array")
refused("npz:nowhere.npz", "nowhere.npz")
refused("npz:.", "a folder")
write("bomb.tar.gz", b"")
with gzip.open("bomb.tar.gz", "wb", compresslevel=9) as g:
    i = tarfile.TarInfo("cats/readme")
    i.size = 1 << 30
    g.write(i.tobuf())
    for _ in range(200):
        g.write(bytes(1 << 20))
refused("images:bomb.tar.gz", "bomb.tar.gz")
with tarfile.open("links.tar", "w") as t:
    for name, to in ("a/x.png", "a/y.png"), ("a/y.png", "a/x.png"):
        i = tarfile.TarInfo(name)
        i.type, i.linkname = tarfile.SYMTYPE, to
        t.addfile(i)
refused("images:links.tar", "no pictures")
refused("cifar10:links.tar", "no file data_batch_1.bin")
with tarfile.open("whole.tar", "w") as t:
    for name, size in ("a/x.png", 300), ("readme", 200000), ("b/x.png", 300):
        i = tarfile.TarInfo(name)
        i.size = size
        t.addfile(i, io.BytesIO(bytes(size)))
whole = open("whole.tar", "rb").read()
# within a file that is passed over, within a head, behind one of the files
end = 1024 + 512 + 200192
for cut in 2000, 150000, end + 100, end, end + 1024:
    write("cut.tar", whole[:cut])
    refused("images:cut.tar", "cut.tar: byte")
    refused("cifar10:cut.tar", "cut.tar: byte")
    write("cut.tar.gz", gzip.compress(whole[:cut]))
    refused("cifar10:cut.tar.gz", "cut.tar.gz: byte")


# ---- pictures ----

def picture(size=(6, 5), kind="PNG", mode="L", **options):
    f = io.BytesIO()
    pixels = np.arange(size[0] * size[1] * 3) % 251
    image = Image.fromarray(pixels.astype(np.uint8)
                            .reshape(size[1], size[0], 3))
    image.convert(mode).save(f, kind, **options)
    return f.getvalue()


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png(width, height, data, depth=8, colour=0, interlace=0):
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth,
                                       colour, 0, 0, interlace)) +
            chunk(b"IDAT", data) + chunk(b"IEND", b""))


count = 0


def pictures(data, says=(), options="", name="x.png", before=None):
    """A set whose picture is this one, as a folder and as a zip."""
    global count
    count += 1
    root = "p%d" % count
    files = {"train/a/" + name: data, "train/b/" + name: data}
    if before:
        files["train/a/0.png"] = before
    for path, content in files.items():
        write(os.path.join(root, path), content)
    refused("images:" + root + options, root, *says)
    with zipfile.ZipFile(root + ".zip", "w", zipfile.ZIP_DEFLATED) as z:
        for path, content in files.items():
            z.writestr(path, content)
    refused("images:" + root + ".zip" + options, root + ".zip", *says)


one = picture()
for cut in 1, 8, 20, 33, 50, len(one) - 13, len(one) - 1:
    pictures(one[:cut], says=["byte"])
pictures(b"", says=["empty"])
pictures(b"\xff" + one[1:], says=["byte 0", "89 50"])
pictures(one[:45] + bytes([one[45] ^ 1]) + one[46:], says=["PNG"])
pictures(b"<html>no</html>", says=["HTML"])
rows = zlib.compress(bytes(1 << 20))
pictures(png(100000, 100000, rows), says=["PNG"])
pictures(png(16384, 16384, rows), says=["16384"])
pictures(png(8192, 8192, rows), says=["size="])
pictures(png(6, 5, zlib.compress(b"\0")), says=["PNG"])
pictures(png(6, 5, b"\0\1\2"), says=["PNG"])
pictures(png(8192, 8191, rows, 16, 6, 1), says=["interlaced"],
         options=",size=8x8")
pictures(png(0, 5, rows), says=["PNG"])
pictures(one.replace(b"IDAT", b"IDAX"), says=["PNG"])
bomb = zlib.compressobj(9)
bomb = bomb.compress(bytes(100 << 20)) + bomb.flush()
pictures(one[:33] + chunk(b"iTXt", b"k\0\1\0\0\0" + bomb) + b"x",
         says=["PNG"])
pictures(picture((7, 5)), says=["6", "size="], before=one)
pictures(picture(mode="RGB"), says=["channels="], before=one)
pictures(one, name="x.bmp", says=["kind"])
for options in (",size=0x4", ",size=4", ",size=4x4x4", ",size=99999x1",
                ",test=0%", ",test=100%", ",test=10", ",channels=2",
                ",background=red", ",cache="):
    pictures(one, options=options, says=[options[1:5]])
jpeg = picture((40, 30), "JPEG")
for cut in 3, 20, 100, 300, len(jpeg) - 20:
    pictures(jpeg[:cut], says=["JPEG"], name="x.jpg")
pictures(picture((40, 30), "JPEG", "CMYK"), says=["CMYK"], name="x.jpg")
at = jpeg.index(b"\xff\xc0")
huge = jpeg[:at + 5] + b"\x3f\xff\x0f\xff" + jpeg[at + 9:]
pictures(huge, says=["x.jpg"], name="x.jpg", options=",size=8x8")
huge = jpeg[:at + 5] + b"\xff\xdc\xff\xdc" + jpeg[at + 9:]
pictures(huge, says=["65500"], name="x.jpg", options=",size=8x8")
scans = picture((40, 30), "JPEG", "RGB", progressive=True)
at = scans.index(b"\xff\xc2")
huge = scans[:at + 5] + b"\x1f\xff\x1f\xff" + scans[at + 9:]
pictures(huge, says=["100 times"], name="x.jpg", options=",size=8x8")
start = scans.index(b"\xff\xda")
pictures(scans[:-2] + scans[start:-2] * 2000 + scans[-2:], says=["JPEG"],
         name="x.jpg")

# ---- folders ----

for root in "loop/a", "self/a", "pipe/a", "deep/a/b/c/d/e", "wild/a", "gone/a":
    write(root + "/x.png", one)
os.symlink("..", "loop/a/up")
refused("images:loop", "loop/a/up", "back")
os.symlink("self", "self/a/self")
refused("images:self", "self/a/self")
os.mkfifo("pipe/a/y.png")
refused("images:pipe", "y.png", "regular file")
refused("images:deep", "nested")
os.symlink("nothing.png", "gone/a/y.png")
refused("images:gone", "nowhere")
os.mkdir("empty")
refused("images:empty", "no pictures")
write("bare/x.png", one)
refused("images:bare", "x.png", "a folder for each class")
write("mixed/a/x.png", one)
write("mixed/train/a/x.png", one)
refused("images:mixed", "mixed/")
for k in range(10001):
    os.makedirs("many/%d" % k)
    os.symlink("../../wild/a/x.png", "many/%d/x.png" % k)
refused("images:many", "many")
with open("sparse.png", "wb") as f:
    f.truncate(1 << 40)
os.makedirs("sparse/a")
os.rename("sparse.png", "sparse/a/x.png")
refused("images:sparse", "32 MiB")
with zipfile.ZipFile("twice.zip", "w") as z:
    z.writestr("a/x.png", one)
    import warnings
    warnings.simplefilter("ignore")
    z.writestr("a/x.png", one)
refused("images:twice.zip", "twice")
with zipfile.ZipFile("fat.zip", "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("a/x.png", "w") as f:
        f.write(one)
        for _ in range(200):
            f.write(bytes(1 << 20))
refused("images:fat.zip", "fat.zip")

# names of any bytes are names
for name in b"n\nl", b"\xff\xfe", b"a b,c=d", b"x" * 250:
    write(os.path.join(b"wild", name, b"y" * 240 + b".png"), one)
    write(os.path.join(b"wild", name, name[:200] + b".PNG"), one)
run = subprocess.run([command, "data", "info", "images:wild"],
                     capture_output=True)
if run.returncode != 0 or b"9 samples of 5x6x1, 5 classes" not in run.stdout:
    bad("odd names: %r" % run)

# ---- IDX files packed by gzip in a zip ----

def emnist(images, *says):
    with zipfile.ZipFile("e.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("emnist-letters-train-labels-idx1-ubyte.gz", gzip.compress(
            bytes([0, 0, 8, 1, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6])))
        z.writestr("emnist-letters-train-images-idx3-ubyte.gz", images)
    refused("emnist:e.zip,set=letters", *says)


sizes = bytes([0, 0, 8, 3]) + struct.pack(">III", 6, 4, 5)
emnist(gzip.compress(sizes + bytes(119)), "1 more bytes of items")
emnist(gzip.compress(sizes + bytes(121)), "byte 136")
emnist(gzip.compress(bytes([0, 0, 8, 3]) + struct.pack(
    ">III", 2 ** 32 - 1, 28, 28)), "bytes of items, at most")
emnist(gzip.compress(gzip.compress(sizes + bytes(120))), "magic 1f 8b")
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
emnist(packer.compress(bytes([0, 0, 8, 3]) + struct.pack(
    ">III", 100000, 28, 28)) + b"".join(packer.compress(bytes(1 << 20))
                                       for _ in range(200)) + packer.flush(),
       "at most")


# ---- the cache ----

subprocess.run([command, "data", "info", "images:wild,cache=c"],
               capture_output=True)
kept = open("c.train", "rb").read()
plain = subprocess.run([command, "data", "info", "images:wild"],
                       capture_output=True).stdout
for at in range(0, 60, 3):
    write("c.train", kept[:at] + bytes([kept[at] ^ 255]) + kept[at + 1:])
    run = subprocess.run([command, "data", "info", "images:wild,cache=c"],
                         capture_output=True)
    if at < 8:
        if run.returncode != 3:
            bad("a file that is no cache is replaced")
        write("c.train", kept)
    elif run.stdout.replace(b",cache=c", b"") != plain:
        bad("a broken cache is believed: byte %d" % at)

sys.exit(failures > 0)
