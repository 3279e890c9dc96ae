#!/usr/bin/env python3
"""Training samples a second of PyTorch on a CUDA card, same topologies.

bf16 autocast, channels_last, torch.compile; M with CUDA graphs, in the ways
that PyTorch has them (mode="reduce-overhead", and a whole step that is captured
by hand, compiled or not), of which the fastest counts. ReLU, max pooling where ours pools, cross entropy, SGD
with momentum, batch normalisation where ours standardises rows. Images are
random and on the card already, and are augmented by nobody: what PyTorch need
not do counts for it. Exit code 77 without torch or a card.

    device_pytorch.py NET BATCH SECONDS
"""
import re
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    print("skipped: no torch")
    sys.exit(77)

NETS = {
    "M": "15C5-P2-40C5-P2-300-10",
    "C": "128C3p1-256C3p1-P2max-512C3p1-P2max-1024C3p1-512C3p1-1024-512-10",
    "best": "128C3p1-128C3p1-P2max-256C3p1-256C3p1-P2max-512C3p1-512C3p1-"
            "P2max-10",
}


def build(text, channels, side, normalise):
    layers, flat = [], False
    items = text.split("-")
    for n, item in enumerate(items):
        conv = re.fullmatch(r"(\d+)C(\d+)(?:p(\d+))?", item)
        pool = re.fullmatch(r"P(\d+)(max)?", item)
        if conv:
            out, k, p = (int(g or 0) for g in conv.groups())
            layers.append(nn.Conv2d(channels, out, k, padding=p,
                                    bias=not normalise))
            if normalise:
                layers.append(nn.BatchNorm2d(out))
            layers.append(nn.ReLU())
            channels, side = out, side + 2 * p - k + 1
        elif pool:
            layers.append(nn.MaxPool2d(int(pool.group(1))))
            side //= int(pool.group(1))
        else:
            if not flat:
                layers.append(nn.Flatten())
                channels, flat = channels * side * side, True
            layers.append(nn.Linear(channels, int(item)))
            channels = int(item)
            if n + 1 < len(items):
                layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def main():
    name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    if not torch.cuda.is_available():
        print("skipped: torch finds no CUDA card")
        sys.exit(77)
    mnist = name == "M"
    side, channels = (28, 1) if mnist else (32, 3)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    model = build(NETS[name], channels, side, not mnist).cuda()
    model = model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9,
                                weight_decay=5e-4, fused=True)
    loss_of = nn.CrossEntropyLoss()
    images = torch.randn(batch, channels, side, side, device="cuda").to(
        memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,), device="cuda")

    def passes(x, y):
        with torch.autocast("cuda", dtype=torch.bfloat16):
            return loss_of(model(x), y)

    def stepper(function, set_to_none=True):
        def step():
            optimiser.zero_grad(set_to_none=set_to_none)
            function(images, labels).backward()
            optimiser.step()
        return step

    def captured(step):
        """The step as one graph, after it has run on a stream of its own."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(5):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph.replay

    ways = {"compiled": lambda: stepper(torch.compile(passes))}
    if mnist:
        ways["reduce-overhead"] = lambda: stepper(
            torch.compile(passes, mode="reduce-overhead"), False)
        ways["captured"] = lambda: captured(stepper(passes, False))
        ways["captured, compiled"] = lambda: captured(
            stepper(torch.compile(passes), False))
    best = 0.0
    for way, make in ways.items():
        torch.compiler.reset()
        try:
            rate = measure(make(), seconds / len(ways))
        except Exception as error:  # one way fewer, which is said
            print(f"pytorch {way}: {str(error).splitlines()[0]}")
            continue
        print(f"pytorch {way}: {rate * batch:.0f} samples a second")
        best = max(best, rate)  # so far: the next way may be stopped
        print(f"pytorch train_samples_per_second {best * batch:.0f}")
        print(f"pytorch step_ms {1e3 / best:.4f}")
    if best == 0.0:
        sys.exit("no way worked")


def measure(step, seconds):
    """Steps a second."""
    for _ in range(10):
        step()
    torch.cuda.synchronize()
    steps, begin = 0, time.monotonic()
    while time.monotonic() - begin < seconds:
        for _ in range(5):
            step()
        steps += 5
        torch.cuda.synchronize()
    return steps / (time.monotonic() - begin)


main()
