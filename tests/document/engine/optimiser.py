"""Rates, schedule and the step of one layer (semantics.md, "Optimiser" and
"Standardisation")."""
from math import isqrt

import numpy as np

from .numbers import (
    LARGEST, ROUNDING, cut_root, draws, numbered, saturate, sum_of_squares,
    trunc, trunc_array,
)

MILLION = 10**6
WHOLE = 2**30


def peak(recipe, t, steps):
    """What lr is multiplied with at step t, warm-up and fall aside."""
    if recipe.schedule == "step":
        (epoch, share), = recipe.rate_list
        g = WHOLE
        for _ in range(t // max(1, epoch * steps // MILLION)):
            g = g * share // MILLION
            if g == 0:
                break
        return g
    if recipe.schedule == "list":
        begun = [share for epoch, share in recipe.rate_list
                 if epoch * steps // MILLION <= t]
        return begun[-1] * WHOLE // MILLION if begun else WHOLE
    return WHOLE


def schedule(recipe, t, total, steps):
    """Share of the peak in 2^-30 at step t of `total`, `steps` an epoch."""
    while max(total, t) >= 2**33:
        total, t, steps = total >> 1, t >> 1, steps >> 1
    w = min(total, recipe.warmup * steps // MILLION)
    h = peak(recipe, t, steps)
    if t < w:
        return (t + 1) * h // (w + 1)
    if recipe.schedule in ("constant", "step", "list"):
        return h
    left = (total - t) * WHOLE // (total - w)
    if recipe.schedule == "linear":
        return left
    y = (WHOLE - left) * 1686629713 >> 30
    z = y * y >> 30
    term = total = y
    for n in range(2, 11, 2):
        term = -trunc(trunc(term * z, WHOLE), n * (n + 1))
        total += term
    return max(0, WHOLE - (total * total >> 30))


# ---- rates: (mult, shift)

def rate(x, shift):
    """The normal form of x / 2^shift."""
    while x >= WHOLE:
        x, shift = x >> 1, shift - 1
    if shift < 1:
        return (WHOLE - 1, 1) if x else (0, 1)
    if shift > 61:
        x, shift = x >> shift - 61, 61
    return x, shift


def raised(x, shift):
    n = max(0, 63 - x.bit_length())
    return x << n, shift + n


def plain_rate(net, x, factor, spread_in, unit, g):
    r = net.recipe
    lr = r.lr * factor // MILLION
    if x.output:
        lr = lr * r.readout_rate // MILLION
    value = lr * x.spread**2 * (g >> 10)
    if value == 0:
        return 0, 1
    value, shift = raised(value, 20 + x.gain_bits - unit)
    value, shift = raised(value // (spread_in**2 * r.batch), shift)
    value //= MILLION * r.alpha
    if net.class_weights and value:
        value, shift = raised(value, shift - 24)
        value //= net.weight_mean
    return rate(value, shift)


def as_shift(mult, shift):
    """The power of two nearest to a rate, in proportion."""
    if mult == 0:
        return mult, shift
    n = mult.bit_length() - 1
    n += mult * mult >= 1 << 2 * n + 1
    if shift - n >= 1:
        return 1, shift - n
    return 1 << min(29, n - shift + 1), 1


class Scaled:
    """x 2^e, x below 2^31."""

    def __init__(self, x, e=0):
        n = max(0, x.bit_length() - 31)
        self.x, self.e = x >> n, e + n

    def times(self, n):
        n = Scaled(n)
        return Scaled(self.x * n.x, self.e + n.e)

    def over(self, n):
        n = Scaled(n)
        return Scaled((self.x << 32) // n.x, self.e - 32 - n.e)

    def rate(self, up=0):
        return rate(self.x, -self.e - up)


def learning_rate(r, output, g):
    lr = Scaled(g, -30).times(r.lr).over(MILLION)
    return lr.times(r.readout_rate).over(MILLION) if output else lr


def decay_of(r, output, g):
    share = learning_rate(r, output, g).times(r.weight_decay)
    share = share.over(MILLION - r.momentum)
    up = share.e + 32
    return min(share.x << up if up >= 0 else share.x >> -up, LARGEST)


def start_size(fan_in):
    """N0."""
    return isqrt((fan_in << 36) // 3)


class Update:
    """What a step needs for a layer at g of the schedule."""

    def __init__(self, net, x, g):
        r = net.recipe
        unit = x.theta + x.master_bits + x.q
        self.weight = plain_rate(net, x, MILLION, x.spread_in, unit, g)
        self.bias = plain_rate(net, x, r.bias_rate, 2, 27, g)
        self.friction = (
            (MILLION - r.momentum) * 2**16 + MILLION // 2) // MILLION
        self.decay = decay_of(r, x.output, g)
        if x.standardised:
            self.along_rows(net, x, g)
        if r.rate == "shift":
            self.weight = as_shift(*self.weight)
            self.bias = as_shift(*self.bias)
            if x.standardised:
                self.gain = as_shift(*self.gain)

    def along_rows(self, net, x, g):
        r = net.recipe
        down = 8 + 4 + x.theta + x.gain_bits
        n0 = start_size(x.fan_in)
        base = learning_rate(r, False, g).times(x.row_norm)
        weight = Scaled(r.batch * r.alpha)
        if net.class_weights:
            weight = weight.times(net.weight_mean)
            weight.e -= 24
        base = base.over(weight.x)
        base.e -= weight.e
        self.weight = base.times(n0).rate(-down)
        self.gain = base.rate(16 - down)
        clip = Scaled(r.clip).over(MILLION).times(weight.x)
        clip.e += weight.e
        self.clip = clip.over(x.row_norm).over(n0).rate(down)


# ---- the step

def lose(master, share):
    return master - ((master * share + 2**31) >> 32)


def step(net, x, name, g, rate_, friction, limit, t):
    """Momentum and step of an array, G in g."""
    v, master = x.values[name + "velocity"], x.values[name + "master"]
    v = saturate(v + g - ((v * friction + 2**15) >> 16), LARGEST)
    mult, shift = rate_
    offset = 1 << shift - 1
    if net.recipe.rounding == "stochastic":
        extra = {"weight_": 0, "bias_": 1, "gain_": 128}[name]
        l = x.number
        key = 2 * (l % 64) + extra
        words = numbered(
            v.size,
            lambda j: draws(net.recipe.seed, ROUNDING, t, t >> 32 ^ key << 24,
                            j, j >> 32 ^ l // 64 << 24),
        ).reshape(v.shape)
        offset = words >> 32 - shift if shift <= 32 else words << shift - 32
    x.values[name + "velocity"] = v
    x.values[name + "master"] = saturate(
        master - ((v * mult + offset) >> shift), limit)


def standardise(x):
    """Weights from masters and gains; what it took in x.rows."""
    w = x.values["weight_master"].reshape(-1, x.fan_in)
    k = x.fan_in
    mean = (w.sum(axis=1) + k // 2) // k
    c = w - mean[:, None]
    size = np.array([max(1, isqrt(sum_of_squares(row))) for row in c])
    scale = np.array([
        trunc(int(g) * x.row_norm * 2**11, int(n))
        for g, n in zip(x.values["gain"], size)
    ])
    near = (c * scale[:, None] + 2**34) >> 35
    x.values["weight"] = saturate(near, x.limit).reshape(
        x.values["weight_master"].shape)
    x.rows = (c, size)


def tangent(x, g):
    """H and P."""
    c, size = x.rows
    k = x.fan_in
    u = (c * (2**40 // size)[:, None] + 2**23) >> 24
    p = (g * u).sum(axis=1) >> 12
    t = 16 * g - ((16 * g.sum(axis=1)) // k)[:, None]
    t = t - ((u * p[:, None] + 2**15) >> 16)
    ratio = trunc_array(x.values["gain"] * start_size(k), size << 4)
    ratio = saturate(ratio, 2**16)
    h = saturate((t * ratio[:, None] + 2**11) >> 12, LARGEST)
    return h, saturate(p, LARGEST)


def clip(x, h, p, mult, shift):
    for i, n in enumerate(x.rows[1]):
        most = min(int(n) * mult >> shift, 2**47 - 1)
        size = cut_root(sum_of_squares(h[i]))
        if size > most:
            s = (most << 16) // size
            h[i] = (h[i] * s + 2**15) >> 16
            p[i] = (p[i] * s + 2**15) >> 16


def shrink_of(net, x, spikes, samples):
    limit = net.recipe.spike_limit
    mean = MILLION * spikes // (x.neurons * samples)
    if not limit or not x.standardised or mean <= limit:
        return 0
    return min(2**28, ((mean - limit) << 24) // limit)


def rounded(master, bits):
    return (master + ((1 << bits) >> 1)) >> bits


def refresh(x):
    if x.standardised:
        standardise(x)
    else:
        x.values["weight"] = saturate(
            rounded(x.values["weight_master"], x.master_bits), x.limit)
    x.values["bias"] = saturate(
        rounded(x.values["bias_master"], 27 - x.theta), x.bias_limit)


def apply(net, x, update, g, bias_g, t, spikes, samples):
    """One optimiser step of a layer."""
    v = x.values
    shrink = shrink_of(net, x, spikes, samples)
    if x.standardised:
        g, p = tangent(x, g)
        if update.clip[0]:
            clip(x, g, p, *update.clip)
        v["gain_master"] = lose(v.pop("gain"), shrink)
        step(net, x, "gain_", p, update.gain, update.friction,
             net.recipe.gain_limit << 16, t)
        v["gain"] = v.pop("gain_master")
    v["weight_master"] = lose(v["weight_master"], update.decay)
    step(net, x, "weight_", g.reshape(v["weight_master"].shape),
         update.weight, update.friction,
         2**23 if x.standardised else x.limit << x.master_bits, t)
    v["bias_master"] = lose(v["bias_master"], shrink)
    step(net, x, "bias_", bias_g, update.bias, update.friction,
         x.bias_limit << 27 - x.theta, t)
    refresh(x)
