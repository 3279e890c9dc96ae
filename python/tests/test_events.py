"""Recordings of event cameras: spikes in their own time."""

import json
import os
import pickle
import subprocess

import numpy as np
import pytest

import spikegrad as sg

SPEC = "glyph-events:train=200,test=40,window=300ms,bins=2"
COMMAND = os.environ.get("SPIKEGRAD", "")


@pytest.fixture(scope="module")
def recordings():
    return sg.load(SPEC)


@pytest.fixture(scope="module")
def seen(recordings):
    trainer = sg.Trainer(sg.Recipe("4C5-P2-10", epochs=2, batch=20),
                         recordings[0])
    trainer.fit(progress=False)
    return trainer


def test_events_are_the_counts(recordings):
    train = recordings[0]
    assert train.has_events and train.counts > 1
    for i in (0, 7, -1):
        events = train.events(i)
        assert events.dtype == sg.EVENT
        assert (np.diff(events["time"].astype(np.int64)) >= 0).all()
        counts = np.bincount(events["neuron"], minlength=np.prod(train.shape))
        assert np.array_equal(counts, train.images[i].reshape(-1))
    with pytest.raises(IndexError):
        train.events(200)
    digits = sg.load("glyphs:train=20,test=20")[0]
    assert not digits.has_events and digits.counts == 0
    with pytest.raises(sg.Error):
        digits.events(0)


def test_counts_are_taken_as_they_are(recordings, seen):
    train = recordings[0]
    assert seen.recipe.input == "counts"
    own = sg.Data(np.array(train.images), train.labels, layout="NHWC",
                  counts=train.counts, name=train.name)
    assert own.hash == train.hash
    assert pickle.loads(pickle.dumps(own)).counts == train.counts
    other = sg.Trainer(sg.Recipe("4C5-P2-10", epochs=2, batch=20), own)
    other.fit(progress=False)
    assert other.to_bytes() == seen.to_bytes()
    labels = seen.network.predict(train)
    assert np.array_equal(labels, seen.network.predict(own.images))


def test_pushed_spikes_are_the_image(recordings, seen):
    test, net = recordings[1], seen.network
    simulation = sg.Simulation(net)
    events = test.events(3)
    assert simulation.start().push(events) == len(events)
    assert simulation.label == net.classify(test[3][0])
    assert np.array_equal(simulation.counts[0], test[3][0])
    spikes = simulation.events()
    assert set(spikes["input_time"]) <= set(events["time"]) | {0}
    neuron = int(events["neuron"][0])
    simulation.start()
    simulation.push(neuron)
    simulation.push(neuron, signs=-1)
    assert not simulation.counts[0].any()
    most = int(net.recipe.input_levels)
    with pytest.raises(sg.RangeError, match=f"spike {most}: input neuron"):
        simulation.push([neuron] * (most + 1))
    assert simulation.push([neuron] * 3, strict=False) == 0
    for bad, error in ((0.5, ValueError), (-1, ValueError),
                       (10**6, sg.RangeError)):
        with pytest.raises(error):
            simulation.push(bad)
    before = simulation.counts[0].copy()
    for wrong, said in (
            ({"spikes": [2**32 + neuron]}, f"neuron {2**32 + neuron}, expected"
             " a whole number 0..4294967295"),
            ({"spikes": [2**70]}, "whole numbers"),
            ({"spikes": neuron, "times": -1}, "time -1, expected"),
            ({"spikes": neuron, "times": 0.5}, "time: expected"),
            ({"spikes": neuron, "times": 2**64}, "time: expected"),
            ({"spikes": neuron, "signs": 257}, "sign 257, expected -1 or 1"),
            ({"spikes": [neuron] * 2, "signs": [1, 0]}, "sign 0, expected"),
            ({"spikes": neuron, "signs": True}, "sign: expected")):
        with pytest.raises(ValueError, match=said):
            simulation.push(**wrong)
    assert np.array_equal(simulation.counts[0], before)
    assert simulation.push([]) == 0
    assert simulation.start().push(neuron, np.uint64(2**64 - 1)) == 1
    with pytest.raises(ValueError, match="not started"):
        sg.Simulation(net).push(neuron)


def test_replays(recordings, seen, tmp_path):
    test, net = recordings[1], seen.network
    rows = net.replay(test, 10, step=50)
    assert (rows["ms"] == 50 * np.arange(1, len(rows) + 1)).all()
    assert rows["settled"][-1] == 10
    labels = net.predict(test[:10])
    assert rows["correct"][-1] == (labels == test.labels[:10]).sum()
    with pytest.raises(ValueError, match="no recordings"):
        net.replay(sg.load("glyphs:train=20,test=20")[1])
    if not COMMAND:
        return
    net.save(tmp_path / "net.safetensors")
    said = subprocess.run(
        [COMMAND, "anytime", str(tmp_path / "net.safetensors"), "--data", SPEC,
         "--samples", "10", "--step", "50", "--json", "--quiet"], check=True,
        text=True, stdout=subprocess.PIPE).stdout
    lines = [json.loads(line) for line in said.splitlines()]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        assert all(line[name] == row[name] for name in line)
