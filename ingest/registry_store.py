"""Read the registry from the database, and add what a registered device was heard to measure."""

from collections.abc import Collection, Iterable

from database.connection import Connection, Cursor
from ingest.registry import Channel, Device, Registry, is_learnable
from ingest.wire import number


def load_registry(cur: Cursor) -> Registry:
    """Take a picture of all devices that are not retired and of their metrics."""
    cur.execute(
        """
        SELECT key, id, kind, area, coalesce(grid, 0), moving, coalesce(gateway, ''), coalesce(attributes->>'codec', ''),
            attributes->>'mounting_height_m'
        FROM devices WHERE retired_at IS NULL AND NOT is_carrier
        """
    )
    rows = cur.fetchall()
    towns = load_towns(cur)
    devices = [
        Device(
            key=k,
            id=i,
            kind=n,
            area=a,
            grid=g,
            moving=m,
            gateway=w,
            codec=c,
            mounting_height_m=number(h),
            town=towns.get(g, ""),
        )
        for k, i, n, a, g, m, w, c, h in rows
    ]
    cur.execute(
        """
        SELECT dm.device, dm.metric, m.name, dm.unit, dm.interval_s, dm.datum_m, limit_1, limit_2, limit_3, limit_4
        FROM device_metrics dm JOIN metrics m ON m.key = dm.metric ORDER BY dm.device, dm.metric
        """
    )
    channels = [
        Channel(device=d, metric=m, name=n, unit=u, interval_s=s, datum_m=o, limits=(l1, l2, l3, l4))
        for d, m, n, u, s, o, l1, l2, l3, l4 in cur.fetchall()
    ]
    return Registry.of(devices, channels)


def load_towns(cur: Cursor) -> dict[int, str]:
    """Give the code of the town that holds a grid, by the grid's key; grids above the towns are left out."""
    cur.execute("SELECT key, version, code, parent, level FROM grids")
    rows = cur.fetchall()
    above = {(version, code): (parent, level) for _, version, code, parent, level in rows}
    towns = {}
    for key, version, code, parent, level in rows:
        seen = {code}
        while level != "town" and parent is not None and parent not in seen:
            seen.add(parent)
            code, (parent, level) = parent, above.get((version, parent), (None, ""))  # noqa: PLW2901 -- one step up
        if level == "town":
            towns[key] = code
    return towns


def is_any_registered(cur: Cursor, devices: Collection[str]) -> bool:
    """Tell whether any of these ids is a device that is not retired."""
    cur.execute(
        "SELECT EXISTS (SELECT FROM devices WHERE id = ANY(%s) AND retired_at IS NULL AND NOT is_carrier)",
        (list(devices),),
    )
    return cur.fetchone() == (True,)


def metric_keys(cur: Cursor, metrics: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Find the keys of metrics given as (name, usual unit), adding those that are new."""
    wanted = dict(metrics)
    cur.execute(
        "INSERT INTO metrics (name, unit) SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT (name) DO NOTHING",
        (list(wanted), list(wanted.values())),
    )
    cur.execute("SELECT name, key FROM metrics WHERE name = ANY(%s)", (list(wanted),))
    return dict(cur.fetchall())


def learn(connection: Connection, registry: Registry, heard: Iterable[tuple[str, str, str]]) -> None:
    """Add metrics as (device id, metric, unit on the wire) to registered devices.

    What is not learnable (a name or a unit that is none, too many metrics of one device) is left out.
    """
    known = registry.metrics_of.copy()
    rows: list[tuple[int, str, str]] = []
    for device_id, metric, unit in dict.fromkeys(heard):
        device = registry.devices[device_id]
        if is_learnable(metric, unit, known[device.key]):
            known[device.key] += 1
            rows.append((device.key, metric, unit or "1"))
    with connection.transaction(), connection.cursor() as cur:
        keys = metric_keys(cur, ((metric, unit) for _, metric, unit in rows))
        cur.executemany(
            "INSERT INTO device_metrics (device, metric, unit) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [(device, keys[metric], unit) for device, metric, unit in rows],
        )
