"""The protocols that have a bridge, by name. Pure: a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gridwatch.bridge.frames import Dialect
from gridwatch.bridge.gb26875 import Gb26875, OnBadChecksum
from gridwatch.bridge.hj212 import Hj212
from gridwatch.bridge.sl651 import Sl651


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a bridge is asked to answer; each dialect takes what concerns it."""

    stays_online: bool = False
    answers_heartbeats: bool = False
    on_bad_checksum: OnBadChecksum = OnBadChecksum.DENY


PROTOCOLS: Mapping[str, Callable[[Manners], Dialect]] = {
    "sl651": lambda how: Sl651(stays_online=how.stays_online, answers_heartbeats=how.answers_heartbeats),
    "gb26875": lambda how: Gb26875(on_bad_checksum=how.on_bad_checksum),
    "hj212": lambda _how: Hj212(),
}
OVER_UDP = frozenset({"sl651", "gb26875"})
"""The protocols whose devices also send datagrams; HJ 212 is TCP only (5.1)."""
