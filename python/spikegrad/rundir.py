"""A run in a directory, as the command writes it."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import stat
import threading
import warnings
from typing import TYPE_CHECKING, Any, Dict, Optional, Set, Tuple

import numpy as np

from ._arrays import replace_file
from .data import PathLike
from .errors import (BusyError, ExistsError, FileError, FormatError,
                     MissingError)
from .history import EpochReport, History
from .metrics import ACTIVITY, Metrics
from .recipe import Recipe

if TYPE_CHECKING:
    from .trainer import Trainer

__all__ = ["RunDirectory", "read_run"]


#: directories whose lock this process has, by process, device and number: a
#: lock of POSIX is the process's, and closing another descriptor would end it
_held: Set[Tuple[int, int, int]] = set()
_guard = threading.Lock()


class _Lock:
    """The lock on a directory's .lock, as the command takes it: one process
    at a time works in it."""

    def __init__(self, directory: str) -> None:
        where = os.stat(directory)
        self._key = (os.getpid(), where.st_dev, where.st_ino)
        with _guard:
            if self._key in _held:
                raise BusyError(f"{directory} is in use by another trainer "
                                "of this process")
            _held.add(self._key)
        self._file = -1
        try:
            self._file = os.open(
                os.path.join(directory, ".lock"),
                os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
            self._take(directory)
        except BaseException:
            self._forget()
            raise

    def _take(self, directory: str) -> None:
        if not stat.S_ISREG(os.fstat(self._file).st_mode):
            raise FileError(f"{directory}/.lock: not a regular file")
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN):
                raise BusyError(
                    f"{directory} is in use by {self._owner()}: wait for its "
                    "end or stop it") from None
            if error.errno not in (errno.ENOLCK, errno.ENOSYS,
                                   errno.EOPNOTSUPP):
                raise
            warnings.warn(f"{directory}: no locks on this file system: see to "
                          "it that no other process trains there",
                          stacklevel=5)
            return
        try:  # for people only: the lock is what counts
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"process {os.getpid()} on "
                      f"{socket.gethostname()}\n".encode(), 0)
        except OSError:
            pass

    def _owner(self) -> str:
        said = os.pread(self._file, 95, 0).decode("ascii", "replace")
        line, end, _ = said.partition("\n")
        known = end and line.startswith("process ") and line.isprintable()
        return line if known else "another process"

    def _forget(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        with _guard:
            _held.discard(self._key)

    def release(self) -> None:
        """The next owner that is asked who it is shall not show this one."""
        if self._file < 0:
            return
        try:
            os.ftruncate(self._file, 0)
        except OSError:
            pass
        self._forget()


def _cut_unfinished(path: str) -> None:
    """Cuts off a last line without an end, which a kill or a full disk has
    left: the next one would be added to it."""
    try:
        file = open(path, "rb+")
    except FileNotFoundError:
        return
    with file:
        text = file.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            file.truncate(whole)


class RunDirectory:
    """A run as the command writes it; to be closed."""

    def __init__(self, path: PathLike, trainer: Trainer) -> None:
        self.path = os.fspath(path)
        self.trainer = trainer
        os.makedirs(self.path, exist_ok=True)
        self._lock = _Lock(self.path)
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        trainer = self.trainer
        metrics = os.path.join(self.path, "metrics.jsonl")
        if os.path.exists(metrics) and trainer.epoch_count == 0:
            raise ExistsError(f"{self.path}: there is a run already")
        _cut_unfinished(metrics)
        trainer.history.name = os.path.basename(os.path.abspath(self.path))
        data = f"[run]\ndata = {trainer.data.name}\n\n"
        replace_file(os.path.join(self.path, "recipe.ini"),
                     (data + trainer.recipe.to_text()).encode())

    def add(self, report: EpochReport) -> None:
        trainer = self.trainer
        rate = report.train.samples / report.seconds if report.seconds else 0.0
        line: Dict[str, Any] = {
            "type": "epoch", "epoch": report.epoch, "planned": report.epochs,
            "step": report.step,
            "train": _metrics_json(trainer.history, report.train)}
        if report.test is not None:
            kind = "validation" if trainer.held is not None else "test"
            line[kind] = _metrics_json(trainer.history, report.test)
        line["time"] = {"seconds": report.seconds,
                        "test_seconds": report.test_seconds,
                        "samples_per_second": rate,
                        "elapsed": trainer.history.seconds}
        with open(os.path.join(self.path, "metrics.jsonl"), "a",
                  encoding="utf-8") as file:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self.save()

    def save(self) -> None:
        self.trainer.save(os.path.join(self.path, "checkpoint.safetensors"))

    def close(self) -> None:
        """Frees the directory for other processes."""
        self._lock.release()


def _metrics_json(history: History, metrics: Metrics) -> Dict[str, Any]:
    layers = []
    for (name, neurons, macs), row in zip(history.layers, metrics.layers):
        layer = {"name": name, "neurons": neurons, "dense_macs": macs}
        layer.update({key: int(row[key]) for key in row.dtype.names or ()})
        layers.append(layer)
    return {"samples": metrics.samples, "correct": metrics.correct,
            "loss_q20": metrics.loss_q20, "layers": layers}


def _metrics_of(value: Dict[str, Any]) -> Metrics:
    rows = np.zeros(len(value["layers"]), ACTIVITY)
    for k, layer in enumerate(value["layers"]):
        for name in ACTIVITY.names or ():
            rows[name][k] = layer.get(name, 0)
    return Metrics(value["samples"], value["correct"], value["loss_q20"],
                   rows.tobytes())


def read_run(path: PathLike) -> History:
    """The history of a run from its directory, whoever trained it."""
    where = os.fspath(path)
    for name in ("recipe.ini", "metrics.jsonl"):
        if not os.path.exists(os.path.join(where, name)):
            raise MissingError(f"{os.path.join(where, name)}: no such file")
    with open(os.path.join(where, "recipe.ini"), encoding="utf-8") as file:
        recipe, data = _split_run(file.read(), where)
    history: Optional[History] = None
    with open(os.path.join(where, "metrics.jsonl"), "rb") as lines:
        for number, raw in enumerate(lines, 1):
            if not raw.endswith(b"\n"):
                break  # the run may be going on
            try:
                line = json.loads(raw)
                history = _take_line(line, history, recipe, data)
            except (KeyError, TypeError, ValueError):
                raise FormatError(
                    f"{where}/metrics.jsonl: line {number}: not a line of "
                    "metrics") from None
    if history is None:
        raise MissingError(f"{where}/metrics.jsonl: no epoch yet")
    history.name = os.path.basename(os.path.abspath(where))
    return history


def _split_run(text: str, where: str) -> Tuple[Recipe, str]:
    data, section, kept = "", "recipe", []
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            section = bare[1:-1]
        elif section == "recipe":
            kept.append(line)
        elif section == "run" and bare.split("=")[0].strip() == "data":
            data = bare.split("=", 1)[1].strip()
    return Recipe.from_text("\n".join(kept), f"{where}/recipe.ini"), data


def _take_line(line: Dict[str, Any], history: Optional[History],
               recipe: Recipe, data: str) -> Optional[History]:
    if line.get("type") == "final" and history is not None:
        if "test" in line:
            history.final = _metrics_of(line["test"])
        if "test_flip" in line:
            history.final_flip = _metrics_of(line["test_flip"])
        return history
    if line.get("type") != "epoch":
        return history
    if history is None:
        history = History(recipe, data, [
            (x["name"], x["neurons"], x.get("dense_macs", 0))
            for x in line["train"]["layers"]], "validation" in line)
    test = line.get("validation", line.get("test"))
    times = line.get("time", {})
    history.epochs = [e for e in history.epochs if e.epoch < line["epoch"]]
    history.epochs.append(EpochReport(
        line["epoch"], line.get("planned", int(recipe["epochs"])),
        line.get("step", 0), _metrics_of(line["train"]),
        None if test is None else _metrics_of(test),
        times.get("seconds", 0.0), times.get("test_seconds", 0.0), 1.0))
    return history
