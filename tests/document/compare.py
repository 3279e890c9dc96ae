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
from engine import checkpoint
from engine.training import Data, Run

failures = 0


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


def read_idx(path):
    data = pathlib.Path(path).read_bytes()
    dims = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big")
             for i in range(dims)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape)


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


def data_of(folder, size):
    """Generated digits, by the command."""
    spec = f"glyphs:train={size},test=1"
    out = folder / f"glyphs-{size}"
    pixels = pathlib.Path(f"{out}-images-idx3-ubyte")
    labels = pathlib.Path(f"{out}-labels-idx1-ubyte")
    if not pixels.exists():
        command("data", "export", spec, "--count", 0, "--idx", out)
    return spec, read_idx(pixels)[..., None], read_idx(labels)


def train(folder, name, size, options):
    """Both from the start; then each from where the other stood."""
    spec, pixels, labels = data_of(folder, size)
    kept = size - int(options.get("validation", 0))
    data = Data(spec, pixels[:kept], labels[:kept], 10)
    run = Run(options, data)
    out = folder / name
    flags = [f"--{k}={v}" for k, v in run.recipe.text.items()]
    command("train", "--data", spec, "--out", out, "--quiet", *flags)
    path = out / "checkpoint.safetensors"
    theirs = path.read_bytes()
    half = run.start().train(run.steps * run.epochs // 2).save(VERSION)
    compare(name, run.train().save(VERSION), theirs)
    assert Run.load(data, half).train().save(VERSION) == theirs, name
    path.write_bytes(half)
    command("train", "--resume", out, "--quiet")
    assert path.read_bytes() == theirs, f"{name}: resumed by the command"
    return run.step


def main():
    chosen = dict(recipes.SHORT)
    if SET == "long":
        chosen.update(recipes.LONG)
        for i in range(1, int(sys.argv[3]) + 1):
            chosen[f"drawn {i}"] = random_recipes.recipe_of(i)
    elif SET != "short":
        chosen = {SET: {**recipes.SHORT, **recipes.LONG}[SET]}
    wrong = vectors.check()
    if wrong:
        sys.exit(f"vectors.json: other numbers in {', '.join(wrong)}")
    steps = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, options) in chosen.items():
            try:
                steps += train(pathlib.Path(folder), name, size, options)
            except Refused as why:
                if not name.startswith("drawn"):
                    sys.exit(f"{name}: {why}")
                refused += 1
    print(f"{len(chosen) - refused} recipes, {steps} steps, {refused} refused")
    sys.exit(failures > 0 or 2 * refused > len(chosen))


COMMAND, SET = os.path.abspath(sys.argv[1]), sys.argv[2]
VERSION = command("--version").split()[1]
main()
