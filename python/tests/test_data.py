"""Data: arrays without copies, axes, quantisation, labels, iterables."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import spikegrad as sg


def test_arrays_are_not_copied(bars):
    images, labels = bars
    data = sg.Data(images, labels)
    assert np.shares_memory(data.images, images)
    assert data.images.shape == (200, 10, 10, 1)
    assert np.array_equal(data.labels, labels)
    assert np.shares_memory(data[10:20].images, images)
    image, label = data[3]
    assert np.shares_memory(image, images) and label == labels[3]
    with pytest.raises(ValueError):
        data.images[0] = 0


def test_labels_are_copied(bars):
    images, labels = bars
    given = labels.astype(np.uint8)
    data = sg.Data(images, given)
    given[:] = 255  # no class: were it seen, the loss would read elsewhere
    assert np.array_equal(data.labels, labels)
    sg.Trainer(sg.Recipe("9-2", batch=200, adapt=False), data).step()


def test_arrays_are_kept_alive():
    images = np.ones((50, 6, 6), np.uint8)
    gone = weakref.ref(images)
    data = sg.Data(images, np.arange(50) % 2)
    part = data[10:20]
    seen = part.images
    del images, data, part
    gc.collect()
    assert gone() is not None and seen.sum() == 10 * 36
    del seen
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("shape, layout, becomes", [
    ((5, 8, 7), "auto", (8, 7, 1)),
    ((5, 8, 7, 3), "auto", (8, 7, 3)),
    ((5, 3, 8, 7), "auto", (8, 7, 3)),
    ((5, 2, 34, 34), "auto", (34, 34, 2)),
    ((5, 8, 7, 9), "NHWC", (8, 7, 9)),
    ((5, 9, 8, 7), "NCHW", (8, 7, 9)),
    ((5, 64), "auto", (64, 1, 1)),
    ((5, 64, 4), "NLC", (64, 1, 4)),
])
def test_axes(shape, layout, becomes):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    data = sg.Data(images, [0, 1, 0, 1, 1], layout=layout)
    assert data.shape == becomes
    if shape[1] == becomes[-1] and len(shape) == 4:
        images = np.moveaxis(images, 1, -1)
    assert np.array_equal(data.images.reshape(5, -1), images.reshape(5, -1))


@pytest.mark.parametrize("images, options, says", [
    (np.zeros((2, 2, 9, 3), np.uint8), {}, "layout"),
    (np.zeros((2, 9), np.uint8), {"layout": "NHW"}, "2 axes, expected 3"),
    (np.zeros((2, 4, 4), complex), {}, "dtype complex128"),
    (np.zeros((2, 4, 4), object), {}, "dtype object"),
    (np.full((2, 4, 4), 256), {}, "256 in sample 0, expected 0..255"),
    (np.full((2, 4, 4), 1.5), {}, "1.5 in sample 0, expected 0..1"),
    (np.full((2, 4, 4), np.nan), {}, "nan in sample 0"),
    (np.zeros((2, 4, 4)), {"value_range": (1, 1)}, "value_range"),
    (np.zeros((0, 4, 4), np.uint8), {}, "images"),
    (np.zeros((3, 4, 4), np.uint8), {}, "3 images, but 2 labels"),
    (np.zeros((2, 0, 4), np.uint8), {}, "above 0"),
])
def test_images_that_are_refused(images, options, says):
    with pytest.raises(ValueError) as caught:
        sg.Data(images, [0, 1], **options)
    assert says in str(caught.value)


@pytest.mark.parametrize("labels, options, says", [
    ([0, -1], {}, "from 0 on"),
    ([0, 70000], {}, "at most 65535"),
    ([0, 2], {"classes": 2}, "2, expected 0..1"),
    ([[0], [1]], {}, "expected one for each image"),
    ([0, 1], {"class_names": ["a"]}, "class"),
    (["a", "b"], {"class_names": ["a", "c"]}, "'b'"),
])
def test_labels_that_are_refused(labels, options, says):
    with pytest.raises(ValueError) as caught:
        sg.Data(np.zeros((2, 4, 4), np.uint8), labels, **options)
    assert says in str(caught.value)


def test_labels_of_any_kind():
    images = np.zeros((4, 4, 4), np.uint8)
    data = sg.Data(images, ["cat", "dog", "cat", "ant"])
    assert data.class_names == ["ant", "cat", "dog"]
    assert data.labels.tolist() == [1, 2, 1, 0]
    for labels in ([0, 1, 2, 1], np.array([0.0, 1, 2, 1]),
                   np.array([0, 1, 2, 1], np.int8)):
        assert sg.Data(images, labels).classes == 3
    assert sg.Data(images, [0, 0, 0, 0]).classes == 2
    assert sg.Data(images, [0, 1, 0, 1], classes=5).classes == 5
    assert sg.Data(images, np.array([True, False] * 2)).classes == 2


def test_floats_are_quantised_as_stated():
    values = np.array([k / 255 for k in range(256)])
    for kind in (np.float64, np.float32):
        data = sg.Data(values.reshape(4, 8, 8).astype(kind), [0, 1, 0, 1])
        assert np.array_equal(data.images.reshape(-1), np.arange(256))
    half = np.full((1, 2, 2), 0.5 / 255)
    assert sg.Data(half, [0]).images.max() == 1
    wide = np.array([-4.0, 0, 4, 4]).reshape(1, 2, 2)
    data = sg.Data(wide, [0], value_range=(-4, 4))
    assert data.images.reshape(-1).tolist() == [0, 128, 255, 255]
    ints = np.array([0, 1000, 500, 250]).reshape(1, 2, 2)
    data = sg.Data(ints, [0], value_range=(0, 1000))
    assert data.images.reshape(-1).tolist() == [0, 255, 128, 64]


def test_strides_and_order(bars):
    images, labels = bars
    for other in (np.asfortranarray(images), images[::-1][::-1],
                  images.astype(np.int32), images.astype(">u2")):
        assert np.array_equal(sg.Data(other, labels).images[..., 0], images)


def test_views(digits):
    train = digits[0]
    assert np.array_equal(train[[5, 3, 5]].labels, train.labels[[5, 3, 5]])
    assert np.array_equal(train[train.labels == 3].labels,
                          np.full((train.labels == 3).sum(), 3))
    assert np.array_equal(train[::7].images, train.images[::7])
    assert np.array_equal(train[-1][0], train.images[-1])
    rest, held = train.hold_back(40, seed=3)
    assert len(rest) == 280 and len(held) == 40
    for bad in (320, -321, [320], [], np.zeros(320, bool)):
        with pytest.raises(IndexError):
            train[bad]
    assert sum(1 for _ in train) == 320


class Dataset:
    """As torch.utils.data.Dataset: length and index, which may not end."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return Tensor(self.images[i % len(self)] / 255), self.labels[i]


class Tensor:
    """As far as a tensor is one: (1, H, W) of float32 in 0..1."""

    def __init__(self, image):
        self.image = image[np.newaxis].astype(np.float32)

    def detach(self):
        return self

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return self.image


def test_iterables(bars):
    images, labels = bars
    data = sg.Data.from_iterable(Dataset(images, labels))
    assert data.shape == (10, 10, 1)
    assert np.array_equal(data.images[..., 0], images)
    again = sg.Data.from_iterable(zip(images, labels))
    assert np.array_equal(again.images, data.images)
    assert again.hash == data.hash
    with pytest.raises(ValueError, match="sample 1"):
        sg.Data.from_iterable([(np.zeros((4, 4)), 0), (np.zeros((5, 4)), 1)])
    with pytest.raises(ValueError, match="none"):
        sg.Data.from_iterable([])


def test_sources():
    assert {"glyphs", "mnist"} <= {f.name for f in sg.formats()}
    with pytest.raises(FileNotFoundError):
        sg.Data.open("mnist:/nowhere")
    with pytest.raises(ValueError, match="expected glyphs"):
        sg.Data.open("nothing:x")
    with pytest.raises(ValueError, match="split"):
        sg.Data.open("glyphs", "valid")
    with pytest.raises(ValueError):
        sg.Data.open("gly\0phs")


def test_copies_and_pickles(digits, bars):
    for data in (digits[1], sg.Data(*bars, class_names=["a", "b"])[::3]):
        for other in (copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
            assert other.hash == data.hash and other.name == data.name
            assert other.class_names == data.class_names


def test_names_of_classes_go_along(bars, tmp_path):
    data = sg.Data(bars[0], np.array(["lying", "st\u00e4nding"])[bars[1]])
    assert data.class_names == ["lying", "st\u00e4nding"]
    rest, held = data.hold_back(20)
    for part in (rest, held, data[3:9], data.select([1, 2])):
        assert part.class_names == data.class_names
    trainer = sg.Trainer(sg.Recipe("9-2", epochs=1, batch=50), rest)
    trainer.fit(progress=False)
    path = tmp_path / "named.safetensors"
    trainer.save(path)
    for net in (trainer.network, sg.Network.load(path), trainer.network.copy(),
                sg.Network.from_bytes(trainer.to_bytes())):
        assert net.class_names == data.class_names
        assert net.evaluate(bars).class_names == data.class_names
    # those that only count are none; what no terminal takes is refused
    assert sg.Data(*bars, class_names=["0", "1"]).class_names == []
    for name in ("", "a\nb", "x" * 256):
        with pytest.raises(sg.RangeError):
            sg.Data(*bars, class_names=["a", name])
    with pytest.raises(ValueError):
        sg.Data(*bars, class_names=["a", "b\0c"])


def test_any_source_of_the_command(digits, tmp_path):
    """images:, npy:, npz: and events, by load and as a string."""
    image = pytest.importorskip("PIL.Image")
    small = digits[0][:60]
    for i, (pixels, label) in enumerate(small):
        folder = tmp_path / "pictures" / ("zero" if label == 0 else "other")
        folder.mkdir(parents=True, exist_ok=True)
        image.fromarray(pixels[:, :, 0]).save(folder / f"{i:04d}.png")
    train, test = sg.load("images:pictures,test=10%", tmp_path)
    assert train.class_names == ["other", "zero"] == test.class_names
    assert len(train) + len(test) == 60 and train.shape == (28, 28, 1)
    trainer = sg.Trainer(sg.Recipe("9-2", epochs=1, batch=20),
                         f"images:{tmp_path}/pictures,test=10%")
    assert trainer.data.hash == train.hash
    assert trainer.network.class_names == ["other", "zero"]
    (tmp_path / "arrays").mkdir()
    np.save(tmp_path / "arrays/x_train.npy", small.images)
    np.save(tmp_path / "arrays/y_train.npy", small.labels)
    again = sg.Data.open("npy:arrays", folder=tmp_path)
    assert np.array_equal(again.images, small.images)
    assert np.array_equal(again.labels, small.labels)
    recorded = sg.Data.open("glyph-events:train=20,test=10", "test")
    assert recorded.has_events and len(recorded) == 10


def test_what_a_notebook_shows(digits):
    html = digits[0]._repr_html_()
    assert html.count("<img") == 40 and "320 samples" in html
    assert repr(digits[1]).startswith("<Data 'glyphs:")


def test_augmented_images_are_those_of_training(bars):
    data = sg.Data(*bars)
    assert np.array_equal(data.augmented("none"), data.images)
    flipped = data.augmented("flip", seed=3, epoch=1)
    same = (flipped == data.images).all((1, 2, 3))
    mirrored = (flipped == data.images[:, :, ::-1]).all((1, 2, 3))
    assert (same | mirrored).all() and not same.all() and not mirrored.all()
    assert not np.array_equal(flipped, data.augmented("flip", seed=3))
    moved = data.augmented("crop:2+cutout:3", epoch=7)
    assert np.array_equal(data.augmented("crop:2+cutout:3", epoch=7, first=50,
                                         count=9), moved[50:59])
    assert data.augmented("flip", first=200).shape == (0, 10, 10, 1)
    with pytest.raises(sg.ArgumentError, match="augment"):
        data.augmented("turn")
    for bad in ({"first": 201}, {"first": -1}, {"count": 201},
                {"first": 150, "count": 51}, {"count": -1}):
        with pytest.raises(IndexError):
            data.augmented("flip", **bad)
