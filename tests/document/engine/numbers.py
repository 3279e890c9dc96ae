"""Integer arithmetic and random draws (semantics.md, "Notation", "Random
draws"). Arrays are int64 throughout."""
from math import isqrt

import numpy as np

INIT, SHUFFLE, AUGMENT, DITHER, ROUNDING, GLYPHS = 1, 2, 3, 4, 5, 6
DROPOUT = 9
LARGEST = 2**31 - 1
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def trunc(a, b):
    """a / b cut towards 0, b > 0, of Python's integers."""
    return a // b if a >= 0 else -(-a // b)


def trunc_array(a, b):
    return np.where(a >= 0, a // b, -(-a // b))


def saturate(x, limit):
    return np.clip(x, -limit, limit)


def cut_sum(total):
    """A sum of squares, and what stands behind its cut digits."""
    return (total >> 32, 32) if total >= 2**63 else (total, 0)


def cut_mean(total, count):
    value, bits = cut_sum(total)
    return (value // count) << bits


def cut_root(total):
    value, bits = cut_sum(total)
    return isqrt(value) << (bits // 2)


def sum_of_squares(x):
    """Exact, as one of Python's integers."""
    x = np.abs(np.asarray(x, np.int64)).ravel()
    high, low = x >> 16, x & 0xFFFF
    return (
        (int(np.dot(high, high)) << 32)
        + (int(np.dot(high, low)) << 17)
        + int(np.dot(low, low))
    )


def draws(seed, purpose, c0, c1=0, c2=0, c3=0):
    """Words of the draws with these counters, which may be arrays: shape
    [..., 4]."""
    counters = np.broadcast_arrays(c0, c1, c2, c3)
    c = [np.asarray(x).astype(np.uint64) & LOW for x in counters]
    k0 = seed & 0xFFFFFFFF
    k1 = (seed >> 32) ^ (purpose << 24)
    for _ in range(10):
        a = np.uint64(0xD2511F53) * c[0]
        b = np.uint64(0xCD9E8D57) * c[2]
        c = [
            (b >> HALF) ^ c[1] ^ np.uint64(k0),
            b & LOW,
            (a >> HALF) ^ c[3] ^ np.uint64(k1),
            a & LOW,
        ]
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=-1).astype(np.int64)


def numbered(n, draw):
    """The word of each of n numbers, four of which share a draw."""
    words = draw(np.arange((n + 3) // 4))
    return words.reshape(*words.shape[:-2], -1)[..., :n]


def spread(word, limit):
    return (word * (2 * limit + 1) >> 32) - limit


def below(word, n):
    return word * n >> 32
