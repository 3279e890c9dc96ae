"""Every integer of some samples in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

import numpy as np

from . import _core
from ._arrays import Array, Shape, view
from .data import Data
from .errors import ArgumentError

if TYPE_CHECKING:
    from .network import Network

__all__ = ["Batch", "sent_shape"]


def sent_shape(network: Network) -> Shape:
    """(height, width, channels) of the input spikes of an image."""
    h, w, c = network.input_shape
    return (h, w, 2 * c if network._recipe["input"] == "onoff" else c)


class Batch:
    """Every integer of some samples in one pass of the fast engine.

    logits   int32, (N, classes): final membrane values
    counts   one a sender: counts[0] is the image, counts[k + 1] layer k;
             uint8, (N, height, width, channels). The last layer sends none
    errors   one a layer: int8, (N, height, width, channels), or None for
             layers without weights and unless the pass was to learn
    labels   uint8, (N,), of the classes with the largest logit

    Read-only views of what the pass has left, without a copy.
    """

    def __init__(self, network: Network, data: Data, learn: bool,
                 threads: int) -> None:
        n = len(data)
        self._network = network
        self._handle = _core.pass_new(network._handle, n, threads)
        _core.pass_run(self._handle, data._handle, 0, n, learn)
        self.learned = learn
        layers = network.layers
        self.logits: Array = self._view("l", 0, (n, network.classes),
                                             "i4")
        shapes = [sent_shape(network)] + [x.output_shape for x in layers[:-1]]
        self.counts: List[Array] = [
            self._view("c", k, (n, *shape), "u1")
            for k, shape in enumerate(shapes)]
        self.errors: List[Optional[Array]] = [
            self._view("e", k, (n, *x.output_shape), "i1")
            if learn and x.synapses else None for k, x in enumerate(layers)]

    def _view(self, what: str, layer: int, shape: Sequence[int],
              kind: str) -> Array:
        return view(_core.pass_address(self._handle, what, layer), shape, kind,
                    self._handle)

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def labels(self) -> Array:
        return np.asarray(self.logits.argmax(axis=1))

    def gradient(self, layer: int) -> Tuple[Array, Array]:
        """The gradient of a layer with weights, summed over the samples:
        (weights, biases), int32, as `Layer.weight` and `Layer.bias`."""
        found = self._network.layers[layer]
        if not found.synapses:
            raise ArgumentError(
                f"layer {found.index} ({found.name}): has no weights")
        weights = np.empty(found.array("weight").shape, np.int32)
        biases = np.empty(found.array("bias").shape, np.int32)
        _core.pass_gradient(self._handle, found.index, weights, biases)
        return weights, biases

    def __repr__(self) -> str:
        return (f"<Batch of {len(self)} samples, "
                f"{'forward and backward' if self.learned else 'forward'}>")
