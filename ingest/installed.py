"""The declared formats this process works with. Pure; one set at a time, replaced whole.

Decoders and codecs are found by name from many places of a program; what is declared in files must be found in the same way. So
there is one set a process: empty until `install`, which only a program's start and its reload call.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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
    topics: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    source: str = ""


_installed: Final[dict[str, Declared]] = {}
_hints: Final[list[tuple[re.Pattern[str], Declared]]] = []


def install(formats: Iterable[Declared]) -> None:
    """Replace the declared formats of this process by `formats`."""
    fresh = {one.name: one for one in formats}
    for name in _installed.keys() - fresh.keys():
        del _installed[name]
    _installed.update(fresh)
    _hints[:] = [(re.compile(hint, re.IGNORECASE), one) for one in fresh.values() for hint in one.hints]


def find(name: str) -> Declared | None:
    """Give the declared format called `name`, None where there is none."""
    return _installed.get(name)


def for_hint(hint: str) -> Declared | None:
    """Give the declared format that an envelope's words for a device lead to, None where they lead to none."""
    return next((one for pattern, one in _hints if pattern.search(hint)), None) if hint else None


def installed() -> tuple[Declared, ...]:
    """Give the declared formats by name."""
    return tuple(_installed[name] for name in sorted(_installed))
