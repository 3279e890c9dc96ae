"""Small data and networks that the tests share."""

import numpy as np
import pytest

import spikegrad as sg


@pytest.fixture(scope="session")
def digits():
    return sg.load("glyphs:train=320,test=100")


@pytest.fixture(scope="session")
def recipe():
    return sg.Recipe("4C5-P2-12-10", epochs=2, batch=32)


@pytest.fixture(scope="session")
def trained(digits, recipe):
    trainer = sg.Trainer(recipe, digits[0], threads=1)
    trainer.fit(digits[1], progress=False)
    return trainer


@pytest.fixture
def net(trained):
    return trained.network.copy()


@pytest.fixture
def bars():
    """Images of a bar in noise, of two classes."""
    draw = np.random.default_rng(1)
    labels = draw.integers(0, 2, 200)
    images = draw.integers(0, 100, (200, 10, 10), dtype=np.uint8)
    for image, label, place in zip(images, labels, draw.integers(0, 10, 200)):
        (image if label else image.T)[place] = 250
    return images, labels
