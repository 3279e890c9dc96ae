"""What every part of the package has: descriptions, types, true examples."""

import doctest
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import spikegrad as sg

HERE = Path(__file__).resolve().parent
MODULES = sorted(m.name for m in pkgutil.iter_modules(sg.__path__)
                 if not m.name.startswith("_") and m.name != "sklearn")


def test_every_public_name_is_there_and_described():
    for name in sg.__all__:
        thing = getattr(sg, name)
        if not inspect.isclass(thing):
            continue
        assert inspect.getdoc(thing), name
        for part, value in vars(thing).items():
            public = not part.startswith("_") and part not in (
                "index", "count")
            if public and (inspect.isfunction(value)
                           or isinstance(value, property)):
                if name not in ("EarlyStopping", "KeepBest", "ReduceRate"):
                    assert inspect.getdoc(value) or part in (
                        "labels", "on_epoch"), f"{name}.{part}"
    assert sg.__doc__ and set(sg.__all__) <= set(dir(sg))


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    module = importlib.import_module(f"spikegrad.{name}")
    assert module.__doc__
    assert doctest.testmod(module).failed == 0


def test_no_module_needs_more_than_numpy():
    code = ("import sys, spikegrad\n"
            "extra = {'matplotlib', 'torch', 'sklearn', 'tqdm', 'PIL', "
            "'pandas'} & set(sys.modules)\n"
            "assert not extra, extra")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_stub_is_new():
    tool = HERE.parents[1] / "tools/python_stub"
    if not tool.exists():
        pytest.skip("no tools here")
    out = subprocess.run([sys.executable, str(tool)], check=True, text=True,
                         stdout=subprocess.PIPE,
                         env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
    stub = (HERE.parent / "spikegrad/recipe.pyi").read_text()
    assert out.stdout == stub, "an option is new: ./dev pages writes the stub"


def test_types(tmp_path):
    pytest.importorskip("mypy")
    if os.environ.get("SPIKEGRAD_SHORT"):
        pytest.skip("SPIKEGRAD_SHORT is set")
    out = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path)],
        cwd=HERE.parent, text=True, stdout=subprocess.PIPE)
    assert out.returncode == 0, out.stdout
