"""What carries an alarm without being a device is nowhere among the devices."""

from datetime import UTC, datetime

import pytest

from alerts import Cause, Detection, PointChange, save
from alerts.carriers import Carrier, CarrierKind, ensure_carriers
from dashboard.queries.points import Points
from geo.store import load_version, replace_devices
from ingest.device_file import DeviceFileError, read_devices
from ingest.registry_store import load_registry
from tests.alarm_county import NOON, T0, alarms, found_county, session

GRID = Carrier(id="place:V-1", kind=CarrierKind.PLACE, name="第一网格", grid=2, lon=120.0, lat=30.0)


@pytest.fixture
def county(database_url):
    """A county of four devices in two grids."""
    found_county(database_url)
    return database_url


def test_a_carrier_is_made_once_and_brought_up_to_date(county):
    """A second call gives the same key; a new name arrives; a row that says the same is not touched."""
    with session(county) as cur:
        first = ensure_carriers(cur, [GRID])
        assert ensure_carriers(cur, [GRID, GRID]) == first
        renamed = Carrier(id="place:V-1", kind=CarrierKind.PLACE, name="一号网格", grid=2)
        assert ensure_carriers(cur, [renamed]) == first
        cur.execute("SELECT name, version FROM devices WHERE id = 'place:V-1'")
        assert cur.fetchall() == [("一号网格", 2)]
        assert ensure_carriers(cur, []) == {}


def test_every_kind_of_carrier_is_known_to_the_database(county):
    """The column that queries ask is made from the same list as the enum."""
    with session(county) as cur:
        ensure_carriers(cur, [Carrier(id=f"x:{kind}", kind=kind, name="") for kind in CarrierKind])
        cur.execute("SELECT count(*) FILTER (WHERE is_carrier), count(*) FROM devices")
        assert cur.fetchall() == [(len(CarrierKind), 4 + len(CarrierKind))]


def test_a_carrier_is_among_no_devices(county):
    """The registry and the map know the four devices only."""
    with session(county) as cur:
        before = Points().read(cur, now=NOON)
        ensure_carriers(cur, [GRID])
        assert Points().read(cur, now=NOON) == before
        assert set(load_registry(cur).devices) == {"d-1", "d-2", "d-3", "d-4"}


def test_a_carrier_has_alarms(county):
    """An alarm of a carrier is an ordinary alarm at its place."""
    with session(county) as cur:
        key = ensure_carriers(cur, [GRID])["place:V-1"]
        change = PointChange(
            device=key, metric=0, rule="r", condition="several-detectors", priority=1, active=True, time=T0, value=2.0,
            cause=Cause.RAISED,
        )  # fmt: skip
        save(cur, Detection(changes=(change,)), now=NOON)
    assert alarms(county, "condition, grid, lon") == [("several-detectors", 2, 120.0)]


def test_a_place_keeps_its_code_when_the_grids_change(county):
    """A new version of the grids gives the carrier the grid of its code, wherever its middle lies."""
    with session(county) as cur:
        ensure_carriers(cur, [GRID])
        cur.execute("INSERT INTO grid_versions (valid_from, source) VALUES ('2021-01-01Z', 'test')")
        shape = "\\x" + "0103000000000000000000"[:18]  # an empty polygon
        cur.execute(
            "INSERT INTO grids (version, code, name, level, shape) VALUES (2, 'V-1', '一', 'grid', %s) RETURNING key",
            (bytes.fromhex(shape[2:]),),
        )
        row = cur.fetchone()
        assert row is not None
        replace_devices(cur, load_version(cur, 2, datetime(2021, 1, 1, tzinfo=UTC)))
        cur.execute("SELECT grid FROM devices WHERE id = 'place:V-1'")
        assert cur.fetchone() == row


def test_no_device_is_registered_as_a_carrier(tmp_path):
    """A device file that calls a device a place is refused with its line."""
    file = tmp_path / "devices.csv"
    file.write_text("id,kind,name,lon,lat,datum,metric,unit,interval_s\nx,place,,,,,stage,m,60\n")
    with pytest.raises(DeviceFileError, match="line 2: kind 'place'"):
        read_devices(file)
