"""The options of a recipe and their numbers (semantics.md, "Numbers of a
recipe")."""
from decimal import Decimal
from fractions import Fraction

FRACTIONS = (
    "spike-limit smoothing lr momentum readout-rate bias-rate clip "
    "weight-decay warmup spike-cost margin"
).split()
WHOLE = (
    "weight-bits master-bits count-cap input-levels spread gain-limit target alpha epochs "
    "batch validation seed spike-cost-from"
).split()
DEFAULTS = {
    "net": "10",
    "augment": "none",
    "weight-bits": "16",
    "master-bits": "32",
    "count-cap": "31",
    "input-levels": "15",
    "input": "plain",
    "fire": "round",
    "spread": "4",
    "standardise": "off",
    "gain-limit": "4",
    "spike-limit": "0",
    "loss": "softmax",
    "class-weights": "none",
    "smoothing": "0",
    "target": "8",
    "alpha": "127",
    "phi": "0.5",
    "dither": "off",
    "spike-cost": "0",
    "spike-cost-from": "0",
    "margin": "0",
    "balance": "off",
    "epochs": "1",
    "batch": "16",
    "lr": "0.25",
    "rate": "full",
    "momentum": "0.875",
    "readout-rate": "1",
    "bias-rate": "1",
    "clip": "0",
    "weight-decay": "0",
    "schedule": "linear",
    "rate-steps": "10:0.1",
    "warmup": "0.1",
    "rounding": "nearest",
    "freeze": "none",
    "validation": "0",
    "holdout": "last",
    "seed": "1",
}


def millionths(text):
    whole = Decimal(text).scaleb(6)
    assert whole == int(whole), text
    return int(whole)


def decimal(value):
    whole, rest = divmod(value, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)


def log2_of_power(text):
    """phi: a power of two as a fraction, or 1/N."""
    inverse = text.startswith("1/")
    value = millionths(text[2:] if inverse else text)
    for bits in range(-6, 7):
        power = 10**6 << bits if bits >= 0 else 10**6 >> -bits
        if power == value:
            return -bits if inverse else bits
    raise ValueError(text)


class Recipe:
    """Attributes by option, - as _: integers, of fractions those of 10^-6."""

    def __init__(self, options):
        self.text = dict(DEFAULTS)
        for name, value in options.items():
            assert name in DEFAULTS, name
            self.text[name] = str(value)
        for name, value in self.text.items():
            if name in FRACTIONS:
                self.text[name] = decimal(millionths(value))
                value = millionths(value)
            elif name in WHOLE:
                value = int(value)
            setattr(self, name.replace("-", "_"), value)

    @property
    def auto(self):
        """log2 of R if phi is auto:R, else None."""
        if not self.phi.startswith("auto:"):
            return None
        return log2_of_power(self.phi[len("auto:"):])

    @property
    def rate_list(self):
        """rate-steps: (epoch, share), both in millionths."""
        return [tuple(millionths(x) for x in item.split(":"))
                for item in self.rate_steps.split(",")]

    def class_weights_of(self, counts):
        """Ratios (num, den), the largest 1, and their mean in 2^-24; counts
        are the samples of each class."""
        if self.class_weights == "none":
            return None, None
        if self.class_weights == "auto":
            least = min(n for n in counts if n)
            ratios = [Fraction(least, n) if n else Fraction(1) for n in counts]
        else:
            ratios = [Fraction(x) for x in self.class_weights.split(",")]
            assert len(ratios) == len(counts)
            ratios = [x / max(ratios) for x in ratios]
        total = sum(n * ((x.numerator << 24) // x.denominator)
                    for n, x in zip(counts, ratios))
        return ratios, max(1, total // sum(counts))

    @property
    def kept(self):
        return self.phi == "kept"

    @property
    def phi_is_state(self):
        return self.kept or self.auto is not None

    def frozen(self, layers):
        """Numbers of the layers that do not learn, of so many."""
        if self.freeze == "none":
            return set()
        if self.freeze == "hidden":
            return set(range(layers - 1))
        out = set()
        for item in self.freeze.split(","):
            first, _, last = item.partition("-")
            out |= set(range(int(first), int(last or first) + 1))
        return out

    def phi_bits(self, hidden):
        if self.phi_is_state:
            return [0] * hidden
        bits = [log2_of_power(x) for x in self.phi.split(",")]
        return bits * hidden if len(bits) == 1 else bits
