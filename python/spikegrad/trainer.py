"""Training runs."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, Optional, Tuple, Union

import numpy as np

from . import _core
from .callbacks import (AnyCallback, Callback, Progress, as_callbacks,
                        wants_batches)
from .data import Data, PathLike, as_data
from .errors import ArgumentError, MissingError
from .history import EpochReport, History
from .metrics import Metrics
from .network import Network
from .recipe import Recipe
from .rundir import RunDirectory

__all__ = ["Trainer"]

_FOREVER = 1e18
_SLICE = 0.1  # seconds after which Python looks up from the steps


def _hold_back(recipe: Recipe, data: Data) -> Tuple[Data, Optional[Data]]:
    """What is trained on, and what the recipe holds back of it."""
    count = int(recipe["validation"])
    if count == 0:
        return data, None
    if count >= len(data):
        raise ArgumentError(
            f"validation: holds back {count} of {len(data)} samples")
    if recipe["holdout"] == "stratified":
        return data.hold_back(count, int(recipe["seed"]))
    return data[:len(data) - count], data[len(data) - count:]


class Trainer:
    """A training run: a network, its optimiser, and the data.

    recipe   a `Recipe`, or its net as text. Options it does not give suit
             network and data, see `Recipe.suited`
    data     `Data`, (images, labels), or an iterable of (x, y); what the
             recipe's validation holds back of it is `held`
    threads  0: one a processor; changes no result
    device   where it is computed: "cpu" (None), "cuda", "cuda:1", "opencl",
             "auto"; changes no result. `devices` lists what there is; those
             beside the processor are experimental

    The weights are, bit for bit, those of ``spikegrad train`` with the same
    options and data.

    >>> from spikegrad import load
    >>> train, test = load("glyphs:train=300,test=100")
    >>> trainer = Trainer(Recipe("4C5-P2-10", epochs=1, batch=32), train)
    >>> trainer.fit(test, progress=False)[-1].epoch
    1
    """

    def __init__(self, recipe: Union[Recipe, str], data: Any, *,
                 threads: int = 0, device: Optional[str] = None) -> None:
        if isinstance(recipe, str):
            recipe = Recipe(recipe)
        whole = as_data(data)
        recipe = recipe.suited(whole)
        part, held = _hold_back(recipe, whole)
        handle = _core.trainer_create(recipe._handle, part._handle, threads,
                                      device)
        self._take(handle, part, held)

    def _take(self, handle: Any, part: Data, held: Optional[Data]) -> None:
        self._handle = handle
        #: what it trains on
        self.data: Data = part
        #: what it holds back, or None
        self.held: Optional[Data] = held
        self._network = Network._over(_core.trainer_network(handle))
        self._stopped = False
        self._fitting = False
        net = self._network
        self.history: History = History(
            net.recipe, part.name,
            [(x.name, x.neurons, x.dense_macs) for x in net.layers],
            held is not None)

    @classmethod
    def resume(cls, checkpoint: Union[PathLike, bytes], data: Any, *,
               threads: int = 0, device: Optional[str] = None) -> Trainer:
        """Goes on with the run of a checkpoint, bit for bit as if it had not
        been interrupted, on this device or another.

        checkpoint: a file, the directory of a run, or bytes
        data: all training data, the same as before
        """
        if isinstance(checkpoint, (bytes, bytearray)):
            saved, name = bytes(checkpoint), "memory"
        else:
            name = os.fspath(checkpoint)
            if os.path.isdir(name):
                name = os.path.join(name, "checkpoint.safetensors")
            if not os.path.exists(name):
                raise MissingError(f"{name}: no such file")
            with open(name, "rb") as file:
                saved = file.read()
        recipe = Network.from_bytes(saved, name).recipe
        part, held = _hold_back(recipe, as_data(data))
        self = cls.__new__(cls)
        self._take(_core.trainer_resume(saved, name, part._handle, threads,
                                        device), part, held)
        return self

    @classmethod
    def from_network(cls, network: Network, data: Any, *, epoch: int = 0,
                     threads: int = 0,
                     device: Optional[str] = None) -> Trainer:
        """A run that begins with a network's weights and its optimiser's
        state, on any data of its shape, anywhere in its recipe's schedule.

        epoch: where the run begins, below the recipe's epochs
        """
        whole = as_data(data, network.classes)
        part, held = _hold_back(network.recipe, whole)
        self = cls.__new__(cls)
        self._take(_core.trainer_from(network._handle, epoch, part._handle,
                                      threads, device), part, held)
        return self

    @classmethod
    def adapt(cls, network: Network, data: Any, *,
              recipe: Optional[Recipe] = None, new_readout: bool = False,
              threads: int = 0, device: Optional[str] = None,
              **options: Any) -> Trainer:
        """A new run that begins with the weights of a network, for other data,
        another number of classes, another recipe: as ``train --from``.

        recipe: None: the network's, with as many units at its end as data have
        classes
        options: of the recipe that are to be others: ``freeze="0-3"``, lr, ...
        new_readout: the last layer is initialised anew, as it is anyway where
        the classes are others
        """
        whole = as_data(data)
        if recipe is None:
            recipe = Recipe._over(_core.adapt_recipe(network._handle,
                                                     whole._handle))
        recipe = recipe.replace(**options)
        part, held = _hold_back(recipe, whole)
        self = cls.__new__(cls)
        self._take(_core.trainer_adapt(network._handle, recipe._handle,
                                       part._handle, new_readout, threads,
                                       device), part, held)
        return self

    # State.

    @property
    def network(self) -> Network:
        """The network being trained. It belongs to the trainer: its arrays
        follow each step, and to change it, train a copy with `from_network`."""
        _core.trainer_network(self._handle)  # brings it up to date
        return self._network

    @property
    def recipe(self) -> Recipe:
        """A copy of the run's recipe, with what was made of it."""
        return Network._over(_core.trainer_network(self._handle)).recipe

    @property
    def metrics(self) -> Metrics:
        """Of the epoch under way so far, or of the one that has ended."""
        return Metrics(*_core.trainer_metrics(self._handle))

    @property
    def step_count(self) -> int:
        """Optimiser steps taken."""
        return self._network.step

    @property
    def epoch_count(self) -> int:
        """Epochs that are done."""
        return self._network.epoch

    @property
    def epochs(self) -> int:
        """Epochs in all; setting it lengthens or shortens the run, and the
        learning rate is that of a run of this length from then on."""
        return self._network.epochs

    @epochs.setter
    def epochs(self, epochs: int) -> None:
        _core.trainer_set_epochs(self._handle, epochs)

    def plan(self, epochs: int) -> None:
        """Ends the run after so many epochs in all, at most the recipe's, with
        the schedule of the learning rate at its end by then."""
        _core.trainer_plan(self._handle, epochs)

    @property
    def rate(self) -> float:
        """Share of what recipe and schedule say that the learning rate is,
        0..1; setting it holds from the next step on."""
        ppm: int = _core.trainer_about(self._handle)[2]
        return ppm / 1e6

    @rate.setter
    def rate(self, share: float) -> None:
        if not 0.0 <= share <= 1.0:
            raise ArgumentError(f"rate: {share}, expected 0..1, a share of "
                                f"the recipe's learning rate")
        _core.trainer_scale_rate(self._handle, int(round(share * 1e6)))

    @property
    def threads(self) -> int:
        """Threads that train."""
        n: int = _core.trainer_about(self._handle)[0]
        return n

    @property
    def memory(self) -> int:
        """Bytes of working memory it holds."""
        n: int = _core.trainer_about(self._handle)[1]
        return n

    @property
    def done(self) -> bool:
        """Whether all epochs are done."""
        return self.epoch_count >= self.epochs

    @property
    def batches(self) -> int:
        """Steps of an epoch."""
        batch = int(self._network._recipe["batch"])
        return -(-len(self.data) // batch)

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint, from which `resume` goes on."""
        _core.trainer_save(self._handle, os.fsencode(path))

    def to_bytes(self) -> bytes:
        """The bytes of its checkpoint."""
        found: bytes = _core.trainer_save_bytes(self._handle)
        return found

    def __reduce__(self) -> Any:
        return _rebuild, (self.to_bytes(), self.data, self.held, self.history)

    # Training.

    def step(self, steps: int = 1) -> int:
        """Trains so many batches, at most to the end of the epoch; how many
        it were."""
        taken: int = _core.trainer_steps(self._handle, steps, _FOREVER)[0]
        return taken

    def stop(self) -> None:
        """Ends `fit` after the step that is under way."""
        self._stopped = True

    def epoch(self, test: Any = None, *,
              callbacks: Iterable[Callback] = (),
              bar: Any = None) -> Optional[EpochReport]:
        """Trains to the end of the epoch under way and tests; None if it was
        stopped before."""
        test = self.held if test is None else as_data(test,
                                                      self._network.classes)
        seconds, before = 0.0, self.epoch_count
        watchers = [c for c in callbacks if wants_batches(c)]
        most = 1 if watchers else 2**62
        while self.epoch_count == before:
            taken, spent = _core.trainer_steps(self._handle, most, _SLICE)
            seconds += spent
            if bar is not None:
                bar.update(taken)
            for callback in watchers:
                self._stopped |= bool(callback.on_batch(self))
            if self._stopped and self.epoch_count == before:
                return None
        start = time.monotonic()
        net = self.network
        tested = None if test is None else net.evaluate(test)
        return EpochReport(net.epoch, net.epochs, net.step, self.metrics,
                           tested, seconds,
                           0.0 if test is None else time.monotonic() - start,
                           self.rate)

    def fit(self, test: Any = None, *,
            callbacks: Union[AnyCallback, Iterable[AnyCallback]] = (),
            progress: Optional[bool] = None,
            out: Optional[PathLike] = None,
            observe: int = 0, verify: int = 0) -> History:
        """Trains to the end of the planned epochs.

        test       data to test on after each epoch; by default what is held
                   back. It has no influence on the weights
        callbacks  `Callback` objects, or functions of an `EpochReport`: a true
                   value stops the training
        progress   a bar, with tqdm if it is there, and a line for each epoch;
                   None: on a terminal or in a notebook
        out        directory of a run, as the command writes it: recipe.ini,
                   metrics.jsonl, checkpoint.safetensors after each epoch. One
                   process at a time works there
        observe    samples whose spikes the report has histograms of
        verify     after each epoch, simulate every spike of so many samples
                   and compare with the fast engine

        Ctrl-C is heard within a step; the trainer is then whole, can be saved,
        and goes on with another `fit`.
        """
        if self._fitting:
            raise ArgumentError("fit was called within a fit of this trainer")
        if test is not None:
            test = as_data(test, self._network.classes)
        told = as_callbacks(callbacks)
        shown = Progress(self, progress)
        run = None if out is None else RunDirectory(out, self)
        self._stopped, self._fitting = False, True
        try:
            for callback in told:
                callback.on_begin(self)
            while not self.done and not self._stopped:
                bar = shown.begin()
                report = self.epoch(test, callbacks=told, bar=bar)
                shown.end(report)
                if report is None:
                    break
                self._finish(report, test, observe, verify)
                if run is not None:
                    run.add(report)
                for callback in told:
                    self._stopped |= bool(callback.on_epoch(self, report))
        finally:
            self._fitting = False
            shown.close()
            try:
                if run is not None:
                    run.save()
                for callback in told:
                    callback.on_end(self)
            finally:
                if run is not None:
                    run.close()
        return self.history

    def _finish(self, report: EpochReport, test: Optional[Data], observe: int,
                verify: int) -> None:
        history = self.history
        history.recipe = self.recipe
        history.epochs.append(report)
        seen = test if test is not None else self.held
        seen = self.data if seen is None else seen
        if observe:
            history.observation = self.network.observe(
                seen, min(observe, len(seen)))
        if verify:
            self.network.verify(seen, min(verify, len(seen)),
                                seed=report.epoch)

    @contextmanager
    def profile(self) -> Iterator[Dict[str, Any]]:
        """Measures what training takes: the dict is filled at the end, with
        "loading" and "layers", nanoseconds.

        >>> with trainer.profile() as cost:        # doctest: +SKIP
        ...     trainer.step(10)
        """
        found: Dict[str, Any] = {}
        _core.trainer_profile(self._handle, "+")
        try:
            yield found
        finally:
            loading, raw = _core.trainer_profile(self._handle, "?")
            _core.trainer_profile(self._handle, "-")
            phases = ("forward", "fire", "propagate", "gradient", "update",
                      "count")
            cost = np.dtype([(name, np.dtype(
                [("nanoseconds", "u8"), ("ops", "u8"), ("dense_ops", "u8"),
                 ("bytes", "u8")])) for name in phases])
            found["loading"] = loading
            found["layers"] = np.frombuffer(raw, cost)

    def __repr__(self) -> str:
        return (f"<Trainer of {self._network!r} on {self.data!r}: epoch "
                f"{self.epoch_count} of {self.epochs}>")

    def _repr_html_(self) -> str:
        if self.history.epochs:
            return self.history._repr_html_()
        return self._network._repr_html_()


def _rebuild(saved: bytes, data: Data, held: Optional[Data],
             history: History) -> Trainer:
    self = Trainer.__new__(Trainer)
    self._take(_core.trainer_resume(saved, "memory", data._handle, 0, None),
               data, held)
    self.history = history
    return self
