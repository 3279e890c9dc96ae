"""Recipes drawn at random, for the long comparison."""
import random


def rectangular(rng):
    """One whose kernels, steps, borders and pools are not square."""
    first = rng.choice(["C1x5s2x3p0x2", "C5x1s3x1p2x0-P1x2max",
                        "C2x6s2x4p1x0-P1x2", "C7x2s4x2p3x0-P2x1avg"])
    width = rng.choice([2, 3, 5])
    items = [f"{width}{first}"]
    items += rng.choice([[], [f"{width}C1x3p0x1", "R1"],
                         [f"{width + 1}C3x1p1x0s1x2", "R1C1x1s1x2"],
                         ["D2", f"{width}C2x1", "P1x3max"]])
    if rng.random() < 0.4:
        items.append(rng.choice(["9", "Pavg", "4C3x2"]))
    return "-".join([*items, "10"])


def net_of(rng, channels):
    """A topology that fits images of 28 x 28, not too large."""
    if rng.random() < 0.25:
        return rectangular(rng)
    items, side, c = [], 28, channels
    if rng.random() < 0.2:
        items.append("D2")
    for _ in range(rng.randint(0, 3)):
        if side < 6:
            break
        width = rng.choice([2, 3, 5, 8])
        if side > 14 or rng.random() < 0.4:
            k, s, p = rng.choice([(5, 2, 0), (3, 2, 1), (5, 3, 2), (4, 4, 0)])
        else:
            k, s, p = rng.choice([(3, 1, 1), (3, 1, 0), (1, 1, 0), (5, 1, 2)])
        items.append(f"{width}C{k}" + (f"s{s}" if s > 1 else "") +
                     (f"p{p}" if p else ""))
        side, c = (side + 2 * p - k) // s + 1, width
        way = rng.random()
        if way < 0.2:
            items += [f"{c}C3p1", "R1"]
        elif way < 0.35:
            items += [f"{c}C3p1", f"{c}C1", "R2"]
        elif way < 0.5 and side > 3:
            items += [f"{c + 1}C3s2p1", f"{c + 1}C3p1", "R2C1s2"]
            side, c = (side - 1) // 2 + 1, c + 1
        elif way < 0.6:
            items += [f"({c}C3p1-R1)x2"]
        way = rng.random()
        if way < 0.15:
            items.append(rng.choice(["D2", "D4"]))
        elif way < 0.6 and side >= 4:
            items.append(rng.choice(["P2", "P2max", "P2avg"]))
            side //= 2
    if items and side < 8 and rng.random() < 0.2:
        items.append(rng.choice(["Pmax", "Pavg"]))
    if rng.random() < 0.4:
        items.append(str(rng.choice([7, 16, 30])))
        if rng.random() < 0.3:
            items.append("D2")
    return "-".join([*items, "10"])


def augment_of(rng):
    parts = [p for p, share in [
        (rng.choice(["shift:", "crop:"]) + str(rng.choice([1, 4, 30])), 0.4),
        ("affine", 0.4), (f"elastic:{rng.choice([1, 3, 20])}", 0.3),
        ("flip", 0.3), (f"cutout:{rng.choice([1, 6, 40])}", 0.3),
        (f"thin:{rng.choice([1, 30, 99])}", 0.25),
    ] if rng.random() < share]
    rng.shuffle(parts)
    return "+".join(parts) or "none"


def fraction(rng, low, high):
    """Spread over orders of magnitude, at most six digits."""
    return f"{low * (high / low) ** rng.random():.6f}"


def rates_of(rng, schedule):
    """Of step every E epochs times F; of list from epoch E on F."""
    if schedule == "step":
        return f"{fraction(rng, 0.05, 3)}:{fraction(rng, 0.01, 0.999)}"
    epochs = sorted({fraction(rng, 0.01, 4) for _ in range(rng.randint(1, 4))},
                    key=float)
    return ",".join(f"{e}:{fraction(rng, 0.01, 1)}" for e in epochs)


def weights_of(rng):
    if rng.random() < 0.6:
        return rng.choice(["none", "none", "auto"])
    return ",".join(
        str(rng.randint(1, 32767)) + (f"/{rng.randint(1, 32767)}"
                                      if rng.random() < 0.5 else "")
        for _ in range(10))


def recipe_of(seed):
    rng = random.Random(seed)
    pick = rng.choice
    size = rng.randint(5, 40)
    batch = rng.randint(3, 20)
    options = {
        "net": net_of(rng, 1),
        "augment": augment_of(rng),
        "weight-bits": pick([8, 16]),
        "count-cap": pick([1, 3, 7, 15, 31]),
        "input-levels": pick([1, 4, 15, 31]),
        "input": pick(["plain", "onoff", "counts"]),
        "fire": pick(["round", "floor"]),
        "spread": pick([1, 2, 4, 16]),
        "standardise": pick(["off", "on"]),
        "gain-limit": pick([1, 2, 4, 16]),
        "spike-limit": pick([0, 0, "0.05", "0.5", 2]),
        "loss": pick(["softmax", "softmax", "squared"]),
        "smoothing": pick([0, 0, "0.1", "0.333333"]),
        "target": pick([1, 2, 8, 64]),
        "alpha": pick([127, 127, 100, 32, 1]),
        "phi": pick(["0.5", "1/8", "2", "auto:1", "auto:1/4", "auto:2"]),
        "dither": pick(["off", "on"]),
        "batch": batch,
        "epochs": rng.randint(1, 4),
        "lr": fraction(rng, 0.001, 30),
        "momentum": pick([0, "0.5", "0.9", "0.875", "0.987654"]),
        "readout-rate": pick([1, 1, "0.1", "3.141593"]),
        "bias-rate": pick([1, 1, "0.1", "0.777777", 0]),
        "clip": pick([0, 0, fraction(rng, 0.0001, 1)]),
        "weight-decay": pick([0, 0, fraction(rng, 0.00001, 0.1)]),
        "schedule": pick(["linear", "cosine", "constant", "step", "list"]),
        "warmup": pick([0, "0.1", "0.5", "1.7"]),
        "rounding": pick(["nearest", "stochastic"]),
        "validation": pick([0, 0, size // 3]),
        "holdout": pick(["last", "stratified"]),
        "seed": rng.getrandbits(pick([8, 32, 56])),
    }
    options["rate-steps"] = rates_of(rng, options["schedule"])
    options["rate"] = pick(["full", "shift"])
    options["freeze"] = pick(["none", "none", "none", "hidden", "0", "0-1"])
    options["margin"] = pick([0, 0, "0.02", "0.123457", "0.5"])
    options["balance"] = pick(["off", "on", "drawn"])
    options["class-weights"] = weights_of(rng)
    options["spike-cost"] = pick([0, 0, "0.01", "0.333333", 1])
    options["spike-cost-from"] = pick([0, 0, 1, 2])
    if options["standardise"] == "off":
        options["master-bits"] = pick([32, 16])
    return size, options
