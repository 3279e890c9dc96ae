"""The Python package beside the command and the library, in the same run.

    PYTHONPATH=BUILD/python python3 bench/python_package.py BUILD [ROUNDS]

Training of the recipe mnist, by `spikegrad train` and by Trainer.fit, in turns:
samples a second over the same epochs, tests left out; and one image from a
NumPy array to a class, beside sg_classifier_run (bench_latency). Data are MNIST
if SPIKEGRAD_DATA has it, else generated digits. Medians of the rounds.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import spikegrad as sg

EPOCHS = 2


def source():
    folder = os.path.join(os.environ.get("SPIKEGRAD_DATA", ""), "mnist")
    return f"mnist:{folder}" if os.path.isdir(folder) else "glyphs"


def by_command(build, spec, threads):
    """Samples a second of each epoch."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run(
            [os.path.join(build, "spikegrad"), "train", "--data", spec,
             "--epochs", str(EPOCHS), "--observe", "0", "--quiet", "--threads",
             str(threads), "--out", out + "/run"], check=True,
            stdout=subprocess.DEVNULL)
        with open(out + "/run/metrics.jsonl", encoding="utf-8") as lines:
            return [json.loads(line)["time"]["samples_per_second"]
                    for line in lines if '"epoch"' in line]


def by_package(train, test, threads):
    trainer = sg.Trainer(sg.Recipe(epochs=EPOCHS), train, threads=threads)
    return [e.train.samples / e.seconds
            for e in trainer.fit(test, progress=False)]


def latency(net, images):
    logits = np.empty(net.classes, np.int32)
    each = []
    for image in images:
        start = time.perf_counter()
        net.classify(image, logits)
        each.append((time.perf_counter() - start) * 1e6)
    return statistics.median(each)


def main():
    build, rounds = sys.argv[1], int((sys.argv[2:] or ["5"])[0])
    threads = os.cpu_count() or 1
    spec = source()
    train, test = sg.load(spec)
    command, package = [], []
    for _ in range(rounds):
        command.append(max(by_command(build, spec, threads)))
        package.append(max(by_package(train, test, threads)))
    ratios = [p / c for c, p in zip(command, package)]
    print(f"training, {spec}, {threads} threads: command "
          f"{statistics.median(command):.0f} samples/s, package "
          f"{statistics.median(package):.0f}, ratio of the rounds "
          f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to "
          f"{max(ratios):.3f})")
    trainer = sg.Trainer(sg.Recipe(epochs=1), train)
    trainer.fit(progress=False)
    images = [np.array(test[i][0]) for i in range(min(2000, len(test)))]
    rows = [latency(trainer.network, images) for _ in range(rounds)]
    print(f"one image, 1 thread: {statistics.median(rows):.1f} us "
          f"({min(rows):.1f} to {max(rows):.1f})")


main()
