"""The simulation of every spike."""

from __future__ import annotations

from typing import (TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple,
                    Union)

import numpy as np

from . import _core
from ._arrays import Array, records, struct_type, view
from .batch import sent_shape
from .errors import ArgumentError

if TYPE_CHECKING:
    from .network import Network

__all__ = ["ORDERS", "SPIKE", "Simulation", "order_number"]

#: orders of delivery of the simulation, docs/semantics.md
ORDERS = ("fifo", "lifo", "scatter", "turns", "random")

#: dtype of spikes: time, layer (0 is the image, k + 1 layer k), neuron
#: ((y * width + x) * channels + channel), sign, phase (0 forward, 1 backward),
#: input_time, of the input spike that was pushed last
SPIKE = struct_type(_core.about()["spike"], _core.about()["spike_size"],
                    signed=["sign"])


def order_number(order: str) -> int:
    """What the library calls an order of delivery."""
    if order not in ORDERS:
        raise ArgumentError(f"order: {order!r}, expected {', '.join(ORDERS)}")
    return ORDERS.index(order)


def _ends(values: Array) -> Tuple[int, ...]:
    """The lowest and the highest."""
    return (int(values.min()), int(values.max())) if values.size else ()


def _whole(name: str, given: Any, count: int, kind: Any,
           only: Sequence[int] = ()) -> Array:
    """count numbers as a type that can hold each of them; only: they are of
    these."""
    values = np.asarray(given)
    if values.size and values.dtype.kind not in "ui":
        raise ArgumentError(f"push: {name}: expected events, or whole "
                            "numbers")
    info = np.iinfo(kind)
    # as Python's numbers: NumPy would compare some of them as floats
    if only:
        wrong = [int(x) for x in np.unique(values) if int(x) not in only]
        expected = " or ".join(map(str, only))
    else:
        wrong = [x for x in _ends(values) if not info.min <= x <= info.max]
        expected = f"a whole number {info.min}..{info.max}"
    if wrong:
        raise ArgumentError(f"push: {name} {wrong[0]}, expected {expected}")
    return np.ascontiguousarray(np.broadcast_to(values, count), kind)


class Simulation:
    """The simulation of every spike, one image after the other.

    order      which spike is delivered next, one of `ORDERS`
    seed       of the order's draws
    record     whether spikes are kept for `events`: up to this many, or True
               for 2**26
    sent       spikes are recorded when they are sent, and time is the number
               of the delivery; else when neurons emit them, some of which are
               taken back before they are sent
    """

    def __init__(self, network: Network, order: str = "turns", seed: int = 1,
                 record: Union[bool, int] = True, sent: bool = False) -> None:
        most = 2**26 if record is True else int(record)
        self._network = network
        self._handle = _core.simulation_new(network._handle, order_number(order),
                                            seed, most, sent)
        self._layers = network.layers
        self._sent = sent_shape(network)
        self._at: Optional[Tuple[int, int]] = None

    def _image(self, image: Any) -> Array:
        images = self._network._images(image)
        if len(images) != 1:
            raise ArgumentError(f"one image expected, not {len(images)}")
        return images

    def present(self, image: Any) -> Simulation:
        """Forward pass of an image as in use, until no neuron can fire."""
        self._at = None
        _core.simulation_present(self._handle, self._image(image), None, 0)
        return self

    def learn(self, image: Any, label: int, step: Optional[int] = None,
              sample: int = 0) -> Simulation:
        """Forward and backward pass, as training has it at an optimiser step
        (by default the network's) for the sample of that number."""
        at = self._network.step if step is None else step
        _core.simulation_present(self._handle, self._image(image), at, sample)
        _core.simulation_learn(self._handle, label, at, sample)
        self._at = (at, sample)
        return self

    def begin(self, image: Any) -> int:
        """Presents an image whose input spikes have yet to arrive, in an
        order that the seed draws: how many there are."""
        self._at = None
        spikes: int = _core.simulation_begin(self._handle, self._image(image))
        return spikes

    def arrive(self, spikes: int) -> Simulation:
        """The next of them, and all that follows until the network is at
        rest."""
        _core.simulation_arrive(self._handle, spikes)
        return self

    def start(self) -> Simulation:
        """An input without spikes, for those to be pushed."""
        self._at = None
        _core.simulation_start(self._handle)
        return self

    def push(self, spikes: Any, times: Any = 0, signs: Any = 1, *,
             strict: bool = True) -> int:
        """Input spikes one after the other, as a sensor brings them, with all
        that follows of each until the network is at rest; how many arrived.

        spikes: events of `Data.events`, which have their times; or numbers of
        input neurons, with times and signs (1, or -1 to take one back)
        strict: a spike of a neuron that takes no more is an error; else it is
        no input spike
        """
        given = np.atleast_1d(spikes)
        if given.dtype.names:
            neurons, times = given["neuron"], given["time"]
        else:
            neurons = given
        count = neurons.size
        arrived: int = _core.simulation_push(
            self._handle, _whole("neuron", neurons, count, np.uint32),
            _whole("time", times, count, np.uint64),
            _whole("sign", signs, count, np.int8, (-1, 1)), count, strict)
        return arrived

    def _view(self, what: str, layer: int, shape: Sequence[int],
              kind: str) -> Optional[Array]:
        address = _core.simulation_address(self._handle, what, layer)
        if address is None:
            return None
        return view(address, shape, kind, self._handle)

    @property
    def counts(self) -> List[Array]:
        """Spikes sent: counts[0] by the image, counts[k + 1] by layer k;
        uint8, (height, width, channels). Views, which the next image
        overwrites."""
        shapes = [self._sent] + [x.output_shape for x in self._layers[:-1]]
        found = [self._view("c", k, shape, "u1")
                 for k, shape in enumerate(shapes)]
        return [x for x in found if x is not None]

    @property
    def potentials(self) -> List[Optional[Array]]:
        """Membrane values of each layer, int32, (height, width, channels), or
        None; views."""
        return [self._view("p", k + 1, x.output_shape, "i4")
                for k, x in enumerate(self._layers)]

    @property
    def errors(self) -> List[Optional[Array]]:
        """Error spikes of each layer, int8, (height, width, channels), or
        None; views."""
        return [self._view("e", k + 1, x.output_shape, "i1")
                if x.synapses else None for k, x in enumerate(self._layers)]

    @property
    def logits(self) -> Array:
        """Membrane values of the last layer, int32, (classes,); a view."""
        last = self.potentials[-1]
        assert last is not None
        return last.reshape(-1)

    @property
    def label(self) -> int:
        """The class they stand for."""
        return int(self.logits.argmax())

    @property
    def totals(self) -> Dict[str, int]:
        """Spikes delivered and synaptic operations, since it was created."""
        found: Dict[str, int] = _core.simulation_totals(self._handle)
        return found

    def events(self) -> Array:
        """Spikes recorded since the last call, in the order in which they
        were sent: structured array of `SPIKE`, without a copy.

        Raises MemoryError if there were more than `record` or than fit.
        """
        buffer, address, count, whole = _core.simulation_events(self._handle)
        if not whole:
            raise MemoryError(
                f"events: more than the {count} that are recorded")
        return records(address, count, SPIKE, buffer)

    def __repr__(self) -> str:
        return f"<Simulation of {self._network!r}>"


def anytime_sample(simulation: Simulation, image: Array, label: int,
                    rows: Array) -> None:
    """Lets the spikes of an image arrive in shares; adds to rows."""
    halvings = len(rows) - 1
    before = simulation.totals["forward_spikes"]
    spikes = simulation.begin(image)
    arrived = 0
    said = []
    for p in range(halvings + 1):
        wanted = spikes >> (halvings - p)
        simulation.arrive(wanted - arrived)
        arrived = wanted
        said.append(simulation.label)
        rows["correct"][p] += said[-1] == label
        rows["input_spikes"][p] += arrived
        rows["spikes"][p] += simulation.totals["forward_spikes"] - before
    rows["settled"] += np.array(said) == said[-1]


def replay_sample(simulation: Simulation, events: Array, label: int,
                  step: int, rows: Array) -> None:
    """Plays a recording in its own time; adds to rows, which are `step`
    microseconds apart."""
    before = simulation.totals["forward_spikes"]
    simulation.start()
    times = events["time"]
    pushed = arrived = 0
    said = []
    for p in range(len(rows)):
        # the last row has what is left, whatever its time
        limit = len(events) if p + 1 == len(rows) else int(
            np.searchsorted(times, (p + 1) * step, "left"))
        if limit > pushed:
            arrived += simulation.push(events[pushed:limit], strict=False)
            pushed = limit
        said.append(simulation.label)
        rows["correct"][p] += said[-1] == label
        rows["input_spikes"][p] += arrived
        rows["spikes"][p] += simulation.totals["forward_spikes"] - before
    rows["settled"] += np.array(said) == said[-1]
