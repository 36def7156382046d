"""What a topic of the Alink protocol says: who speaks, and of what. Pure."""

from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.readings import DeviceId
from ingest.thing_identity import device_of

SESSIONS: Final = {"login": False, "batch_login": False, "logout": True, "batch_logout": True}
_PROPERTY_POST: Final = ("thing", "event", "property", "post")
_DEVICES: Final = frozenset({("thing", "topo", "add"), ("thing", "topo", "lifecycle"), ("thing", "list", "found")})
BY_HAND: Final = DeviceId("unknown")
"""Who speaks in a file that is decoded without a topic and names nobody."""


class Route(Struct, frozen=True, gc=False):
    """What a topic says: who speaks, of what (a word of ours, "" leaves it to the message), and the levels after the device."""

    device: DeviceId | None
    rest: tuple[str, ...] = ()
    what: str = ""
    subject: tuple[str, ...] | None = None


@lru_cache(maxsize=8192)
def route_of(topic: str) -> Route:
    """Read a topic; other levels may stand before the device. The device is None where the topic names nobody."""
    device, rest = _address(topic)
    what, subject = "", None
    if rest == _PROPERTY_POST:
        what = "properties"
    elif rest and rest[-1].endswith("reply"):
        what = "reply"
    elif rest[:2] == ("thing", "model"):
        what = "raw"
    elif rest[:2] in (("thing", "service"), ("service", "property")):
        what = "downlink"
    elif rest in _DEVICES:
        what = "announced"
    elif len(rest) == 2 and rest[0] == "combine" and rest[1] in SESSIONS:  # noqa: PLR2004 -- combine/login
        what = "session"
    if rest[:2] == ("thing", "event"):
        subject = rest[2:-1]
    return Route(device, rest, what, subject)


def _address(topic: str) -> tuple[DeviceId | None, tuple[str, ...]]:
    if not topic:
        return BY_HAND, ()
    levels = topic.split("/")
    root = next((root for root in ("sys", "session", "status", "thing") if root in levels), None)
    at = len(levels) if root is None else levels.index(root) + (-2 if root == "thing" else 1)
    names = levels[at : at + 2] if at >= 0 else []
    device = device_of(*names) if len(names) == 2 else None  # noqa: PLR2004 -- product and name
    return (None, ()) if device is None else (device, tuple(levels[at + 2 :]))
