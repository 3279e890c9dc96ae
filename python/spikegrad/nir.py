"""NIR files, through a module of its own that needs libhdf5."""

from __future__ import annotations

import importlib
import os
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from .data import PathLike
from .errors import BY_STATUS, UnsupportedError
from .recipe import Recipe

__all__ = ["NirResult", "read_nir", "write_nir"]


class NirResult(NamedTuple):
    """What became of the numbers of a graph."""

    restored: bool  #: the checkpoint in the file, to the bit
    weights: int  #: numbers taken over
    clipped: int  #: of them, biases beyond the largest there can be
    error: float  #: largest error of a weight, in thresholds


def _module() -> Any:
    try:
        return importlib.import_module("spikegrad._nir")
    except ImportError as error:
        raise UnsupportedError(
            f"NIR files need libhdf5, and a build that has it: {error}"
        ) from None


def _check(answer: Any) -> Any:
    if isinstance(answer, tuple) and len(answer) == 2:
        status, text = answer
        raise BY_STATUS[status](text)
    return answer


def read_nir(path: PathLike, shape: Optional[Sequence[int]], steps: int,
             graph_only: bool, options: Dict[str, Any]
             ) -> Tuple[bytes, NirResult]:
    """The checkpoint of a NIR file; see `Network.from_nir`."""
    recipe = Recipe(adapt=False, **options)
    given = {name.replace("_", "-"): recipe.text(name) for name in options}
    size = (0, 0, 0) if shape is None else (tuple(shape) + (1, 1))[:3]
    checkpoint, restored, weights, clipped, error = _check(
        _module().read(os.fsencode(path), given, size, steps, graph_only))
    return checkpoint, NirResult(bool(restored), weights, clipped, error)


def write_nir(checkpoint: bytes, path: PathLike) -> None:
    """A checkpoint as a NIR file; see `Network.to_nir`."""
    _check(_module().write(checkpoint, os.fsencode(path)))
