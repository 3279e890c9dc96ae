"""The command against an engine that was written from the documents.

compare.py COMMAND SET [N]: trains each recipe of the set with both, and
compares every integer of the checkpoints, on the way and at the end. SET is
short, long, N recipes drawn at random besides, or the name of a recipe."""
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import random_recipes
import recipes
import vectors
from engine import checkpoint, glyphs
from engine.holdout import trained_on
from engine.recipe import Recipe
from engine.training import Data, Run

failures = 0

CIFAR10 = ("airplane automobile bird cat deer dog frog horse ship "
           "truck").split()


class Refused(Exception):
    """The command takes no such recipe. Drawn ones may ask for what does not
    fit 32 bits."""


def command(*args):
    done = subprocess.run([COMMAND, *map(str, args)], capture_output=True,
                          text=True)
    if done.returncode == 2:
        raise Refused(done.stderr)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, args))}: {done.stderr}")
    return done.stdout


def compare(name, ours, theirs):
    """Whether two checkpoints are the same; names what differs."""
    global failures
    ours_m, ours_t = checkpoint.read(ours)
    theirs_m, theirs_t = checkpoint.read(theirs)
    values, differ, lines = 0, 0, []
    for key in sorted({*ours_m, *theirs_m} - {"checksum"}):
        if ours_m.get(key) != theirs_m.get(key):
            differ += 1
            lines.append(f"  {key}: {ours_m.get(key)}, the command has "
                         f"{theirs_m.get(key)}")
    for key in sorted({*ours_t, *theirs_t}):
        a, b = ours_t.get(key), theirs_t.get(key)
        if a is None or b is None or a.shape != b.shape:
            differ += 1
            lines.append(f"  {key}: is not in both, or of another shape")
            continue
        values += a.size
        if (a != b).any():
            differ += int((a != b).sum())
            at = np.argwhere(a != b)[0]
            lines.append(f"  {key}: {int((a != b).sum())} of {a.size} values "
                         f"differ, the first at {at.tolist()}: "
                         f"{a[tuple(at)]}, the command has {b[tuple(at)]}")
    if not differ and ours != theirs:
        differ += 1
        lines.append("  the files differ in how they are written")
    print(f"{name}: {values} integers, {differ} differ", flush=True)
    print("\n".join(lines), end="\n" if lines else "")
    failures += differ > 0


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim])
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(header + sizes + array.astype(np.uint8).tobytes())


def made_of(folder, kind, size):
    """Files with random images, of no use but to compare. mnistN has N
    classes."""
    classes = int(kind.removeprefix("mnist") or 10) if "mnist" in kind else 10
    rng = np.random.default_rng(size)
    shape = (size, 19, 22, 1) if "mnist" in kind else (size, 32, 32, 3)
    pixels = rng.integers(0, 256, shape, np.uint8)
    labels = np.append(rng.integers(0, classes, size - 1), classes - 1)
    folder = folder / f"{kind}-{size}"
    folder.mkdir(exist_ok=True)
    if "mnist" in kind:
        kind = "mnist"
        for split in ("train", "t10k"):
            write_idx(folder / f"{split}-images-idx3-ubyte", pixels[..., 0])
            write_idx(folder / f"{split}-labels-idx1-ubyte", labels)
    else:
        rows = np.concatenate(
            [labels[:, None], pixels.transpose(0, 3, 1, 2).reshape(size, -1)],
            axis=1).astype(np.uint8)
        names = [f"data_batch_{i}" for i in range(1, 6)]
        for name, part in zip(names, np.array_split(rows, 5)):
            (folder / f"{name}.bin").write_bytes(part.tobytes())
        (folder / "test_batch.bin").write_bytes(rows[:5].tobytes())
    return f"{kind}:{folder}", pixels, labels


DIGITS = []


def data_of(folder, kind, size):
    if kind != "glyphs":
        return made_of(folder, kind, size)
    while len(DIGITS) < size:
        DIGITS.append(glyphs.Sketch(1, 0, len(DIGITS)))
        DIGITS[-1].image = DIGITS[-1].pixels()
    return (f"glyphs:train={size},test=1",
            np.stack([d.image for d in DIGITS[:size]]),
            np.array([d.label for d in DIGITS[:size]]))


def data_for(folder, size, options):
    """Specification and data; takes `data` out of the options."""
    kind = options.pop("data", "glyphs")
    spec, pixels, labels = data_of(folder, kind, size)
    kept = trained_on(Recipe(options), labels)
    return spec, Data(spec, pixels[kept], labels[kept],
                      6 if kind.endswith("6") else 10,
                      CIFAR10 if kind == "cifar10" else None)


def adapt(folder, name, size, model, new_size, options):
    """A run of the command, and both going on from it."""
    model = dict(model)
    spec, data = data_for(folder, size, model)
    flags = [f"--{k}={v}" for k, v in Recipe(model).text.items()]
    was = folder / f"{name}-model"
    command("train", "--data", spec, "--out", was, "--quiet", *flags)
    path = was / "checkpoint.safetensors"
    before = Run.load(data, path.read_bytes())
    options = {**model, **options}
    renewed = options.pop("new-readout", False)
    spec, data = data_for(folder, new_size, options)
    run = Run(options, data).start(before, renewed)
    flags = [f"--{k}={v}" for k, v in run.recipe.text.items() if k != "net"]
    out = folder / name
    command("train", "--from", was, "--data", spec, "--out", out, "--quiet",
            *flags, *["--new-readout"] * renewed)
    theirs = (out / "checkpoint.safetensors").read_bytes()
    run.recipe.text["net"] = checkpoint.read(theirs)[0]["recipe.net"]
    half = run.train(run.steps * run.epochs // 2).save(VERSION)
    compare(f"{name}, from a model", run.train().save(VERSION), theirs)
    (out / "checkpoint.safetensors").write_bytes(half)
    command("train", "--resume", out, "--quiet")
    assert (out / "checkpoint.safetensors").read_bytes() == theirs, name
    return run.step


def train(folder, name, size, options):
    """Both from the start; then each from where the other stood."""
    options = dict(options)
    spec, data = data_for(folder, size, options)
    out = folder / name
    flags = [f"--{k}={v}" for k, v in Recipe(options).text.items()]
    command("train", "--data", spec, "--out", out, "--quiet", *flags)
    run = Run(options, data)  # what is refused need not have a network
    path = out / "checkpoint.safetensors"
    theirs = path.read_bytes()
    half = run.start().train(run.steps * run.epochs // 2).save(VERSION)
    compare(name, run.train().save(VERSION), theirs)
    assert Run.load(data, half).train().save(VERSION) == theirs, name
    path.write_bytes(half)
    command("train", "--resume", out, "--quiet")
    assert path.read_bytes() == theirs, f"{name}: resumed by the command"
    if run.epochs > 2:
        shorter = Run.load(data, half)
        shorter.planned = run.epochs - 1
        path.write_bytes(shorter.save(VERSION))
        command("train", "--resume", out, "--quiet")
        compare(f"{name}, replanned", shorter.train().save(VERSION),
                path.read_bytes())
    return run.step


def main():
    chosen = dict(recipes.SHORT)
    if SET == "long":
        chosen.update(recipes.LONG)
        for i in range(1, int(sys.argv[3]) + 1):
            chosen[f"drawn {i}"] = random_recipes.recipe_of(i)
    elif SET != "short":
        every = {**recipes.SHORT, **recipes.LONG}
        chosen = {name: every[name] for name in every if name == SET}
    wrong = vectors.check()
    if wrong:
        sys.exit(f"vectors.json: other numbers in {', '.join(wrong)}")
    steps = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, case in recipes.ADAPTED.items():
            if SET in ("short", "long", name):
                steps += adapt(pathlib.Path(folder), name, *case)
        for name, (size, options) in chosen.items():
            try:
                steps += train(pathlib.Path(folder), name, size, options)
            except Refused as why:
                if not name.startswith("drawn"):
                    sys.exit(f"{name}: {why}")
                refused += 1
    print(f"{len(chosen) - refused} recipes, {steps} steps, {refused} refused")
    sys.exit(failures > 0 or 2 * refused > len(chosen) or not steps)


COMMAND, SET = os.path.abspath(sys.argv[1]), sys.argv[2]
VERSION = command("--version").split()[1]
main()
