"""Networks: arrays, predictions, the simulation, verification, exchange."""

import copy
import gc
import os
import pickle
import resource

import numpy as np
import pytest

import spikegrad as sg


def test_arrays_are_views(net):
    weight = net.layers[0].weight
    assert weight.dtype == np.int16 and weight.shape == (4, 5, 5, 1)
    before = weight.copy()
    net.layers[0].weight = before // 2
    assert np.array_equal(weight, before // 2)
    with pytest.raises(ValueError):
        weight[0] = 0
    assert net.layers[0].weight_master.dtype == np.int32
    assert net.layers[0].theta_bits.shape == (1,)
    assert 2 ** int(net.layers[0].theta_bits[0]) == net.layers[0].theta


def test_arrays_outlive_all_else(trained):
    weight = trained.network.copy().layers[0].weight
    value = weight.copy()
    for _ in range(5):
        gc.collect()
        np.ones(4096)
    assert np.array_equal(weight, value)


def test_arrays_that_are_refused(net):
    layer = net.layers[0]
    with pytest.raises(AttributeError, match="layer 1 .P2.: has no 'weight'"):
        net.layers[1].weight
    assert "weight" in dir(layer) and "weight" not in dir(net.layers[1])
    assert not hasattr(net.layers[1], "gain")
    with pytest.raises(sg.RangeError, match="bias_master: .*, expected -"):
        layer.bias_master = 2**31 - 1
    with pytest.raises(ValueError, match=r"weight: \(3, 3\), expected"):
        layer.weight = np.zeros((3, 3), int)
    with pytest.raises(ValueError, match="expected integers"):
        layer.weight = 0.5
    with pytest.raises(ValueError, match="expected integers"):
        layer.weight = np.full(layer.weight.shape, "a")
    with pytest.raises(TypeError, match="belongs to a trainer"):
        sg.Trainer("4-10", sg.load("glyphs:train=40,test=10")[0]).network \
            .layers[0].weight = 0


def test_predictions_are_all_the_same(net, digits):
    test = digits[1]
    logits = net.logits(test)
    labels = net.predict(test)
    assert np.array_equal(logits, net.logits(test.images, threads=2))
    assert np.array_equal(net.predict(test.images / 255.0), labels)
    assert np.array_equal(net.predict(test.images[..., 0]), labels)
    assert np.array_equal(net.predict(test.images.reshape(100, -1)), labels)
    found = np.empty(10, np.int32)
    for i in range(20):
        assert net.classify(test[i][0], found) == labels[i]
        assert np.array_equal(found, logits[i])
    assert net.classify(test[0][0][..., 0]) == labels[0]
    evaluation = net.evaluate(test)
    assert evaluation.correct == (labels == test.labels).sum()
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (test.labels, labels), 1)
    assert np.array_equal(evaluation.confusion, confusion)
    assert net.score(test) == evaluation.accuracy
    flipped = net.evaluate(test, flip=True)
    assert flipped.samples == 100


def test_evaluation_in_parts_is_the_same(net, digits, monkeypatch):
    whole = net.evaluate(digits[1])
    monkeypatch.setattr(net, "dense_macs", 10**11)  # parts of 256
    many = digits[1].select(np.arange(1000) % 100)
    parts = net.evaluate(many)
    assert parts.correct == 10 * whole.correct
    assert parts.loss_q20 == 10 * whole.loss_q20
    assert np.array_equal(parts.confusion, 10 * whole.confusion)
    assert (parts.layers["spikes"] == 10 * whole.layers["spikes"]).all()


@pytest.mark.parametrize("images, says", [
    (np.zeros((3, 28, 27), np.uint8), "expected"),
    (np.zeros(28, np.uint8), "expected"),
    (np.zeros((28, 28), complex), "dtype"),
])
def test_images_that_are_refused(net, images, says):
    with pytest.raises(ValueError, match=says):
        net.predict(images)
    with pytest.raises(ValueError, match=says):
        net.classify(images)
    with pytest.raises(ValueError):
        net.evaluate(sg.load("glyphs:train=20,test=20")[0].images[:, :9])


def test_logits_that_are_refused(net, digits):
    image = digits[1][0][0]
    for bad in (np.empty(9, np.int32), np.empty(10, np.int64), [0] * 10,
                np.empty(20, np.int32)[::2]):
        with pytest.raises((ValueError, TypeError, AttributeError)):
            net.classify(image, bad)
    frozen = np.empty(10, np.int32)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="to write"):
        net.classify(image, frozen)


def test_a_classifier_follows_the_network(net, digits):
    image = digits[1][0][0]
    logits = np.empty(10, np.int32)
    net.classify(image, logits)
    net.layers[3].bias_master = 0
    net.layers[3].weight = 0
    net.classify(image, logits)
    assert not logits.any()


def test_batches_are_what_is_simulated(net, digits):
    data = digits[0][5:12]
    batch = net.batch(data)
    weights = 0
    for i in range(len(data)):
        image, label = data[i]
        simulation = sg.Simulation(net)
        simulation.learn(image, label, sample=i)
        for k, counts in enumerate(simulation.counts):
            assert np.array_equal(counts, batch.counts[k][i])
        for k, errors in enumerate(simulation.errors):
            assert (errors is None) == (batch.errors[k] is None)
            assert errors is None or np.array_equal(errors,
                                                    batch.errors[k][i])
        assert np.array_equal(simulation.logits, batch.logits[i])
        # a dense layer's gradient: error times count, by definition
        d = simulation.errors[3].reshape(-1).astype(int)
        n = simulation.counts[3].reshape(-1).astype(int)
        weights = weights + np.outer(d, n)
    gradient, biases = batch.gradient(3)
    assert np.array_equal(gradient, weights)
    assert biases.shape == (10,) and biases.dtype == np.int32
    with pytest.raises(ValueError, match="no weights"):
        batch.gradient(1)
    with pytest.raises(sg.RangeError, match="33 samples, expected 1..32"):
        net.batch(digits[0][:33])
    forward = net.batch(digits[0].images[:50], learn=False)
    assert forward.errors == [None] * 4
    assert np.array_equal(forward.labels, net.predict(digits[0][:50]))
    with pytest.raises(ValueError, match="not to learn"):
        forward.gradient(0)


def test_batches_outlive_the_network(digits, trained):
    batch = trained.network.copy().batch(digits[0][:4])
    counts = batch.counts[1]
    before = counts.copy()
    del batch
    gc.collect()
    np.ones(100000)
    assert np.array_equal(counts, before)


def test_spikes_are_events(net, digits):
    image, label = digits[1][0]
    simulation = net.simulate(image, label)
    events = simulation.events()
    assert events.dtype == sg.SPIKE and (np.diff(events["time"].astype(
        np.int64)) >= 0).all()
    totals = simulation.totals
    forward = events[events["phase"] == 0]
    backward = events[events["phase"] == 1]
    assert len(backward) >= totals["backward_spikes"] > 0
    assert set(np.unique(events["sign"])) <= {-1, 1}
    for k, counts in enumerate(simulation.counts):
        mine = forward[forward["layer"] == k]
        sums = np.zeros(counts.size, int)
        np.add.at(sums, mine["neuron"], mine["sign"])
        assert np.array_equal(sums, counts.reshape(-1))
    assert len(simulation.events()) == 0
    few = sg.Simulation(net, record=10)
    few.present(image)
    with pytest.raises(MemoryError, match="more than the 10"):
        few.events()
    sent = net.simulate(image, label, sent=True)
    assert len(sent.events()) == sum(sent.totals[k] for k in (
        "forward_spikes", "backward_spikes"))
    none = sg.Simulation(net, record=False)
    none.present(image)
    assert len(none.events()) == 0 and none.label == net.classify(image)
    del simulation
    gc.collect()
    assert events["time"][-1] > 0


def test_a_simulation_in_parts(net, digits):
    image = digits[1][3][0]
    simulation = sg.Simulation(net, "random", seed=7)
    n = simulation.begin(image)
    while n > 0:
        simulation.arrive(100)
        n -= 100
    assert simulation.label == net.classify(image)
    with pytest.raises(ValueError, match="order: 'none'"):
        sg.Simulation(net, "none")
    with pytest.raises(ValueError, match="no image was begun"):
        sg.Simulation(net).arrive(1)
    with pytest.raises(ValueError, match="no class"):
        net.simulate(image, 10)


def test_instruments_tell_that_the_network_has_changed(net, digits):
    simulation = net.simulate(digits[1][0][0])
    counts = simulation.counts[1]
    net.layers[0].bias = 0
    with pytest.raises(RuntimeError,
                       match="has changed"):
        simulation.present(digits[1][0][0])
    assert counts.sum() >= 0


def test_every_spike_is_verified(net, digits):
    told = []
    found = net.verify(digits[1], 3, threads=1,
                       progress=lambda *at: told.append(at))
    assert found.equal and found.samples == 3 and found.compared > 1000
    assert told == [(1, 3), (2, 3), (3, 3)]
    for order in sg.ORDERS:
        assert net.verify(digits[1], 1, order=order)
    with pytest.raises(sg.RangeError, match="expected 1..100"):
        net.verify(digits[1], 0)
    with pytest.raises(ZeroDivisionError):
        net.verify(digits[1], 3, progress=lambda *_: 1 / 0)


def test_observation(net, digits):
    seen = net.observe(digits[1], 50)
    assert seen.samples == 50 and seen.counts.shape == (4, 256)
    assert (seen.counts[:3].sum(axis=1) == 50 * seen.neurons[:3]).all()
    assert "50 samples" in repr(seen)


def test_files_and_copies(net, digits, tmp_path):
    path = tmp_path / "net.safetensors"
    net.save(path)
    for other in (sg.Network.load(path), sg.Network.load(str(path)),
                  net.copy(), copy.copy(net), copy.deepcopy(net),
                  pickle.loads(pickle.dumps(net)),
                  sg.Network.from_bytes(path.read_bytes())):
        assert other.to_bytes() == net.to_bytes()
        other.layers[0].weight = 0
        assert net.layers[0].weight.any()
    with pytest.raises(OSError):
        sg.Network.load(tmp_path / "none")
    with pytest.raises(sg.FormatError, match="here"):
        sg.Network.from_bytes(b"nothing at all", "here")
    with pytest.raises(sg.FileError, match="nowhere"):
        net.save("/nowhere/net.safetensors")


def test_confusions_of_very_many_classes_are_not_counted():
    images = np.zeros((6, 2, 2), np.uint8)
    data = sg.Data(images, np.arange(6), classes=65535)
    net = sg.Network("65535", data)
    evaluation = net.evaluate(data)
    assert evaluation.samples == 6 and evaluation.confusion.shape == (0, 0)
    assert evaluation.recall.shape == (0,) and evaluation._repr_html_()


def test_files_are_replaced_whole_or_not_at_all(net, tmp_path):
    page = sg.Report("<p>" * 9999)
    for save, name in ((net.save_npz, "a.npz"), (net.save, "a.safetensors"),
                       (net.recipe.save, "a.ini"), (page.save, "a.html")):
        path, other = tmp_path / name, tmp_path / "other"
        other.write_bytes(b"other")
        path.symlink_to(other)
        save(path)
        whole = path.read_bytes()
        assert other.read_bytes() == b"other" and not path.is_symlink()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))
        try:
            with pytest.raises(OSError, match=f"{name}: .*too large"):
                save(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.read_bytes() == whole
        assert sorted(os.listdir(tmp_path)) == [name, "other"]
        path.unlink()
        with pytest.raises(OSError):
            save(tmp_path / "nowhere" / name)
        with pytest.raises(OSError):
            save(tmp_path)


def test_npz(net, tmp_path):
    np.savez(tmp_path / "net.npz", **net.arrays())
    with np.load(tmp_path / "net.npz") as arrays:
        other = sg.Network.from_arrays(arrays, net.recipe, net.input_shape,
                                       net.classes)
    for layer, twin in zip(net.layers, other.layers):
        for name in layer.array_names:
            assert np.array_equal(layer.array(name), twin.array(name)), name
        assert layer.theta == twin.theta and layer.phi == twin.phi
    with pytest.raises(ValueError, match="'layer.9.weight'"):
        sg.Network.from_arrays({"layer.9.weight": 0}, net.recipe,
                               net.input_shape, net.classes)


def test_state_dicts(net, digits):
    state = net.state_dict()
    assert state["0.weight"].shape == (4, 1, 5, 5)
    assert state["0.weight"].dtype == np.float32
    assert list(state)[2] == "1.weight" and state["2.weight"].shape == (10, 12)
    other = net.copy()
    assert other.load_state_dict(state) == 0
    assert np.array_equal(other.logits(digits[1]), net.logits(digits[1]))
    named = net.state_dict(["conv", "hidden", "out"])
    assert other.load_state_dict(named, ["conv", "hidden", "out"]) == 0
    named["out.bias"] = named.pop("out.bias") * 1e9
    assert other.load_state_dict(named) > 0
    with pytest.raises(ValueError, match="2 modules"):
        other.load_state_dict({"a.weight": np.zeros((2, 2)),
                               "b.weight": np.zeros((2, 2))})
    state["0.weight"] = np.zeros((4, 1, 3, 3))
    with pytest.raises(ValueError, match=r"has \(4, 1, 5, 5\)"):
        other.load_state_dict(state)


def test_a_state_dict_is_the_equivalent_network(net, digits):
    """The counts of every layer by float arithmetic from the state_dict."""
    state = net.state_dict()
    data = digits[1][:5]
    batch = net.batch(data.images, learn=False)
    layers = net.layers
    for i in range(5):
        n = batch.counts[0][i].astype(np.float64)
        windows = np.lib.stride_tricks.sliding_window_view(n, (5, 5), (0, 1))
        charge = np.einsum("hwcij,ocij->hwo", windows, state["0.weight"])
        charge += state["0.bias"]
        fired = np.clip(np.floor(charge + 0.5), 0, layers[0].count_cap)
        assert np.array_equal(fired, batch.counts[1][i])
        pooled = batch.counts[2][i].astype(np.float64)
        flat = np.moveaxis(pooled, 2, 0).reshape(-1)
        charge = state["1.weight"] @ flat + state["1.bias"]
        fired = np.clip(np.floor(charge + 0.5), 0, layers[2].count_cap)
        assert np.array_equal(fired, batch.counts[3][i].reshape(-1))


def test_impossible_networks(digits):
    for net, says in (("nothing", "nothing"), ("99C99-10", "99C99"),
                      ("4C5-11", "11")):
        with pytest.raises(ValueError) as caught:
            sg.Network(net, digits[0])
        assert says in str(caught.value)


def test_what_a_notebook_shows(net, digits):
    assert "4C5" in net._repr_html_()
    assert "<table>" in net.evaluate(digits[1])._repr_html_()
    assert "4C5-P2-12-10" in repr(net) and "convolution" in repr(net.layers)
