"""Read YAML so that every complaint names file, line and reason, and the nearest known word. No I/O, no clock."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Never, TypeVar

import yaml

from alerts.errors import RuleFileError

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|h|d)")
_MICROSECONDS = {"ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_LONGEST_US = 3_653 * _MICROSECONDS["d"]  # beyond it no instant can be computed
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant, ready to be appended to a sentence; empty when none is near."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One YAML node with the file it stands in."""

    node: yaml.Node
    source: str

    @property
    def line(self) -> int:
        """Give the line the node begins on, counted from 1."""
        return int(self.node.start_mark.line) + 1

    def refuse(self, reason: str) -> Never:
        """Refuse the whole file because of this node."""
        raise RuleFileError(self.source, self.line, reason)

    def text(self) -> str:
        """Read a non-empty text."""
        if not isinstance(self.node, yaml.ScalarNode) or not str(self.node.value).strip():
            self.refuse("a text is expected here")
        return str(self.node.value).strip()

    def name(self) -> str:
        """Read a name: lower-case words joined by - or _."""
        text = self.text()
        if not _NAME.fullmatch(text):
            self.refuse(f"{text!r} is not a name: use a-z and 0-9, words joined by '-' or '_'")
        return text

    def number(self) -> float:
        """Read a finite number."""
        text = self.text()
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if value - value != 0.0:  # neither NaN nor infinite
            self.refuse(f"{text!r} is not a number")
        return value

    def duration_us(self) -> int:
        """Read a duration such as 90s, 5min or 1h, in microseconds."""
        text = self.text()
        match = _DURATION.fullmatch(text)
        if match is None:
            self.refuse(f"{text!r} is not a duration: write it like 90s, 5min, 1h or 2d")
        span = float(match[1]) * _MICROSECONDS[match[2]]
        if span > _LONGEST_US:
            self.refuse(f"{text!r} is longer than ten years")
        return round(span)

    def priority(self) -> int:
        """Read a priority: 1 (red) to 4 (blue)."""
        text = self.text()
        if text not in ("1", "2", "3", "4"):
            self.refuse(f"{text!r} is not a priority: 1 (red), 2 (orange), 3 (yellow) or 4 (blue)")
        return int(text)

    def choice(self, options: type[ChoiceT]) -> ChoiceT:
        """Read one member of a closed set."""
        text = self.text()
        try:
            return options(text)
        except ValueError:
            words = [str(option) for option in options]
            self.refuse(f"{text!r} is none of {', '.join(words)}{nearest(text, words)}")

    def items(self) -> list["Entry"]:
        """Read a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("a list is expected here")
        return [Entry(node, self.source) for node in self.node.value]

    def pairs(self) -> list[tuple["Entry", "Entry"]]:
        """Read a mapping as its pairs, in order; a key that stands twice is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("keys with values are expected here")
        pairs = [(Entry(key, self.source), Entry(value, self.source)) for key, value in self.node.value]
        seen: dict[str, int] = {}
        for key, _ in pairs:
            text = key.text()
            if text in seen:
                key.refuse(f"{text!r} stands here twice, first on line {seen[text]}")
            seen[text] = key.line
        return pairs

    def is_scalar(self) -> bool:
        """Say whether a single word or number stands here."""
        return isinstance(self.node, yaml.ScalarNode)

    def is_mapping(self) -> bool:
        """Say whether keys with values stand here."""
        return isinstance(self.node, yaml.MappingNode)


T = TypeVar("T")


@dataclass(slots=True)
class Fields:
    """The keys of one mapping. Whoever reads them calls `finish()`, which refuses every key nobody asked for."""

    entry: Entry
    _values: Mapping[str, tuple[Entry, Entry]] = field(init=False)
    _asked: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self._values = {key.text(): (key, value) for key, value in self.entry.pairs()}

    def find(self, key: str) -> Entry | None:
        """Give the value of a key that may be left out."""
        self._asked.add(key)
        pair = self._values.get(key)
        return pair[1] if pair else None

    def need(self, key: str) -> Entry:
        """Give the value of a key that must stand here."""
        value = self.find(key)
        if value is None:
            # A misspelt key is the likelier mistake than a forgotten one.
            meant = next((k for k in difflib.get_close_matches(key, self._values, n=1)), None)
            if meant is not None and meant not in self._asked:
                self._values[meant][0].refuse(f"unknown key {meant!r} (did you mean {key!r}?)")
            self.entry.refuse(f"the key {key!r} is missing")
        return value

    def read(self, key: str, how: Callable[[Entry], T], default: T) -> T:
        """Read a key that may be left out."""
        value = self.find(key)
        return default if value is None else how(value)

    def finish(self) -> None:
        """Refuse the first key that nobody asked for."""
        for name, (key, _) in self._values.items():
            if name not in self._asked:
                key.refuse(f"unknown key {name!r}{nearest(name, self._asked)}")


def parse(text: str, source: str) -> Entry:
    """Parse YAML text into its root entry.

    Raises:
        RuleFileError: the text is not YAML, or holds nothing.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "this is not YAML"
        raise RuleFileError(source, mark.line + 1 if mark else 1, str(reason)) from None
    except RecursionError:
        raise RuleFileError(source, 1, "it is nested too deeply") from None
    if root is None:
        raise RuleFileError(source, 1, "the file is empty")
    return Entry(root, source)
