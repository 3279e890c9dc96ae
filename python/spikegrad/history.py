"""What a run did, epoch by epoch."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ._arrays import Array
from .metrics import Metrics, Observation
from .recipe import Recipe

__all__ = ["EpochReport", "History"]


class EpochReport(NamedTuple):
    """What an epoch did."""

    epoch: int  #: from 1 on
    epochs: int  #: planned in all
    step: int  #: optimiser steps so far
    train: Metrics
    test: Optional[Metrics]
    seconds: float  #: of training, this epoch
    test_seconds: float
    rate: float  #: share of the recipe's learning rate, 0..1

    def __repr__(self) -> str:
        said = (f"epoch {self.epoch} of {self.epochs}: train "
                f"{100 * self.train.accuracy:.2f} %, loss "
                f"{self.train.loss:.4f}")
        if self.test is not None:
            said += f", test {100 * self.test.accuracy:.2f} %"
        return f"<{said}>"


class History(Sequence[EpochReport]):
    """The epochs of a run, and what a report needs to know of it.

    In a notebook it shows as the page that ``spikegrad report`` writes.
    """

    def __init__(self, recipe: Recipe, data: str,
                 layers: Sequence[Tuple[str, int, int]],
                 held: bool = False, name: str = "run") -> None:
        self.recipe = recipe
        self.data_name = data
        #: name, neurons, dense multiply-adds of each layer
        self.layers = [tuple(layer) for layer in layers]
        #: epochs were tested on held-back training samples
        self.held = held
        self.name = name
        self.epochs: List[EpochReport] = []
        #: of the last epoch, if it was wanted
        self.observation: Optional[Observation] = None
        #: the last test of a run that held samples back
        self.final: Optional[Metrics] = None
        self.final_flip: Optional[Metrics] = None

    def __len__(self) -> int:
        return len(self.epochs)

    def __getitem__(self, index: Any) -> Any:
        return self.epochs[index]

    @property
    def seconds(self) -> float:
        """All that it took."""
        return sum(e.seconds + e.test_seconds for e in self.epochs)

    def curves(self) -> Array:
        """Structured array, a row an epoch: epoch, step, rate, train_accuracy,
        train_loss, test_accuracy, test_loss (nan without a test), seconds."""
        nan = float("nan")
        rows = [(e.epoch, e.step, e.rate, e.train.accuracy, e.train.loss,
                 e.test.accuracy if e.test else nan,
                 e.test.loss if e.test else nan, e.seconds)
                for e in self.epochs]
        return np.array(rows, [
            ("epoch", "i8"), ("step", "i8"), ("rate", "f8"),
            ("train_accuracy", "f8"), ("train_loss", "f8"),
            ("test_accuracy", "f8"), ("test_loss", "f8"), ("seconds", "f8")])

    def report(self) -> Any:
        """The page of `spikegrad.report`."""
        from .report import report

        return report(self)

    def __repr__(self) -> str:
        if not self.epochs:
            return f"<History of {self.name}: no epoch yet>"
        return f"<History of {self.name}: {len(self)} epochs, {self[-1]!r}>"

    def _repr_html_(self) -> str:
        if not self.epochs:
            return repr(self).replace("<", "&lt;")
        html: str = self.report()._repr_html_()
        return html
