"""Counts up, errors down, gradients: one batch (semantics.md, from "Forward
compartment" to "Gradient"). Sums are exact: a product of matrices in double
precision is, below 2^53, and the bounds of the network keep it below 2^31, but
for gradients, which they keep below 2^47."""
import numpy as np

from .numbers import DITHER, DROPOUT, draws, numbered

def table(step):
    """round(2^31 2^(-i / step)), i = 0..15, by whole roots."""
    out = []
    for i in range(16):
        value = 2 ** (31 * step + step - i)  # (2 x)^step, x as wanted
        low, high = 0, 2**33
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if middle**step <= value else (low, middle)
            )
        out.append((low + 1) // 2)
    return np.array(out, np.uint64)


A, B = table(16), table(256)
U31 = np.uint64(31)


def product(a, b):
    return np.rint(a.astype(np.float64) @ b.astype(np.float64)).astype(
        np.int64)


# ---- geometry

def patches(x, counts):
    """What each output place of a window sees: [n, rows, columns, kernel,
    channels], 0 where there is no synapse."""
    n = len(counts)
    counts = counts.reshape(n, *x.window_shape)
    (p, q), (s, t) = x.pad, x.stride
    framed = np.pad(counts, [(0, 0), (p, p), (q, q), (0, 0)])
    rows, columns = x.shape[:2]
    taps = [
        framed[:, ky:ky + (rows - 1) * s + 1:s,
               kx:kx + (columns - 1) * t + 1:t]
        for ky in range(x.k[0])
        for kx in range(x.k[1])
    ]
    return np.stack(taps, axis=3)


def unpatch(x, seen):
    """The sum of what each input gets from the places that see it."""
    height, width, channels = x.window_shape
    n, (p, q), (s, t) = len(seen), x.pad, x.stride
    rows, columns = x.shape[:2]
    framed = np.zeros((n, height + 2 * p + s, width + 2 * q + t, channels),
                      np.int64)
    for tap in range(x.k[0] * x.k[1]):
        ky, kx = divmod(tap, x.k[1])
        framed[:, ky:ky + (rows - 1) * s + 1:s,
               kx:kx + (columns - 1) * t + 1:t] += seen[:, :, :, tap]
    return framed[:, p:p + height, q:q + width].reshape(n, *x.arriving)


# ---- forward

def charge_of(x, counts):
    n = len(counts)
    seen = patches(x, counts).reshape(-1, x.fan_in)
    charge = product(seen, x.values["weight"].reshape(-1, x.fan_in).T)
    return (charge + x.values["bias"]).reshape(n, *x.shape)


def respond(charge, x):
    n = (charge + (1 << x.theta) - x.level) >> x.theta
    return np.clip(n, 0, x.most)


def taking_part(x, seed, step, samples):
    """Of a dropout: 1 or 0 for each neuron."""
    per_word = 32 // x.keep
    words = numbered(
        -(-x.neurons // per_word),
        lambda block: draws(seed, DROPOUT, step, samples[:, None], x.number,
                            block),
    )
    bits = words[:, :, None] >> (np.arange(per_word) * x.keep)
    bits = bits & ((1 << x.keep) - 1)
    part = (bits == 0).reshape(len(samples), -1)[:, :x.neurons]
    return part.reshape(-1, *x.shape).astype(np.int64)


def forward(net, counts, step, samples, layers=None):
    """Fills counts (by sender), charges and the parts of dropouts."""
    sent, charges, parts = [counts], {}, {}
    for x in net.layers[:layers]:
        arriving = sent[x.sender]
        if x.synaptic:
            charges[x.number] = charge_of(x, arriving)
            sent.append(None if x.output
                        else respond(charges[x.number], x))
        elif x.kind == "add":
            sent.append(arriving + sent[x.source])
        elif x.kind == "dropout":
            part = taking_part(x, net.recipe.seed, step, samples)
            parts[x.number] = part
            sent.append(arriving * part)
        else:
            seen = patches(x, arriving)
            if x.kind == "Pmax":
                sent.append(seen.max(axis=3))
            elif x.kind == "P":
                sent.append(seen.sum(axis=3))
            else:
                sent.append(respond(seen.sum(axis=3), x))
    return sent, charges, parts


# ---- loss

def exp2(t):
    t = t.astype(np.uint64)
    c = A[(t >> np.uint64(12)) & np.uint64(15)]
    c = c * B[(t >> np.uint64(8)) & np.uint64(15)] >> U31
    c = c * (np.uint64(2**31) - np.uint64(22713) * (t & np.uint64(255)))
    e = c >> U31 >> np.minimum(t >> np.uint64(16), np.uint64(63))
    return np.where(t >= 32 << 16, 0, e).astype(np.int64)


def log2(x):
    whole = x.bit_length() - 1
    m = x >> whole - 31 if whole > 31 else x << 31 - whole
    for _ in range(20):
        m = m * m >> 31
        whole = whole * 2 + (m >> 32)
        m >>= m >> 32
    return whole


def softmax(v, theta, label, eps, alpha):
    """Error charge of one sample, and its loss."""
    t = (v.max() - v) * 94548 >> theta
    e = exp2(t)
    total = int(e.sum())
    p = ((e << 16) + total // 2) // total
    smooth = (eps << 16) // 10**6
    share = smooth // len(v)
    y = np.full(len(v), share)
    y[label] += 2**16 - smooth
    bits = 16 * int(t[label]) + log2(total) - (31 << 20)
    return alpha * (p - y), min(bits, 2**32) * 1488522236 >> 31


def squared(v, theta, label, target, alpha):
    r = v * 2**16 >> theta + target.bit_length() - 1
    r[label] -= 2**16
    r = np.clip(r, -(2**23), 2**23)
    return alpha * r, int((r * r >> 13).sum())


def beyond(u, margin, alpha):
    """Error charges of a sample, 0 if none is as large as the margin."""
    if 10**6 * int(np.abs(u).max()) < margin * alpha * 2**16:
        return np.zeros_like(u)
    return u


def weighed(u, ratio):
    n, d = ratio.numerator, ratio.denominator
    return (2 * u.astype(np.int64) * n + d) // (2 * d)


def loss_of(net, logits, labels):
    r, theta = net.recipe, net.layers[-1].theta
    pairs = [
        softmax(v, theta, y, r.smoothing, r.alpha)
        if r.loss == "softmax"
        else squared(v, theta, y, r.target, r.alpha)
        for v, y in zip(logits, labels)
    ]
    pairs = [(beyond(u, r.margin, r.alpha), loss) for u, loss in pairs]
    if net.class_weights:
        pairs = [(weighed(u, net.class_weights[y]), loss)
                 for (u, loss), y in zip(pairs, labels)]
    return np.array([u for u, _ in pairs]), [loss for _, loss in pairs]


def balanced(u, label, left):
    """Whole error spikes that make 0 together, as charge: of a sample's
    classes, from the label on, each passes on what it does not send."""
    u = [int(x) for x in u]
    u[label] = -(sum(u) - u[label])
    for k in list(range(label, len(u))) + list(range(label)):
        left += u[k]
        u[k] = left >> 16 << 16
        left -= u[k]
    return u


# ---- backward

def dither_of(x, seed, step, samples):
    words = numbered(
        x.neurons,
        lambda block: draws(seed, DITHER, step, samples[:, None], x.number,
                            block),
    )
    start = (words >> 32 - x.phi) - (1 << x.phi - 1)
    return start.reshape(-1, *x.shape)


def fire_errors(u, phi):
    return np.clip((u + (1 << phi - 1)) >> phi, -127, 127)


def cost_bits(phi):
    return max(0, 20 - phi)


def cost_of_one(recipe, phi):
    """What a spike of a layer with this phi costs."""
    bits = cost_bits(phi)
    share = (recipe.spike_cost * 2**(phi + bits) + 500000) // 10**6
    paid = max(1, recipe.count_cap - recipe.spike_cost_from)
    return min(share, 2**(26 + bits) // paid)


def cost_of(recipe, phi, paid):
    """Of so many spikes that are paid for."""
    bits = cost_bits(phi)
    return (paid * cost_of_one(recipe, phi) + (1 << bits >> 1)) >> bits


def costs(net, x, counts):
    """Error charge of the neurons of a layer for what they sent."""
    own = np.maximum(counts - net.recipe.spike_cost_from, 0)
    above = net.layers[x.number + 1]
    if above.kind == "Pmax":
        rows, columns = above.shape[:2]
        units = np.ones((len(counts), rows, columns, x.shape[2]), np.int64)
        own = own * pooled_back(above, units, counts)
    return cost_of(net.recipe, x.phi, own)


def pooled_back(x, u, counts):
    n = len(u)
    places = x.k[0] * x.k[1]
    if x.kind != "Pmax":
        seen = np.repeat(u[:, :, :, None], places, axis=3)
    else:
        first = patches(x, counts).argmax(axis=3)
        tap = np.arange(places)[None, None, None, :, None]
        seen = np.where(tap == first[:, :, :, None], u[:, :, :, None], 0)
    return unpatch(x, seen).reshape(n, *x.arriving)


def backward(net, sent, charges, parts, labels, step, samples):
    """Error counts of layers with weights, losses, and the charges that
    phi = auto measures, of hidden layers."""
    r = net.recipe
    top = net.layers[-1]
    logits = charges[top.number].reshape(len(labels), -1)
    first, losses = loss_of(net, logits, labels)
    if r.balance != "off" and r.loss == "softmax":
        start = np.full(len(labels), 2**15)
        if r.balance == "drawn":
            start = draws(r.seed, DITHER, step, samples, top.number,
                          0)[..., 0] >> 16
        first = np.array([balanced(*of) for of in zip(first, labels, start)])
    waiting = {top.number + 1: first.reshape(-1, *top.shape)}
    errors, measured = {}, {}

    def hand(sender, u, shift=0):
        if sender > net.lowest_learning:
            waiting[sender] = waiting.get(sender, 0) + (u << shift)

    above = {}  # charge at the units of a pool, by the layer below it
    for x in net.synaptic:
        if x.number < net.lowest_learning:
            errors[x.number] = np.zeros_like(charges[x.number])
    for x in reversed(net.layers[net.lowest_learning:]):
        u = waiting.pop(x.number + 1)
        if x.synaptic:
            measured[x.number] = above.get(x.number, u)
            if not x.output:
                u = u + costs(net, x, sent[x.number + 1])
            if r.dither == "on":
                u = u + dither_of(x, r.seed, step, samples)
            d = fire_errors(u, x.phi)
            if not x.output:
                d = d * (charges[x.number] > 0)
            errors[x.number] = d
            if net.propagates(x):
                w = x.values["weight"].reshape(-1, x.fan_in)
                seen = product(d.reshape(-1, x.shape[2]), w)
                seen = seen.reshape(*d.shape[:3], x.k[0] * x.k[1], -1)
                hand(x.sender, unpatch(x, seen), x.shift)
        elif x.kind == "add":
            hand(x.sender, u)
            hand(x.source, u, x.source_shift)
        elif x.kind == "dropout":
            hand(x.sender, u * parts[x.number])
        else:
            above[x.number - 1] = u
            hand(x.sender, pooled_back(x, u, sent[x.sender]))
    return errors, losses, measured


def gradient(x, counts, d):
    seen = patches(x, counts).reshape(-1, x.fan_in)
    d = d.reshape(-1, x.shape[2])
    most = 2**31 - 1  # batches may be larger than 32 bits hold
    return (np.clip(product(d.T, seen), -most, most),
            np.clip(d.sum(axis=0), -most, most))


# ---- sums for checkpoints

def synapses_of(x):
    """For each output place, the synapses of one neuron."""
    ones = np.ones((1, *x.arriving), np.int64)
    return patches(x, ones).sum(axis=(3, 4))


def reach_of(x):
    """For each input, the synapses it meets."""
    ones = np.ones((1, *x.shape[:2], x.k[0] * x.k[1], x.window_shape[2]),
                   np.int64)
    return unpatch(x, ones) * x.shape[2]


def sums_of(net, sent, errors):
    out = []
    for x in net.layers:
        s = [0] * 8
        if not x.output:
            n = sent[x.number + 1]
            s[:3] = [n.sum(), (n > 0).sum(), (n == x.most).sum()]
        if x.synaptic:
            arriving = sent[x.sender]
            d = np.abs(errors[x.number])
            at = d.sum(axis=3)
            s[3] = (arriving * reach_of(x)).sum()
            s[4:6] = [d.sum(), (d > 0).sum()]
            if net.propagates(x):
                s[6] = (at * synapses_of(x)).sum()
            active = patches(x, (arriving > 0).astype(np.int64))
            s[7] = (at * active.sum(axis=(3, 4))).sum()
        out.append([int(v) for v in s])
    return out
