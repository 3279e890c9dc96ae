"""Devices beside the processor."""

from __future__ import annotations

from typing import List, NamedTuple

from . import _core

__all__ = ["Device", "devices"]


class Device(NamedTuple):
    """A graphics processor, or another one that CUDA or OpenCL finds."""

    device: str  #: its name: "cuda:0"
    name: str  #: what its driver calls it
    memory: int  #: bytes it has; 0: not known


def devices() -> List[Device]:
    """What ``device=`` can name beside "cpu", as far as drivers tell."""
    return [Device(*row) for row in _core.devices()]
