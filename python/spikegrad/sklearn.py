"""A classifier as scikit-learn wants it.

>>> from spikegrad.sklearn import SpikeClassifier       # doctest: +SKIP
>>> model = SpikeClassifier("8C5-P2-64-10", shape=(28, 28), epochs=3)
>>> model.fit(X, y).score(X_test, y_test)               # doctest: +SKIP

Needs scikit-learn; the rest of spikegrad does not.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from ._arrays import Array, as_array, quantise
from .data import Data
from .errors import ArgumentError
from .network import Network
from .recipe import Recipe, options
from .trainer import Trainer

__all__ = ["SpikeClassifier"]


class SpikeClassifier(BaseEstimator, ClassifierMixin):
    """A spiking network that is trained with spikes.

    net         topology, with or without the last layer, one for each class:
                "8C5-P2-64" or "8C5-P2-64-10"
    shape       of an image, (height, width[, channels]), where X is flat;
                None: X is (N, H, W[, C]), or (N, L), which are signals
    value_range what the darkest and the brightest value of X are; None: those
                of the training data
    threads     0: one a processor
    options     any option of `spikegrad.Recipe`, by keyword: epochs, lr, ...

    Attributes after fit: classes_, network_, trainer_, n_features_in_.
    """

    def __init__(self, net: str = "64", shape: Optional[Sequence[int]] = None,
                 value_range: Optional[Tuple[float, float]] = None,
                 threads: int = 0, **options: Any) -> None:
        self.net = net
        self.shape = shape
        self.value_range = value_range
        self.threads = threads
        self._options = dict(options)
        for name, value in options.items():
            Recipe(**{name: value})  # says so at once if there is none
            setattr(self, name, value)

    @classmethod
    def _get_param_names(cls) -> List[str]:
        return ["net", "shape", "threads", "value_range"]

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        found = {name: getattr(self, name)
                 for name in self._get_param_names()}
        found.update(self._options)
        return found

    def set_params(self, **params: Any) -> SpikeClassifier:
        known = {o.attribute for o in options()}
        for name, value in params.items():
            if name in self._get_param_names():
                setattr(self, name, value)
            elif name in known:
                Recipe(**{name: value})
                self._options[name] = value
                setattr(self, name, value)
            else:
                raise ArgumentError(f"{name}: no such parameter")
        return self

    def _images(self, X: Any) -> Array:
        images = as_array(X)
        if images.ndim < 2:
            raise ArgumentError(f"X: {images.shape}, expected (N, ...)")
        if self.shape is not None:
            images = images.reshape(len(images), *self.shape)
        if images.dtype == np.uint8 and self.value_range is None:
            return images
        assert self._range is not None
        low, high = self._range
        wide = np.clip(images.astype(np.float64), low, high)
        return quantise(wide, (low, high))

    def fit(self, X: Any, y: Any) -> SpikeClassifier:
        """Trains on X, (N, ...), and the labels y, (N,) of any type."""
        images = as_array(X)
        self._range: Optional[Tuple[float, float]] = self.value_range
        if self._range is None:
            low, high = float(np.min(images)), float(np.max(images))
            self._range = (low, high if high > low else low + 1.0)
        self.classes_, numbers = np.unique(as_array(y), return_inverse=True)
        classes = len(self.classes_)
        if classes < 2:
            raise ArgumentError(f"y: {classes} class, expected at least 2")
        data = Data(self._images(images), numbers, classes=classes,
                    class_names=[str(c) for c in self.classes_])
        net = self.net
        if net.split("-")[-1] != str(classes):
            net = f"{net}-{classes}"
        recipe = Recipe(net, **self._options)
        self.trainer_ = Trainer(recipe, data, threads=self.threads)
        self.trainer_.fit(progress=False)
        self.network_: Network = self.trainer_.network
        self.n_features_in_ = int(np.prod(images.shape[1:]))
        return self

    def decision_function(self, X: Any) -> Array:
        """Final membrane values in thresholds, float64, (N, classes); of two
        classes the difference, (N,)."""
        check_is_fitted(self, "network_")
        theta = self.network_.layers[-1].theta_in_use
        logits = self.network_.logits(
            Data(self._images(X), np.zeros(len(X), np.uint8),
                 classes=len(self.classes_)), self.threads) / theta
        found = logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits
        return np.asarray(found)

    def predict_proba(self, X: Any) -> Array:
        """Softmax of the membrane values, float64, (N, classes)."""
        found = self.decision_function(X)
        if found.ndim == 1:
            found = np.stack([np.zeros_like(found), found], axis=1)
        powers = np.exp(found - found.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> Array:
        """The class of each sample, (N,), as y had them."""
        found = self.decision_function(X)
        best = (found > 0).astype(int) if found.ndim == 1 \
            else found.argmax(axis=1)
        return np.asarray(self.classes_[best])
