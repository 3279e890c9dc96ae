"""Worked examples for each section of semantics.md: what is put in, and what
has to come out. `vectors.py` prints those of this engine, which is what
vectors.json holds; tests/unit/test_vectors.c checks the library by it."""
import json
import pathlib
import sys

import numpy as np

from engine import checkpoint, images, numbers, optimiser, passes
from engine.holdout import trained_on
from engine.network import Layer, Network
from engine.recipe import Recipe
from engine.training import Data, Run

PATH = pathlib.Path(__file__).with_name("vectors.json")


def draw_cases():
    for seed, purpose, counter in [
        (1, 1, [0, 0, 0, 0]),
        (2**56 - 1, 9, [2**32 - 1, 7, 2**31, 3]),
        (123456789012345, 4, [100, 59999, 3, 12]),
    ]:
        words = numbers.draws(seed, purpose, *counter).tolist()
        yield {"seed": seed, "purpose": purpose, "counter": counter,
               "words": words}


def input_cases():
    for pixel in (0, 1, 8, 9, 100, 127, 128, 129, 200, 254, 255):
        for levels in (1, 15, 255):
            p = np.array([pixel])
            yield {"pixel": pixel, "levels": levels,
                   "plain": int(images.plain(p, levels)[0]),
                   "onoff": images.on_off(p, levels).tolist(),
                   "counts": int(images.counted(p, levels)[0])}


def image(height, width, channels):
    """Any image will do that is the same everywhere."""
    n = np.arange(height * width * channels)
    return (n * n * 7 + n * 31) % 256


def augmentation_cases():
    for spec, shape, input_ in [
        ("shift:3", (5, 6, 1), "plain"), ("crop:2+flip", (4, 4, 3), "onoff"),
        ("affine", (9, 10, 1), "plain"), ("elastic:4", (12, 9, 1), "plain"),
        ("cutout:3", (5, 5, 1), "plain"),
        ("affine+shift:1", (6, 5, 2), "counts"),
        ("affine+elastic:2+shift:1+flip+cutout:4", (10, 11, 3), "onoff"),
        ("thin:10", (5, 6, 2), "plain"), ("thin:99", (3, 4, 1), "counts"),
        ("flip+cutout:2+thin:40", (4, 5, 2), "onoff"),
    ]:
        for sample in (0, 1, 77):
            recipe = Recipe({"augment": spec, "input": input_, "seed": 5})
            pixels = image(*shape).reshape(shape)
            out = images.training_counts(recipe, pixels, 3, sample)
            yield {"augment": spec, "input": input_, "shape": shape,
                   "seed": 5, "epoch": 3, "sample": sample, "levels": 15,
                   "pixels": pixels.ravel().tolist(),
                   "counts": out.ravel().tolist()}


def layer(theta, level, most):
    x = Layer("conv", 0)
    x.theta, x.level, x.most = theta, level, most
    return x


def response_cases():
    for charge in (-9, -1, 0, 1, 3, 4, 7, 8, 11, 12, 100):
        for level in (4, 8):
            n = passes.respond(np.array(charge), layer(3, level, 5))
            yield {"charge": charge, "theta_bits": 3, "level": level, "cap": 5,
                   "count": int(n), "derivative": int(charge > 0)}


def dropout_cases():
    for k, keep in ((2, 1), (4, 2)):
        x = Layer("dropout", 2)
        x.keep, x.neurons, x.shape = keep, 150, (1, 1, 150)
        part = passes.taking_part(x, 9, 1000, np.array([41]))
        yield {"k": k, "seed": 9, "step": 1000, "sample": 41, "layer": 2,
               "takes_part": part.ravel().tolist()}


def error_cases():
    for u in (-10**6, -13, -12, -9, -8, -4, -5, 0, 3, 4, 11, 12, 10**6):
        d = passes.fire_errors(np.array(u), 3)
        yield {"charge": u, "phi_bits": 3, "count": int(d)}


def cost_cases():
    for cost, phi, cap, least in [("0.01", 10, 31, 0), ("0.000001", 1, 31, 2),
                                  ("0.333333", 20, 15, 1), ("1", 24, 255, 0),
                                  ("1", 24, 255, 250), ("0.5", 8, 7, 9),
                                  ("0.001", 8, 31, 0)]:
        recipe = Recipe({"spike-cost": cost, "count-cap": cap,
                         "spike-cost-from": least})
        one = passes.cost_of_one(recipe, phi)
        counts = list(range(0, cap + 1, max(1, cap // 6)))
        yield {"spike-cost": cost, "phi_bits": phi, "cap": cap, "from": least,
               "each": one, "counts": counts,
               "charge": [passes.cost_of(recipe, phi, max(0, n - least))
                          for n in counts]}


def dither_cases():
    for phi in (1, 13, 24):
        x = Layer("dense", 6)
        x.phi, x.neurons, x.shape = phi, 9, (1, 1, 9)
        start = passes.dither_of(x, 9, 1000, np.array([41]))
        yield {"phi_bits": phi, "seed": 9, "step": 1000, "sample": 41,
               "layer": 6, "start": start.ravel().tolist()}


def margin_cases():
    for margin, alpha, charges in [
        ("0.1", 127, [832307, -832307, 5]), ("0.1", 127, [832308, 0, 0]),
        ("0.1", 127, [-832308, 3, 832307]), ("0.5", 1, [32767, -32767]),
        ("0.5", 1, [-32768, 7]), ("0", 64, [0, 0]), ("0", 64, [0, -1]),
        ("0.000001", 1, [0, 0]), ("0.000001", 1, [0, 1]),
    ]:
        r = Recipe({"margin": margin, "alpha": alpha})
        u = passes.beyond(np.array(charges), r.margin, r.alpha)
        yield {"margin": margin, "alpha": alpha, "charge": charges,
               "left": u.tolist()}


def balance_cases():
    for charges, label, start in [
        ([-40000, 39000, 700, 300], 0, 2**15),
        ([30000, 20000, -8323072, 50000, 8223072], 2, 2**15),
        ([30000, 20000, -8323072, 50000, 8223072], 2, 12345),
        ([200, -1, 60, 40, 0, 2, -290], 6, 65500),
    ]:
        u = passes.balanced(np.array(charges), label, start)
        yield {"charges": charges, "label": label, "start": start,
               "spikes": [x >> 16 for x in u]}


def softmax_cases():
    for logits, theta, label, eps in [
        ([100, 50, -30, 100], 5, 1, 0), ([0, -1, -4000, 2], 7, 2, 100000),
        ([-2**28, 2**28, 5], 18, 0, 333333),
    ]:
        v = np.array(logits)
        u, loss = passes.softmax(v, theta, label, eps, 127)
        p, _ = passes.softmax(v, theta, label, 0, 1)
        p[label] += 2**16
        yield {"logits": logits, "theta_bits": theta, "label": label,
               "smoothing_ppm": eps, "alpha": 127, "p": p.tolist(),
               "loss": loss, "error": u.tolist()}


def exponential_cases():
    for t in (0, 1, 255, 256, 4095, 4096, 65535, 65536, 1234567, 2097151,
              2097152):
        yield {"t": t, "e": int(passes.exp2(np.array([t]))[0])}


def squared_cases():
    for logits, theta, target in [([800, -3, 2**20], 5, 8), ([1, 2, 3], 2, 1)]:
        u, loss = passes.squared(np.array(logits), theta, 1, target, 100)
        yield {"logits": logits, "theta_bits": theta, "label": 1,
               "target": target, "alpha": 100, "error": u.tolist(),
               "loss": loss}


def schedule_cases():
    steps = [0, 1, 7, 8, 100, 319]
    for schedule, rates in (
            ("linear", None), ("cosine", None), ("constant", None),
            ("step", "2.5:0.3"), ("step", "0.001:0.999"),
            ("list", "0:0.7,0.23:1,3.125:0.333333,9.99:0")):
        for warmup in ("0", "0.1", "2.5"):
            options = {"schedule": schedule, "warmup": warmup}
            if rates:
                options["rate-steps"] = rates
            r = Recipe(options)
            yield {**options, "steps": 320, "steps_of_an_epoch": 32,
                   "step": steps,
                   "g": [optimiser.schedule(r, t, 320, 32) for t in steps]}


class Stepped:
    """As much of a network as a step asks for."""

    def __init__(self, rounding, seed):
        self.recipe = Recipe({"rounding": rounding, "seed": seed})


def step_cases():
    for mult, shift in ((2**30 - 1, 31), (777777777, 40), (5, 61), (3, 1)):
        for rounding in ("nearest", "stochastic"):
            x = Layer("dense", 70)
            v = [-(2**31) + 1, -3, 0, 1, 99999, 2**31 - 1]
            w = [2**20, -5, 0, 7, -(2**20), -(2**30)]
            g = [-100, 50, 0, 1, -99999, 1]
            x.values = {"bias_velocity": np.array(v),
                        "bias_master": np.array(w)}
            optimiser.step(Stepped(rounding, 3), x, "bias_", np.array(g),
                           (mult, shift), 8192, 2**30, 2**33 + 5)
            yield {"rounding": rounding, "seed": 3, "step": 2**33 + 5,
                   "layer": 70, "array": "biases", "mult": mult,
                   "shift": shift, "friction": 8192, "limit": 2**30,
                   "gradient": g, "velocity": v, "master": w,
                   "velocity_after": x.values["bias_velocity"].tolist(),
                   "master_after": x.values["bias_master"].tolist()}


def row_cases():
    for gain, norm, most in ((65536, 5000, 2**47), (-40000, 900, 50000)):
        x = Layer("dense", 1)
        w = [262140, -100000, 5, 77777, -262140, 31]
        g = [100, -20, 3, 0, -5000, 77]
        x.arriving, x.limit, x.row_norm = (1, 1, 6), 127, norm
        x.values = {"weight_master": np.array(w), "gain": np.array([gain])}
        optimiser.standardise(x)
        h, p = optimiser.tangent(x, np.array([g]))
        h_clipped, p_clipped = h.copy(), p.copy()
        # a rate of 1 / 2 and a size of 2 most: q is most
        rows, x.rows = x.rows, (None, np.array([2 * most]))
        optimiser.clip(x, h_clipped, p_clipped, 1, 1)
        yield {"master": w, "gain": gain, "row_norm": norm, "limit": 127,
               "size": int(rows[1][0]),
               "weight": x.values["weight"].tolist(), "gradient": g,
               "H": h[0].tolist(), "P": int(p[0]), "most": min(
                   most, 2**47 - 1),
               "H_clipped": h_clipped[0].tolist(), "P_clipped": int(
                   p_clipped[0])}


NETWORKS = [
    ({"net": "4C3p1-P2avg-6C3-P2-12-10", "phi": "1/2,2,1"}, [13, 12, 14, 11]),
    ({"net": "4C3p1-4C3p1-R1-8C3s2p1-8C3p1-R2C1s2-Pavg-D2-10",
      "standardise": "on", "phi": "1", "count-cap": 15, "clip": "0.02",
      "weight-decay": "0.0005", "readout-rate": "0.7"},
     [10, 9, 11, 12, 10, 13]),
    ({"net": "64C5p2-P2max-128C5p2-10", "weight-bits": 16,
      "input": "onoff", "lr": "17.123456", "bias-rate": "0.3",
      "weight-decay": "0.01", "momentum": "0.95"}, [12, 13, 14]),
    ({"net": "8C5-P2-16C5p2-P2-64-10", "weight-bits": 8, "master-bits": 16,
      "rate": "shift", "batch": 1, "momentum": 0, "lr": "0.02",
      "freeze": "0"}, [5, 6, 7, 5]),
    ({"net": "8C5-10", "rate": "shift", "lr": "1000", "spread": 64,
      "alpha": 1, "standardise": "on"}, [15, 16]),
]


def network_cases():
    for options, theta in NETWORKS:
        r = Recipe(options)
        net = Network(r, (12, 10, 3), 10)
        net.set_thresholds(theta)
        rows = []
        for x in net.synaptic:
            x.row_norm = 4321
            u = optimiser.Update(net, x, 987654321)
            rows.append({
                "layer": x.number, "limit": x.limit, "phi_bits": x.phi,
                "gain_bits": x.gain_bits, "q_bits": x.q, "shift": x.shift,
                "weight_rate": u.weight, "bias_rate": u.bias,
                "gain_rate": getattr(u, "gain", None),
                "clip": getattr(u, "clip", None),
                "friction": u.friction, "decay": u.decay})
        yield {"recipe": r.text, "image": [12, 10, 3], "classes": 10,
               "theta_bits": theta, "row_norm": 4321, "g": 987654321,
               "layers": rows}


def start_cases():
    for options in (
        {"net": "3C3-P2-5-4", "seed": 11},
        {"net": "3C3-P2-5-4", "seed": 11, "standardise": "on",
         "weight-bits": 8, "spread": 1},
    ):
        options = {**options, "augment": "none"}
        pixels = image(6, 6, 3).astype(np.uint8).reshape(3, 6, 6, 1)
        labels = np.array([0, 1, 3])
        run = Run(options, Data("arrays", pixels, labels, 4)).start()
        net = run.net
        yield {"recipe": run.recipe.text, "image": [6, 6, 1], "classes": 4,
               "pixels": pixels.ravel().tolist(), "labels": labels.tolist(),
               "data_hash": str(run.data.hash),
               "theta_bits": [x.theta for x in net.synaptic],
               "row_norm": [getattr(x, "row_norm", 0) for x in net.synaptic],
               "master": [x.values["weight_master"].tolist()
                          for x in net.synaptic],
               "weight": [x.values["weight"].ravel().tolist()
                          for x in net.synaptic]}


def holdout_cases():
    """Sorted samples of classes of these sizes."""
    for sizes, count, seed in (([12, 7, 4, 1], 6, 1), ([12, 7, 4, 1], 5, 2),
                               ([5, 5, 5], 4, 3), ([2, 0, 9, 30], 38, 4)):
        labels = np.repeat(np.arange(len(sizes)), sizes)
        recipe = Recipe({"validation": count, "holdout": "stratified",
                         "seed": seed})
        yield {"labels": labels.tolist(), "validation": count, "seed": seed,
               "left": trained_on(recipe, labels).tolist()}


def shuffle_cases():
    data = Data("", image(10, 1, 1).astype(np.uint8).reshape(10, 1, 1, 1),
                np.zeros(10, int), 10)
    run = Run({"net": "10", "seed": 4}, data)
    for run.epoch in (0, 1):
        yield {"seed": 4, "epoch": run.epoch, "samples": 10,
               "order": run.order()}


def checksum_cases():
    for n in (0, 1, 4, 13, 31, 32, 100):
        data = bytes(image(n, 1, 1).tolist())
        yield {"bytes": list(data), "xxh64": f"{checkpoint.xxh64(data):016x}"}


SECTIONS = {
    "Random draws": draw_cases, "Input": input_cases,
    "Augmentation": augmentation_cases, "Forward compartment": response_cases,
    "Dropout": dropout_cases, "Error compartment": error_cases,
    "Cost of spikes": cost_cases, "Dither": dither_cases,
    "Margin": margin_cases, "Balance": balance_cases, "Integer softmax": softmax_cases,
    "2^-t": exponential_cases, "Squared loss": squared_cases,
    "Schedule": schedule_cases, "Optimiser": step_cases,
    "Standardisation": row_cases, "Bounds and rates": network_cases,
    "Initialisation": start_cases, "Shuffle": shuffle_cases,
    "Held-back samples": holdout_cases,
    "Checksum": checksum_cases,
}


def made():
    """As JSON has them."""
    return json.loads(json.dumps(
        {name: list(cases()) for name, cases in SECTIONS.items()},
        default=int))


def check():
    """Names of sections in which this engine does not get what is written."""
    written, ours = json.loads(PATH.read_text()), made()
    return [k for k in {**written, **ours} if written.get(k) != ours.get(k)]


def text(value):
    """A case a line."""
    sections = []
    for name, cases in value.items():
        rows = ",\n".join("  " + json.dumps(c) for c in cases)
        sections.append(f"{json.dumps(name)}: [\n{rows}\n]")
    return "{\n" + ",\n".join(sections) + "\n}\n"


if __name__ == "__main__":
    sys.stdout.write(text(made()))
