"""NIR files as h5py sees them: an independent reader of the layout, which runs
the graph in numpy, and a writer of graphs that spikegrad did not make.

    nir.py run FILE.nir PIXELS.npy LEVELS    class of each image, one a line
    nir.py make KIND FILE.nir                a graph, good or broken
    nir.py edit FILE.nir                     changes a weight
    nir.py damage FILE.nir SEED OUT.nir      changes a few bytes
"""
import sys

import h5py
import numpy as np


def node(nodes, name, kind, **values):
    group = nodes.create_group(name)
    group.create_dataset("type", data=kind, dtype=h5py.string_dtype())
    for key, value in values.items():
        if isinstance(value, str):
            group.create_dataset(key, data=value, dtype=h5py.string_dtype())
        else:
            group.create_dataset(key, data=value)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


# ---- running a graph -------------------------------------------------------

def convolve(x, g):
    weight, bias = g["weight"][()].astype(float), g["bias"][()]
    (sh, sw), (ph, pw) = g["stride"][()], g["padding"][()]
    assert g["groups"][()] == 1 and list(g["dilation"][()]) == [1, 1]
    assert list(g["input_shape"][()]) == list(x.shape[2:])
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    kh, kw = weight.shape[2:]
    rows, columns = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    out = np.zeros((len(x), len(weight), rows, columns))
    for i in range(kh):
        for k in range(kw):
            part = x[:, :, i:i + sh * rows:sh, k:k + sw * columns:sw]
            part = part[:, :, :rows, :columns]
            out += np.einsum("nchw,oc->nohw", part, weight[:, :, i, k])
    return out + bias[None, :, None, None]


def fire(x, g):
    threshold = g["v_threshold"][()]
    assert (g["r"][()] == 1).all() and (g["v_reset"][()] == 0).all()
    assert threshold.shape == x.shape[1:]
    return np.maximum(np.floor(x / threshold), 0)


def pool(x, g):
    (kh, kw), stride = g["kernel_size"][()], g["stride"][()]
    assert list(stride) == [kh, kw] and not g["padding"][()].any()
    rows, columns = x.shape[2] // kh, x.shape[3] // kw
    x = x[:, :, :rows * kh, :columns * kw]
    return x.reshape(*x.shape[:2], rows, kh, columns, kw).sum((3, 5))


def step(kind, x, g):
    if kind == "Conv2d":
        return convolve(x, g)
    if kind == "Affine":
        return x @ g["weight"][()].astype(float).T + g["bias"][()]
    if kind == "IF":
        return fire(x, g)
    if kind == "SumPool2d":
        return pool(x, g)
    if kind == "Flatten":
        assert list(g["input_type"][()]) == list(x.shape[1:])
        return x.reshape(len(x), -1)
    raise SystemExit(f"a node of kind {kind}")


def run(path, pixels, levels):
    with h5py.File(path) as file:
        top = file["node"]
        assert text(top["type"][()]) == "NIRGraph"
        heard = {}
        for a, b in top["edges"][()]:
            heard.setdefault(text(b), []).append(text(a))
        assert pixels.shape[1:] == tuple(top["nodes/input/shape"][()])
        done = {"input": (pixels.astype(int) * levels + 127) // 255}

        def value(name):
            if name not in done:
                x = sum(value(a) for a in heard[name])
                g = top["nodes"][name]
                kind = text(g["type"][()])
                done[name] = x if kind == "Output" else step(kind, x, g)
            return done[name]

        return value("output").argmax(1)


# ---- graphs of others ------------------------------------------------------

def chain(file, order):
    pairs = list(zip(order, order[1:]))
    file["node"].create_dataset("edges", data=np.array(pairs, dtype=object),
                                dtype=h5py.string_dtype())


def begin(path):
    file = h5py.File(path, "w")
    file.create_dataset("version", data="0.2.0", dtype=h5py.string_dtype())
    top = file.create_group("node")
    top.create_dataset("type", data="NIRGraph", dtype=h5py.string_dtype())
    return file, top.create_group("nodes")


def neurons(nodes, name, shape, threshold=1.0, **more):
    values = dict(r=np.ones(shape), v_threshold=np.full(shape, threshold))
    values.update(more)
    node(nodes, name, "IF", **values)


def make(kind, path):
    """A small chain for 28x28x1: padding as a word, groups, gaps between taps,
    an average, a scale; `kind` breaks one thing."""
    rng = np.random.default_rng(1)
    file, nodes = begin(path)
    order = ["in", "a", "a+", "b", "b+", "mean", "flat", "c", "out"]

    def convolution(name, shape, **change):
        values = dict(weight=rng.normal(0, .3, shape).astype(np.float32),
                      bias=np.zeros(shape[0], np.float32), stride=[1, 1],
                      padding=[0, 0], dilation=[1, 1], groups=1)
        values.update(change)
        node(nodes, name, "Conv2d", **values)

    node(nodes, "in", "Input", shape=np.array([1, 28, 28]))
    convolution("a", (4, 1, 3, 3), padding="same")
    neurons(nodes, "a+", (4, 28, 28), 2.0)
    convolution("b", (8, 2, 3, 3), groups=2, dilation=[2, 2], stride=[2, 2])
    neurons(nodes, "b+", (8, 12, 12))
    node(nodes, "mean", "AvgPool2d", kernel_size=[2, 2], stride=[2, 2],
         padding=[0, 0])
    node(nodes, "flat", "Flatten", start_dim=0, end_dim=-1,
         input_type=[8, 6, 6])
    node(nodes, "c", "Affine", weight=rng.normal(0, .1, (10, 288)),
         bias=np.arange(10) / 10)
    node(nodes, "out", "Output", shape=np.array([10]))
    change = nodes if kind == "good" else break_it(kind, nodes, order)
    del change
    chain(file, order)
    if kind == "no-edges":
        del file["node/edges"]
    if kind == "huge":
        del nodes["c/weight"]
        nodes["c"].create_dataset("weight", shape=(1 << 20, 1 << 20),
                                  chunks=(1024, 1024), dtype="f4")
    file.close()


def replace(group, key, value):
    del group[key]
    if isinstance(value, tuple):
        word, kind = value
        place = h5py.h5d.create(group.id, key.encode(), kind,
                                h5py.h5s.create(h5py.h5s.SCALAR))
        place.write(h5py.h5s.ALL, h5py.h5s.ALL,
                    np.array(word.ljust(12).encode(), "S12"), kind)
    elif isinstance(value, str):
        group.create_dataset(key, data=value, dtype=h5py.string_dtype())
    else:
        group.create_dataset(key, data=value)


def rng_numbers(count):
    return np.random.default_rng(2).uniform(.5, 2, count)


def make_line(kind, path):
    """A signal, or a plain list."""
    rng = np.random.default_rng(3)
    file, nodes = begin(path)
    order = ["in", "a", "a+", "flat", "c", "out"]
    if kind == "signal":
        node(nodes, "in", "Input", shape=np.array([2, 50]))
        node(nodes, "a", "Conv1d", weight=rng.normal(0, .3, (4, 2, 5)),
             bias=np.ones(4), stride=[1], padding=[0], dilation=[1], groups=1,
             input_shape=50)
        neurons(nodes, "a+", (4, 46))
        inputs = 4 * 46
    else:
        node(nodes, "in", "Input", shape=np.array([784]))
        node(nodes, "a", "Linear", weight=rng.normal(0, .3, (20, 784)))
        neurons(nodes, "a+", (20,))
        inputs = 20
    node(nodes, "flat", "Flatten", start_dim=0, end_dim=-1)
    node(nodes, "c", "Linear", weight=rng.normal(0, .1, (10, inputs)))
    node(nodes, "out", "Output", shape=np.array([10]))
    chain(file, order)
    file.close()


def break_it(kind, nodes, order):
    if kind == "lif":
        del nodes["a+/type"]
        nodes["a+"].create_dataset("type", data="LIF",
                                   dtype=h5py.string_dtype())
    elif kind == "nan":
        nodes["c/weight"][0, 0] = np.nan
    elif kind == "reset":
        nodes["b+"].create_dataset("v_reset", data=np.full((8, 12, 12), .5))
    elif kind == "uneven":
        nodes["b+/v_threshold"][0, 0, 0] = 3
    elif kind == "negative":
        nodes["b+/v_threshold"][...] = -1
    elif kind == "inputs":
        replace(nodes["c"], "weight", np.zeros((10, 287)))
    elif kind == "channels":
        replace(nodes["b"], "groups", 3)
    elif kind == "overlap":
        replace(nodes["mean"], "stride", [1, 1])
    elif kind == "no-neurons":
        order.remove("a+")
        del nodes["a+"]
    elif kind == "loop":
        order.append("a")
    elif kind == "aside":
        neurons(nodes, "lost", (3,))
    elif kind == "no-weight":
        del nodes["a/weight"]
    elif kind == "text-weight":
        del nodes["a/weight"]
        nodes["a"].create_dataset("weight", data="w",
                                  dtype=h5py.string_dtype())
    elif kind.startswith("scale"):
        scale = {"scale": np.array([.5]), "scale-weights": np.ones(4) * 2,
                 "scale-size": np.ones(3),
                 "scale-uneven": rng_numbers(4 * 28 * 28)}[kind]
        node(nodes, "s", "Scale", scale=scale)
        order.insert(2 if kind == "scale-weights" else 3, "s")
    elif kind in ("mean", "sum", "sum-size"):
        del nodes["mean/type"]
        nodes["mean"].create_dataset("type", data="SumPool2d",
                                     dtype=h5py.string_dtype())
        neurons(nodes, "m+", (8, 6, 6) if kind != "sum-size" else (5,),
                4.0 if kind == "mean" else 3.0)
        order.insert(6, "m+")
    elif kind in ("late", "late-scale", "early", "early-scale"):
        # the second convolution's neurons before the Flatten, or behind it
        order.remove("mean")
        del nodes["mean"]
        replace(nodes["flat"], "input_type", [8, 12, 12])
        replace(nodes["b+"], "v_threshold",
                np.repeat(np.arange(1., 9.), 144).reshape(8, 12, 12))
        replace(nodes["c"], "weight",
                np.random.default_rng(4).normal(0, .1, (10, 1152)))
        shape = (8, 12, 12)
        if kind.startswith("early"):
            order.remove("flat")
            order.insert(order.index("b+"), "flat")
            shape = (1152,)
            for key in ("v_threshold", "r"):
                replace(nodes["b+"], key, nodes["b+"][key][()].reshape(shape))
        if kind.endswith("scale"):
            scale = np.repeat(rng_numbers(8), 144).reshape(shape)
            node(nodes, "s", "Scale", scale=scale)
            order.insert(order.index("b+"), "s")
    elif kind in ("flat-mean", "flat-sum"):
        # the pool's neurons behind the Flatten
        replace(nodes["mean"], "type", "SumPool2d")
        neurons(nodes, "m+", (288,), 4.0 if kind == "flat-mean" else 3.0)
        order.insert(order.index("flat") + 1, "m+")
    elif kind == "flat-weights":
        order.remove("b+")
        order.remove("mean")
        del nodes["b+"], nodes["mean"]
        replace(nodes["flat"], "input_type", [8, 12, 12])
        replace(nodes["c"], "weight", np.zeros((10, 1152)))
    elif kind in ("second-input", "early-output"):
        node(nodes, "more", kind.split("-")[1].capitalize(),
             shape=np.array([3000, 12, 12]))
        order.insert(order.index("mean"), "more")
    elif kind == "swells":
        replace(nodes["b"], "padding", [65535, 65535])
    elif kind == "batch":
        replace(nodes["in"], "shape", np.array([1, 1, 28, 28]))
        for key, data in (("start_dim", 1), ("end_dim", 3),
                          ("input_type", [1, 8, 6, 6])):
            replace(nodes["flat"], key, data)
    elif kind in ("valid", "reflect", "even"):
        del nodes["b/padding"]
        word = "same" if kind == "even" else kind
        nodes["b"].create_dataset("padding", data=word,
                                  dtype=h5py.string_dtype())
    elif kind == "part":
        replace(nodes["flat"], "start_dim", 2)
    elif kind == "rank":
        replace(nodes["c"], "weight", np.zeros(2880))
    elif kind == "image":
        order.remove("flat")
        del nodes["flat"]
    elif kind == "list":
        order.remove("flat")
        order.insert(3, "flat")
    elif kind == "kernel":
        replace(nodes["b"], "weight", np.zeros((8, 2, 30, 3)))
    elif kind == "bias":
        replace(nodes["a"], "bias", np.ones(3))
    elif kind == "stride":
        replace(nodes["a"], "stride", [1, 1, 1])
    elif kind == "half":
        replace(nodes["a"], "stride", [1, .5])
    elif kind == "size":
        replace(nodes["in"], "shape", np.array([0, 28, 28]))
    elif kind == "shape":
        replace(nodes["in"], "shape", np.array([1, 1, 1, 28, 28]))
    elif kind == "two":
        replace(nodes["in"], "shape", np.array([2, 1, 28, 28]))
    elif kind == "end":
        order[6:8] = []
        del nodes["flat"], nodes["c"]
    elif kind == "deep-weight":
        replace(nodes["a"], "weight", np.zeros((4, 9)))
    elif kind == "fixed":  # texts of a fixed length, padded by spaces
        for name in nodes:
            if "padding" in nodes[name] and nodes[name]["padding"].shape == ():
                replace(nodes[name], "padding", padded(
                    text(nodes[name]["padding"][()])))
            replace(nodes[name], "type", padded(text(nodes[name]["type"][()])))
    elif kind == "same-steps":
        replace(nodes["a"], "stride", [2, 2])
    elif kind == "empty":
        replace(nodes["a"], "bias", h5py.Empty("f4"))
    elif kind == "gap":
        replace(nodes["b"], "dilation", [0, 1])
    elif kind == "no-groups":
        replace(nodes["b"], "groups", 0)
    elif kind == "flat-start":
        replace(nodes["flat"], "start_dim", [0, 1])
    elif kind == "inputless":
        replace(nodes["in"], "type", "Output")
    elif kind == "endless":
        replace(nodes["out"], "type", "Flatten")
    elif kind == "into-input":
        order[:] = ["a", "in"] + order[2:]
    elif kind == "edge-to-nothing":
        order.insert(3, "nothing")
    elif kind == "many-types":
        del nodes["a/type"]
        nodes["a"].create_dataset("type", data=["Conv2d", "IF"],
                                  dtype=h5py.string_dtype())
    elif kind == "number-type":
        replace(nodes["a"], "type", 3)
    elif kind == "pool-padding":
        replace(nodes["mean"], "padding", [1, 1])
    elif kind == "outside":
        del nodes["c/weight"]
        nodes["c/weight"] = h5py.ExternalLink("other.h5", "/weight")
    return nodes


def padded(word):
    """A text of 12 bytes, the rest of them spaces."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(12)
    kind.set_strpad(h5py.h5t.STR_SPACEPAD)
    return word, kind


def damage(path, seed, out):
    rng = np.random.default_rng(int(seed))
    bytes_ = bytearray(open(path, "rb").read())
    for _ in range(rng.integers(1, 8)):
        bytes_[rng.integers(len(bytes_))] = rng.integers(256)
    open(out, "wb").write(bytes_)


def main(command, *rest):
    if command == "run":
        path, pixels, levels = rest
        images = np.load(pixels).transpose(0, 3, 1, 2)
        for label in run(path, images, int(levels)):
            print(label)
    elif command == "make":
        (make_line if rest[0] in ("signal", "list-of") else make)(*rest)
    elif command == "damage":
        damage(*rest)
    elif command == "edit":
        with h5py.File(rest[0], "a") as file:
            name = [k for k in file["node/nodes"] if k.startswith("000_")
                    and "weight" in file["node/nodes"][k]][0]
            file[f"node/nodes/{name}/weight"][0, 0] += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
