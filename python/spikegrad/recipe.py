"""Recipes: everything that decides what a training run computes."""

from __future__ import annotations

import configparser
import difflib
import inspect
import os
from decimal import Decimal
from fractions import Fraction
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Union

import numpy as np

from . import _core
from ._arrays import replace_file
from .errors import ArgumentError, FormatError, MissingError

__all__ = ["Option", "Recipe", "options", "recipes"]


class Option(NamedTuple):
    """What is known of one option of a recipe."""

    name: str  #: as the command has it, "weight-bits"
    value: str  #: what it is written as, "8|16"
    default: str  #: as text
    help: str
    kind: str  #: text, whole, power2, fraction, choice or seed
    low: int  #: of fractions in millionths
    high: int

    @property
    def attribute(self) -> str:
        """Its name in Python, "weight_bits"."""
        return self.name.replace("-", "_")

    @property
    def words(self) -> List[str]:
        """The words of a choice, else nothing."""
        return self.value.split("|") if self.kind == "choice" else []

    @property
    def range(self) -> str:
        """What values it takes, in words."""
        if self.kind == "choice":
            return " or ".join(self.words)
        if self.kind == "text":
            return f"at most {self.high - 1} characters"
        if self.kind == "fraction":
            low, high = self.low / 1e6, self.high / 1e6
            return f"{low:g}..{high:g}, at most 6 decimals"
        if self.kind == "seed":
            return "0..2^56-1"
        power = ", a power of two" if self.kind == "power2" else ""
        return f"{self.low}..{self.high}{power}"

    @property
    def type_name(self) -> str:
        """The type that reading it gives: str, int, float or bool."""
        if self.kind == "fraction":
            return "float"
        if self.kind == "text":
            return "str"
        if self.kind == "choice":
            if self.words == ["off", "on"]:
                return "bool"
            return "int" if all(w.isdigit() for w in self.words) else "str"
        return "int"


_TABLE: Dict[str, Option] = {
    row[0]: Option(*row) for row in _core.recipe_options()}


def options() -> List[Option]:
    """The table of options, from the library."""
    return list(_TABLE.values())


def _find(name: str) -> Option:
    option = _TABLE.get(name) or _TABLE.get(name.replace("_", "-"))
    if option is None:
        near = difflib.get_close_matches(
            name.replace("-", "_"), [o.attribute for o in _TABLE.values()])
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ArgumentError(f"{name}: no such option{hint}")
    return option


def _text(option: Option, value: Any) -> str:
    """A value as the library reads it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        if option.type_name != "bool":
            raise ArgumentError(f"{option.name}: {value}, expected "
                                f"{option.range}")
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        join = "-" if option.name == "net" else ","
        return join.join(_text(option, part) for part in value)
    if isinstance(value, np.floating):
        if option.kind == "fraction" or option.kind == "text":
            return np.format_float_positional(value, trim="-")
        value = float(value)
    if isinstance(value, float):
        if option.kind not in ("fraction", "text") and value.is_integer():
            return str(int(value))
        return repr(value)
    if isinstance(value, (int, np.integer, Decimal, Fraction)):
        return str(value)
    raise ArgumentError(
        f"{option.name}: {value!r}, expected {option.range}")


def _value(option: Option, handle: Any) -> Union[str, int, float, bool]:
    if option.kind == "fraction":
        return float(_core.recipe_number(handle, option.name)) / 1e6
    text: str = _core.recipe_get(handle, option.name)
    if option.type_name == "bool":
        return text == "on"
    return int(text) if option.type_name == "int" else text


class Recipe:
    """Everything that decides what a training run computes.

    Two runs with equal recipe and equal data end with the same bits, whatever
    the machine, the threads or interruptions; and with the same bits as the
    command ``spikegrad train`` with these options.

    Options are given by name, are attributes, and have the ranges of the
    library; `help(Recipe)` lists them. A value is a number, a string as the
    command takes it, or for on|off a bool.

    adapt: as with the command, options that are not given are set to what
    suits the network and the data when a trainer is made (`suited` shows it).
    Recipes from files, and with ``adapt=False``, are as they are.

    >>> recipe = Recipe("8C5-P2-64-10", lr=0.1, epochs=3)
    >>> recipe.epochs
    3
    """

    def __init__(self, net: Optional[str] = None, *, adapt: bool = True,
                 **given: Any) -> None:
        self._handle = _core.recipe_new()
        self._given: set[str] = set()
        self.adapt: bool = bool(adapt)
        if adapt:  # as the command, where no file says otherwise
            _core.recipe_set(self._handle, "holdout", "stratified")
        if net is not None:
            self["net"] = net
        for name, value in given.items():
            self[name] = value

    @classmethod
    def _over(cls, handle: Any) -> Recipe:
        self = cls.__new__(cls)
        self._handle = handle
        self._given = set(_TABLE)
        self.adapt = False
        return self

    # By name, with "-" or "_".

    def __getitem__(self, name: str) -> Union[str, int, float, bool]:
        return _value(_find(name), self._handle)

    def __setitem__(self, name: str, value: Any) -> None:
        option = _find(name)
        text = option.default if value is None else _text(option, value)
        _core.recipe_set(self._handle, option.name, text)
        if value is None:
            self._given.discard(option.name)
        else:
            self._given.add(option.name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and not hasattr(type(self), name) \
                and name != "adapt":
            _find(name)  # says what there is
        object.__setattr__(self, name, value)

    def __iter__(self) -> Iterator[str]:
        return iter(_TABLE)

    def __len__(self) -> int:
        return len(_TABLE)

    def __contains__(self, name: object) -> bool:
        return name in _TABLE

    def keys(self) -> List[str]:
        """Names of the options, as the command has them."""
        return list(_TABLE)

    def text(self, name: str) -> str:
        """An option as text, which setting it takes back unchanged."""
        found: str = _core.recipe_get(self._handle, _find(name).name)
        return found

    def as_dict(self) -> Dict[str, Union[str, int, float, bool]]:
        """All options by their names in Python."""
        return {o.attribute: self[o.name] for o in _TABLE.values()}

    # Copies and files.

    def copy(self) -> Recipe:
        """A recipe of the same values."""
        new = type(self).__new__(type(self))
        new._handle = _core.recipe_copy(self._handle)
        new._given = set(self._given)
        new.adapt = self.adapt
        return new

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Recipe:
        return self.copy()

    def replace(self, **changes: Any) -> Recipe:
        """A copy with some options changed."""
        new = self.copy()
        for name, value in changes.items():
            new[name] = value
        return new

    def suited(self, data: Any) -> Recipe:
        """What a trainer makes of this recipe for data: a copy in which the
        options that are not given suit network and data, if `adapt`."""
        new = self.copy()
        if self.adapt:
            _core.recipe_suggest(new._handle, data._handle,
                                 sorted(self._given))
            new.adapt = False
        return new

    def to_text(self) -> str:
        """As a recipe file of the command."""
        lines = ["[recipe]"]
        lines += [f"{name} = {self.text(name)}" for name in _TABLE]
        return "\n".join(lines) + "\n"

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Writes a recipe file, for `load` and ``spikegrad train --recipe``."""
        replace_file(path, self.to_text().encode())

    @classmethod
    def from_text(cls, text: str, name: str = "recipe") -> Recipe:
        """The recipe of a file's text; options it does not have are those of
        the table, not suggestions."""
        recipe = cls(adapt=False)
        reader = configparser.RawConfigParser(
            delimiters=("=",), comment_prefixes=("#", ";"), strict=False,
            empty_lines_in_values=False)
        try:
            reader.read_string("[recipe]\n" + text, source=name)
        except configparser.Error as error:
            reason = " ".join(str(error).split())
            raise FormatError(f"{name}: {reason}") from None
        for option, value in reader.items("recipe"):
            try:
                recipe[option] = value
            except ValueError as error:
                raise type(error)(f"{name}: {error}") from None
        return recipe

    @classmethod
    def load(cls, name: Union[str, os.PathLike[str]]) -> Recipe:
        """A recipe from a file, or one of those that come along by its name
        (`recipes` lists them)."""
        path = os.fspath(name)
        if not os.path.exists(path):
            path = os.path.join(_folder(), f"{path}.ini")
        if not os.path.exists(path):
            raise MissingError(
                f"{os.fspath(name)}: neither a file nor one of "
                f"{', '.join(recipes())}")
        with open(path, encoding="utf-8") as file:
            return cls.from_text(file.read(), os.fspath(name))

    # What one sees.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recipe):
            return NotImplemented
        return all(self.text(n) == other.text(n) for n in _TABLE)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        values = {name: self.text(name) for name in _TABLE}
        return _rebuild, (values, sorted(self._given), self.adapt)

    def _changed(self) -> List[Option]:
        return [o for o in _TABLE.values() if self.text(o.name) != o.default
                and (o.name != "holdout" or o.name in self._given)]

    def __repr__(self) -> str:
        parts = [repr(self.text("net"))]
        parts += [f"{o.attribute}={self[o.name]!r}" for o in self._changed()
                  if o.name != "net"]
        if not self.adapt:
            parts.append("adapt=False")
        return f"Recipe({', '.join(parts)})"

    def _repr_html_(self) -> str:
        from html import escape

        changed = {o.name for o in self._changed()}
        rows = "".join(
            f"<tr><td>{'<b>' if o.name in changed else ''}{o.attribute}"
            f"</td><td>{escape(self.text(o.name))}</td>"
            f"<td style='text-align:left'>{escape(o.help)}</td></tr>"
            for o in _TABLE.values())
        return ("<table><tr><th>option</th><th>value</th><th></th></tr>"
                f"{rows}</table>")


def _rebuild(values: Dict[str, str], given: List[str], adapt: bool) -> Recipe:
    recipe = Recipe(adapt=False)
    for name, value in values.items():
        if name in _TABLE:
            recipe[name] = value
    recipe._given = set(given)
    recipe.adapt = adapt
    return recipe


def _folder() -> str:
    here = os.path.dirname(os.path.abspath(__file__))
    bundled = os.path.join(here, "recipes")
    if os.path.isdir(bundled):
        return bundled
    return os.path.join(here, "..", "..", "recipes")


def recipes() -> List[str]:
    """Names of the recipes that come along, for `Recipe.load`."""
    folder = _folder()
    if not os.path.isdir(folder):
        return []
    return sorted(f[:-4] for f in os.listdir(folder) if f.endswith(".ini"))


def _add_options() -> None:
    """Options as properties of Recipe, with docstrings and a signature."""
    listed = []
    parameters = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("net", inspect.Parameter.POSITIONAL_OR_KEYWORD,
                          default=None),
        inspect.Parameter("adapt", inspect.Parameter.KEYWORD_ONLY,
                          default=True)]
    for option in _TABLE.values():
        def read(self: Recipe, name: str = option.name) -> Any:
            return self[name]

        def write(self: Recipe, value: Any, name: str = option.name) -> None:
            self[name] = value

        about = (f"{option.help}: {option.range}; default {option.default}")
        setattr(Recipe, option.attribute, property(read, write, None, about))
        listed.append(f"    {option.attribute}: {about}")
        if option.name != "net":
            parameters.append(inspect.Parameter(
                option.attribute, inspect.Parameter.KEYWORD_ONLY,
                default=None))
    Recipe.__doc__ = (Recipe.__doc__ or "") + "\n    Options:\n\n" + \
        "\n".join(listed) + "\n"
    signature = inspect.Signature(parameters)
    setattr(Recipe.__init__, "__signature__", signature)


_add_options()
