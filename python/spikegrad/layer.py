"""A layer of a network and its arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Tuple

import numpy as np

from . import _core
from ._arrays import Array, Shape, as_array, view
from .errors import ArgumentError, RangeError

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Layer"]


class Layer:
    """A layer as it is now: what it is, and its arrays.

    Arrays are read-only views of the network's own memory, which follow when
    it learns; copy() what is to stay. Setting one, ``layer.weight = values``,
    writes it to the network: masters are set, and weights and biases follow
    from them.
    """

    def __init__(self, network: Network, index: int) -> None:
        self._network = network
        info = _core.network_layer(network._handle, index)
        #: number of the layer, from 0 at the input side
        self.index: int = index
        #: "convolution", "fully connected", "max pooling", ...
        self.kind: str = info["kind"]
        #: as in the topology, "15C5"
        self.name: str = info["name"]
        #: (height, width, channels)
        self.input_shape: Shape = info["input_shape"]
        self.output_shape: Shape = info["output_shape"]
        #: (height, width); a kernel of (0, 0) where none slides
        self.kernel: tuple[int, int] = info["kernel"]
        self.stride: tuple[int, int] = info["stride"]
        self.padding: tuple[int, int] = info["padding"]
        self.neurons: int = info["neurons"]
        #: weights, without biases
        self.synapses: int = info["synapses"]
        #: multiply-adds of the dense ANN, forward
        self.dense_macs: int = info["dense_macs"]
        #: largest count that it can send on
        self.count_cap: int = info["count_cap"]
        #: firing threshold, in weight units; theta_in_use outside of training
        self.theta: int = info["theta"]
        self.theta_in_use: int = info["theta_in_use"]
        #: threshold of the error compartment
        self.phi: int = info["phi"]
        #: weights stay within +- this
        self.weight_limit: int = info["weight_limit"]
        #: largest charge and error charge that can arrive
        self.charge_bound: int = info["charge_bound"]
        self.error_bound: int = info["error_bound"]
        #: sender whose spikes arrive: 0 the image, k + 1 layer k; and the
        #: second one of an addition
        self.source: int = info["source"]
        self.skip: int = info["skip"]
        #: dropout: one unit in this many takes part; else 0
        self.keep: int = info["keep"]
        #: it has weights, and does not learn
        self.frozen: bool = bool(info["frozen"])

    def _rows(self) -> Dict[str, Any]:
        return {row[0]: row for row in
                _core.network_arrays(self._network._handle, self.index)}

    @property
    def array_names(self) -> List[str]:
        """Names of its arrays, as in a checkpoint; none without weights."""
        return list(self._rows())

    def array(self, name: str) -> Array:
        """One of its arrays, a read-only view: int8, int16 or int32.

        Convolutions have weights (out channels, kernel height, kernel width,
        in channels), fully connected layers (out, in); all else one axis.
        """
        row = self._rows().get(name)
        if row is None:
            raise AttributeError(
                f"layer {self.index} ({self.name}): has no {name!r}")
        _, shape, _, _, _, bits, address = row
        if address is not None:
            return view(address, shape, f"i{bits // 8}",
                        self._network._handle)
        value = np.empty(shape, np.int32)
        _core.network_read(self._network._handle, self.index, name,
                           value.size, value)
        value.flags.writeable = False
        return value

    def limits(self, name: str) -> Tuple[int, int]:
        """What the elements of an array may be set to: (low, high)."""
        row = self._rows().get(name)
        if row is None:
            raise AttributeError(
                f"layer {self.index} ({self.name}): has no {name!r}")
        return row[2], row[3]

    def set_array(self, name: str, values: Any) -> None:
        """Sets one: integers of its shape, or one number for all of them."""
        shape = self.array(name).shape
        given = as_array(values)
        if given.dtype.kind not in "bui":
            if given.dtype.kind != "f" or not np.all(given == np.rint(given)):
                raise ArgumentError(
                    f"layer {self.index} ({self.name}): {name}: expected "
                    "integers; load_state_dict quantises floats")
        if given.ndim and given.shape != shape:
            raise ArgumentError(
                f"layer {self.index} ({self.name}): {name}: {given.shape}, "
                f"expected {shape}")
        low, high = self.limits(name)
        if given.size and (given.min() < low or given.max() > high):
            worst = given.min() if given.min() < low else given.max()
            raise RangeError(
                f"layer {self.index} ({self.name}): {name}: {worst}, "
                f"expected {low}..{high}")
        whole = np.ascontiguousarray(np.broadcast_to(given, shape), np.int32)
        _core.network_write(self._network._handle, self.index, name,
                            whole.size, whole)

    def __dir__(self) -> List[str]:
        known = set(_ARRAYS)
        return [name for name in object.__dir__(self)
                if name not in known] + self.array_names

    def __repr__(self) -> str:
        h, w, c = self.output_shape
        return (f"<Layer {self.index} {self.name!r}: {self.kind}, to "
                f"{h}x{w}x{c}, {self.synapses} weights>")


_ARRAYS = {
    "weight": "forward weights, int8 or int16, in units of 1/theta of a "
              "threshold",
    "weight_master": "master weights, int32, of which weights are the rounding",
    "weight_velocity": "momentum of the masters, int32",
    "bias": "biases, int32, (out channels,)",
    "bias_master": "master biases, int32",
    "bias_velocity": "momentum of the biases, int32",
    "gain": "learned gains of a standardised layer, int32, in 2^-16",
    "gain_velocity": "momentum of the gains, int32",
    "theta_bits": "log2 of the firing threshold, (1,)",
    "phi_bits": "log2 of the error threshold, (1,)",
}


def _add_arrays() -> None:
    for name, about in _ARRAYS.items():
        def read(self: Layer, name: str = name) -> Array:
            return self.array(name)

        def write(self: Layer, values: Any, name: str = name) -> None:
            self.set_array(name, values)

        setattr(Layer, name, property(read, write, None, about))


_add_arrays()
