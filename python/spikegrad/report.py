"""Runs as one page, to read and to compare."""

from __future__ import annotations

import os
from html import escape
from typing import Any, Dict, List, Tuple, Union

import numpy as np

from . import _core
from ._arrays import Array, replace_file
from .data import PathLike
from .history import History
from .metrics import Observation
from .rundir import read_run
from .trainer import Trainer

__all__ = ["Report", "report"]


class Report:
    """The page that ``spikegrad report`` writes; a notebook shows it."""

    def __init__(self, html: str) -> None:
        self.html = html

    def save(self, path: PathLike) -> None:
        """Writes it to a file, which needs nothing but itself."""
        replace_file(path, self.html.encode())

    def _repr_html_(self) -> str:
        return ("<iframe style='width:100%;height:640px;border:0' "
                f"srcdoc=\"{escape(self.html)}\"></iframe>")

    def __repr__(self) -> str:
        return f"<Report of {len(self.html)} characters; save(path) writes it>"


def report(*runs: Union[History, Trainer, PathLike]) -> Report:
    """A page about up to eight runs: histories, trainers, or directories of
    runs, the command's too."""
    if not runs:
        raise TypeError("report: expected a run")
    return Report(_core.report_page([_as_dict(run) for run in runs]))


def _as_dict(run: Union[History, Trainer, PathLike]) -> Dict[str, Any]:
    if isinstance(run, Trainer):
        run = run.history
    if not isinstance(run, History):
        run = read_run(os.fspath(run))
    if not run.epochs:
        raise ValueError(f"report: {run.name}: no epoch yet")
    return {
        "name": run.name, "net": run.recipe.text("net"),
        "data": run.data_name, "recipe": run.recipe._handle,
        "planned": float(run.epochs[-1].epochs), "seconds": run.seconds,
        "held": run.held, "layers": run.layers,
        "epochs": [(e.train._tuple(), e.test._tuple() if e.test else None)
                   for e in run.epochs],
        "final": run.final._tuple() if run.final else None,
        "final_flip": run.final_flip._tuple() if run.final_flip else None,
        "sight": _sight(run.observation) if run.observation else None}


def _bin(value: int) -> Tuple[int, int]:
    """The bin of a count, (low, width): one each below 16, then eight to an
    octave, as the command's metrics have them."""
    if value < 0:
        low, width = _bin(-value)
        return -low - width + 1, width
    width = 1
    while value >= 16 * width:
        width *= 2
    return value // width * width, width


def _bins(row: Array, first: int) -> List[Tuple[int, int, float]]:
    sums: Dict[Tuple[int, int], int] = {}
    for k in np.flatnonzero(row):
        key = _bin(int(k) + first)
        sums[key] = sums.get(key, 0) + int(row[k])
    return [(low, width, float(n)) for (low, width), n in sorted(sums.items())]


def _sight(seen: Observation) -> Tuple[int, List[Tuple[Any, ...]]]:
    return seen.samples, [
        (int(seen.neurons[k]), int(seen.saturated[k]), int(seen.silent[k]),
         int(seen.errorless[k]), _bins(seen.counts[k], 0),
         _bins(seen.errors[k], -127)) for k in range(len(seen.neurons))]
