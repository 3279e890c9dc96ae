"""Labelled images: arrays, files, anything that yields (x, y)."""

from __future__ import annotations

import os
from typing import (Any, Iterable, Iterator, List, NamedTuple, Optional,
                    Sequence, Tuple, Union)

import numpy as np

from . import _core
from ._arrays import (Array, as_array, place_axes, quantise, records,
                      struct_type, view)
from .errors import ArgumentError

__all__ = ["Data", "EVENT", "Format", "formats", "load"]

#: dtype of the events of recordings: time in microseconds, input neuron
EVENT = struct_type(_core.about()["event"], _core.about()["event_size"])

PathLike = Union[str, "os.PathLike[str]"]


class Format(NamedTuple):
    """A kind of data source."""

    name: str
    form: str  #: "mnist:DIR"
    help: str
    example: str
    options: List[Tuple[str, str, str]]  #: key, value, help


def formats() -> List[Format]:
    """Every kind of data source that `Data.open` and `load` know."""
    return [Format(*row) for row in _core.formats()]


def load(spec: str, folder: Optional[PathLike] = None) -> Tuple[Data, Data]:
    """Both splits of a data source: (train, test).

    >>> train, test = load("glyphs:train=600,test=200")
    """
    return (Data.open(spec, "train", folder), Data.open(spec, "test", folder))


def _classes(labels: Array, names: Optional[Sequence[str]],
             classes: Optional[int]) -> Tuple[Array, List[str], int]:
    """Labels as uint8 or uint16 from 0 on, names of the classes, how many there are."""
    if labels.ndim != 1:
        raise ArgumentError(
            f"labels: {labels.shape}, expected one for each image, (N,)")
    if labels.dtype.kind == "f" and np.all(labels == np.floor(labels)):
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "bui":
        if names is None:
            found = np.unique(labels)
            names = [str(name) for name in found]
        order = {name: k for k, name in enumerate(names)}
        unknown = [x for x in labels.tolist() if str(x) not in order]
        if unknown:
            raise ArgumentError(f"labels: {unknown[0]!r} is none of "
                                f"class_names")
        labels = np.array([order[str(x)] for x in labels.tolist()])
    if len(labels) and int(labels.min()) < 0:
        raise ArgumentError(f"labels: {labels.min()}, expected from 0 on")
    most = int(labels.max()) + 1 if len(labels) else 1
    if classes is None:
        classes = max(len(names) if names is not None else most, 2)
    if names is not None and len(names) != classes:
        raise ArgumentError(
            f"class_names: {len(names)} of {classes} classes")
    if most > classes:
        raise ArgumentError(
            f"labels: {most - 1}, expected 0..{classes - 1}")
    if classes > 65535:
        raise ArgumentError(
            f"labels: {classes} classes, expected at most 65535")
    kind = np.uint8 if classes <= 256 else np.uint16
    # a copy always: that labels are classes is looked at once, and relied on
    return (np.array(labels, dtype=kind), [str(x) for x in names or []],
            classes)


class Data:
    """Labelled images: height x width x channels bytes each, and a class.

    images      array of uint8, (N, H, W), (N, H, W, C), (N, C, H, W), or
                (N, L), (N, L, C) for signals; contiguous uint8 with the
                channels last is not copied, and must not change while this
                exists. Floats are quantised exactly, see value_range
    labels      N integers from 0 on, or N names
    classes     how many there are; by default as many as labels show
    class_names their names
    layout      order of the axes: "NHW", "NHWC", "NCHW", "NL", "NLC"; "auto"
                takes the one that fits
    value_range what black and white are: pixel = floor((x - low) * 255 /
                (high - low) + 0.5); by default (0, 1) for floats; integers
                are bytes
    counts      images are spike counts, none above this, not intensities:
                what a recipe's ``input=counts`` takes as it is
    name        what checkpoints call them

    An int as index gives (image, label), a slice, a mask or a list of numbers
    a view that copies nothing.

    >>> import numpy as np
    >>> data = Data(np.zeros((4, 8, 8), np.uint8), [0, 1, 0, 1])
    >>> data.shape, len(data), data.classes
    ((8, 8, 1), 4, 2)
    """

    def __init__(self, images: Any, labels: Any, *,
                 classes: Optional[int] = None,
                 class_names: Optional[Sequence[str]] = None,
                 layout: str = "auto",
                 value_range: Optional[Tuple[float, float]] = None,
                 counts: int = 0, name: Optional[str] = None) -> None:
        pixels = quantise(place_axes(as_array(images), layout), value_range)
        numbers, names, count = _classes(as_array(labels), class_names,
                                         classes)
        if len(pixels) != len(numbers):
            raise ArgumentError(
                f"{len(pixels)} images, but {len(numbers)} labels")
        if not len(pixels):
            raise ArgumentError("images: there are none")
        handle = _core.data_over(pixels, numbers, name, *pixels.shape, count,
                                 counts)
        if names:
            _core.data_names(handle, [x.encode() for x in names])
        self._take(handle)

    def _take(self, handle: Any) -> None:
        self._handle = handle
        #: the specification it was opened with, or what it was called
        self.name: str
        self.classes: int
        self._size: int
        #: largest spike count, where bytes are counts; 0: intensities
        self.counts: int
        (self.name, self._size, h, w, c, self.classes, self.counts,
         events) = _core.data_info(handle)
        #: recordings of an event camera: `events` has their spikes
        self.has_events: bool = bool(events)
        #: (height, width, channels)
        self.shape: Tuple[int, int, int] = (h, w, c)
        #: names of the classes, which networks and checkpoints take over;
        #: empty if they have none, or those that only count, "0", "1", ...
        self.class_names: List[str] = _core.data_names(handle)
        self._images: Optional[Array] = None
        self._labels: Optional[Array] = None

    @classmethod
    def _over(cls, handle: Any) -> Data:
        self = cls.__new__(cls)
        self._take(handle)
        return self

    @classmethod
    def open(cls, spec: str, split: str = "train",
             folder: Optional[PathLike] = None) -> Data:
        """One split of a data source, as the command's --data: NAME:PATH and
        options; `formats` lists them.

        split: "train" or "test"
        folder: where a relative path begins
        """
        if split not in ("train", "test"):
            raise ArgumentError(f"split: {split!r}, expected train or test")
        where = None if folder is None else os.fspath(folder)
        return cls._over(_core.data_open(os.fsencode(spec), split == "test",
                                         where))

    @classmethod
    def from_iterable(cls, samples: Iterable[Tuple[Any, Any]],
                      **options: Any) -> Data:
        """Anything that yields (x, y): a PyTorch Dataset, a generator, a list.

        x: an image, as an array, a tensor or a PIL image, (H, W), (H, W, C) or
        (C, H, W); y: its label. options: those of `Data`. The images are
        copied once.
        """
        images: List[Array] = []
        labels: List[Any] = []
        for x, y in _pairs(samples):
            image = as_array(x)
            if images and image.shape != images[0].shape:
                raise ArgumentError(
                    f"sample {len(images)}: {image.shape}, but the first is "
                    f"{images[0].shape}")
            images.append(image)
            labels.append(y.item() if hasattr(y, "item") else y)
        if not images:
            raise ArgumentError("images: there are none")
        return cls(np.stack(images), np.asarray(labels), **options)

    # What is in it.

    def __len__(self) -> int:
        return self._size

    @property
    def images(self) -> Array:
        """uint8, (N, H, W, C), read-only; without a copy where they are one
        array, which a selection is not."""
        if self._images is None:
            shape = (self._size, *self.shape)
            address = _core.data_address(self._handle)
            if address is not None:
                self._images = view(address, shape, "u1", self._handle)
            else:
                images = np.empty(shape, np.uint8)
                _core.data_copy(self._handle, 0, self._size, images)
                images.flags.writeable = False
                self._images = images
        return self._images

    @property
    def labels(self) -> Array:
        """uint8, or uint16 of more than 256 classes, (N,), read-only."""
        if self._labels is None:
            labels = np.empty(self._size, np.uint16)
            _core.data_labels(self._handle, labels)
            if self.classes <= 256:
                labels = labels.astype(np.uint8)
            labels.flags.writeable = False
            self._labels = labels
        return self._labels

    def events(self, index: int) -> Array:
        """The events of a recording in the order of their times, read anew:
        structured array of `EVENT`, time in microseconds since it began, and
        the input neuron, (y * width + x) * channels + channel. Of each neuron
        they are as many as `images` counts."""
        i = range(self._size)[index]
        held, address, count = _core.data_events(self._handle, i)
        return records(address, count, EVENT, held)

    @property
    def hash(self) -> int:
        """A number that tells data apart that have shape and size in common,
        as the library and checkpoints have it."""
        number: int = _core.data_hash(self._handle)
        return number

    def class_name(self, label: int) -> str:
        """The name of a class, or its number."""
        names = self.class_names
        return names[label] if names else str(int(label))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, (int, np.integer)):
            i = int(index)
            i += self._size if i < 0 else 0
            if not 0 <= i < self._size:
                raise IndexError(f"sample {index} of {self._size}")
            return self.images[i], int(self.labels[i])
        if isinstance(index, slice):
            first, last, step = index.indices(self._size)
            if step == 1 and last > first:
                return Data._over(_core.data_slice(self._handle, first,
                                                   last - first))
        return self.select(np.arange(self._size)[index])

    def __iter__(self) -> Iterator[Tuple[Array, int]]:
        images, labels = self.images, self.labels
        return ((images[i], int(labels[i])) for i in range(self._size))

    def select(self, indices: Any) -> Data:
        """A view of some samples, in this order; one may come several times."""
        numbers = np.asarray(indices)
        if numbers.ndim != 1 or numbers.dtype.kind not in "ui" \
                or not len(numbers):
            raise IndexError("expected the numbers of at least one sample")
        if int(numbers.min()) < 0 or int(numbers.max()) >= self._size:
            raise IndexError(f"sample {numbers.max()} of {self._size}")
        wanted = np.ascontiguousarray(numbers, dtype=np.uint32)
        return Data._over(_core.data_select(self._handle, wanted,
                                            len(wanted)))

    def hold_back(self, count: int, seed: int = 1) -> Tuple[Data, Data]:
        """The data without count samples, and those: of each class its share,
        which the seed chooses. (rest, held)"""
        rest, held = _core.data_hold_back(self._handle, count, seed)
        return Data._over(rest), Data._over(held)

    def augmented(self, augment: str, *, seed: int = 1, epoch: int = 0,
                  first: int = 0, count: Optional[int] = None) -> Array:
        """Samples first, first + 1 and on as training with that option shows
        them in an epoch, counted from 0: uint8, (count, H, W, C)."""
        if count is None:
            count = max(self._size - first, 0)
        if not 0 <= first <= self._size or not 0 <= count <= self._size - first:
            raise IndexError(f"samples {first} to {first + count} of "
                             f"{self._size}")
        images = np.empty((count, *self.shape), np.uint8)
        _core.data_augment(self._handle, augment, seed, epoch, first, count,
                           images)
        return images

    def __reduce__(self) -> Any:
        return _rebuild, (np.asarray(self.images).copy(),
                          np.asarray(self.labels).copy(), self.classes,
                          self.class_names or None, self.name, self.counts)

    def __repr__(self) -> str:
        h, w, c = self.shape
        return (f"<Data {self.name!r}: {self._size} samples, {h}x{w}x{c}, "
                f"{self.classes} classes>")

    def _repr_html_(self) -> str:
        from .pictures import contact_sheet

        return contact_sheet(self)


def _rebuild(images: Array, labels: Array, classes: int,
             names: Optional[List[str]], name: str, counts: int) -> Data:
    return Data(images, labels, classes=classes, class_names=names,
                layout="NHWC", counts=counts, name=name)


def _pairs(samples: Any) -> Iterator[Tuple[Any, Any]]:
    """The pairs of an iterable, or of what has a length and an index as a
    PyTorch Dataset, which need not raise IndexError at its end."""
    if hasattr(samples, "__getitem__") and hasattr(samples, "__len__"):
        return (samples[i] for i in range(len(samples)))
    return iter(samples)


def as_data(data: Any, classes: Optional[int] = None) -> Data:
    """data as Data: itself, (images, labels), or an iterable of (x, y)."""
    if isinstance(data, Data):
        return data
    if isinstance(data, str):
        return Data.open(data)
    if isinstance(data, tuple) and len(data) == 2 and \
            hasattr(data[0], "shape") and len(data[0].shape) > 1:
        return Data(data[0], data[1], classes=classes)
    return Data.from_iterable(data, classes=classes)
