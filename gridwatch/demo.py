"""The demo county: made by the simulators from a seed, brought in by the same imports an administrator uses."""

import json
import tempfile
from datetime import datetime
from pathlib import Path

import structlog

from database import connect
from geo import PropertyNames, import_file
from gridwatch.errors import FrontDoorError
from gridwatch.settings import DemoSettings
from ingest.registration import NewChannel, NewDevice, register
from simulators.county import County, DeviceSpec, make_county

log = structlog.get_logger(__name__)

GRIDS = "grid_versions"
DEVICES = "devices WHERE NOT is_carrier"  # what carries alarms of ours and is no device does not count
NAMES = PropertyNames(code="code", name="name", level="level", parent="parent")


def is_wanted(url: str) -> bool:
    """Tell whether this database has no grids or no devices yet; what is there is never touched."""
    return not (_has(url, GRIDS) and _has(url, DEVICES))


def make(url: str, settings: DemoSettings, *, now: datetime) -> None:
    """Import the grids and register the devices of the demo county, each only where there are none.

    Raises:
        FrontDoorError: there is no county of that size, or it was refused.
    """
    try:
        county = make_county(settings.seed, settings.size)
    except ValueError as error:
        raise FrontDoorError(f"Wrong setting (demo.size): {error}.") from None
    if not _has(url, GRIDS):
        _import_grids(url, county, now)
    if not _has(url, DEVICES):
        with connect(url, name="gridwatch demo") as connection, connection.cursor() as cur:
            register(cur, [_registered(device) for device in county.devices], now=now)
    log.info("demo county made", seed=county.seed, size=county.size, devices=len(county.devices))


def _has(url: str, rows: str) -> bool:
    with connect(url, name="gridwatch demo") as connection:
        # `rows` is one of two literals above.
        return connection.execute(f"SELECT EXISTS (SELECT FROM {rows})").fetchone() == (True,)  # noqa: S608


def _import_grids(url: str, county: County, now: datetime) -> None:
    with tempfile.TemporaryDirectory() as folder, connect(url, name="gridwatch demo") as connection:
        file = Path(folder) / f"{county.name}.geojson"
        file.write_text(json.dumps(county.feature_collection(), ensure_ascii=False), encoding="utf-8")
        report = import_file(connection, file, NAMES, valid_from=now)
    if report.version is None:
        raise FrontDoorError("The demo county was refused by the import of grids; its seed (demo.seed) does not work.")


def _registered(device: DeviceSpec) -> NewDevice:
    return NewDevice(
        id=device.id,
        kind=device.kind.value,
        name=device.name,
        lon=device.lon,
        lat=device.lat,
        area=device.area,
        building=device.building,
        gateway=device.gateway,
        attributes=dict(device.attributes),
        channels=tuple(
            NewChannel(
                metric=metric.name,
                unit=metric.unit,
                interval_s=metric.interval_s,
                datum_m=metric.datum_m,
                limits=metric.limits,
            )
            for metric in device.metrics
        ),
    )
