"""Weights and biases to and from PyTorch's state_dict, as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence
from typing import Tuple

import numpy as np

from ._arrays import Array, as_array
from .errors import ArgumentError
from .layer import Layer

if TYPE_CHECKING:
    from .network import Network

__all__ = ["load_state_dict", "state_dict"]


def _synaptic(network: Network) -> List[Layer]:
    return [x for x in network.layers if x.synapses]


def state_dict(network: Network,
               names: Optional[Sequence[str]] = None) -> Dict[str, Array]:
    """See `Network.state_dict`."""
    layers = _synaptic(network)
    names = _names(names, len(layers))
    out: Dict[str, Array] = {}
    for name, layer in zip(names, layers):
        weight = layer.array("weight").astype(np.float64) / layer.theta
        bias = layer.array("bias").astype(np.float64) / layer.theta
        out[f"{name}.weight"] = _to_torch(layer, weight).astype(np.float32)
        out[f"{name}.bias"] = bias.astype(np.float32)
    return out


def load_state_dict(network: Network, state: Mapping[str, Any],
                    names: Optional[Sequence[str]] = None) -> int:
    """See `Network.load_state_dict`."""
    layers = _synaptic(network)
    if names is None:
        found = [key[:-len(".weight")] for key in state
                 if key.endswith(".weight")
                 and np.ndim(as_array(state[key])) in (2, 4)]
        names = found
    names = _names(names, len(layers))
    cut = 0
    masters: List[Tuple[Layer, str, Array]] = []
    for name, layer in zip(names, layers):
        if "gain" in layer.array_names:
            raise ArgumentError(
                f"layer {layer.index} ({layer.name}): is standardised, "
                "so that its weights follow from others; make the network "
                "with standardise=False")
        weight = _from_torch(layer, as_array(state[f"{name}.weight"]),
                             name)
        bias = state.get(f"{name}.bias")
        given = np.zeros(layer.array("bias").shape) if bias is None \
            else as_array(bias).astype(np.float64)
        for array, values in (("weight", weight), ("bias", given)):
            master, lost = _masters(layer, array, values)
            masters.append((layer, f"{array}_master", master))
            cut += lost
    for layer, array, master in masters:
        layer.set_array(array, master)
        layer.set_array(array.replace("master", "velocity"), 0)
    return cut


def _names(names: Optional[Sequence[str]], count: int) -> List[str]:
    found = [str(k) for k in range(count)] if names is None else list(names)
    if len(found) != count:
        raise ArgumentError(
            f"{len(found)} modules with weights, but the network has {count}: "
            f"{', '.join(found[:8]) or 'none'}")
    return found


def _to_torch(layer: Layer, weight: Array) -> Array:
    """(out, height, width, in) to (out, in, height, width); the inputs of a
    fully connected layer from (height, width, channels) to (channels, height,
    width)."""
    if weight.ndim == 4:
        return np.ascontiguousarray(np.moveaxis(weight, 3, 1))
    h, w, c = layer.input_shape
    if h * w * c != weight.shape[1] or h * w == 1:
        return weight
    parts = weight.reshape(-1, h, w, c)
    return np.moveaxis(parts, 3, 1).reshape(len(weight), -1)


def _from_torch(layer: Layer, weight: Array, name: str) -> Array:
    wanted = layer.array("weight").shape
    if len(wanted) == 4 and weight.ndim == 4:
        found = np.moveaxis(weight, 1, 3)
    elif len(wanted) == 2 and weight.shape == wanted:
        h, w, c = layer.input_shape
        found = weight
        if h * w * c == wanted[1] and h * w > 1:
            parts = weight.reshape(-1, c, h, w)
            found = np.moveaxis(parts, 1, 3).reshape(wanted)
    else:
        found = weight
    if found.shape != wanted:
        expected = wanted if len(wanted) == 2 else \
            (wanted[0], wanted[3], wanted[1], wanted[2])
        raise ArgumentError(
            f"{name}.weight: {weight.shape}, but layer {layer.index} "
            f"({layer.name}) has {expected}")
    return found.astype(np.float64)


def _masters(layer: Layer, array: str,
             values: Array) -> Tuple[Array, int]:
    """Floats in thresholds as masters, and how many were cut."""
    _, high = layer.limits(f"{array}_master")
    _, limit = layer.limits(array)
    shift = max(high // max(limit, 1), 1)
    if values.shape != layer.array(f"{array}_master").shape:
        raise ArgumentError(
            f"layer {layer.index} ({layer.name}): {array}: {values.shape}, "
            f"expected {layer.array(f'{array}_master').shape}")
    if not np.all(np.isfinite(values)):
        raise ArgumentError(
            f"layer {layer.index} ({layer.name}): {array}: not a finite "
            "number")
    wide = np.rint(values * layer.theta * float(shift))
    cut = int(np.count_nonzero(np.abs(wide) > high))
    return np.clip(wide, -high, high).astype(np.int64), cut
