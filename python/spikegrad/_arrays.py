"""Arrays: memory of the library as NumPy sees it, and images as the library
takes them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Optional, Sequence, Tuple, Union

import numpy as np

from . import _core
from .errors import ArgumentError

def replace_file(path: Union[str, "os.PathLike[str]"], content: bytes) -> None:
    """Writes a file that is the old one or the new one, whole, at any time."""
    _core.file_replace(os.fsencode(path), content)


ORDER = "<" if sys.byteorder == "little" else ">"

Shape = Tuple[int, int, int]

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]
    Type = np.dtype[Any]
else:
    Array = np.ndarray
    Type = np.dtype


class _Memory:
    """Memory that belongs to owner; an array over it keeps this."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, address: int, shape: Sequence[int], kind: str,
                 owner: object) -> None:
        self.owner = owner
        self.__array_interface__ = {
            "version": 3,
            "data": (address, True),
            "shape": tuple(shape),
            "typestr": ("|" if kind.endswith("1") else ORDER) + kind,
        }


def view(address: Optional[int], shape: Sequence[int], kind: str,
         owner: object) -> Array:
    """A read-only array over memory at address, which owner keeps alive."""
    if address is None or 0 in shape:
        return np.empty(shape, dtype=kind)
    return np.asarray(_Memory(address, shape, kind, owner))


def records(address: Optional[int], count: int, dtype: Type,
            owner: object) -> Array:
    """The same for an array of structs."""
    if not count:
        return np.empty(0, dtype=dtype)
    return view(address, (count * dtype.itemsize,), "u1", owner).view(dtype)


def struct_type(members: Sequence[Tuple[str, int, int]], size: int,
                signed: Sequence[str] = ()) -> Type:
    """The dtype of a struct of the library: (name, offset, bytes) each."""
    return np.dtype({
        "names": [name for name, _, _ in members],
        "formats": [("i" if name in signed else "u") + str(width)
                    for name, _, width in members],
        "offsets": [offset for _, offset, _ in members], "itemsize": size})


def quantise(images: Array,
             value_range: Optional[Tuple[float, float]]) -> Array:
    """Images as bytes.

    uint8 stays as it is, without a copy if it is contiguous. Anything else is
    ``floor((x - low) * 255 / (high - low) + 0.5)`` in float64, with
    ``value_range = (low, high)``: by default (0, 1) for floats and booleans.
    Integers of other types hold bytes unless a range is given.
    """
    if images.dtype == np.uint8 and value_range is None:
        return np.ascontiguousarray(images)
    if images.dtype.kind not in "buif":
        raise ArgumentError(
            f"images: dtype {images.dtype}, expected integers or floats")
    if value_range is None:
        if images.dtype.kind in "bf":
            value_range = (0.0, 1.0)
        else:
            bad = (images < 0) | (images > 255)
            _refuse(images, bad, "0..255, or a value_range")
            return np.ascontiguousarray(images, dtype=np.uint8)
    low, high = (float(value_range[0]), float(value_range[1]))
    if not low < high:
        raise ArgumentError(
            f"value_range: ({low}, {high}), expected (low, high)")
    wide = np.asarray(images, dtype=np.float64)
    _refuse(images, ~((wide >= low) & (wide <= high)),
            f"{low:g}..{high:g}, the value_range")
    scaled = (wide - low) * 255.0
    if (low, high) != (0.0, 1.0):
        scaled /= high - low
    return np.ascontiguousarray(np.floor(scaled + 0.5).astype(np.uint8))


def _refuse(images: Array, bad: Array, expected: str) -> None:
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        raise ArgumentError(
            f"images: {images[where]} in sample {where[0]}, "
            f"expected {expected}")


def _channels_first(images: Array) -> Array:
    return np.moveaxis(images, 1, -1)


def place_axes(images: Array, layout: str = "auto") -> Array:
    """Images as [N, H, W, C].

    layout: "NHW", "NHWC", "NCHW", "NL", "NLC" or "auto". With "auto" three
    axes are NHW, two NL (a signal: height L, width 1), and of four the last is
    the channels if there are at most 4, else the second if there are.
    """
    layout = layout.upper()
    if layout == "AUTO":
        layout = {2: "NL", 3: "NHW"}.get(images.ndim, "")
        if images.ndim == 4:
            last, second = images.shape[3] <= 4, images.shape[1] <= 4
            if last == second and images.shape[1] != images.shape[3]:
                raise ArgumentError(
                    f"images: {images.shape}: which axis is the channels? "
                    "Say layout='NHWC' or 'NCHW'")
            layout = "NHWC" if last or not second else "NCHW"
    if layout not in ("NHW", "NHWC", "NCHW", "NL", "NLC"):
        raise ArgumentError(
            f"images: layout {layout!r} of {images.ndim} axes, expected NHW, "
            "NHWC, NCHW, NL or NLC")
    if images.ndim != len(layout):
        raise ArgumentError(
            f"images: {images.ndim} axes, expected {len(layout)} of {layout}")
    if layout == "NHW":
        return images[..., np.newaxis]
    if layout == "NCHW":
        return _channels_first(images)
    if layout == "NL":
        return images[:, :, np.newaxis, np.newaxis]
    if layout == "NLC":
        return images[:, :, np.newaxis, :]
    return images


def fit_axes(images: Array, shape: Shape) -> Array:
    """Images of a known shape (H, W, C) as [N, H, W, C]: whatever order their
    axes have, flat, or a single one."""
    h, w, c = shape
    tail = images.shape[1:]
    if images.shape == (h, w, c) or (c == 1 and images.shape == (h, w)):
        return images.reshape(1, h, w, c)
    if tail == (h, w, c):
        return images
    if tail == (c, h, w):
        return _channels_first(images)
    if (c == 1 and tail == (h, w)) or (w == 1 and tail == (h, c)):
        return images.reshape(-1, h, w, c)
    if images.shape == (c, h, w):
        return _channels_first(images[np.newaxis])
    if tail == (h * w * c,) or (w == 1 and c == 1 and tail == (h,)):
        return images.reshape(-1, h, w, c)
    raise ArgumentError(
        f"images: {images.shape}, expected (N, {h}, {w}, {c})")


def as_array(images: Any) -> Array:
    """Anything that NumPy takes for an array, a PyTorch tensor or a PIL image
    among them."""
    detach = getattr(images, "detach", None)
    if detach is not None:  # a tensor
        images = detach()
        cpu = getattr(images, "cpu", None)
        images = cpu() if cpu is not None else images
    return np.asarray(images)
