"""Codecs of makers' payloads inside of networks' envelopes, registered by their files existing. Pure and total.

A module of this package that has `CODEC` reads one family of devices. It is named as its file, and by the patterns in
`HINTS`: what envelopes call these devices (a device profile, a model, a tag). `LIKELY` tells of bytes and port whether they
look like this family, for whoever registers a device that waits; nothing is decoded by that guess alone.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable
from functools import cache
from types import ModuleType

from ingest.readings import Decoded, Enclosed, Reason, Rejection

Codec = Callable[[Enclosed], list[Decoded]]


@cache
def names() -> tuple[str, ...]:
    """Name every codec, sorted."""
    return tuple(sorted(_modules()))


def read(name: str, item: Enclosed) -> list[Decoded]:
    """Read a payload by the codec called `name`, or by what a maker's name leads to; none is a rejection."""
    module = _modules().get(name) or _modules().get(named(name) or "")
    if module is None:
        return [Rejection(reason=Reason.UNSUPPORTED, detail=f"{item.device}: there is no codec {name!r}")]
    codec: Codec = module.CODEC
    return codec(item)


@cache
def named(hint: str) -> str | None:
    """Find the codec that an envelope's words for a device lead to; None where they lead to none."""
    return next((name for name, pattern in _hints() if pattern.search(hint)), None) if hint else None


def likely(payload: bytes, port: int | None) -> tuple[str, ...]:
    """Name the codecs that bytes look like, as a suggestion for people."""
    return tuple(name for name in names() if _modules()[name].LIKELY(payload, port))


@cache
def _modules() -> dict[str, ModuleType]:
    modules = {item.name: importlib.import_module(f"{__name__}.{item.name}") for item in pkgutil.iter_modules(__path__)}
    return {name: module for name, module in modules.items() if hasattr(module, "CODEC")}


@cache
def _hints() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (name, re.compile(pattern, re.IGNORECASE))
        for name in names()
        for pattern in getattr(_modules()[name], "HINTS", ())
    )
