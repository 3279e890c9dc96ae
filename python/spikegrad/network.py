"""Networks: layers and their arrays, and using a trained one."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from typing import (Any, Callable, Dict, Iterator, List, Mapping, Optional,
                    Sequence, Union)

import numpy as np

from . import _core
from ._arrays import (Array, Shape, as_array, fit_axes, quantise,
                      replace_file, view)
from .batch import Batch
from .data import Data, PathLike, as_data
from .errors import ArgumentError, MismatchError, RangeError
from .exchange import load_state_dict, state_dict
from .layer import Layer
from .metrics import (CONFUSION_MAX, Evaluation, Metrics, Observation,
                      Verification)
from .nir import NirResult, read_nir, write_nir
from .recipe import Recipe
from .simulation import (Simulation, anytime_sample, order_number,
                         replay_sample)

__all__ = ["Network"]

Progress = Callable[[int, int], object]


class Network:
    """Layers with their thresholds and weights, and where their training
    stands.

    recipe  a `Recipe`, or its net as text: "15C5-P2-40C5-P2-300-10"
    data    what it is for: its shape and classes count, and the first 256
            images set the scale of the weights

    Many threads may use one network at a time, as long as none changes it.

    >>> from spikegrad import load
    >>> train, test = load("glyphs:train=300,test=100")
    >>> Network("4C5-P2-10", train)
    <Network 28x28x1 > 4C5-P2-10: 5860 synapses, 10 classes, 0 steps trained>
    """

    def __init__(self, recipe: Union[Recipe, str], data: Any) -> None:
        if isinstance(recipe, str):
            recipe = Recipe(recipe)
        data = as_data(data)
        self._take(_core.network_create(recipe.suited(data)._handle,
                                        data._handle))

    def _take(self, handle: Any) -> None:
        self._handle = handle
        info = _core.network_info(handle)
        #: (height, width, channels)
        self.input_shape: Shape = info["input"]
        self.classes: int = info["classes"]
        #: names of the classes, as the data had them; empty if they had none
        self.class_names: List[str] = info["class_names"]
        self.neurons: int = info["neurons"]
        #: weights, without biases
        self.synapses: int = info["synapses"]
        #: multiply-adds of the dense ANN for an image
        self.dense_macs: int = info["dense_macs"]
        self._recipe = Recipe._over(info["recipe"])
        self._count: int = info["layers"]
        self._local = threading.local()
        #: what became of the numbers of a NIR file, if it is from one
        self.nir: Optional[NirResult] = None

    @classmethod
    def _over(cls, handle: Any) -> Network:
        self = cls.__new__(cls)
        self._take(handle)
        return self

    # Files and copies.

    @classmethod
    def load(cls, path: PathLike, edited: bool = False) -> Network:
        """From a checkpoint, or the directory of a run.

        edited: another program has changed values: the checksum is not looked
        at, and forward weights follow from the masters
        """
        where = os.fspath(path)
        if os.path.isdir(where):
            where = os.path.join(where, "checkpoint.safetensors")
        handle, _ = _core.network_load(os.fsencode(where), edited)
        return cls._over(handle)

    @classmethod
    def from_bytes(cls, checkpoint: bytes, name: str = "memory") -> Network:
        """From the bytes of a checkpoint; name is what errors call it."""
        return cls._over(_core.network_load_bytes(checkpoint, name))

    @classmethod
    def from_nir(cls, path: PathLike, *, shape: Optional[Sequence[int]] = None,
                 steps: int = 1, graph_only: bool = False,
                 **options: Any) -> Network:
        """From a NIR file, of ours to the bit, or of another tool with
        quantised weights (docs/nir.md); `nir` then says what became of them.

        shape: (height, width, channels) of an image, for a graph whose input
        is a list
        steps: of the other tool that a sample lasts; a bias acts in each
        graph_only: the graph, although a checkpoint is in the file
        options: of the recipe, as for `Recipe`, where its own choice is not
        wanted
        """
        checkpoint, result = read_nir(path, shape, steps, graph_only, options)
        net = cls.from_bytes(checkpoint, os.fspath(path))
        net.nir = result
        return net

    def to_nir(self, path: PathLike) -> None:
        """Writes a NIR file that other tools read, and `from_nir` to the
        bit."""
        write_nir(self.to_bytes(), path)

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint; path has the old file or the new one, whole."""
        _core.network_save(self._handle, os.fsencode(path))

    def to_bytes(self) -> bytes:
        """The bytes of its checkpoint."""
        found: bytes = _core.network_save_bytes(self._handle)
        return found

    def copy(self) -> Network:
        """A network of its own with all that this one has."""
        new = Network.from_bytes(self.to_bytes())
        new.class_names = list(self.class_names)
        return new

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Network:
        return self.copy()

    def __reduce__(self) -> Any:
        return _rebuild, (self.to_bytes(), self.class_names)

    def arrays(self) -> Dict[str, Array]:
        """All arrays by the names that a checkpoint has for them,
        "layer.0.weight": views, for ``numpy.savez(path, **net.arrays())``,
        which `from_arrays` takes together with a recipe. `save_npz` writes
        all of a model."""
        return {f"layer.{x.index}.{name}": x.array(name)
                for x in self.layers for name in x.array_names}

    def save_npz(self, path: PathLike) -> None:
        """Writes what ``spikegrad convert MODEL --npz`` does: the arrays of
        its checkpoint, and the rest of that, its recipe too, as JSON in an
        array of bytes, "metadata". ``spikegrad convert FILE --out MODEL``
        gives the checkpoint back, to the bit."""
        checkpoint = self.to_bytes()
        begin = 8 + int.from_bytes(checkpoint[:8], "little")
        header = json.loads(checkpoint[8:begin])
        text = json.dumps(header.pop("__metadata__"), sort_keys=True,
                          separators=(",", ":"))
        arrays = {"metadata": np.frombuffer(text.encode(), np.uint8)}
        types = {"I8": "i1", "I16": "<i2", "I32": "<i4"}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            values = np.frombuffer(checkpoint[begin + first:begin + last],
                                   types[entry["dtype"]])
            arrays[name] = values.reshape(entry["shape"])
        archive = io.BytesIO()
        np.savez(archive, **arrays)
        replace_file(path, archive.getvalue())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], recipe: Recipe,
                    shape: Sequence[int], classes: int) -> Network:
        """A network of a recipe whose arrays are given, as `arrays` names
        them; what follows from others need not be there.

        shape: (height, width, channels) of an image
        """
        h, w, c = (tuple(shape) + (1, 1))[:3]
        draw = np.random.Generator(np.random.PCG64(1))
        images = draw.integers(0, 256, (64, h, w, c), dtype=np.uint8)
        some = Data(images, np.arange(64) % classes, classes=classes,
                    layout="NHWC", name="arrays")
        net = cls(recipe, some)
        net._set_arrays(arrays)
        return net

    def _set_arrays(self, arrays: Mapping[str, Any]) -> None:
        known = set()
        # thresholds bring limits and those of errors along, so they come
        # first; masters last, as weights and biases follow from them
        for layer in self.layers:
            key = f"layer.{layer.index}.theta_bits"
            if key in arrays:
                layer.set_array("theta_bits", arrays[key])
        order = ("theta_bits", "phi_bits", "weight", "bias", "gain",
                 "weight_master", "bias_master")
        for layer in self.layers:
            names = sorted(layer.array_names, key=lambda n: order.index(n)
                           if n in order else len(order))
            masters = f"layer.{layer.index}.weight_master" in arrays
            for name in names:
                key = f"layer.{layer.index}.{name}"
                known.add(key)
                if key in arrays and not (
                        name in ("weight", "bias") and masters):
                    layer.set_array(name, arrays[key])
        unknown = [key for key in arrays if key not in known]
        if unknown:
            raise ArgumentError(f"arrays: {unknown[0]!r} is none of the "
                                f"network's")

    # What it is.

    @property
    def layers(self) -> List[Layer]:
        """Its layers, from the input on."""
        return [Layer(self, i) for i in range(self._count)]

    @property
    def recipe(self) -> Recipe:
        """A copy of its recipe."""
        return self._recipe.copy()

    @property
    def net(self) -> str:
        """Its topology."""
        return self._recipe.text("net")

    @property
    def step(self) -> int:
        """Optimiser steps taken."""
        n: int = _core.network_info(self._handle)["step"]
        return n

    @property
    def epoch(self) -> int:
        """Whole epochs of its training that are done."""
        n: int = _core.network_info(self._handle)["epoch"]
        return n

    @property
    def epochs(self) -> int:
        """Epochs planned in all."""
        n: int = _core.network_info(self._handle)["epochs"]
        return n

    @property
    def data_name(self) -> str:
        """What it was trained on, as the run named it."""
        name: Optional[str] = _core.network_info(self._handle)["data"]
        return name or ""

    @property
    def data_hash(self) -> int:
        """`Data.hash` of what it was trained on; 0: not known."""
        n: int = _core.network_info(self._handle)["data_hash"]
        return n

    def training_memory(self, threads: int = 0) -> int:
        """Bytes that a trainer of it would hold."""
        n: int = _core.network_memory(self._handle, threads)
        return n

    # Using it.

    def _images(self, images: Any) -> Array:
        """Images of its shape as bytes, (N, height, width, channels)."""
        found = as_array(images)
        return quantise(fit_axes(found, self.input_shape), None)

    def _unlabelled(self, images: Any) -> Data:
        if isinstance(images, Data):
            return images
        pixels = self._images(images)
        labels = np.zeros(len(pixels), np.uint8)
        counts = 255 if self._recipe["input"] == "counts" else 0
        return Data._over(_core.data_over(pixels, labels, None, *pixels.shape,
                                          self.classes, counts))

    def logits(self, images: Any, threads: int = 0) -> Array:
        """Final membrane values, int32, (N, classes).

        images: `Data`, or an array of images: uint8, or floats within 0..1
        """
        data = self._unlabelled(images)
        n, at_once = len(data), 256
        out = np.empty((n, self.classes), np.int32)
        handle = _core.pass_new(self._handle, min(n, at_once), threads)
        for first in range(0, n, at_once):
            count = min(at_once, n - first)
            _core.pass_run(handle, data._handle, first, count, False)
            out[first:first + count] = view(
                _core.pass_address(handle, "l", 0), (count, self.classes),
                "i4", handle)
        return out

    def predict(self, images: Any, threads: int = 0) -> Array:
        """The class of each image, int64, (N,): that of the largest logit,
        the first one on a tie. images: as for `logits`."""
        return np.asarray(self.logits(images, threads).argmax(axis=1))

    def classify(self, image: Any, logits: Optional[Array] = None) -> int:
        """The class of one image, in microseconds, by one thread.

        image: uint8 of `input_shape`; anything else is turned into that
        logits: int32, (classes,), written; None: not wanted
        """
        local = self._local
        classifier = getattr(local, "classifier", None)
        version = _core.network_version(self._handle)
        if classifier is None or local.version != version:
            classifier = _core.classifier_new(self._handle)
            local.classifier, local.version = classifier, version
        if not (isinstance(image, np.ndarray) and image.dtype == np.uint8
                and image.shape == self.input_shape
                and image.flags.c_contiguous):
            images = self._images(image)
            if len(images) != 1:
                raise ArgumentError(f"one image expected, not {len(images)}")
            image = images[0]
        label: int = _core.classifier_run(classifier, image, logits)
        return label

    def evaluate(self, data: Any, *, threads: int = 0, flip: bool = False,
                 device: Optional[str] = None) -> Evaluation:
        """Accuracy, loss, confusion, spikes and operations over data.

        device: where, as for `Trainer`; changes no result
        flip: each image is shown a second time, mirrored left to right, and
        the logits of both views are added
        """
        data = as_data(data, self.classes)
        n, first = len(data), 0
        kept = self.classes if self.classes <= CONFUSION_MAX else 0
        confusion = np.zeros((kept, kept), np.uint32)
        part = np.empty_like(confusion) if kept else None
        sums: Optional[Metrics] = None
        # in parts, so that Ctrl-C is heard soon: what takes a tenth of a
        # second to a second, as it turns out
        count = int(min(n, max(256, 2e10 / max(self.dense_macs, 1))))
        while first < n:
            start = time.monotonic()
            found = Metrics(*_core.evaluate(self._handle, data._handle, first,
                                            count, threads, device, flip,
                                            part))
            if part is not None:
                confusion += part
            sums = found if sums is None else sums + found
            first += count
            if time.monotonic() - start < 0.25:
                count *= 2
            count = min(count, n - first)
        assert sums is not None
        return Evaluation(sums, confusion,
                          self.class_names or data.class_names)

    def score(self, data: Any) -> float:
        """Accuracy over data, 0..1."""
        return self.evaluate(data).accuracy

    def batch(self, data: Any, learn: bool = True,
              threads: int = 0) -> Batch:
        """Every spike count, logit, error and gradient of some samples.

        data: a batch of `Data`, at most as many samples as the recipe's batch
        to learn; or images alone, with ``learn=False``
        learn: forward and backward, as in training; else forward, as in use
        """
        found = as_data(data, self.classes) if learn \
            else self._unlabelled(data)
        return Batch(self, found, learn, threads)

    def observe(self, data: Any, samples: Optional[int] = None,
                threads: int = 0) -> Observation:
        """How spikes and errors are distributed over the first samples."""
        data = as_data(data, self.classes)
        n = min(256, len(data)) if samples is None else samples
        raw = _core.observe(self._handle, data._handle, n, threads)
        return Observation(n, raw, [x.name for x in self.layers])

    def simulate(self, image: Any, label: Optional[int] = None, *,
                 order: str = "turns", seed: int = 1,
                 record: Union[bool, int] = True,
                 sent: bool = False) -> Simulation:
        """Simulates every spike of an image; with a label also the errors
        that come down. The simulation has counts, potentials, events."""
        simulation = Simulation(self, order, seed, record, sent)
        if label is None:
            return simulation.present(image)
        return simulation.learn(image, label)

    def verify(self, data: Any, samples: Optional[int] = None, *,
               order: str = "random", seed: int = 1, threads: int = 0,
               device: Optional[str] = None,
               progress: Optional[Progress] = None) -> Verification:
        """Simulates every spike of the first samples, forward, backward,
        gradient and update, and compares every integer with the fast engine.

        threads: that simulate; change no result, but take memory each
        device: whose fast engine, as for `Trainer`
        progress: called with (done, total) now and then, with one thread after
        each sample
        Raises MismatchError, which has the `Verification`, at the first
        difference.
        """
        data = as_data(data, self.classes)
        n = min(10, len(data)) if samples is None else samples
        found = Verification(**_core.verify(
            self._handle, data._handle, n, order_number(order), seed, threads,
            device, progress))
        if not found.equal:
            error = MismatchError(repr(found))
            error.verification = found
            raise error
        return found

    def anytime(self, data: Any, samples: Optional[int] = None, *,
                halvings: int = 6, seed: int = 1) -> Array:
        """Accuracy while the input spikes are still arriving, in an order that
        the seed draws: as the command's anytime.

        Structured array, a row for each share of the input, 2**-halvings to
        1: share, samples, correct (as labelled), settled (as with all of the
        input), input_spikes, spikes (sums over the samples).
        """
        data = as_data(data, self.classes)
        n = min(100, len(data)) if samples is None else samples
        if not 1 <= n <= len(data):
            raise RangeError(f"{n} samples, expected 1 to {len(data)}")
        rows = np.zeros(halvings + 1, [
            ("share", "f8"), ("samples", "u8"), ("correct", "u8"),
            ("settled", "u8"), ("input_spikes", "u8"), ("spikes", "u8")])
        rows["share"] = 0.5 ** np.arange(halvings, -1, -1)
        rows["samples"] = n
        simulation = Simulation(self, "turns", seed, record=False)
        labels = data.labels
        for i in range(n):
            anytime_sample(simulation, data[i][0], int(labels[i]), rows)
        return rows

    def replay(self, data: Any, samples: Optional[int] = None, *,
               step: float = 25.0) -> Array:
        """Accuracy against time: the first recordings of data are played in
        their own order, event by event, and the class is read after every
        `step` milliseconds; as the command's anytime.

        Structured array, a row a point of time: ms, samples, correct (as
        labelled), settled (as at the end), input_spikes, spikes (sums over the
        samples).
        """
        n = min(100, len(data)) if samples is None else samples
        if not data.has_events:
            raise ArgumentError(f"{data.name}: no recordings of events")
        if not 1 <= n <= len(data):
            raise RangeError(f"{n} samples, expected 1 to {len(data)}")
        recordings = [data.events(i) for i in range(n)]
        last = max(int(r["time"][-1]) if len(r) else 0 for r in recordings)
        micro = int(round(step * 1000))
        rows = np.zeros(last // micro + 1, [
            ("ms", "f8"), ("samples", "u8"), ("correct", "u8"),
            ("settled", "u8"), ("input_spikes", "u8"), ("spikes", "u8")])
        rows["ms"] = step * np.arange(1, len(rows) + 1)
        rows["samples"] = n
        simulation = Simulation(self, "turns", record=False)
        for events, label in zip(recordings, data.labels):
            replay_sample(simulation, events, int(label), micro, rows)
        return rows

    # To and from PyTorch.

    def state_dict(self, names: Optional[Sequence[str]] = None
                   ) -> Dict[str, Array]:
        """Weights and biases as a PyTorch state_dict has them, float32, in
        units of a threshold: ``torch.as_tensor`` each.

        names: of the modules with weights, in order; by default "0", "1", ...
        A layer of the network then is ``clip(floor((conv(n) + bias) + 1/2),
        0, cap)`` of the counts n that arrive (fire = round). Convolutions are
        (out, in, height, width), and fully connected layers take what
        flattens from (channels, height, width).
        """
        return state_dict(self, names)

    def load_state_dict(self, state: Mapping[str, Any],
                        names: Optional[Sequence[str]] = None) -> int:
        """Takes weights and biases from a PyTorch state_dict, or from arrays
        named like one, quantised: ``master = round(w * theta * 2^shift)``, to
        the nearest, ties to even, cut at the layer's limit.

        state: its tensors or arrays; what has no ".weight" is passed over
        names: of the modules with weights, in order; by default those of
        `state` in its order
        Returns how many values were cut. A missing bias is 0. Velocities are
        set to 0.
        """
        return load_state_dict(self, state, names)

    def __repr__(self) -> str:
        h, w, c = self.input_shape
        return (f"<Network {h}x{w}x{c} > {self.net}: {self.synapses} "
                f"synapses, {self.classes} classes, {self.step} steps "
                f"trained>")

    def _repr_html_(self) -> str:
        from .pictures import layer_table

        return layer_table(self)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)


def _rebuild(checkpoint: bytes, names: Sequence[str]) -> Network:
    net = Network.from_bytes(checkpoint)
    net.class_names = list(names)
    return net


