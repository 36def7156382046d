"""Ids a device may have in the registry: they stand in topics and addresses, and an index holds them. Pure."""

import re
from collections.abc import Container, Iterable
from typing import Final

from msgspec.structs import replace

from ingest.readings import Decoded, DeviceId, Discovered

ID_LONGEST: Final = 128
ID_PATTERN: Final = r"^[^/+#\x00-\x1f]+$"
_HELD_BY_NO_TABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_PLAIN: Final = str.maketrans("/+#", "...")


def is_id(device: str) -> bool:
    """Tell whether a device that is called so can be registered."""
    return 0 < len(device) <= ID_LONGEST and _HELD_BY_NO_TABLE.search(device) is None


def with_plain_ids(items: Iterable[Decoded], registered: Container[str] = ()) -> list[Decoded]:
    """Write `.` for what no level of a topic can hold: friendly names of bridges are made like paths.

    A device that was `registered` with such an id, long ago, keeps it.
    """
    return [_plain(item, registered) for item in items]


def _plain(item: Decoded, registered: Container[str]) -> Decoded:
    device: str = getattr(item, "device", "")
    if ("/" in device or "+" in device or "#" in device) and device not in registered:
        item = replace(item, device=DeviceId(device.translate(_PLAIN)))
    if type(item) is Discovered and item.gateway is not None and item.gateway not in registered:
        return replace(item, gateway=item.gateway.translate(_PLAIN))
    return item
