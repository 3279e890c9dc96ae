"""Training spiking neural networks with spikes.

Activations and gradients travel as spikes, everything that can change a weight
is integer arithmetic, and the same recipe and data give the same bits as the
command ``spikegrad``, on any machine and any number of threads.

    import spikegrad as sg

    train, test = sg.load("glyphs")          # or sg.Data(images, labels)
    trainer = sg.Trainer("8C5-P2-64-10", train)
    trainer.fit(test)
    trainer.network.verify(test, 10)         # every spike, every integer
    trainer.save("digits.safetensors")

`Data` takes arrays, files and iterables; `Recipe` has every option;
`Trainer` trains; `Network` predicts, evaluates, simulates, verifies; `report`
makes a page of runs. `spikegrad.sklearn` has a classifier for scikit-learn.
Functions that work for long release the GIL, and several networks may be at
work at a time; one object that two threads use at once says so by `BusyError`.
"""

from __future__ import annotations

from typing import List

from . import _core
from .batch import Batch
from .callbacks import Callback, EarlyStopping, KeepBest, ReduceRate
from .data import EVENT, Data, Format, formats, load
from .device import Device, devices
from .errors import (ArgumentError, BoundError, BusyError, DeviceError, Error,
                     ExistsError, FileError, FormatError, FullError,
                     MismatchError, MissingError, RangeError, StoppedError,
                     TopologyError, UnsupportedError)
from .history import EpochReport, History
from .layer import Layer
from .metrics import ACTIVITY, Evaluation, Metrics, Observation, Verification
from .network import Network
from .nir import NirResult
from .recipe import Option, Recipe, options, recipes
from .report import Report, report
from .rundir import read_run
from .simulation import ORDERS, SPIKE, Simulation
from .trainer import Trainer

__version__: str = _core.about()["version"]


def kernels() -> str:
    """The instruction set of the kernels in use: "avx512", "neon", ..."""
    name: str = _core.about()["kernels"]
    return name


def kernel_tables() -> List[str]:
    """Those that this machine can run, the portable one first."""
    names: List[str] = _core.about()["tables"]
    return names


__all__ = [
    "ACTIVITY", "ArgumentError", "Batch", "BoundError", "BusyError",
    "Callback", "Data", "Device", "DeviceError", "EVENT", "EarlyStopping",
    "EpochReport", "Error", "Evaluation", "ExistsError", "FileError",
    "Format", "FormatError", "FullError", "History", "KeepBest", "Layer",
    "Metrics", "MismatchError", "MissingError", "Network", "NirResult",
    "ORDERS", "Observation", "Option", "RangeError", "Recipe",
    "ReduceRate", "Report", "SPIKE", "Simulation", "StoppedError",
    "TopologyError", "Trainer", "UnsupportedError", "Verification",
    "devices", "formats", "kernel_tables", "kernels", "load", "options",
    "read_run", "recipes", "report",
]
