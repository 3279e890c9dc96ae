"""A run: data, initialisation, thresholds from data, epochs (semantics.md,
"Initialisation", "Thresholds from data", "Shuffle")."""
from math import isqrt

import numpy as np

from . import checkpoint, images, optimiser, passes
from .network import Network
from .numbers import (
    INIT, LARGEST, SHUFFLE, cut_mean, draws, numbered, saturate,
    sum_of_squares, trunc, trunc_array,
)
from .recipe import Recipe

MEASURED_AT = (0, 10, 25, 50, 75, 100)
GUESS = 8  # a threshold where none is known yet


class Data:
    """pixels: [samples, height, width, channels]."""

    def __init__(self, name, pixels, labels, classes, class_names=None):
        self.name, self.pixels, self.labels = name, pixels, labels
        self.classes = classes
        self.class_names = class_names
        self.size = len(labels)
        self.hash = self.find_hash()

    def find_hash(self):
        n = min(self.size, 1000)
        h = 14695981039346656037
        for k in range(n):
            i = k * self.size // n
            for b in self.pixels[i].tobytes() + bytes([int(self.labels[i])]):
                h = (h ^ b) * 1099511628211 % 2**64
        return h or 1


class Run:
    def __init__(self, options, data, planned=0):
        self.data = data
        self.recipe = Recipe(options)
        self.net = Network(self.recipe, data.pixels.shape[1:], data.classes)
        counts = np.bincount(data.labels, minlength=data.classes)
        self.net.class_weights, self.net.weight_mean = (
            self.recipe.class_weights_of([int(n) for n in counts]))
        self.planned = planned
        self.step = self.epoch = self.batch = 0
        self.totals, self.sums = [0, 0, 0], []
        self.steps = -(-data.size // self.recipe.batch)

    # ---- initialisation

    def start(self, model=None, new_readout=False):
        """From the weights of a model, another run, if there is one."""
        net = self.net
        if model and model.net.classes != net.classes:
            new_readout = True
        theta = [GUESS] * len(net.synaptic)
        n = min(256, self.data.size)
        counts = images.counts_of(self.recipe, self.data.pixels[:n])
        for i, x in enumerate(net.synaptic):
            net.set_thresholds(theta)
            draw = self.make_arrays(x)
            if model and not (x.output and new_readout):
                was = model.net.synaptic[i]
                theta[i] = was.theta
                net.set_thresholds(theta)
                self.take_over(x, was)
                continue
            probe = min(x.limit, 127)
            if x.standardised:
                x.values["weight_master"] = 4 * draw
                x.values["gain"] += 2**16
                n0 = optimiser.start_size(x.fan_in)
                x.row_norm = (probe << 8) * n0 >> 18
                optimiser.standardise(x)
            else:
                x.values["weight"] = trunc_array(draw * probe, 65535)
            _, charges, _ = passes.forward(net, counts, 0, np.arange(n),
                                           x.number + 1)
            spread = self.deviation(charges[x.number])
            wanted = 1 if x.output else 2 * self.recipe.spread
            headroom = (20 if x.output else 6)
            if self.recipe.weight_bits == 16:
                headroom *= 2
            if x.standardised:
                headroom //= 2
            room = 2 * x.limit * spread // (256 * headroom * wanted * probe)
            theta[i] = max(2, min(room.bit_length() - 1, 18 - x.q))
            net.set_thresholds(theta)
            if x.standardised:
                norm = (wanted * x.row_norm << 7 + theta[i]) // spread
                x.row_norm = max(1, min(norm, LARGEST))
            else:
                a = (wanted * probe << 43) // spread
                up = theta[i] + x.master_bits - 36
                a = a << up if up >= 0 else a >> -up
                a = min(a, x.limit << x.master_bits)
                x.values["weight_master"] = np.array(
                    [trunc(int(r) * a, 65535) for r in draw])
            optimiser.refresh(x)
        if self.recipe.kept:
            finer = theta[-1] - model.net.synaptic[-1].theta
            net.set_phi([
                was.phi + finer * net.next_with_weights(x).output
                for x, was in zip(net.hidden, model.net.hidden)
            ])
        return self

    def take_over(self, x, was):
        down = was.master_bits - x.master_bits
        w = was.values["weight_master"]
        w = optimiser.rounded(w, down) if down > 0 else w << -down
        limit = 2**23 if x.standardised else x.limit << x.master_bits
        x.values["weight_master"] = saturate(w, limit)
        x.values["bias_master"] = was.values["bias_master"].copy()
        if x.standardised:
            x.row_norm = was.row_norm
            x.values["gain"] = was.values["gain"].copy()
        optimiser.refresh(x)

    def make_arrays(self, x):
        """Zeros, and the draws of the weights."""
        n, channels = x.fan_in * x.shape[2], x.shape[2]
        zeros = {"weight_master": n, "weight_velocity": n, "bias": channels,
                 "bias_master": channels, "bias_velocity": channels}
        if x.standardised:
            zeros.update(gain=channels, gain_velocity=channels)
        x.values = {k: np.zeros(v, np.int64) for k, v in zeros.items()}
        words = numbered(
            n, lambda j: draws(self.recipe.seed, INIT, x.number, j, j >> 32))
        return 2 * (words >> 16) - 65535

    @staticmethod
    def deviation(charges):
        n = len(charges)
        charges = charges.reshape(n, -1)
        width = charges.shape[1]
        squares = sum(
            cut_mean(sum_of_squares(a), width) for a in charges) // n
        mean = trunc(sum(trunc(int(a.sum()), width) for a in charges), n)
        variance = min(max(0, squares - mean * mean), 2**47 - 1)
        return max(256, isqrt(variance << 16))

    # ---- thresholds from data

    def measure(self, counts, labels, samples):
        net = self.net
        gains = {x.number: x.gain_bits for x in net.synaptic}
        for _ in net.layers:
            sent, charges, parts = passes.forward(net, counts, self.step,
                                                  samples)
            _, _, measured = passes.backward(net, sent, charges, parts,
                                             labels, self.step, samples)
            if not self.set_phi(measured):
                break
        for x in net.synaptic:
            e = max(-30, min(x.gain_bits - gains[x.number], 30))
            for name in ("weight_velocity", "bias_velocity", "gain_velocity"):
                if e and name in x.values:
                    v = x.values[name]
                    v = v << e if e > 0 else (v + (1 << -e - 1)) >> -e
                    x.values[name] = saturate(v, LARGEST)

    def set_phi(self, measured):
        net = self.net
        old = [x.phi for x in net.hidden]
        wanted = [self.wanted_phi(x, measured.get(x.number, np.zeros(1)))
                  for x in net.hidden]
        if wanted == old:
            return False
        if net.set_phi(wanted):
            return True
        phi = list(old)
        for i in reversed(range(len(phi))):
            back = -1 if wanted[i] > old[i] else 1
            phi[i] = wanted[i]
            while phi[i] != old[i] and not net.set_phi(phi):
                phi[i] += back
        net.set_phi(phi)
        return phi != old

    def wanted_phi(self, x, u):
        total = sum_of_squares(u)
        if total == 0:
            return x.phi
        mean = cut_mean(total, u.size)
        for k in range(1, 24):
            top = 2 * (k + self.recipe.auto) + 1
            if top > 62 or (top >= 0 and mean <= 1 << top):
                return k
        return 24

    # ---- epochs

    def order(self):
        n = self.data.size
        words = draws(self.recipe.seed, SHUFFLE, self.epoch, np.arange(n))
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = int(words[i, 0]) * (i + 1) >> 32
            order[i], order[j] = order[j], order[i]
        return order

    @property
    def epochs(self):
        return self.planned or self.recipe.epochs

    def train(self, steps=None):
        """To the end, or as many steps."""
        while self.epoch < self.epochs and steps != 0:
            self.train_batch()
            steps = None if steps is None else steps - 1
        return self

    def train_batch(self):
        net, r = self.net, self.recipe
        first = self.batch * r.batch
        samples = np.array(self.order()[first:first + r.batch])
        labels = self.data.labels[samples]
        counts = np.stack([
            images.training_counts(r, self.data.pixels[i], self.epoch, int(i))
            for i in samples
        ])
        if self.batch == 0:
            self.totals = [0, 0, 0]
            self.sums = [[0] * 8 for _ in net.layers]
        if r.auto is not None and self.step in MEASURED_AT:
            self.measure(counts, labels, samples)
        sent, charges, parts = passes.forward(net, counts, self.step, samples)
        errors, losses, _ = passes.backward(net, sent, charges, parts, labels,
                                            self.step, samples)
        self.note(sent, charges, errors, labels, losses)
        g = optimiser.schedule(r, self.step, self.epochs * self.steps,
                               self.steps)
        updates = [optimiser.Update(net, x, g) for x in net.learning]
        gradients = [passes.gradient(x, sent[x.sender], errors[x.number])
                     for x in net.learning]
        for x, update, (wg, bg) in zip(net.learning, updates, gradients):
            spikes = 0 if x.output else int(sent[x.number + 1].sum())
            optimiser.apply(net, x, update, wg, bg, self.step, spikes,
                            len(samples))
        self.step += 1
        self.batch += 1
        if self.batch == self.steps:
            self.batch, self.epoch = 0, self.epoch + 1

    def note(self, sent, charges, errors, labels, losses):
        logits = charges[self.net.layers[-1].number].reshape(len(labels), -1)
        self.totals[0] += len(labels)
        self.totals[1] += int((logits.argmax(axis=1) == labels).sum())
        self.totals[2] += sum(losses)
        new = passes.sums_of(self.net, sent, errors)
        self.sums = [[a + b for a, b in zip(*rows)]
                     for rows in zip(self.sums, new)]

    # ---- checkpoints

    def save(self, version):
        return checkpoint.write(self, version)

    @classmethod
    def load(cls, data, bytes_):
        """Of a run on the same data."""
        m, tensors = checkpoint.read(bytes_)
        options = {k[len("recipe."):]: v for k, v in m.items()
                   if k.startswith("recipe.")}
        run = cls(options, data, int(m.get("planned_epochs", 0)))
        net = run.net

        def numbers(key):
            return [int(n) for n in m[key].split(",") if n]

        if run.recipe.standardise == "on":
            for x, norm in zip(net.hidden, numbers("row_norm")):
                x.row_norm = norm
        phi = numbers("phi_bits") if "phi_bits" in m else None
        net.set_thresholds(numbers("theta_bits"), phi)
        for x in net.synaptic:
            prefix = f"layer.{x.number}."
            x.values = {k[len(prefix):]: v.ravel() for k, v in tensors.items()
                        if k.startswith(prefix)}
            optimiser.refresh(x)
        run.step, run.epoch, run.batch = (
            int(m[k]) for k in ("step", "epoch", "batch"))
        groups = [[int(n) for n in g.split(",")]
                  for g in m["train"].split(";")]
        run.totals, run.sums = groups[0], groups[1:]
        return run
