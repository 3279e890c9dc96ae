"""Recipes that together take every option, and the value of every choice.
Networks and data are small: what is compared is arithmetic."""

# Of each: samples, options; `data` says which: generated digits, IDX files or
# records in colour. A last batch is shorter than the others in some.
SHORT = {
    "plain": (50, {
        "net": "28x28-4C5-P2-6C3s2p1-P2max-12-10", "augment": "affine",
        "batch": 13, "epochs": 2}),
    "onoff": (40, {
        "net": "4C5s2-P2avg-8C3p1-10", "input": "onoff",
        "augment": "crop:3+flip+cutout:7", "weight-bits": 8, "count-cap": 15,
        "fire": "floor", "phi": "1/4,2", "dither": "on", "batch": 10,
        "epochs": 2, "schedule": "cosine", "smoothing": "0.125",
        "warmup": "0.7", "bias-rate": "0.3", "readout-rate": "0.5",
        "momentum": "0.9", "seed": 72057594037927935}),
    "standard": (48, {
        "net": "4C5s2-4C3p1-4C3p1-R2-P2max-12-10", "standardise": "on",
        "augment": "elastic:3+shift:2", "batch": 12, "epochs": 4,
        "gain-limit": 1, "spike-limit": "0.4", "clip": "0.02",
        "weight-decay": "0.0005", "phi": "auto:1/2", "count-cap": 15,
        "spread": 1, "input-levels": 31, "dither": "on", "lr": "0.05",
        "rounding": "stochastic", "schedule": "cosine", "warmup": "1.5"}),
    "dropout": (40, {
        "net": "D2-4C5s2-D2-D4-12-D2-10", "loss": "squared", "target": 4,
        "alpha": 32, "augment": "elastic:5+affine+flip+cutout:5",
        "rounding": "stochastic", "weight-decay": "0.001", "batch": 10,
        "epochs": 2, "schedule": "constant", "lr": "0.1"}),
    "additions": (40, {
        "net": "6C5s4-6C3p1-R1-6C3p1-6C3p1-R2-P2avg-10", "phi": "auto:2",
        "count-cap": 7, "weight-bits": 8, "fire": "floor", "batch": 8,
        "epochs": 3, "lr": "0.05", "seed": 9, "augment": "none",
        "schedule": "list", "rate-steps": "0.5:0.3,2:0.123456"}),
    "projection": (40, {
        "net": "(4C5s2-4C3p1-R1)x2-6C3p1s2-6C3p1-R2C1s2-Pavg-10",
        "standardise": "on", "phi": "auto:1", "count-cap": 15, "batch": 8,
        "epochs": 3, "weight-bits": 8, "augment": "flip", "input": "onoff",
        "spike-limit": "1", "clip": "0.1", "momentum": "0",
        "schedule": "step", "rate-steps": "0.7:0.654321"}),
    "unlike": (30, {
        "net": "4C5s4-4C3p1-R1-P2avg-6C3p1-6C3p1-R1-Pmax-10",
        "phi": "1/2,1,1/2,2", "batch": 10, "count-cap": 20,
        "momentum": "0.99", "lr": "1000", "bias-rate": "0.000001",
        "augment": "shift:5", "validation": 7, "epochs": 1}),
    "held": (30, {
        "net": "19x22-4C5s4-10", "data": "mnist", "batch": 8, "epochs": 1,
        "validation": 9, "holdout": "stratified", "seed": 12345678901}),
    "apart": (30, {  # charges whose bounds hold thresholds back
        "net": "(8C5s3p2-8C3p1-R1)x1-P2-Pavg-10", "phi": "auto:1/64",
        "count-cap": 1, "batch": 6, "epochs": 3, "lr": "3.530423",
        "spread": 2, "loss": "squared", "target": 64, "alpha": 100,
        "standardise": "on", "augment": "none", "fire": "floor"}),
    "wide": (20, {  # limits narrowed by the fan-out; a map smaller than it
        "net": "3C7s4p3-P2max-64C5p2-Pavg-P-10", "count-cap": 31,
        "batch": 5, "epochs": 2, "lr": "0.000002", "warmup": 0,
        "schedule": "cosine", "clip": "16", "standardise": "on",
        "augment": "affine+shift:64"}),
    "sides": (24, {  # nothing is square
        "data": "mnist", "net": "19x22-5C2x5s1x3p0x2-P3x1max-5C1x3p0x1-R1-"
        "6C3x1s2x1p1x0-6C1x3p0x1-R2C2x3s2x1p0x1-D2-P1x2avg-P2x1-10",
        "phi": "auto:1", "batch": 7, "epochs": 2, "weight-bits": 8,
        "count-cap": 15, "input": "onoff", "standardise": "on",
        "lr": "0.3"}),
    "fixed": (20, {  # rates at both ends of their range
        "net": "4C5s2p1-P2-4C3-12-10", "lr": "1000", "readout-rate": 16,
        "spread": 64, "alpha": 1, "batch": 4, "epochs": 1, "phi": "1/64,1,1/2",
        "bias-rate": 0, "momentum": "0.123456", "input-levels": 1,
        "weight-decay": 1, "warmup": 100, "rounding": "stochastic"}),
    "weighed": (50, {  # samples by how rare their class is
        "data": "mnist", "net": "19x22-5C5s2-P2-9-10", "batch": 7,
        "epochs": 2, "class-weights": "auto", "standardise": "on",
        "phi": "auto:1", "clip": "0.02", "augment": "none"}),
    "learned": (40, {  # samples that send nothing
        "net": "5C5s2-P2max-10", "batch": 7, "epochs": 4, "lr": "0.1",
        "margin": "0.4", "augment": "none"}),
    "balanced": (30, {
        "net": "5C5s2-P2max-8-10", "batch": 7, "epochs": 2, "balance": "on",
        "alpha": 8, "smoothing": "0.1", "dither": "on",
        "class-weights": "1,2/3,1,3,1/32767,3,5/9,8/4,1,2"}),
    "drawn": (30, {
        "net": "5C5s2-D2-P2-10", "batch": 7, "epochs": 2,
        "balance": "drawn", "alpha": 16, "standardise": "on",
        "phi": "auto:1", "seed": 77}),
    "weights": (30, {
        "net": "4C5s4-8-10", "batch": 7, "epochs": 1, "loss": "squared",
        "class-weights": "1,2/3,7,32767,1/32767,3,5/9,8/4,1,12",
        "rate": "shift", "alpha": 100}),
    "idx": (30, {
        "data": "mnist", "net": "19x22-5C5s2p2-D2-P2-7C3-10", "batch": 7,
        "epochs": 1, "augment": "elastic:3+affine+shift:1", "lr": "0.5",
        "weight-bits": 8, "count-cap": 15, "rounding": "stochastic"}),
    "colour": (30, {
        "data": "cifar10", "net": "5C5s2p2-(5C3p1-D2-5C1-R2)x2-P2max-10",
        "batch": 9, "epochs": 2, "augment": "crop:4+flip+cutout:8+affine",
        "input": "onoff", "standardise": "on", "phi": "auto:1/4",
        "clip": "0.05", "dither": "on", "input-levels": 8, "spread": 2}),
    "thrifty": (30, {  # spikes cost, of each kind of neuron
        "net": "5C5s2-P2max-(5C3p1-5C3p1-R2)x1-P2avg-6C3p1-D2-P2-8-10",
        "spike-cost": "0.123457", "spike-cost-from": 1, "phi": "auto:1",
        "count-cap": 15, "batch": 7, "epochs": 2, "augment": "thin:20"}),
    "dear": (20, {  # more than fits: the cost of one is held back
        "net": "5C5s2-P3max-4C3p1-P2x1avg-9-10", "spike-cost": 1,
        "phi": "64", "weight-bits": 16, "count-cap": 255, "batch": 5,
        "spread": 64, "epochs": 1, "dither": "on", "input-levels": 255,
        "augment": "shift:2+thin:60+cutout:5"}),
    "averaged": (24, {  # more arrives at an average than a byte holds
        "net": "4C5s4-P2-P2avg-10", "spread": 64, "batch": 7, "epochs": 1,
        "count-cap": 63}),
    "sources": (24, {  # of additions: a dropout, and past a projection
        "net": "4C5s4-D2-4C3p1-D2-R1-4C3p1-4C3p1-(4C3p1-4C1-R2C1)x1-R3-10",
        "phi": "auto:1", "batch": 7, "epochs": 2, "lr": "0.05",
        "count-cap": 15}),
    "image": (24, {  # a projection of it; an average within a block
        "net": "4C3s2p1-4C3p1-P2avg-R2C3s4p1-10", "phi": "auto:1",
        "batch": 7, "epochs": 2, "lr": "1e-1", "count-cap": 15}),
    "single": (30, {
        "net": "10", "batch": 7, "epochs": 2, "lr": "0.000001",
        "readout-rate": "16", "augment": "elastic:64", "smoothing": "0.5",
        "weight-decay": "1", "input-levels": 255, "seed": 0,
        "standardise": "on", "phi": "auto:1"}),
}

# Runs that go on from a model: samples and options of the model's, then of
# theirs; options that are not given are the model's.
ADAPTED = {
    "chip": (40, {
        "net": "4C5-P2-6C3s2p1-P2max-12-10", "weight-bits": 8, "batch": 8,
        "count-cap": 15, "phi": "auto:1"}, 30, {
        "batch": 1, "momentum": 0, "master-bits": 16, "rate": "shift",
        "schedule": "constant", "warmup": 0, "lr": "0.02", "phi": "kept",
        "count-cap": 7}),
    "classes": (30, {
        "data": "mnist", "net": "19x22-4C5s4-6C3-8-10", "batch": 8,
        "standardise": "on", "phi": "auto:2", "momentum": "0.5"}, 20, {
        "data": "mnist6", "net": "4C5s4-6C3-8-6", "freeze": "0,2",
        "phi": "kept", "batch": 5, "seed": 7, "rate": "shift"}),
    "readout": (30, {
        "net": "4C5s4-4C3p1-R1-6C3p1-6C3p1-R2C1-Pavg-10", "phi": "auto:1",
        "batch": 6, "master-bits": 16, "rounding": "stochastic"}, 25, {
        "new-readout": True, "freeze": "0-1", "phi": "kept",
        "master-bits": 32, "dither": "on", "lr": "0.1"}),
    "measured": (30, {
        "net": "4C5s4-4C3p1-R1-P2-12-10", "weight-bits": 8, "batch": 6}, 25, {
        "freeze": "hidden", "phi": "auto:1", "augment": "affine",
        "master-bits": 16, "input-levels": 31}),
}

# One run past the last step at which thresholds are found.
LONG = {
    "auto": (60, {
        "net": "4C5s2-(6C3s2p1-6C3p1-R2C1s2-D2)x2-P2avg-12-10",
        "standardise": "on", "phi": "auto:1", "dither": "on", "batch": 8,
        "epochs": 14, "lr": "0.2", "clip": "0.01", "spike-limit": "0.5",
        "augment": "affine+crop:2+flip", "schedule": "cosine",
        "weight-bits": 8, "count-cap": 15, "rounding": "stochastic",
        "weight-decay": "0.0002"}),
}
