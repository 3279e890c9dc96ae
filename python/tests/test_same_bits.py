"""The command and the package: the same files, byte for byte, and the same
figures. SPIKEGRAD is the command."""

import json
import os
import subprocess

import numpy as np
import pytest

import spikegrad as sg

COMMAND = os.environ.get("SPIKEGRAD", "")
pytestmark = pytest.mark.skipif(not COMMAND, reason="SPIKEGRAD is not set")

SPEC = "glyphs:train=600,test=200"


def command(*args, **options):
    return subprocess.run([COMMAND, *map(str, args)], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options)


@pytest.mark.parametrize("options", [
    {"net": "4C5-P2-10", "epochs": 2, "batch": 32},
    {"net": "4C3-4C3-4C3-9-10", "epochs": 1, "seed": 7, "validation": 60,
     "weight_bits": 8},
])
def test_checkpoints_are_the_same(options, tmp_path):
    out = tmp_path / "by-command"
    flags = []
    for name, value in options.items():
        flags += ["--" + name.replace("_", "-"), value]
    command("train", "--data", SPEC, "--out", out, "--quiet", *flags)
    train, test = sg.load(SPEC)
    trainer = sg.Trainer(sg.Recipe(**options), train)
    trainer.fit(test if not trainer.held else None, progress=False,
                out=tmp_path / "here")
    wanted = (out / "checkpoint.safetensors").read_bytes()
    assert trainer.to_bytes() == wanted
    assert (tmp_path / "here/checkpoint.safetensors").read_bytes() == wanted
    theirs, ours = sg.read_run(out), sg.read_run(tmp_path / "here")
    assert [e.train for e in theirs] == [e.train for e in ours]
    assert [e.test for e in theirs] == [e.test for e in ours]
    assert theirs.recipe == ours.recipe and theirs.held == ours.held


def test_recipes_by_name_are_the_same(tmp_path):
    out = tmp_path / "run"
    command("train", "--data", "glyphs:train=300,test=50", "--recipe",
            "mnist-int8", "--epochs", 1, "--out", out, "--quiet")
    train, _ = sg.load("glyphs:train=300,test=50")
    trainer = sg.Trainer(sg.Recipe.load("mnist-int8").replace(epochs=1), train)
    trainer.fit(progress=False)
    assert trainer.to_bytes() == \
        (out / "checkpoint.safetensors").read_bytes()


def test_arrays_are_the_same(tmp_path):
    train, _ = sg.load("glyphs:train=100,test=20")
    trainer = sg.Trainer(sg.Recipe("4C5-P2-9-10", epochs=1, phi="auto:1"),
                         train)
    trainer.fit(progress=False)
    model, ours, theirs = (tmp_path / name for name in
                           ("model.safetensors", "ours.npz", "theirs.npz"))
    trainer.network.save(model)
    trainer.network.save_npz(ours)
    try:
        command("convert", model, "--npz", theirs)
    except subprocess.CalledProcessError as error:
        if "no libarchive" in error.stderr:
            pytest.skip("a build without libarchive")
        raise
    with np.load(ours) as a, np.load(theirs) as b:
        assert sorted(a.files) == sorted(b.files)
        for name in a.files:
            assert a[name].dtype == b[name].dtype
            assert np.array_equal(a[name], b[name])
    command("convert", ours, "--out", tmp_path / "back.safetensors")
    assert (tmp_path / "back.safetensors").read_bytes() == model.read_bytes()
    # without what only a model has: one line, which says what to do
    np.savez(ours, **trainer.network.arrays())
    with pytest.raises(subprocess.CalledProcessError) as caught:
        command("convert", ours, "--out", tmp_path / "none")
    assert caught.value.returncode == 3
    assert caught.value.stderr.count("\n") == 1
    assert "no array metadata" in caught.value.stderr
    assert "Network.save_npz" in caught.value.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("same") / "run"
    train, test = sg.load(SPEC)
    sg.Trainer(sg.Recipe("4C5-P2-10", epochs=2, batch=32), train).fit(
        test, progress=False, out=out, observe=50)
    return out


def test_going_on_from_a_model_is_the_same(run, tmp_path):
    spec = "glyphs:train=300,test=50,seed=5"
    command("train", "--from", run, "--data", spec, "--epochs", 1, "--freeze",
            "0", "--out", tmp_path / "out", "--quiet")
    trainer = sg.Trainer.adapt(sg.Network.load(run), sg.Data.open(spec),
                               epochs=1, freeze="0")
    trainer.fit(progress=False)
    assert trainer.to_bytes() == \
        (tmp_path / "out/checkpoint.safetensors").read_bytes()


def test_the_command_reads_what_is_written(run):
    command("verify", run, "--samples", 3, "--quiet")
    command("report", run, "--out", run / "page.html")
    assert "4C5" in (run / "page.html").read_text()
    said = command("eval", run, "--json").stdout
    found = sg.Network.load(run).evaluate(sg.Data.open(SPEC, "test"))
    figures = [json.loads(line) for line in said.splitlines()]
    assert any(f.get("correct") == found.correct for f in figures) or \
        f'"correct":{found.correct}' in said.replace(" ", "")


def test_anytime_is_the_same(run):
    said = command("anytime", run, "--samples", 20, "--json",
                   "--quiet").stdout
    rows = sg.Network.load(run).anytime(sg.Data.open(SPEC, "test"), 20)
    lines = [json.loads(line) for line in said.splitlines()]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        for name in ("share", "correct", "settled", "input_spikes", "spikes"):
            assert line[name] == row[name]


def test_traces_are_the_same(run):
    said = command("trace", run, "--sample", 3, "--order", "random").stdout
    image, label = sg.Data.open(SPEC, "test")[3]
    simulation = sg.Simulation(sg.Network.load(run), "random")
    events = simulation.learn(image, label, sample=3).events()
    header, *lines = said.splitlines()
    assert header.split(",")[:5] == ["time", "phase", "layer", "neuron",
                                     "sign"]
    assert len(lines) == len(events)
    for line, event in zip(lines, events):
        time, phase, layer, neuron, sign = line.split(",")[:5]
        assert (int(time), int(layer), int(neuron), int(sign)) == tuple(
            int(event[k]) for k in ("time", "layer", "neuron", "sign"))
        assert phase == ("forward", "backward")[event["phase"]]
