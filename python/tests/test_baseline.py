"""The ordinary network of a recipe's topology learns what it should."""

import json
import pathlib
import subprocess
import sys

import pytest

import spikegrad as sg

pytest.importorskip("torch")

TOOL = pathlib.Path(__file__).parents[2] / "tools" / "ann_baseline"


def test_residual_network_learns_digits(tmp_path):
    recipe = tmp_path / "small.ini"
    sg.Recipe("8C3p1-8C3p1-8C3p1-R2-P2max-16C3s2p1-16C3p1-R2C1s2-D2-Pavg-10",
              batch=20, validation=40, augment="crop:2",
              epochs=6).save(recipe)
    lines = subprocess.run(
        [sys.executable, TOOL, recipe, "glyphs:train=440,test=100",
         "--threads", "1", "--lr", "0.1"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    epochs = [json.loads(line) for line in lines]
    assert [row["epoch"] for row in epochs[:6]] == list(range(1, 7))
    assert epochs[5]["loss"] < epochs[0]["loss"]
    assert 0 <= epochs[5]["validation"] <= 1
    assert epochs[6]["test"] > 0.5 and epochs[6]["epochs"] == 6
