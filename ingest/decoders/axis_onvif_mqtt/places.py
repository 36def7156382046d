"""Who speaks and of what, by an MQTT topic of an Axis or ONVIF camera. Pure."""

from functools import lru_cache
from typing import Final

import msgspec

from ingest.wire import text

_MARKS: Final = ("event", "onvif-ej", "onvif-mj")
_NAMESPACES: Final = ("tns:", "tns1:", "tnsaxis:", "onvif:", "axis:")
_SERIAL_DIGITS: Final = 12
_SOURCES: Final = 8  # of one event; a rule has three
_KEPT: Final = 4096  # topics; a camera has a dozen
_LONGEST: Final = 400  # characters of a topic that are looked at, which bounds what is kept of it


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What an MQTT topic says. `device` is empty where it names nobody; `path` is the event's, without namespaces."""

    device: str = ""
    path: str = ""
    source: dict[str, str] = {}
    is_by_hand: bool = False


def address_of(topic: str) -> Address:
    """Take an MQTT topic apart: `{prefix}/event/…`, `{prefix}/onvif-ej/…`, `{prefix}/onvif-mj/…`, or `{prefix}/tns:onvif/…`.

    The last level of the prefix is the device: Axis's default prefix is `axis/{serial}`. The bare prefix `axis` names nobody.
    """
    return _address(topic[:_LONGEST])


def plain_path(topic: str) -> str:
    """Give an event's topic without namespaces and tokens: `tns1:Device/tnsaxis:Sensor/PIR` is `Device/Sensor/PIR`."""
    return _plain(topic[:_LONGEST])


def is_same_serial(device: str, serial: str) -> bool:
    """Tell whether a payload's serial number can be the device's; a device that goes by another name can have any."""
    own, told = _bare(device), _bare(serial)
    return own == told or not (len(own) == _SERIAL_DIGITS and all(c in "0123456789ABCDEF" for c in own))


@lru_cache(maxsize=_KEPT)
def _plain(topic: str) -> str:
    return _path(topic.split("/"))[0]


@lru_cache(maxsize=_KEPT)
def _address(topic: str) -> Address:
    levels = topic.split("/")
    at = next((i for i, level in enumerate(levels) if level in _MARKS or level.startswith(_NAMESPACES)), len(levels))
    device = next((text(level) for level in reversed(levels[:at]) if level.strip()), "")
    rest = levels[at + 1 :] if levels[at : at + 1] and levels[at] in _MARKS else levels[at:]
    path, source = _path(rest)
    return Address(device="" if device == "axis" else device, path=path, source=source, is_by_hand=not topic)


def _bare(serial: str) -> str:
    return serial.replace(":", "").replace("-", "").upper()


def _path(levels: list[str]) -> tuple[str, dict[str, str]]:
    """Split into the path and the sources: `$source/port/1` of Axis; `&1/2/Rule` of ONVIF, whose names only the payload says."""
    kept: list[str] = []
    source: dict[str, str] = {}
    i = 0
    while i < len(levels):
        level = levels[i]
        if level in ("$source", "$key") and i + 2 < len(levels):
            source[text(levels[i + 1])] = text(levels[i + 2])
            i += 2
        elif "&" in (level[:1], level[-1:]):
            if level[-1:] == "&" and (name := text(level[:-1].rpartition(":")[2])):
                kept.append(name)
            tokens = [level[1:] if level[0] == "&" else "", *levels[i + 1 :]]
            source |= {f"token{n}": text(token) for n, token in enumerate(filter(None, tokens[:_SOURCES]))}
            break
        elif level.startswith("tns:"):
            pass  # a namespace has a level of its own
        elif name := text(level.rpartition(":")[2]):
            kept.append(name)
        i += 1
    return "/".join(kept[:16]), source
