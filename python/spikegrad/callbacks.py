"""What may happen while a trainer fits, and what shows how it goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Union

from .errors import ArgumentError, MissingError
from .history import EpochReport
from .network import Network

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["AnyCallback", "Callback", "EarlyStopping", "KeepBest", "Progress",
           "ReduceRate", "as_callbacks", "wants_batches"]


class Callback:
    """What may happen during `Trainer.fit`; all of it may be left out.

    A true value from on_batch or on_epoch stops the training, as
    `Trainer.stop` does. They may change the rate, evaluate, save; but not
    step.
    """

    def on_begin(self, trainer: Trainer) -> object:
        """Before the first step."""

    def on_batch(self, trainer: Trainer) -> object:
        """After each step."""

    def on_epoch(self, trainer: Trainer, report: EpochReport) -> object:
        """After each epoch, and its test."""

    def on_end(self, trainer: Trainer) -> object:
        """After the last step, also if it was stopped or interrupted."""


class EarlyStopping(Callback):
    """Stops when the test accuracy has not risen for some epochs."""

    def __init__(self, patience: int = 3) -> None:
        self.patience = patience
        self.best = -1.0
        self.waited = 0

    def on_epoch(self, trainer: Trainer, report: EpochReport) -> bool:
        now = (report.test or report.train).accuracy
        self.waited = 0 if now > self.best else self.waited + 1
        self.best = max(self.best, now)
        return self.waited >= self.patience


class ReduceRate(Callback):
    """Multiplies the learning rate when the test accuracy has not risen for
    some epochs."""

    def __init__(self, factor: float = 0.5, patience: int = 1) -> None:
        self.factor = factor
        self.patience = patience
        self.best = -1.0
        self.waited = 0

    def on_epoch(self, trainer: Trainer, report: EpochReport) -> None:
        now = (report.test or report.train).accuracy
        self.waited = 0 if now > self.best else self.waited + 1
        self.best = max(self.best, now)
        if self.waited >= self.patience:
            trainer.rate *= self.factor
            self.waited = 0


class KeepBest(Callback):
    """Keeps the checkpoint of the epoch with the best test accuracy."""

    def __init__(self) -> None:
        self.best = -1.0
        self.epoch = 0
        self.checkpoint: Optional[bytes] = None

    def on_epoch(self, trainer: Trainer, report: EpochReport) -> None:
        now = (report.test or report.train).accuracy
        if now > self.best:
            self.best, self.epoch = now, report.epoch
            self.checkpoint = trainer.to_bytes()

    @property
    def network(self) -> Network:
        """The network of that epoch."""
        if self.checkpoint is None:
            raise MissingError("no epoch was seen yet")
        return Network.from_bytes(self.checkpoint)


AnyCallback = Union[Callback, Callable[[EpochReport], object]]


class _Function(Callback):
    def __init__(self, function: Callable[[EpochReport], object]) -> None:
        self.function = function

    def on_epoch(self, trainer: Trainer, report: EpochReport) -> object:
        return self.function(report)


def as_callbacks(given: Any) -> List[Callback]:
    """Callbacks of one, or several, or functions."""
    several = [given] if callable(given) or isinstance(given, Callback) \
        else list(given)
    out: List[Callback] = []
    for one in several:
        if isinstance(one, Callback):
            out.append(one)
        elif callable(one):
            out.append(_Function(one))
        else:
            raise ArgumentError(
                f"callbacks: {one!r}, expected a Callback or a function of "
                "an EpochReport")
    return out


def wants_batches(callback: Callback) -> bool:
    """Whether it has something to do after each step."""
    return type(callback).on_batch is not Callback.on_batch


def _interactive() -> bool:
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        return True
    return sys.stderr is not None and sys.stderr.isatty()


class Progress:
    """Progress on stderr: a bar for the steps of an epoch, a line after it."""

    def __init__(self, trainer: Trainer, wanted: Optional[bool]) -> None:
        self.on = _interactive() if wanted is None else wanted
        self.trainer = trainer
        self.bar: Any = None
        self.tqdm: Any = None
        if self.on:
            try:
                from tqdm.auto import tqdm
                self.tqdm = tqdm
            except ImportError:
                pass

    def begin(self) -> Any:
        if self.tqdm is not None:
            t = self.trainer
            self.bar = self.tqdm(
                total=t.batches, initial=t.step_count % t.batches,
                desc=f"epoch {t.epoch_count + 1}/{t.epochs}", unit="batch",
                leave=False)
        return self.bar

    def end(self, report: Optional[EpochReport]) -> None:
        self.close()
        if self.on and report is not None:
            rate = report.train.samples / report.seconds \
                if report.seconds > 0 else 0.0
            print(f"{repr(report)[1:-1]}, {rate:.0f} samples/s",
                  file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
