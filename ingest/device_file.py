"""Read a CSV of devices: a row per device and metric, whole before anything is registered. Touches no database."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from geo import Datum
from ingest.carrier_kind import CarrierKind
from ingest.registration import NewChannel, NewDevice
from ingest.registry import METRIC_NAME
from ingest.usual_units import fault_of, usual_unit

COLUMNS = ("id", "kind", "name", "lon", "lat", "datum", "metric", "unit", "interval_s")
LIMITS = ("limit_4", "limit_3", "limit_2", "limit_1")
SHOWN = 20  # faults named in the error; the rest are counted


class DeviceFileError(Exception):
    """A device file that was refused whole; the message names every faulty line, up to 20."""


@dataclass(slots=True)
class _Faults:
    lines: list[str]

    def add(self, line: int, reason: str) -> None:
        self.lines.append(f"line {line}: {reason}")

    def refuse(self, path: Path) -> None:
        if self.lines:
            more = f"\n… and {len(self.lines) - SHOWN} more" if len(self.lines) > SHOWN else ""
            raise DeviceFileError(f"{path} was refused, nothing was imported:\n" + "\n".join(self.lines[:SHOWN]) + more)


def read_devices(path: Path) -> list[NewDevice]:
    """Read the devices of a CSV with the header `id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4..limit_1`.

    `lon` and `lat` are degrees in `datum` (wgs84, cgcs2000, gcj02, bd09; blank is wgs84); `interval_s` seconds; limits
    are in `unit`, a blank one is none, and a level's limits must not fall from priority 4 to 1. Rows of one id must
    agree on everything but the metric.

    Raises:
        DeviceFileError: a column is missing, or any row is faulty; nothing is returned then.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise DeviceFileError(f"{path} lacks the columns {', '.join(missing)}.")
            return _devices(path, rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DeviceFileError(f"{path} cannot be read: {error}.") from error


def _devices(path: Path, rows: Iterable[dict[str, str | None]]) -> list[NewDevice]:
    faults = _Faults([])
    devices: dict[str, NewDevice] = {}
    for line, raw in enumerate(rows, start=2):
        row = {key: (value or "").strip() for key, value in raw.items() if isinstance(key, str)}
        try:
            device, channel = _device(row), _channel(row)
        except ValueError as error:
            faults.add(line, str(error))
            continue
        known = devices.get(device.id)
        if known is None:
            devices[device.id] = _with(device, (channel,))
        elif _with(known, ()) != device:
            faults.add(line, f"{device.id} differs from an earlier row in more than its metric")
        elif any(channel.metric == c.metric for c in known.channels):
            faults.add(line, f"{device.id} has {channel.metric} twice")
        else:
            devices[device.id] = _with(known, (*known.channels, channel))
    faults.refuse(path)
    return list(devices.values())


def _with(device: NewDevice, channels: tuple[NewChannel, ...]) -> NewDevice:
    return NewDevice(
        id=device.id,
        kind=device.kind,
        name=device.name,
        lon=device.lon,
        lat=device.lat,
        datum=device.datum,
        channels=channels,
    )


def _device(row: dict[str, str]) -> NewDevice:
    if not row["id"] or not row["kind"]:
        raise ValueError("id and kind must not be blank")
    if row["kind"] in set(CarrierKind):
        raise ValueError(f"kind {row['kind']!r} is no kind of device: alarms of places and links hang on it")
    if any(mark in row["id"] for mark in "/+#\0"):
        raise ValueError(f"id {row['id']!r} holds a character that a topic cannot")
    lon, lat = _number(row, "lon"), _number(row, "lat")
    if (lon is None) != (lat is None):
        raise ValueError("lon and lat go together")
    if lon is not None and lat is not None and not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 -- degrees
        raise ValueError(f"lon {lon} lat {lat} is no place on Earth; longitude comes first")
    datum = row["datum"].lower().replace("-", "") or "wgs84"
    if datum not in set(Datum):
        raise ValueError(f"datum {row['datum']!r} is none of {', '.join(Datum)}")
    return NewDevice(id=row["id"], kind=row["kind"], name=row["name"], lon=lon, lat=lat, datum=datum)


def _channel(row: dict[str, str]) -> NewChannel:
    metric = row["metric"]
    if METRIC_NAME.fullmatch(metric) is None:
        raise ValueError(f"metric {metric!r} is not a short lower-case name")
    unit = row["unit"] or usual_unit(metric)
    if fault := fault_of(metric, unit):
        raise ValueError(fault)
    four, three, two, one = (_number(row, name) for name in LIMITS)
    given = [limit for limit in (four, three, two, one) if limit is not None]
    if given not in (sorted(given), sorted(given, reverse=True)):
        raise ValueError("limits must rise (or fall) steadily from limit_4 to limit_1")
    interval = _number(row, "interval_s")
    if interval is not None and interval <= 0:
        raise ValueError("interval_s must be more than 0")
    return NewChannel(metric=metric, unit=unit, interval_s=interval, limits=(one, two, three, four))


def _number(row: dict[str, str], name: str) -> float | None:
    text = row.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is not a number")
    return value
