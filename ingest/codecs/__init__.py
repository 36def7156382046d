"""Codecs of makers' payloads inside of networks' envelopes, registered by their files existing. Pure and total.

A module of this package that has `CODEC` reads one family of devices. It is named as its file, and by the patterns in
`HINTS`: what envelopes call these devices (a device profile, a model, a tag). `LIKELY` tells of bytes and port whether they
look like this family, for whoever registers a device that waits; nothing is decoded by that guess alone.
"""

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from types import ModuleType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ingest.installed import current, find, for_hint, installed
from ingest.readings import Decoded, Enclosed, Reason, Rejection

Codec = Callable[[Enclosed], list[Decoded]]
HINTS_KEPT: Final = 4096
"""Words for devices come from outside: more of them than profiles in one network would be somebody filling our memory."""

LONGEST: Final = 2048
"""A radio carries 242 bytes of LoRaWAN, NB-IoT some more; nothing longer is read, so that no codec need fear it."""


class Reader(Struct, frozen=True, kw_only=True):
    """What reads payloads of a name. `hint` is the maker's name it was found by, "" where it was its own."""

    codec: Codec
    longest: int = LONGEST
    hint: str = ""

    def read(self, item: Enclosed) -> list[Decoded]:
        """Read a payload whose hint is the reader's own, if that has one."""
        if len(item.payload) > self.longest:
            detail = f"{item.device}: {len(item.payload)} bytes, {LONGEST} are read"
            return [Rejection(reason=Reason.TOO_LARGE, detail=detail)]
        return self.codec(item)


def names() -> tuple[str, ...]:
    """Name every codec, sorted: the built-in ones, and declared layouts of bytes that are installed."""
    return tuple(sorted({*_modules(), *(one.name for one in installed() if one.reads_bytes)}))


def built_in() -> frozenset[str]:
    """Name the codecs that are files of this package."""
    return frozenset(_modules())


def read(name: str, item: Enclosed) -> list[Decoded]:
    """Read a payload by the codec called `name`, or by what a maker's name leads to; none is a rejection.

    A maker's name ("EM300-SLD") is passed on as the hint: models of one family may use one byte for different things.
    """
    found = reader(name)
    if found is None:
        return [Rejection(reason=Reason.UNSUPPORTED, detail=f"{item.device}: there is no codec {name!r}")]
    if found.hint and item.hint != found.hint:
        item = replace(item, hint=found.hint)
    return found.read(item)


def reader(name: str) -> Reader | None:
    """Find what reads payloads under `name`, a codec's or a maker's; None where nothing does."""
    return _reader(name, current())


def knows(name: str) -> bool:
    """Tell whether `read` would find a codec: by its name, declared or not, or by what a maker's name leads to."""
    return reader(name) is not None


def named(hint: str) -> str | None:
    """Find the codec that an envelope's words for a device lead to, a declared one first; None where they lead to none."""
    return _named(hint, current())


def hinted(hint: str) -> Reader | None:
    """Find what reads the payloads of a device that an envelope calls so; None where the words lead to nothing."""
    return _hinted(hint, current())


@lru_cache(maxsize=HINTS_KEPT)
def _hinted(hint: str, _installed: object) -> Reader | None:
    name = named(hint)
    return None if name is None else reader(name)


@lru_cache(maxsize=HINTS_KEPT)
def _named(hint: str, _installed: object) -> str | None:
    declared = for_hint(hint)
    if declared is not None:
        return declared.name
    return next((name for name, pattern in _hints() if pattern.search(hint)), None) if hint else None


@lru_cache(maxsize=HINTS_KEPT)
def _reader(name: str, _installed: object) -> Reader | None:
    """Find what reads payloads under `name`; a built-in codec's own name goes before a declared one's."""
    module = _modules().get(name)
    if module is not None:
        return Reader(codec=module.CODEC)
    declared = find(name) or for_hint(name)
    if declared is not None:
        return Reader(codec=declared.codec, longest=sys.maxsize)  # a layout has its own length
    module = _modules().get(named(name) or "")
    return None if module is None else Reader(codec=module.CODEC, hint=name)


def likely(payload: bytes, port: int | None) -> tuple[str, ...]:
    """Name the codecs that bytes look like, as a suggestion for people."""
    if len(payload) > LONGEST:
        return ()
    return tuple([name for name, is_likely in _likelihoods() if is_likely(payload, port)])


@cache
def _modules() -> dict[str, ModuleType]:
    modules = {item.name: importlib.import_module(f"{__name__}.{item.name}") for item in pkgutil.iter_modules(__path__)}
    return {name: module for name, module in modules.items() if hasattr(module, "CODEC")}


@cache
def _likelihoods() -> tuple[tuple[str, Callable[[bytes, int | None], bool]], ...]:
    return tuple((name, module.LIKELY) for name, module in sorted(_modules().items()))


@cache
def _hints() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, re.compile(pattern, re.IGNORECASE))
        for name in sorted(_modules())
        for pattern in getattr(_modules()[name], "HINTS", ())
    )
