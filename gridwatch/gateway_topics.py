"""Find out which topics a gateway's registered children speak on, so that its account may publish there. Reads only."""

import re
from collections.abc import Sequence
from typing import Final

from database.connection import Cursor
from ingest.registry_store import load_towns

_STATION: Final = re.compile(r"[0-9A-F]{10}")  # SL 651: the station address
_SOURCE: Final = re.compile(r"([0-9A-F]{12})(-.*)?")  # GB/T 26875.3: the transmission device, and a component behind it
_UNSPEAKABLE: Final = frozenset("/+# *>")  # the last two are wildcards of NATS


def topics_of(device: str, area: str) -> list[str]:
    """List the topics of ours that name a device; other formats' topics are allowed by `--topic`."""
    if not device or _UNSPEAKABLE & set(device + area) or not (device + area).isprintable():
        return []
    where = area or "+"
    topics = [f"gridwatch/v1/{where}/{device}/senml"]
    if _STATION.fullmatch(device):
        topics.append(f"sl651/{where}/{device}")
    if source := _SOURCE.fullmatch(device):
        topics.append(f"gb26875/{where}/{source[1]}")
    return topics


def learn_topics(cur: Cursor, gateways: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give for each gateway the topics of its registered children and of the device of its own name, sorted."""
    cur.execute(
        """
        SELECT gateway, id, area, coalesce(grid, 0) FROM devices
        WHERE retired_at IS NULL AND NOT is_carrier AND gateway = ANY(%(names)s)
        UNION
        SELECT id, id, area, coalesce(grid, 0) FROM devices
        WHERE retired_at IS NULL AND NOT is_carrier AND id = ANY(%(names)s)
        """,
        {"names": list(gateways)},
    )
    found: dict[str, set[str]] = {name: set() for name in gateways}
    rows = cur.fetchall()
    towns = load_towns(cur) if rows else {}
    for gateway, device, area, grid in rows:
        for where in {area, towns.get(grid, area) if area else ""}:
            found[gateway].update(topics_of(device, where))
    return {name: tuple(sorted(topics)) for name, topics in found.items()}
