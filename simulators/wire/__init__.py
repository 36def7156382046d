"""Put reports into the bytes that real devices send, one file a format, registered by the file existing."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from simulators.county import WireFormat
from simulators.observation import Sending


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One MQTT publication, QoS 1."""

    topic: str
    payload: bytes


Encoder = Callable[[Sending], list[Message]]


class NoEncoderError(LookupError):
    """We were asked for a format in which no simulated device speaks."""


def encode(sending: Sending) -> list[Message]:
    """Encode a report in its device's own format; some reports are several messages.

    Raises:
        NoEncoderError: there is no file for the device's format.
    """
    return encoder(sending.report.spec.format)(sending)


@cache
def encoder(name: WireFormat) -> Encoder:
    """Return the encoder of a format.

    Raises:
        NoEncoderError: there is no file for it.
    """
    names = {item.name for item in pkgutil.iter_modules(__path__)}
    if name.value not in names:
        raise NoEncoderError(f"no simulated device speaks {name.value!r}; there are {', '.join(sorted(names))}")
    found: Encoder = importlib.import_module(f"{__name__}.{name.value}").encode
    return found


__all__ = ["Encoder", "Message", "NoEncoderError", "encode", "encoder"]
