"""Read a declared format so that every fault is told, with file, line, keys and the nearest known word. Pure."""

import difflib
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

import yaml
from msgspec import Struct

from ingest.declared.errors import Fault, FormatError
from ingest.declared.model import Format

MOST_BYTES: Final = 256 << 10
MOST_VALUES: Final = 20_000
_BOOLEANS: Final = {"true": True, "yes": True, "false": False, "no": False}
_INTEGER: Final = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]{1,16}|\d{1,18})", re.ASCII)
StructT = TypeVar("StructT", bound=Struct)


class _RefusedError(Exception):
    """A node was refused; the fault is noted already, and what holds the node cannot be made."""


class _TooMuchError(Exception):
    """The file unfolds to more than any format needs."""


class Reader:
    """Reads one file, and gathers what is wrong with it; also knows the line of what it has read, by its keys."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def read(self, text: str) -> Format | None:
        """Read the text of a file; None, and faults, where anything is wrong with its keys or values."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader) if len(text) <= MOST_BYTES else None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "it cannot be read"
            self.faults.append(Fault(self._source, mark.line + 1 if mark else 1, "", f"no YAML: {problem}"))
            return None
        except RecursionError:
            node = None
        if node is None:
            self.faults.append(Fault(self._source, 1, "", "it is empty, longer than 256 KiB, or nested too deeply"))
            return None
        try:
            found = self._struct(node, Format, "")
        except _RefusedError:
            return None
        except (RecursionError, _TooMuchError):
            reason = f"more than {MOST_VALUES} values: anchors may have multiplied them"
            self.faults.append(Fault(self._source, 1, "", reason))
            return None
        return None if self.faults else found

    def refuse(self, keys: str, reason: str) -> None:
        """Note a fault of what was read at `keys`, such as `readings.0.path`; its line is that of the nearest node."""
        nearest = keys
        while nearest and nearest not in self._lines:
            nearest = nearest.rpartition(".")[0]
        self.faults.append(Fault(self._source, self._lines.get(nearest, 1), keys, reason))

    def finish(self) -> None:
        """Raise what was found.

        Raises:
            FormatError: anything was wrong.
        """
        if self.faults:
            raise FormatError(sorted(self.faults, key=lambda fault: fault.line))

    def _refused(self, keys: str, reason: str) -> _RefusedError:
        self.refuse(keys, reason)
        return _RefusedError()

    def _value(self, node: yaml.Node, kind: Any, keys: str) -> Any:
        self._lines[keys] = node.start_mark.line + 1
        if len(self._lines) > MOST_VALUES:
            raise _TooMuchError
        if isinstance(kind, UnionType):
            (kind,) = (choice for choice in get_args(kind) if choice is not NoneType)
        if get_origin(kind) is tuple:
            return self._items(node, get_args(kind)[0], keys)
        if get_origin(kind) is dict:
            return self._table(node, get_args(kind), keys)
        if issubclass(kind, Struct):
            return self._struct(node, kind, keys)
        return self._scalar(node, kind, keys)

    def _struct(self, node: yaml.Node, kind: type[StructT], keys: str) -> StructT:
        self._lines[keys] = node.start_mark.line + 1
        hints, found, refused = hints_of(kind), {}, False
        for word, line, value in self._pairs(node, keys):
            inner = f"{keys}.{word}" if keys else word
            if word not in hints:
                self._lines[inner] = line
                self.refuse(inner, f"there is no key {word!r} here{nearest(word, hints)}")
                refused = True
                continue
            field, wanted = hints[word]
            try:
                found[field] = self._value(value, wanted, inner)
            except _RefusedError:
                refused = True
        lacking = [name for name in kind.__struct_fields__ if name not in found and name in _needed(kind)]
        for name in lacking:
            if not any(f.keys == (f"{keys}.{key_of(name)}" if keys else key_of(name)) for f in self.faults):
                self.refuse(keys, f"the key {key_of(name)!r} is missing")
        if refused or lacking:
            raise _RefusedError
        return kind(**found)

    def _pairs(self, node: yaml.Node, keys: str) -> list[tuple[str, int, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self._refused(keys, "keys with values are expected here")
        pairs = [(str(key.value), key.start_mark.line + 1, value) for key, value in node.value]
        for number, (word, line, _) in enumerate(pairs):
            if any(word == before for before, *_ in pairs[:number]):
                self._lines[f"{keys}.{word}"] = line
                raise self._refused(f"{keys}.{word}", f"{word!r} stands here twice")
        return pairs

    def _items(self, node: yaml.Node, kind: Any, keys: str) -> tuple[Any, ...]:
        """Read a list, a single value that stands for one, or a path such as `a.b.*`."""
        if isinstance(node, yaml.ScalarNode) and kind is str and _leaf(keys) in ("path", "each"):
            return tuple(part for part in str(node.value).split(".") if part)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = []
        for number, item in enumerate(nodes):
            try:
                found.append(self._value(item, kind, f"{keys}.{number}"))
            except _RefusedError:
                continue
        if len(found) < len(nodes):
            raise _RefusedError
        return tuple(found)

    def _table(self, node: yaml.Node, kinds: tuple[Any, ...], keys: str) -> dict[Any, Any]:
        key, value = kinds
        found = {}
        for word, line, inner in self._pairs(node, keys):
            self._lines[f"{keys}.{word}"] = line
            found[self._word(word, key, f"{keys}.{word}")] = self._value(inner, value, f"{keys}.{word}")
        return found

    def _scalar(self, node: yaml.Node, kind: Any, keys: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            raise self._refused(keys, "one word or number is expected here")
        return self._word(str(node.value), kind, keys)

    def _word(self, word: str, kind: Any, keys: str) -> Any:
        if kind is str:
            return word
        if kind is bool and word.lower() in _BOOLEANS:
            return _BOOLEANS[word.lower()]
        if kind is int and _INTEGER.fullmatch(word):
            return int(word, 16 if "x" in word.lower() else 10)
        if kind is float and (number := _number(word)) is not None:
            return number
        if issubclass(kind, StrEnum):
            words = [str(member) for member in kind]
            if word in words:
                return kind(word)
            raise self._refused(keys, f"{word!r} is none of {', '.join(words)}{nearest(word, words)}")
        raise self._refused(keys, f"{word!r} is no {_NAMES[kind]}")


_NAMES: Final = {bool: "true or false", int: "whole number", float: "number"}


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if value - value == 0.0 else None  # neither NaN nor infinite


def _leaf(keys: str) -> str:
    return keys.rpartition(".")[2]


def key_of(field: str) -> str:
    """Give the key of a field of the model."""
    return field.removesuffix("_")


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, ready to be appended; where none is near, which there are."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {close[0]!r}?)" if close else f" (there are: {', '.join(words)})"


@cache
def hints_of(kind: type[Struct]) -> dict[str, tuple[str, Any]]:
    """Give for each key of a struct of the model its field and its type."""
    return {key_of(field): (field, wanted) for field, wanted in get_type_hints(kind).items()}


@cache
def _needed(kind: type[Struct]) -> frozenset[str]:
    from msgspec.structs import fields

    return frozenset(field.name for field in fields(kind) if field.required)
