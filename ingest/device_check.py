"""Hold the devices of a file against the county: where they stand, who is known, what would change. Writes nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from database.connection import Cursor
from geo import Datum, GridSet, load_grids, to_wgs84
from ingest.device_report import Doubt, Fault, Report
from ingest.device_rows import Read
from ingest.device_words import CHINESE, METRICS
from ingest.registration import DEEPEST, NewChannel, NewDevice, Placed, place_all
from ingest.units import UnknownUnitError, convert

_SUSPECT_M: Final = 25.0  # a move that is the shift between two datums to within this is no move
_SHIFT_M: Final = 60.0  # and the shift must be worth the name
_BETTER: Final = 3  # devices that another datum must place more than the declared one
_NEAR: Final = 200  # devices outside of which the nearest grid is looked for; each takes a millisecond
_KM: Final = 1000
_SAME_DEGREES: Final = 1e-9
_DIFFERENT: Final = (Datum.WGS84, Datum.GCJ02, Datum.BD09)  # CGCS2000 is WGS 84 to within a decimetre

Degrees = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Known:
    """A registered device, as far as a file can say something of it."""

    device: NewDevice
    is_retired: bool
    is_carrier: bool
    codes: frozenset[str]  # its area, its grid and those above


def check(
    cur: Cursor, read: Read, report: Report, *, now: datetime, areas: frozenset[str] = frozenset()
) -> list[NewDevice]:
    """Note what there is to note in the report, and give the devices as they would be registered.

    What the file has no column for stays as it is registered. `areas` are those of the account, none: the county.
    """
    grids = load_grids(cur, now)
    known = _known(cur, grids, [device.id for device in read.devices])
    told = place_all(read.devices, grids)
    devices = [
        _merged(device, known.get(device.id), read.columns, place)
        for device, place in zip(read.devices, told, strict=True)
    ]
    places = place_all(devices, grids)
    report.devices = len(devices)
    report.kinds = dict(Counter(device.kind for device in devices).most_common())
    report.counts = _counts(devices, places, known)
    _say_what_changes(devices, read.lines, known, places, report)
    _say_places(devices, read.lines, places, grids, report)
    _suspect_all(devices, places, grids, report)
    _check_gateways(cur, devices, read.lines, report)
    if areas:
        _check_areas(devices, read.lines, places, known, grids, areas, report)
    return devices


def _known(cur: Cursor, grids: GridSet, ids: Sequence[str]) -> dict[str, Known]:
    cur.execute(
        """
        SELECT d.id, d.key, d.kind, d.name, d.lon, d.lat, d.area, coalesce(d.grid, 0), d.building, d.gateway, d.moving,
               d.attributes, d.retired_at IS NOT NULL, d.is_carrier
        FROM devices d WHERE d.id = ANY(%s)
        """,
        (list(ids),),
    )
    rows = cur.fetchall()
    channels = _known_channels(cur, [row[1] for row in rows])
    return {
        id_: Known(
            device=NewDevice(
                id=id_,
                kind=kind,
                name=name,
                lon=lon,
                lat=lat,
                area=area,
                building=building,
                gateway=gateway,
                moving=moving,
                attributes=attributes,
                channels=tuple(channels.get(key, ())),
            ),
            is_retired=is_retired,
            is_carrier=is_carrier,
            codes=frozenset({area, *(g.code for g in grids.path(grid))} - {""}) if grid else frozenset({area} - {""}),
        )
        for id_, key, kind, name, lon, lat, area, grid, building, gateway, moving, attributes, is_retired, is_carrier in rows
    }


def _known_channels(cur: Cursor, keys: Sequence[int]) -> dict[int, list[NewChannel]]:
    cur.execute(
        """
        SELECT c.device, m.name, c.unit, c.interval_s, c.datum_m, limit_1, limit_2, limit_3, limit_4
        FROM device_metrics c JOIN metrics m ON m.key = c.metric WHERE c.device = ANY(%s)
        """,
        (list(keys),),
    )
    found: dict[int, list[NewChannel]] = {}
    for device, metric, unit, interval, datum, *limits in cur.fetchall():
        channel = NewChannel(metric=metric, unit=unit, interval_s=interval, datum_m=datum, limits=tuple(limits))
        found.setdefault(device, []).append(channel)
    return found


def _merged(device: NewDevice, known: Known | None, columns: frozenset[str], place: Placed) -> NewDevice:
    """Keep of a known device what the file says nothing of; blank in a column that is there means none."""
    if known is None:
        return device
    old = known.device
    attributes = {name: value for name, value in old.attributes.items() if name not in columns} | device.attributes
    kept: dict[str, Any] = {name: getattr(old, name) for name in ("building", "gateway") if name not in columns}
    is_there = _is_same_place(place, old)
    if "area" not in columns:
        kept["area"] = old.area
    if is_there and old.lon is not None:  # what is stored is WGS 84; the same place told again is no move
        kept |= {"lon": old.lon, "lat": old.lat, "datum": Datum.WGS84.value}
    before = {channel.metric: channel for channel in old.channels}
    channels = tuple(_merged_channel(c, before.get(c.metric), columns) for c in device.channels)
    return replace(device, attributes=attributes, channels=channels, moving=old.moving, **kept)


def _is_same_place(place: Placed, old: NewDevice) -> bool:
    if place.lon is None or place.lat is None or old.lon is None or old.lat is None:
        return place.lon is None and old.lon is None
    return abs(place.lon - old.lon) < _SAME_DEGREES and abs(place.lat - old.lat) < _SAME_DEGREES


def _merged_channel(channel: NewChannel, old: NewChannel | None, columns: frozenset[str]) -> NewChannel:
    if old is None:
        return channel
    names = ("limit_1", "limit_2", "limit_3", "limit_4")
    one, two, three, four = (
        given if name in columns else _in_unit(before, old.unit, channel.unit)
        for name, given, before in zip(names, channel.limits, old.limits, strict=True)
    )
    datum = channel.datum_m if "datum_m" in columns else old.datum_m
    return replace(channel, datum_m=datum, limits=(one, two, three, four))


def _in_unit(limit: float | None, before: str, now: str) -> float | None:
    """Say a limit that is kept in the unit that the file gives: 200 cm are not 200 m."""
    if limit is None or before == now:
        return limit
    try:
        return convert(limit, before, now)
    except UnknownUnitError:
        return None


def _counts(devices: Sequence[NewDevice], places: Sequence[Placed], known: dict[str, Known]) -> dict[str, int]:
    counts = Counter({"new": 0, "changed": 0, "unchanged": 0, "returning": 0, "placed": 0, "unplaced": 0})
    for device, place in zip(devices, places, strict=True):
        old = known.get(device.id)
        counts["placed" if place.grid else "unplaced"] += 1
        if old is None:
            counts["new"] += 1
        elif old.is_retired:
            counts["returning"] += 1
        else:
            counts["changed" if _differences(device, old.device, place) else "unchanged"] += 1
    return dict(counts)


_COMPARED: Final = ("kind", "name", "building", "gateway", "attributes")


def _differences(device: NewDevice, old: NewDevice, place: Placed) -> list[str]:
    """Name what a file changes of a known device."""
    changed = [name for name in _COMPARED if (getattr(device, name) or None) != (getattr(old, name) or None)]
    if not _is_same_place(place, old):
        changed.insert(0, "lon, lat")
    before = {channel.metric: channel for channel in old.channels}
    return changed + [channel.metric for channel in device.channels if before.get(channel.metric) != channel]


def _say_what_changes(
    devices: Sequence[NewDevice],
    lines: Sequence[int],
    known: dict[str, Known],
    places: Sequence[Placed],
    report: Report,
) -> None:
    moved: list[int] = []
    for n, (device, line, place) in enumerate(zip(devices, lines, places, strict=True)):
        old = known.get(device.id)
        if old is None:
            continue
        if old.is_carrier:
            report.fault(line, "id", device.id, Fault.CARRIER)
        elif old.is_retired:
            report.doubt(line, "id", device.id, Doubt.RETURNS)
        elif changed := _differences(device, old.device, place):
            report.doubt(line, "id", device.id, Doubt.KNOWN, en=", ".join(changed), zh=_in_chinese(changed))
            if None not in (place.lon, old.device.lon) and not _is_same_place(place, old.device):
                moved.append(n)
    _suspect_moves(
        [devices[n] for n in moved], [lines[n] for n in moved], [known[devices[n].id] for n in moved], report
    )


def _in_chinese(changed: Iterable[str]) -> str:
    words = (
        CHINESE | {"lon, lat": "位置", "attributes": "其他属性"} | {metric: word for word, metric in METRICS.items()}
    )
    return "、".join(words.get(name, name) for name in changed)


def _suspect_moves(devices: Sequence[NewDevice], lines: Sequence[int], known: Sequence[Known], report: Report) -> None:
    """Find known devices that seem to move by just what two datums differ by."""
    if not devices:
        return
    old_lon = np.array([one.device.lon for one in known], float)
    old_lat = np.array([one.device.lat for one in known], float)
    lon, lat = np.array([d.lon for d in devices], float), np.array([d.lat for d in devices], float)
    off = {datum: _metres(*to_wgs84(lon, lat, datum), old_lon, old_lat) for datum in _DIFFERENT}
    for n, (device, line) in enumerate(zip(devices, lines, strict=True)):
        declared = Datum.WGS84 if device.datum == Datum.CGCS2000 else Datum(device.datum)
        meant = min(off, key=lambda datum: off[datum][n])
        if meant is not declared and off[meant][n] < _SUSPECT_M and off[declared][n] > _SHIFT_M:
            about = {"distance": round(float(off[declared][n])), "meant": meant.value}
            report.doubt(line, "datum", device.datum, Doubt.DATUM_SUSPECT, **about)


def _metres(lon: Degrees, lat: Degrees, to_lon: Degrees, to_lat: Degrees) -> Degrees:
    """Give distances of some kilometres at most."""
    east = (to_lon - lon) * 111_320.0 * np.cos(np.radians(lat))
    return np.hypot(east, (to_lat - lat) * 110_570.0)


def _say_places(
    devices: Sequence[NewDevice], lines: Sequence[int], places: Sequence[Placed], grids: GridSet, report: Report
) -> None:
    looked = 0
    for device, line, place in zip(devices, lines, places, strict=True):
        if place.lon is None or place.lat is None:
            report.doubt(line, "lon", "", Doubt.NO_PLACE)
        elif place.grid is None and len(grids):
            looked += 1
            told = f"{device.lon}, {device.lat}"
            there = grids.locate(place.lon, place.lat) if looked <= _NEAR else None
            if there is not None and there.in_gap:
                report.doubt(line, "lon", told, Doubt.IN_GAP)
            else:
                nearest = there.nearest.name if there and there.nearest else "–"
                far = _far(there.distance_m) if there and there.distance_m is not None else "–"
                report.doubt(line, "lon", told, Doubt.OUTSIDE, nearest=nearest, distance=far)


def _far(metres: float) -> str:
    return f"{metres:.0f} m" if metres < _KM * 10 else f"{metres / _KM:.0f} km"


def _suspect_all(devices: Sequence[NewDevice], places: Sequence[Placed], grids: GridSet, report: Report) -> None:
    """Ask of a whole file whether it would fit better in another datum than it says."""
    told = [n for n, device in enumerate(devices) if device.lon is not None]
    placed = sum(places[n].grid is not None for n in told)
    if not len(grids) or len(told) - placed < _BETTER:
        return
    lon = np.array([devices[n].lon for n in told], float)
    lat = np.array([devices[n].lat for n in told], float)
    found = {datum: _placed_as(lon, lat, datum, grids) for datum in _DIFFERENT}
    best = max(found, key=lambda datum: found[datum])
    if found[best] - placed >= _BETTER and best.value not in {devices[n].datum for n in told}:
        report.doubt(0, "datum", "", Doubt.DATUM_SUSPECT_ALL, placed=placed, better=found[best], meant=best.value)


def _placed_as(lon: Degrees, lat: Degrees, datum: Datum, grids: GridSet) -> int:
    return int(np.count_nonzero(grids.place(*to_wgs84(lon, lat, datum))))


def _check_gateways(cur: Cursor, devices: Sequence[NewDevice], lines: Sequence[int], report: Report) -> None:
    """Find gateways nobody knows, and circles."""
    told = {device.id: device.gateway or "" for device in devices}
    if not any(told.values()):
        return
    cur.execute("SELECT id, coalesce(gateway, '') FROM devices WHERE retired_at IS NULL AND NOT is_carrier")
    above: dict[str, str] = dict(cur.fetchall()) | told
    for device, line in zip(devices, lines, strict=True):
        if not device.gateway:
            continue
        if device.gateway not in above:
            report.doubt(line, "gateway", device.gateway, Doubt.GATEWAY_UNKNOWN)
        elif _goes_round(above, device.id):
            report.fault(line, "gateway", device.gateway, Fault.GATEWAY_CIRCLE)


def _goes_round(above: dict[str, str], device: str) -> bool:
    at = above[device]
    for _ in range(DEEPEST):
        if not at:
            return False
        if at == device:
            return True
        at = above.get(at, "")
    return bool(at)


def _check_areas(
    devices: Sequence[NewDevice],
    lines: Sequence[int],
    places: Sequence[Placed],
    known: dict[str, Known],
    grids: GridSet,
    areas: frozenset[str],
    report: Report,
) -> None:
    for device, line, place in zip(devices, lines, places, strict=True):
        codes = {place.area, *(_codes(grids, place.grid))}
        old = known.get(device.id)
        if areas.isdisjoint(codes) or (old is not None and areas.isdisjoint(old.codes)):
            report.fault(line, "id", device.id, Fault.FOREIGN_AREA)


def _codes(grids: GridSet, grid: int | None) -> Iterable[str]:
    return [g.code for g in grids.path(grid)] if grid else []
