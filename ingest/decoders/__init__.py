"""The decoders, registered by their files existing, and the limits they all share. Refuses nothing but an unknown name.

A module of this package that has `DECODER` is a decoder and is named as its file. Decoders are total on their own;
what is done here once is the size limit, so that no decoder is handed more than it can look at in a few milliseconds.
"""

import difflib
import importlib
import pkgutil
from datetime import datetime
from functools import cache
from typing import Final

from ingest.readings import Decoded, Decoder, Reason, Rejection

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


@cache
def names() -> tuple[str, ...]:
    """Name every decoder, sorted."""
    return tuple(sorted(_found()))


@cache
def decoder(name: str) -> Decoder:
    """Give the decoder called `name`, behind the size limit.

    Raises:
        UnknownDecoderError: no file of that name exposes a decoder; the message names the nearest that does.
    """
    found = _found()
    if name not in found:
        raise UnknownDecoderError(name, names())
    return _limited(found[name])


@cache
def _found() -> dict[str, Decoder]:
    modules = (importlib.import_module(f"{__name__}.{item.name}") for item in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module.DECODER for module in modules if hasattr(module, "DECODER")}


def _limited(inner: Decoder) -> Decoder:
    def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        if len(payload) > MAX_BYTES:
            return [Rejection(reason=Reason.TOO_LARGE, detail=f"{len(payload)} bytes, {MAX_BYTES} are taken")]
        return inner(topic, payload, received)

    return decode
