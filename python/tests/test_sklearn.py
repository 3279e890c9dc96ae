"""scikit-learn's fit, predict, score; skipped without it."""

import os

import numpy as np
import pytest

if os.environ.get("SPIKEGRAD_SHORT"):
    pytest.skip("SPIKEGRAD_SHORT is set", allow_module_level=True)
pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from spikegrad.sklearn import SpikeClassifier  # noqa: E402


def test_it_is_a_classifier(bars):
    images, labels = bars
    names = np.where(labels == 1, "row", "column")
    model = SpikeClassifier("4C3-P2-8", epochs=8, batch=20, threads=1)
    with pytest.raises(NotFittedError):
        model.predict(images)
    assert model.fit(images, names).score(images, names) > 0.8
    assert set(model.predict(images[:9])) <= {"row", "column"}
    proba = model.predict_proba(images[:9])
    assert proba.shape == (9, 2) and np.allclose(proba.sum(axis=1), 1)
    assert model.decision_function(images[:9]).shape == (9,)
    other = clone(model)
    assert other.get_params() == model.get_params()
    assert other.set_params(epochs=1, lr=0.5).lr == 0.5
    assert "epochs=8" in repr(model)
    with pytest.raises(ValueError):
        SpikeClassifier(epoch=3)
    with pytest.raises(ValueError):
        model.set_params(nothing=3)


def test_flat_floats_in_pipelines(bars):
    images, labels = bars
    flat = images.reshape(200, -1).astype(float)
    model = make_pipeline(StandardScaler(),
                          SpikeClassifier("16", epochs=2, batch=20,
                                          shape=(10, 10), threads=1))
    assert len(cross_val_score(model, flat, labels, cv=2)) == 2
    search = GridSearchCV(SpikeClassifier("16", shape=(10, 10), epochs=1,
                                          batch=20, threads=1),
                          {"lr": [0.1, 0.2]}, cv=2)
    search.fit(flat, labels)
    assert search.best_params_["lr"] in (0.1, 0.2)
