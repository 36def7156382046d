"""The declared formats this process works with. Pure; one set at a time, replaced whole.

Decoders and codecs are found by name from many places of a program; what is declared in files must be found in the same way. So
there is one set a process: empty until `install`, which only a program's start and its reload call.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from ingest.readings import Decoded, Decoder, Enclosed


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A format of a file, compiled. `codec` reads the bytes of an envelope by it, `storable` drops its personal fields."""

    name: str
    title: str
    decode: Decoder
    codec: Callable[[Enclosed], list[Decoded]]
    storable: Callable[[bytes], bytes]
    reads_bytes: bool = False
    topics: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """One set of formats, with the patterns of their hints."""

    by_name: dict[str, Declared] = field(default_factory=dict)
    hints: tuple[tuple[re.Pattern[str], Declared], ...] = ()


_current: Final = [_Set()]
"""Its one item is replaced, never changed: a thread that reads has the old set or the new one, whole."""


def install(formats: Iterable[Declared]) -> None:
    """Replace the declared formats of this process by `formats`."""
    by_name = {one.name: one for one in sorted(formats, key=lambda one: one.name)}
    hints = tuple((re.compile(hint, re.IGNORECASE), one) for one in by_name.values() for hint in one.hints)
    _current[0] = _Set(by_name, hints)


def current() -> object:
    """Give what stands for the set that is installed: what was found under it holds as long as it is the same object."""
    return _current[0]


def find(name: str) -> Declared | None:
    """Give the declared format called `name`, None where there is none."""
    return _current[0].by_name.get(name)


def for_hint(hint: str) -> Declared | None:
    """Give the declared format that an envelope's words for a device lead to, None where they lead to none."""
    return next((one for pattern, one in _current[0].hints if pattern.search(hint)), None) if hint else None


def installed() -> tuple[Declared, ...]:
    """Give the declared formats by name."""
    return tuple(_current[0].by_name.values())
