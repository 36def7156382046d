"""Rows among the devices for what can have an alarm and is no device: places, links, our own services. Judges nothing.

A carrier never reports: it is in no device list, count, no-data rule, map or waiting list (`devices.is_carrier`).
"""

from collections.abc import Sequence

from alerts.carrier import Carrier
from database.connection import Cursor
from ingest.carrier_kind import CarrierKind

__all__ = ["Carrier", "CarrierKind", "ensure_carriers"]


def ensure_carriers(cur: Cursor, carriers: Sequence[Carrier]) -> dict[str, int]:
    """Make the rows that are missing, bring the others up to date, and give device keys by id; two statements.

    Rows that say the same already are not touched, so two workers wait for each other only when a place is new.
    """
    wanted = {carrier.id: carrier for carrier in carriers}
    if not wanted:
        return {}
    rows = [wanted[key] for key in sorted(wanted)]  # sorted: two workers wait for each other and never in a circle
    cur.execute(
        """
        INSERT INTO devices AS d (id, kind, name, grid, lon, lat, area, building)
        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::float8[], %s::float8[], %s::text[],
                             %s::text[])
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, grid = excluded.grid,
            lon = excluded.lon, lat = excluded.lat, area = excluded.area, building = excluded.building,
            version = d.version + 1, retired_at = NULL
        WHERE d.is_carrier AND (d.kind, d.name, d.grid, d.area, d.retired_at)
              IS DISTINCT FROM (excluded.kind, excluded.name, excluded.grid, excluded.area, NULL)
        """,
        (
            [row.id for row in rows],
            [row.kind.value for row in rows],
            [row.name for row in rows],
            [row.grid for row in rows],
            [row.lon for row in rows],
            [row.lat for row in rows],
            [row.area for row in rows],
            [row.building for row in rows],
        ),
    )
    cur.execute("SELECT id, key FROM devices WHERE id = ANY(%s)", (list(wanted),))
    return dict(cur.fetchall())


def service_keys(cur: Cursor) -> set[int]:
    """Give the keys of the carriers of our own services."""
    cur.execute("SELECT key FROM devices WHERE kind = %s", (CarrierKind.SERVICE.value,))
    return {key for (key,) in cur.fetchall()}
