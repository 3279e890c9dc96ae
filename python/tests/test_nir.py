"""NIR files: ours to the bit, and one that sinabs wrote."""

import importlib
import os

import numpy as np
import pytest

import spikegrad as sg

try:
    importlib.import_module("spikegrad._nir")
except ImportError:
    pytest.skip("built without NIR", allow_module_level=True)

SINABS = os.path.join(os.environ.get("SPIKEGRAD_DATA", ""), "nir",
                      "cnn_sinabs.nir")


def test_there_and_back(net, digits, tmp_path):
    net.to_nir(tmp_path / "net.nir")
    again = sg.Network.from_nir(tmp_path / "net.nir")
    assert again.to_bytes() == net.to_bytes() and again.nir.restored
    graph = sg.Network.from_nir(tmp_path / "net.nir", graph_only=True)
    assert not graph.nir.restored and graph.nir.weights > 0
    assert graph.recipe.input_levels == 255
    other = sg.Network.from_nir(str(tmp_path / "net.nir"), graph_only=True,
                                weight_bits=16, input_levels=15)
    assert other.recipe.weight_bits == 16 and other.recipe.input_levels == 15
    assert other.predict(digits[1]).shape == (100,)


def test_what_is_refused(digits, tmp_path):
    with pytest.raises(OSError):
        sg.Network.from_nir(tmp_path / "none.nir")
    (tmp_path / "bad.nir").write_bytes(b"no such thing")
    with pytest.raises(sg.Error):
        sg.Network.from_nir(tmp_path / "bad.nir")
    with pytest.raises(ValueError, match="no such option"):
        sg.Network.from_nir(tmp_path / "bad.nir", nothing=3)
    pooled = sg.Network("4C5-P2max-10", digits[0])
    with pytest.raises(sg.UnsupportedError):
        pooled.to_nir(tmp_path / "pooled.nir")


@pytest.mark.skipif(not os.path.exists(SINABS), reason="no SPIKEGRAD_DATA")
def test_a_network_of_another_tool():
    net = sg.Network.from_nir(SINABS)
    assert net.input_shape == (34, 34, 2) and net.nir.weights > 1000
    assert np.isfinite(net.nir.error)
