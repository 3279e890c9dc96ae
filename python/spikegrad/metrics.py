"""What passes over data count: accuracy, loss, spikes and operations."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from . import _core
from ._arrays import Array

__all__ = ["Evaluation", "Metrics", "Observation", "Verification",
           "ACTIVITY"]

_FIELDS = ("spikes", "active", "saturated", "forward_ops", "error_spikes",
           "error_senders", "backward_ops", "gradient_ops")

# classes of which confusions are counted: more would take over 64 MiB
CONFUSION_MAX = 4096

#: dtype of `Metrics.layers`
ACTIVITY = np.dtype([(name, "u8") for name in _FIELDS])
assert ACTIVITY.itemsize == _core.about()["activity_size"]


class Metrics:
    """Sums over samples, in integers; divide by `samples`.

    layers: structured array, one row a layer: spikes sent, neurons active and
    saturated, additions of the forward pass, error spikes and their senders,
    additions of the backward pass and of the gradient.
    """

    def __init__(self, samples: int, correct: int, loss_q20: int,
                 layers: bytes) -> None:
        self.samples = samples
        self.correct = correct
        #: sum of the loss, in 2^-20
        self.loss_q20 = loss_q20
        self.layers: Array = np.frombuffer(layers, ACTIVITY)

    @property
    def accuracy(self) -> float:
        """Share that was right, 0..1."""
        return self.correct / self.samples if self.samples else float("nan")

    @property
    def loss(self) -> float:
        """Mean loss a sample: nats, or half squared errors."""
        if not self.samples:
            return float("nan")
        return self.loss_q20 / self.samples / 2.0**20

    def _tuple(self) -> Tuple[int, int, int, bytes]:
        return (self.samples, self.correct, self.loss_q20,
                self.layers.tobytes())

    def __add__(self, other: Metrics) -> Metrics:
        if not isinstance(other, Metrics):
            return NotImplemented
        layers = self.layers.view("u8") + other.layers.view("u8")
        return Metrics(self.samples + other.samples,
                       self.correct + other.correct,
                       self.loss_q20 + other.loss_q20, layers.tobytes())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Metrics):
            return NotImplemented
        return self._tuple() == other._tuple()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return Metrics, self._tuple()

    def __repr__(self) -> str:
        return (f"<{type(self).__name__}: {self.correct} of {self.samples} "
                f"right, {100 * self.accuracy:.2f} %, loss {self.loss:.4f}>")


class Evaluation(Metrics):
    """Metrics of a test, and who was taken for whom.

    confusion: uint32, (classes, classes), a row for each true class; of more
    than 4096 classes none are counted: (0, 0)
    """

    def __init__(self, metrics: Metrics, confusion: Array,
                 class_names: Sequence[str] = ()) -> None:
        super().__init__(*metrics._tuple())
        self.confusion = confusion
        self.class_names: List[str] = list(class_names)

    def __reduce__(self) -> Any:
        return Evaluation, (Metrics(*self._tuple()), self.confusion,
                            self.class_names)

    @property
    def recall(self) -> Array:
        """Share of each class that was recognised, float64, (classes,), or
        (0,) where confusions are not counted."""
        rows = self.confusion.sum(axis=1)
        return np.divide(np.diag(self.confusion), rows,
                         out=np.full(len(rows), np.nan), where=rows > 0)

    def _repr_html_(self) -> str:
        from .pictures import confusion_table

        return confusion_table(self)


class Verification(NamedTuple):
    """What `Network.verify` compared."""

    equal: bool
    samples: int
    compared: int  #: integers
    events: Dict[str, int]  #: spikes and synaptic operations simulated
    quantity: Optional[str]  #: of the first difference, or None
    sample: int
    layer: int
    element: int
    event_value: int
    ann_value: int

    def __repr__(self) -> str:
        spikes = (self.events["forward_spikes"]
                  + self.events["backward_spikes"])
        said = (f"{self.compared} integers of {self.samples} samples and "
                f"{spikes} spikes compared")
        if self.equal:
            return f"<Verification: {said}: all equal>"
        return (f"<Verification: {said}: {self.quantity} {self.element} of "
                f"layer {self.layer}, sample {self.sample}, is "
                f"{self.event_value} by events and {self.ann_value} in the "
                "fast engine>")


class Observation:
    """How spikes and errors of the layers are distributed, over samples.

    counts     uint64, (layers, 256): how often a neuron sent n spikes
    errors     uint64, (layers, 255): error spikes -127..127
    neurons, saturated, silent, errorless: uint64, (layers,)
    """

    _DTYPE = np.dtype([("neurons", "u8"), ("counts", "u8", 256),
                       ("errors", "u8", 255), ("saturated", "u8"),
                       ("silent", "u8"), ("errorless", "u8")])
    assert _DTYPE.itemsize == _core.about()["observation_size"]

    def __init__(self, samples: int, raw: bytes,
                 names: Sequence[str] = ()) -> None:
        rows = np.frombuffer(raw, self._DTYPE)
        self._raw = raw
        self.samples = samples
        self.layer_names = list(names)
        self.neurons: Array = rows["neurons"]
        self.counts: Array = rows["counts"]
        self.errors: Array = rows["errors"]
        self.saturated: Array = rows["saturated"]
        self.silent: Array = rows["silent"]
        self.errorless: Array = rows["errorless"]

    def __reduce__(self) -> Any:
        return Observation, (self.samples, self._raw, self.layer_names)

    def __repr__(self) -> str:
        return (f"<Observation of {self.samples} samples: silent neurons by "
                f"layer {self.silent.tolist()}>")
