"""The decoders, registered by their files existing, and the limits they all share. Refuses nothing but an unknown name.

A module of this package that has `DECODER` is a decoder and is named as its file, and by the names in `ALIASES`, if it has
any. `TOPICS` are the filters its messages usually arrive on. One that has `MEMORY` remembers from message to message.
Formats declared in files (`ingest.declared`) are decoders too, once they are installed. Decoders are total on their own; what
is done here once is the size limit, so that no decoder is handed more than it can look at in a few milliseconds.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Final

from ingest.installed import find, installed
from ingest.readings import Decoded, Decoder, Memory, Reason, Rejection

MAX_BYTES: Final = 1 << 20
"""A payload above 1 MiB is refused unread. The largest honest one, the device list of a big Zigbee bridge, is a third."""

MAX_DEPTH: Final = 32
"""Deeper nesting of JSON or CBOR is refused. The deepest honest payload, a Frigate event, has six levels."""


class UnknownDecoderError(LookupError):
    """Whoever wrote the settings or the command line named a decoder that does not exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}? " if near else ""
        super().__init__(f"no decoder is named {name!r}; {hint}There are: {', '.join(known)}.")
        self.name = name
        self.nearest = near[0] if near else None


def names() -> tuple[str, ...]:
    """Name every decoder, sorted: the built-in ones, and those declared in files that are installed."""
    return tuple(sorted({*_modules(), *(one.name for one in installed())}))


def built_in() -> frozenset[str]:
    """Name the decoders that are files of this package."""
    return frozenset(_modules())


def usual_topics(name: str) -> tuple[str, ...]:
    """Give the topic filters that a decoder's messages usually arrive on; none for an alias."""
    if (declared := find(name)) is not None:
        return declared.topics
    module = _modules()[name]
    topics: tuple[str, ...] = () if name in getattr(module, "ALIASES", ()) else getattr(module, "TOPICS", ())
    return topics


def decoder(name: str) -> Decoder:
    """Give the decoder called `name`, behind the size limit.

    Raises:
        UnknownDecoderError: no file of that name exposes a decoder, and none is declared; the message names the nearest.
    """
    found = _limited_decoders().get(name)
    if found is not None:
        return found
    if (declared := find(name)) is not None:
        return declared.decode
    raise UnknownDecoderError(name, names())


def memory(name: str) -> Memory | None:
    """Make an empty memory for decoder `name`, None where it needs none. The size limit is the caller's."""
    make: Callable[[], Memory] | None = getattr(_modules().get(name), "MEMORY", None)
    return None if make is None else make()


def storable(name: str, payload: bytes) -> bytes:
    """Give what may be kept of a raw message for decoder `name`: all of it, unless the format carries personal fields.

    A decoder's file says so by `STORABLE`. Call it before a payload goes to the rejected or the waiting list.
    """
    declared = find(name)
    clean: Callable[[bytes], bytes] | None = (
        declared.storable if declared is not None else getattr(_modules().get(name), "STORABLE", None)
    )
    return payload if clean is None else clean(payload[:MAX_BYTES])


@cache
def _modules() -> dict[str, ModuleType]:
    modules = {item.name: importlib.import_module(f"{__name__}.{item.name}") for item in pkgutil.iter_modules(__path__)}
    return {
        known_as: module
        for name, module in modules.items()
        if hasattr(module, "DECODER")
        for known_as in (name, *getattr(module, "ALIASES", ()))
    }


@cache
def _limited_decoders() -> dict[str, Decoder]:
    return {name: _limited(module.DECODER) for name, module in _modules().items()}


def _limited(inner: Decoder) -> Decoder:
    def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        if len(payload) > MAX_BYTES:
            return [Rejection(reason=Reason.TOO_LARGE, detail=f"{len(payload)} bytes, {MAX_BYTES} are taken")]
        return inner(topic, payload, received)

    return decode
