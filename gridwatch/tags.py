"""Make the tags that rules see: what a device measures, the grids that hold it, what warns it, and what it is heard through."""

from datetime import datetime

from alerts import Tag
from alerts.carrier import Carrier
from alerts.carriers import ensure_carriers
from alerts.weather import in_force, over
from database.connection import Cursor
from ingest.carrier_kind import CarrierKind
from ingest.registry import Registry


def load_tags(cur: Cursor, registry: Registry, *, now: datetime) -> list[Tag]:
    """Give a tag for each channel; makes the carriers of links and gateways that are no devices themselves."""
    grids = _grid_paths(cur)
    parents = _parents(cur, registry)
    weather = in_force(cur, now)
    devices = {device.key: device for device in registry.devices.values()}
    return [
        Tag(
            device=channel.device,
            kind=devices[channel.device].kind,
            metric=channel.metric,
            metric_name=channel.name,
            unit=channel.unit,
            limits=channel.limits,
            interval_s=channel.interval_s,
            grids=grids.get(devices[channel.device].grid, ()),
            warnings=over(weather, grids.get(devices[channel.device].grid, ())),
            parent=parents[channel.device],
        )
        for channel in registry.channels
    ]


def _grid_paths(cur: Cursor) -> dict[int, tuple[str, ...]]:
    """Give the codes of each grid and of all above it, finest first, by grid key."""
    cur.execute("SELECT key, version, code, parent FROM grids")
    rows = cur.fetchall()
    above = {(version, code): parent for _, version, code, parent in rows}
    paths = {}
    for key, version, code, parent in rows:
        path = [code]
        while parent is not None and parent not in path:
            path.append(parent)
            parent = above.get((version, parent))  # noqa: PLW2901 -- one step up
        paths[key] = tuple(path)
    return paths


def _parents(cur: Cursor, registry: Registry) -> dict[int, int]:
    """Give what each device is heard through: its gateway, otherwise the link of its town."""
    cur.execute(
        """
        SELECT d.key, coalesce(d.gateway, ''), d.area, coalesce(t.name, '')
        FROM devices d LEFT JOIN LATERAL (
            SELECT g.name FROM grids g WHERE g.code = d.area ORDER BY g.version DESC LIMIT 1
        ) t ON true
        WHERE d.retired_at IS NULL AND NOT d.is_carrier
        """
    )
    rows = cur.fetchall()
    known = {device.id: device.key for device in registry.devices.values()}
    carriers: dict[str, Carrier] = {}
    hung: dict[int, str] = {}
    for key, gateway, area, town in rows:
        if gateway in known and known[gateway] != key:
            continue
        carrier = (
            Carrier(id=f"gateway:{gateway}", kind=CarrierKind.LINK, name=f"网关 {gateway}", area=area)
            if gateway and gateway not in known
            else Carrier(
                id=f"link:{area or '-'}", kind=CarrierKind.LINK, name=f"{town or area} 网络".strip(), area=area
            )
        )
        carriers[carrier.id], hung[key] = carrier, carrier.id
    keys = ensure_carriers(cur, list(carriers.values()))
    return {key: keys[hung[key]] if key in hung else known[gateway] for key, gateway, *_ in rows}
