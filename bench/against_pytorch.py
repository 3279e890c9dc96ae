#!/usr/bin/python3
"""Samples a second of PyTorch and spikegrad, same topology, same images.

Both are measured alternately in one run, so that a noisy machine is noisy for
both; what counts is the ratio within a round, printed as its median and range.

PyTorch trains the ordinary float network: ReLU, MaxPool2d where the topology
says P or Pmax (our P is a sum, which an ordinary network would not use),
cross entropy, SGD with momentum. It is made as fast as it can be: a tuning
phase chooses memory layout, batch, how threads wait, the instruction set of
its own kernels and the threads of BLAS, for training and inference apart. Its
settings are read from the environment as it starts, so it lives in worker
processes; this one never imports it.

--spiking T also measures a spiking network of that topology, T time steps of
integrate-and-fire neurons with surrogate gradient through time. It stands for
snnTorch and SpikingJelly, which Debian does not have, and is written to be no
slower: the first layer sees a constant input and is computed once, the others
take all time steps as one batch, and the backward pass of the neuron is
written out.

Debian's torch belongs to /usr/bin/python3 (python3-torch, python3-numpy, and
libopenblas0-openmp). Without it the exit status is 77. The table goes to
stdout, everything else to stderr.
"""
import argparse
import gzip
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import time

SKIP = 77
IMAGES_MAX = 10000  # more than any cache holds; loading all would take longer
WAITS = {"spin": None, "sleep": "1000"}  # libgomp: iterations before a thread
KERNELS = {"avx2": None, "avx512": "avx512"}  # sleeps; ATen: default is AVX2
HELD = {  # to one instruction set: what keeps PyTorch's parts to it
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2",
             "DNNL_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"},
    "avxvnni": {"ATEN_CPU_CAPABILITY": "avx2",
                "ONEDNN_MAX_CPU_ISA": "AVX2_VNNI",
                "DNNL_MAX_CPU_ISA": "AVX2_VNNI",
                "OPENBLAS_CORETYPE": "Haswell"},
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"against_pytorch: {text}")


# ---- topology and images ----------------------------------------------------

def parse_item(item):
    conv = re.fullmatch(r"(\d+)C(\d+)(?:s(\d+))?(?:p(\d+))?", item)
    pool = re.fullmatch(r"P(\d+)(max|avg)?", item)
    if conv:
        channels, kernel, stride, pad = (int(g or 0) for g in conv.groups())
        return {"kind": "conv", "n": channels, "k": kernel,
                "s": stride or 1, "p": pad}
    if pool:
        average = pool[2] == "avg"
        return {"kind": "avg" if average else "max", "k": int(pool[1])}
    if item.isdigit():
        return {"kind": "dense", "n": int(item)}
    return fail(f"'{item}': expected NCk[sS][pP], Pk[max|avg] or a number")


def parse_net(net, shape):
    """Layers with the shape (height, width, channels) of their outputs."""
    items = net.split("-")
    if re.fullmatch(r"\d+x\d+(x\d+)?", items[0]):
        stated = tuple(int(n) for n in items.pop(0).split("x"))
        if (stated + (1,))[:3] != shape:
            fail(f"input {stated}, but the images are {shape}")
    layers = []
    for item in items:
        layer = parse_item(item)
        height, width, channels = layer["in"] = shape
        if layer["kind"] == "dense":
            shape = (1, 1, layer["n"])
        else:
            pad, step = layer.get("p", 0), layer.get("s", layer["k"])
            height, width = ((size + 2 * pad - layer["k"]) // step + 1
                             for size in (height, width))
            shape = (height, width, layer.get("n", channels))
        if min(shape) < 1:
            fail(f"{item} does not fit its input {layer['in']}")
        layer["out"] = shape
        layers.append(layer)
    return layers


def read_idx(folder, stem, dims):
    import numpy
    base = os.path.join(folder, stem)
    for path in (f"{base}{mark}idx{dims}-ubyte{end}"
                 for mark in "-." for end in ("", ".gz")):
        if os.path.exists(path):
            with (gzip.open if path.endswith(".gz") else open)(path) as file:
                head = numpy.frombuffer(file.read(4 * (dims + 1)), ">u4")
                count = min(int(head[1]), IMAGES_MAX)
                size = [count] + [int(n) for n in head[2:]]
                content = file.read(int(numpy.prod(size)))
            return numpy.frombuffer(content, "u1").reshape(size)
    return fail(f"{folder}: no {stem}-idx{dims}-ubyte or .gz")


def read_cifar(folder):
    import numpy
    path = os.path.join(folder, "data_batch_1.bin")
    if not os.path.exists(path):
        fail(f"{folder}: no data_batch_1.bin")
    records = numpy.fromfile(path, "u1").reshape(-1, 1 + 3 * 32 * 32)
    return records[:IMAGES_MAX, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def read_data(spec):
    """Pixels, uint8 of count x channels x height x width, and labels."""
    kind, _, rest = spec.partition(":")
    folder = rest.split(",")[0]
    if kind == "mnist":
        pixels = read_idx(folder, "train-images", 3)
        return pixels[:, None], read_idx(folder, "train-labels", 1)
    if kind == "cifar10":
        return read_cifar(folder)
    return fail(f"--data {spec}: expected mnist:DIR or cifar10:DIR")


def input_shape(spec):
    return (28, 28, 1) if spec.startswith("mnist:") else (32, 32, 3)


# ---- the worker: the only process that imports torch ------------------------

def build_layer(torch, layer):
    nn = torch.nn
    height, width, channels = layer["in"]
    if layer["kind"] == "conv":
        return nn.Conv2d(channels, layer["n"], layer["k"], layer["s"],
                         layer["p"])
    if layer["kind"] == "dense":
        return nn.Linear(height * width * channels, layer["n"])
    return (nn.AvgPool2d if layer["kind"] == "avg" else
            nn.MaxPool2d)(layer["k"])


def ann_model(torch, layers):
    modules, flat = [], False
    for layer in layers:
        if layer["kind"] == "dense" and not flat:
            modules.append(torch.nn.Flatten())
            flat = True
        modules.append(build_layer(torch, layer))
        if layer["kind"] in ("conv", "dense") and layer is not layers[-1]:
            modules.append(torch.nn.ReLU())
    return torch.nn.Sequential(*modules)


def spikes_function(torch):
    """Spikes of integrate-and-fire neurons for currents of T x batch x ..."""

    class Spikes(torch.autograd.Function):
        @staticmethod
        def forward(ctx, current):
            before = torch.empty_like(current)  # membrane before the reset
            spikes = torch.empty_like(current)
            membrane = torch.zeros_like(current[0])
            for t in range(current.shape[0]):
                torch.add(membrane, current[t], out=before[t])
                torch.ge(before[t], 1.0, out=spikes[t])
                membrane = before[t] - spikes[t]
            ctx.save_for_backward(before)
            return spikes

        @staticmethod
        def backward(ctx, gradient):
            # Derivative of the arc tangent for that of the step; the reset
            # is detached, so the membrane hands its gradient on unchanged.
            (before,) = ctx.saved_tensors
            slope = before.sub(1.0).mul_(3.14159265).square_().add_(1.0)
            result = gradient.div(slope)
            for t in range(result.shape[0] - 2, -1, -1):
                result[t].add_(result[t + 1])
            return result

    return Spikes.apply


def snn_model(torch, layers, steps):
    spikes = spikes_function(torch)

    class Spiking(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = torch.nn.ModuleList(build_layer(torch, layer)
                                             for layer in layers)

        def forward(self, x):
            batch, constant = x.shape[0], True
            for part, layer in zip(self.parts, layers):
                if layer["kind"] == "dense":
                    x = x.flatten(1)
                x = part(x)
                if layer["kind"] in ("conv", "dense"):
                    every = (x.unsqueeze(0).expand(steps, *x.shape) if constant
                             else x.view(steps, batch, *x.shape[1:]))
                    x, constant = spikes(every).flatten(0, 1), False
            return x.view(steps, batch, -1).sum(0)

    return Spiking()


class Subject:
    """One network with its settings: what a measurement runs."""

    def __init__(self, torch, layers, task, data):
        self.torch, self.data = torch, data
        self.batch, self.layout = task["batch"], task["layout"]
        self.half = task["precision"] == "bfloat16"
        self.train = task["mode"] == "train"
        torch.manual_seed(1)
        self.model = (snn_model(torch, layers, task["spiking"])
                      if task["spiking"] else ann_model(torch, layers))
        self.model.train(self.train)
        if self.layout == "channels_last":
            self.model.to(memory_format=torch.channels_last)
        if self.layout == "mkldnn" and not self.train:  # packs the weights
            from torch.utils import mkldnn
            kind = torch.bfloat16 if self.half else torch.float
            self.model = mkldnn.to_mkldnn(self.model, kind)
        if self.train:
            self.optimiser = torch.optim.SGD(self.model.parameters(), 0.01,
                                             0.9, foreach=True)

    def pick(self):
        torch, (pixels, labels) = self.torch, self.data
        chosen = torch.randint(0, len(labels), (self.batch,))
        form = (torch.channels_last if self.layout == "channels_last"
                else torch.contiguous_format)
        x = pixels[chosen].to(torch.float, memory_format=form).mul_(1 / 255)
        if self.layout == "mkldnn":
            half = self.half and not self.train
            x = x.to_mkldnn(torch.bfloat16 if half else torch.float)
        return x, labels[chosen]

    def output(self, x):
        if self.half and (self.train or self.layout != "mkldnn"):
            with self.torch.autocast("cpu", self.torch.bfloat16):
                y = self.model(x)
        else:
            y = self.model(x)
        return (y.to_dense() if y.is_mkldnn else y).float()

    def step(self):
        x, labels = self.pick()
        if not self.train:
            with self.torch.inference_mode():
                return self.output(x)
        self.optimiser.zero_grad(set_to_none=True)
        cross_entropy = self.torch.nn.functional.cross_entropy
        loss = cross_entropy(self.output(x), labels)
        loss.backward()
        return self.optimiser.step()

    def rate(self, seconds):
        count, start = 0, time.perf_counter()
        while count < 1 or time.perf_counter() - start < seconds:
            self.step()
            count += 1
        return count * self.batch / (time.perf_counter() - start)

    def best_rate(self, seconds, repeats):
        self.step()
        return max(self.rate(seconds) for _ in range(repeats))


def work(options):
    """Answers each task, a line of JSON, with a line of JSON."""
    import torch
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    pixels, labels = read_data(options.data)
    data = (torch.tensor(pixels), torch.tensor(labels, dtype=torch.long))
    layers = parse_net(options.net, input_shape(options.data))
    subjects = {}
    for line in sys.stdin:
        task = json.loads(line)
        seconds, repeats = task.pop("seconds"), task.pop("repeats")
        key = json.dumps(task)
        try:
            if key not in subjects:
                subjects.clear()  # one at a time: they are large
                subjects[key] = Subject(torch, layers, task, data)
            answer = {"rate": subjects[key].best_rate(seconds, repeats),
                      "version": torch.__version__}
        except RuntimeError as error:  # a layout that lacks an operator
            answer = {"rate": 0, "error": str(error).splitlines()[0]}
        print(json.dumps(answer), flush=True)


# ---- the opponent, as the measuring process sees it -------------------------

class Workers:
    """A worker for each setting of the environment; started when needed."""

    def __init__(self, options):
        self.options, self.running = options, {}
        self.version = None

    def environment(self, setting):
        _, wait, kernels, blas = setting
        changes = {
            # large tensors must not be mapped and zeroed afresh in each step
            "MALLOC_MMAP_MAX_": "0",
            "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
            "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
            "MALLOC_TOP_PAD_": str(64 << 20),
            "OPENBLAS_NUM_THREADS": str(blas),
            "OMP_NUM_THREADS": str(self.options.threads),
            "GOMP_SPINCOUNT": WAITS[wait],
            "ATEN_CPU_CAPABILITY": KERNELS[kernels],
            **HELD.get(self.options.isa, {}),
        }
        return {**os.environ,
                **{k: v for k, v in changes.items() if v is not None}}

    def start(self, setting):
        options = self.options
        return subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "--worker",
             "--net", options.net, "--data", options.data,
             "--threads", str(options.threads)],
            env=self.environment(setting), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def measure(self, mode, choice, seconds, repeats=1):
        setting = (mode, choice["wait"], choice["kernels"], choice["blas"])
        worker = self.running.get(setting)
        if worker is None:
            worker = self.running[setting] = self.start(setting)
        task = {"mode": mode.split()[-1], "seconds": seconds,
                "repeats": repeats,
                "spiking": self.options.spiking if "spiking" in mode else 0,
                **{k: choice[k] for k in ("batch", "layout", "precision")}}
        worker.stdin.write(json.dumps(task) + "\n")
        worker.stdin.flush()
        line = worker.stdout.readline()
        if not line:
            fail("PyTorch ended without an answer")
        answer = json.loads(line)
        self.version = answer.get("version", self.version)
        return answer

    def keep(self, mode, choice):
        """Ends the workers of this mode that have other settings."""
        wanted = (mode, choice["wait"], choice["kernels"], choice["blas"])
        for setting in [s for s in self.running
                        if s[0] == mode and s != wanted]:
            worker = self.running.pop(setting)
            worker.stdin.close()
            worker.wait()

    def end(self):
        for worker in self.running.values():
            worker.kill()
            worker.wait()


def has_avx512():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            return "avx512vl" in file.read()
    except OSError:
        return False


def fitting(batches, options):
    """The batches whose spiking activations take at most half the memory."""
    layers = parse_net(options.net, input_shape(options.data))
    neurons = sum(h * w * c for h, w, c in (layer["out"] for layer in layers))
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2
    each = neurons * options.spiking * 4 * 5  # currents, spikes, gradients
    return [b for b in batches if b * each < available] or [min(batches)]


def axes_of(mode, options):
    """What is tuned, in this order; the first value is where it starts."""
    spiking = "spiking" in mode
    several = options.threads > 1
    return {
        "layout": (["contiguous", "channels_last"] if spiking else
                   ["mkldnn", "contiguous", "channels_last"]),
        "precision": (["float32", "bfloat16"] if options.bf16 and not spiking
                      else ["float32"]),
        "wait": ["sleep", "spin"] if several else ["spin"],
        "kernels": (["avx2", "avx512"]
                    if has_avx512() and options.isa not in HELD else ["avx2"]),
        "blas": [1, options.threads] if several else [1],
        "batch": (fitting(options.spiking_batch, options) if spiking
                  else options.batch),
    }


def tune(workers, mode, options):
    """Axis by axis to the fastest setting; layouts again in the end, because
    the first ones were measured under other settings."""
    axes = axes_of(mode, options)
    choice = {axis: values[0] for axis, values in axes.items()}
    best, seen = -1, {}
    for axis in [*axes, "layout"]:
        for value in axes[axis]:
            trial = {**choice, axis: value}
            key = json.dumps(trial)
            if key in seen:
                continue
            answer = workers.measure(mode, trial, options.tune_seconds / 2, 2)
            seen[key] = answer["rate"]
            say(f"tuning {mode}: {describe(trial)}: {answer['rate']:.1f}/s "
                f"{answer.get('error', '')}")
            if answer["rate"] > best:
                best, choice = answer["rate"], trial
        workers.keep(mode, choice)
    if best <= 0:
        fail(f"PyTorch ran with no setting ({mode})")
    return choice


def describe(choice):
    precision = "" if choice["precision"] == "float32" else ", bfloat16"
    return (f"batch {choice['batch']}, {choice['layout']}{precision}, "
            f"{choice['wait']}, {choice['kernels']}, blas {choice['blas']}")


# ---- ours -------------------------------------------------------------------

def ours_command(options, seconds):
    command = [options.spikegrad, "bench", "--net", options.net,
               "--data", options.data, "--batch", str(options.our_batch),
               "--threads", str(options.threads),
               "--seconds", f"{seconds:g}", "--rounds", "1", "--json"]
    if options.checkpoint:
        command += ["--from", options.checkpoint]
    if options.weight_bits:
        command += ["--weight-bits", str(options.weight_bits)]
    return command + options.extra


def measure_ours(options, seconds):
    command = ours_command(options, seconds)
    try:
        held = {"SPIKEGRAD_ISA": options.isa} if options.isa else {}
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              check=False, env={**os.environ, **held})
        if done.returncode:
            fail(f"exit status {done.returncode} of {' '.join(command)}")
        return json.loads(done.stdout)
    except OSError as error:
        return fail(f"{options.spikegrad}: {error.strerror}")
    except ValueError:
        return fail(f"no JSON from {' '.join(command)}")


# ---- the run ----------------------------------------------------------------

def modes_of(options):
    kinds = [k for k in ("train", "infer")
             if k == options.only or not options.only]
    modes = [] if options.spiking_only else list(kinds)
    return modes + [f"spiking {k}" for k in kinds if options.spiking]


def run_rounds(workers, choices, options):
    """Rates of ours by kind and of PyTorch by mode, an entry each round."""
    ours, theirs = {"train": [], "infer": []}, {mode: [] for mode in choices}
    about = {}

    def our_turn():
        nonlocal about
        about = measure_ours(options, options.seconds)
        for kind, rates in ours.items():
            rates.append(about.get(f"{kind}_samples_per_second") or 0)

    def their_turn():
        for mode, choice in choices.items():
            answer = workers.measure(mode, choice, options.seconds)
            theirs[mode].append(answer["rate"])

    for i in range(options.rounds):
        turns = [their_turn, our_turn]
        for turn in turns if i % 2 else reversed(turns):
            turn()  # who goes first changes: a drift favours neither
        say(f"round {i + 1}: ours {ours['train'][-1]:.1f} train, "
            f"{ours['infer'][-1]:.1f} infer; PyTorch " +
            ", ".join(f"{r[-1]:.1f} {mode}" for mode, r in theirs.items()))
    return ours, theirs, about


def spread(values):
    return {"median": statistics.median(values), "min": min(values),
            "max": max(values)}


def summary(workers, choices, ours, theirs, about, options):
    rows = []
    for mode, choice in choices.items():
        mine = ours[mode.split()[-1]]
        ratios = [a / b for a, b in zip(mine, theirs[mode]) if b > 0]
        rows.append({"what": mode, "ours": statistics.median(mine),
                     "pytorch": statistics.median(theirs[mode]),
                     "ratio": spread(ratios or [0]), "setting": choice})
    return {"net": options.net, "data": options.data.partition(":")[0],
            "threads": options.threads, "rounds": options.rounds,
            "seconds": options.seconds, "spiking": options.spiking,
            "torch": workers.version, "isa": about.get("isa"),
            "held": options.isa,
            "batch": about.get("batch"), "results": rows}


def print_table(result):
    steps = f"; spiking: T={result['spiking']}" if result["spiking"] else ""
    print(f"{result['net']}, {result['data']}, threads: "
          f"{result['threads']}, medians of {result['rounds']}{steps}")
    held = f", held to {result['held']}" if result["held"] else ""
    print(f"ours: {result['isa']}, batch {result['batch']}; "
          f"PyTorch {result['torch']}{held}")
    print(f"{'samples/s':<14}{'ours':>10}{'PyTorch':>10}"
          f"  {'ratio (min..max)':>22}  setting of PyTorch")
    for row in result["results"]:
        ratio = row["ratio"]
        text = (f"{ratio['median']:.3g} ({ratio['min']:.3g}.."
                f"{ratio['max']:.3g})" if row["ours"] else "-")
        print(f"{row['what']:<14}{row['ours']:>10.1f}{row['pytorch']:>10.1f}"
              f"  {text:>22}  {describe(row['setting'])}")


def numbers(text):
    return [int(n) for n in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Arguments after -- go to spikegrad bench.")
    add = parser.add_argument
    add("--net", required=True, help="topology, as spikegrad has it")
    add("--data", required=True, help="mnist:DIR or cifar10:DIR")
    add("--batch", type=numbers, default=[128, 64, 256],
        help="batches PyTorch may choose from (128,64,256)")
    add("--our-batch", type=int, default=128, help="batch of ours (128)")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)),
        help="of both (all)")
    add("--rounds", type=int, default=7, help="of measurement (7)")
    add("--seconds", type=float, default=2, help="a measurement (2)")
    add("--tune-seconds", type=float, default=1, help="a trial setting (1)")
    add("--from", dest="checkpoint", help="checkpoint that ours starts from")
    add("--weight-bits", type=int, choices=(8, 16), help="of ours")
    add("--isa", choices=sorted(HELD),
        help="holds both sides to one instruction set")
    add("--spikegrad", default="build/release/spikegrad", help="the command")
    add("--spiking", type=int, default=0, metavar="T",
        help="also time a spiking network of T steps")
    add("--spiking-batch", type=numbers, default=[64, 16, 128],
        help="batches it may choose from (64,16,128)")
    add("--spiking-only", action="store_true", help="leave out the ANN")
    add("--bf16", action="store_true", help="let PyTorch choose bfloat16")
    add("--train-only", dest="only", action="store_const", const="train")
    add("--infer-only", dest="only", action="store_const", const="infer")
    add("--json", action="store_true", help="JSON in place of the table")
    add("--worker", action="store_true", help=argparse.SUPPRESS)
    given, extra = sys.argv[1:], []
    if "--" in given:
        at = given.index("--")
        given, extra = given[:at], given[at + 1:]
    options = parser.parse_args(given)
    options.extra = extra
    if options.spiking_only and not options.spiking:
        parser.error("--spiking-only needs --spiking T")
    for name in ("threads", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name}: expected 1 or more")
    return options


def check(options):
    """Finds what is wrong before minutes of tuning do."""
    for module in ("torch", "numpy"):
        if importlib.util.find_spec(module) is None:
            say(f"against_pytorch: no {module} for {sys.executable}; skipped "
                f"(Debian: python3-{module})")
            sys.exit(SKIP)
    read_data(options.data)
    parse_net(options.net, input_shape(options.data))
    if not os.access(options.spikegrad, os.X_OK):
        fail(f"{options.spikegrad}: no such command; ./dev build makes it")
    measure_ours(options, 0.1)


def main():
    options = arguments()
    if options.worker:
        return work(options)
    check(options)
    workers = Workers(options)
    try:
        choices = {mode: tune(workers, mode, options)
                   for mode in modes_of(options)}
        result = summary(workers, choices,
                         *run_rounds(workers, choices, options), options)
    finally:
        workers.end()
    if options.json:
        print(json.dumps(result))
    else:
        print_table(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
