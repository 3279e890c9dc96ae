"""Samples that are trained on (semantics.md, "Held-back samples")."""

import numpy as np

from .numbers import below, draws


def per_class(labels, count):
    size = np.bincount(labels)
    held = count * size // len(labels)
    rest = count * size % len(labels)
    while held.sum() < count:
        left = size - held
        open_ = left > 1 if (left > 1).any() else left > 0
        k = int(np.argmax(np.where(open_, rest, -1)))
        held[k] += 1
        rest[k] = 0
    return held


def trained_on(recipe, labels):
    """Numbers of the samples that are left, in order."""
    n, count = len(labels), recipe.validation
    if recipe.holdout == "last":
        return np.arange(n - count)
    order = list(range(n))
    for i in range(n, 1, -1):
        j = int(below(draws(recipe.seed, 10, 0, i)[..., 0], i))
        order[i - 1], order[j] = order[j], order[i - 1]
    left = per_class(labels, count)
    keep = np.ones(n, bool)
    for i in order:
        if left[labels[i]] > 0:
            left[labels[i]] -= 1
            keep[i] = False
    return np.nonzero(keep)[0]
