"""Recipes: every option by name, with the library's ranges and messages."""

import copy
import inspect
import pickle
from decimal import Decimal

import numpy as np
import pytest

import spikegrad as sg


def test_every_option_is_an_attribute_with_a_docstring():
    recipe = sg.Recipe()
    for option in sg.options():
        value = getattr(recipe, option.attribute)
        assert type(value).__name__ == option.type_name
        about = inspect.getdoc(getattr(sg.Recipe, option.attribute))
        assert option.help in about and option.range in about
        assert option.attribute in inspect.signature(sg.Recipe).parameters
        assert option.attribute in dir(recipe)
        assert option.attribute in sg.Recipe.__doc__


def test_defaults_are_the_librarys():
    recipe = sg.Recipe(adapt=False)
    for option in sg.options():
        assert recipe.text(option.name) == option.default


def test_values_of_any_type():
    recipe = sg.Recipe(lr=0.1)
    assert recipe.lr == 0.1
    for value in ("0.25", 0.25, Decimal("0.25"), np.float64(0.25), "2.5e-1",
                  np.float32(0.25)):
        recipe.lr = value
        assert recipe.lr == 0.25
    recipe.lr = np.float32(0.1)  # what it shows, not 0.10000000149
    assert recipe.text("lr") == "0.1"
    recipe.weight_bits = 8
    recipe["weight-bits"] = "8"
    assert recipe.weight_bits == 8
    recipe.standardise = True
    assert recipe.standardise is True and recipe.text("standardise") == "on"
    recipe.epochs = np.int64(3)
    recipe.epochs = 3.0
    assert recipe.epochs == 3
    recipe.phi = [0.5, 1, 2]
    assert recipe.phi == "0.5,1,2"
    recipe.net = ["4C3", "P2", 10]
    assert recipe.net == "4C3-P2-10"
    recipe.epochs = None
    assert recipe.epochs == 12
    recipe.seed = 2**56 - 1
    assert recipe.seed == 2**56 - 1


@pytest.mark.parametrize("name, value, says", [
    ("lr", 0.1234567, "at most 6 decimals"),
    ("lr", float("nan"), "lr: 'nan'"),
    ("lr", -1, "lr: '-1', expected 0..1000"),
    ("epochs", 2.5, "epochs: '2.5', expected 1..100000"),
    ("weight_bits", 7, "weight-bits: '7', expected 8|16"),
    ("target", 3, "a power of two"),
    ("epochs", True, "epochs: True"),
    ("epochs", object(), "expected 1..100000"),
    ("epoch", 3, "did you mean epochs"),
    ("net", "x" * 7000, "longer than"),
])
def test_what_is_refused(name, value, says):
    recipe = sg.Recipe()
    with pytest.raises(ValueError, match="[^\n]*") as caught:
        setattr(recipe, name, value)
    assert says in str(caught.value)
    assert isinstance(caught.value, sg.Error)
    assert "\n" not in str(caught.value)
    with pytest.raises(sg.Error):
        sg.Recipe(**{name: value})
    assert recipe == sg.Recipe()


def test_suggestions_leave_what_is_given(digits):
    deep = "4C3-4C3-4C3-9-10"
    recipe = sg.Recipe(deep, lr=0.06)
    suited = recipe.suited(digits[0])
    assert suited.lr == 0.06 and suited.standardise and suited.phi == "auto:2"
    assert not recipe.standardise
    fixed = sg.Recipe(deep, adapt=False)
    assert fixed.suited(digits[0]) == fixed
    assert recipe.holdout == "stratified" and fixed.holdout == "last"


def test_copies_and_pickles():
    recipe = sg.Recipe("9-10", lr=0.5)
    for other in (recipe.copy(), copy.deepcopy(recipe),
                  pickle.loads(pickle.dumps(recipe))):
        assert other == recipe and other.adapt
        other.lr = 0.25
        assert recipe.lr == 0.5 and other != recipe
    assert recipe.replace(epochs=3).epochs == 3
    assert repr(recipe) == "Recipe('9-10', lr=0.5)"
    assert eval(repr(recipe), {"Recipe": sg.Recipe}) == recipe
    with pytest.raises(TypeError):
        hash(recipe)


def test_files(tmp_path):
    assert "mnist" in sg.recipes()
    best = sg.Recipe.load("mnist-best")
    assert best.standardise and best.lr == 0.1 and best.holdout == "last"
    path = tmp_path / "own.ini"
    best.save(path)
    assert sg.Recipe.load(path) == best
    with pytest.raises(FileNotFoundError, match="neither a file"):
        sg.Recipe.load("none")
    path.write_text("lr = 9999\n")
    with pytest.raises(sg.RangeError, match="own.ini: lr"):
        sg.Recipe.load(path)
    path.write_text("what is this\n")
    with pytest.raises(sg.FormatError):
        sg.Recipe.load(path)
    path.write_text("# no header\nlr = 0.5\n; and\n[result]\nreached = 9 %\n")
    assert sg.Recipe.load(path).lr == 0.5


def test_html_lists_all():
    html = sg.Recipe()._repr_html_()
    assert all(o.attribute in html for o in sg.options())
