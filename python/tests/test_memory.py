"""Nothing is freed that an array, a view or a handle still looks at, and
nothing leaks: gc under stress, bad handles, a thousand of everything."""

import gc
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

import spikegrad as sg
from spikegrad import _core


def churn():
    """Memory that would show if freed memory were read."""
    return [np.full(10000, k, np.uint8) for k in range(20)]


def test_everything_in_any_order():
    gc.set_threshold(1)
    try:
        for k in range(8):
            train, test = sg.load(f"glyphs:train=6{k},test=12")
            trainer = sg.Trainer(sg.Recipe("4C5-P2-10", epochs=1, batch=16),
                                 train[2:])
            trainer.step()
            net = trainer.network
            kept = [net.layers[0].weight, train[3:9].images, test.labels,
                    net.batch(test[:4]).counts[1],
                    net.simulate(test[0][0]).events(),
                    net.simulate(test[0][0], 3).errors[2],
                    trainer.metrics.layers, net.observe(test, 5).counts]
            values = [np.array(x) for x in kept]
            del train, test, trainer, net
            gc.collect()
            churn()
            for array, value in zip(kept, values):
                assert np.array_equal(array, value)
    finally:
        gc.set_threshold(700, 10, 10)


def test_nothing_leaks(digits):
    train, test = digits
    trainer = sg.Trainer(sg.Recipe("4C5-P2-10", batch=32), train, threads=1)

    def round_trip():
        net = trainer.network.copy()
        net.batch(test[:20]).gradient(0)
        net.simulate(test[0][0], 3).events()
        net.evaluate(test)
        net.classify(test[0][0])
        sg.Data(np.zeros((100, 28, 28), np.uint8), [0] * 100)[5:9]
        with pytest.raises(sg.Error):
            sg.Recipe(lr=-1)

    for _ in range(20):
        round_trip()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(60):
        round_trip()
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 8192  # KiB; a network alone, each time, would be more


NO_MEMORY = """
import _testcapi
import spikegrad as sg
from spikegrad import _core
train = sg.load("glyphs:train=64,test=10")[0]
trainer = sg.Trainer(sg.Recipe("9-10", epochs=1, batch=32), train, threads=1)
failed = 0
for n in range(8):
    _testcapi.set_nomemory(n, n + 1)
    try:
        _core.trainer_network(trainer._handle)
    except MemoryError:
        failed += 1
    finally:
        _testcapi.remove_mem_hooks()
assert failed > 0
trainer.fit(progress=False)
print(trainer.network.epoch)
"""


def test_a_trainers_network_is_its_own_without_memory():
    pytest.importorskip("_testcapi")
    done = subprocess.run([sys.executable, "-c", NO_MEMORY], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, MALLOC_PERTURB_="165"))
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_handles_are_checked(digits):
    with pytest.raises(TypeError, match="made by spikegrad"):
        _core.Handle()
    recipe, data = _core.recipe_new(), digits[0]._handle
    for call in (lambda: _core.network_info(data),
                 lambda: _core.trainer_create(data, recipe, 0, None),
                 lambda: _core.recipe_get(3, "lr"),
                 lambda: _core.data_info(None),
                 lambda: _core.simulation_new(recipe, 0, 1, 0, False)):
        with pytest.raises(TypeError, match="handle"):
            call()


@pytest.mark.parametrize("fake, error", [
    (b"bytes", AttributeError),
    (np.zeros(5, np.uint8), ValueError),
    (np.zeros(6, np.int8), TypeError),
    (np.zeros(12, np.uint8)[::2], ValueError),
    (np.zeros(6, ">u4"), TypeError),
])
def test_arrays_are_checked(fake, error):
    labels = np.zeros(6, np.uint8)
    with pytest.raises(error):
        _core.data_over(fake, labels, None, 6, 1, 1, 1, 2, 0)
    good = np.zeros(6, np.uint8)
    with pytest.raises(error):
        _core.data_over(good, fake, None, 6, 1, 1, 1, 2, 0)


class Liar:
    def __init__(self, **changes):
        self.__array_interface__ = dict(
            {"version": 3, "shape": (6,), "typestr": "|u1",
             "data": (1, False)}, **changes)


@pytest.mark.parametrize("changes", [
    {"shape": (-1,)}, {"shape": (2**62, 2**62)}, {"shape": 6},
    {"shape": ("a",)}, {"data": 5}, {"data": (0, False)}, {"data": None},
    {"data": ("x", False)}, {"typestr": 5}, {"typestr": "u"},
    {"typestr": "\udcff"}, {"strides": (2,)},
])
def test_interfaces_that_lie_are_refused(changes):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        _core.data_over(Liar(**changes), np.zeros(6, np.uint8), None, 6, 1, 1,
                        1, 2, 0)


def test_sizes_that_overflow_are_refused():
    array = np.zeros(6, np.uint8)
    with pytest.raises((MemoryError, ValueError)):
        _core.data_over(array, array, None, 6, 2**32 - 1, 2**32 - 1,
                        2**32 - 1, 2, 0)
    data = sg.load("glyphs:train=20,test=20")[0]
    for bad in (2**70, 2**32, -1):
        with pytest.raises(sg.RangeError, match="expected a whole number"):
            data.hold_back(bad)
    with pytest.raises(TypeError):
        data.hold_back(1.5)
    with pytest.raises(sg.RangeError):
        data.hold_back(3, seed=-1)
