"""Grids in a real database: versions in time, all or nothing, devices placed again."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely
from psycopg import sql

from database import connect
from geo import (
    Carry,
    Datum,
    GridSet,
    ImportReport,
    Level,
    Placing,
    PropertyNames,
    enact_version,
    from_wgs84,
    import_file,
    load_grids,
    replace_devices,
)

NAMES = PropertyNames(code="id", name="label", level="tier", parent="part_of")
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
COUNTY = ("c", "county", shapely.box(113, 24, 113.04, 24.02))
WEST = ("w", "town", shapely.box(113, 24, 113.02, 24.02))
EAST = ("e", "town", shapely.box(113.02, 24, 113.04, 24.02))
VILLAGES = [(f"v{i}", "village", shapely.box(113 + i / 100, 24, 113.01 + i / 100, 24.02)) for i in range(4)]


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    """An open session of a fresh database."""
    with connect(database_url) as connection:
        yield connection


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """Write (code, level, shape) as a GeoJSON file and give its path."""

    def write(*grids: tuple[str, str, shapely.Geometry]) -> Path:
        path = tmp_path / f"{'-'.join(grids[0][:2])}.geojson"
        features = [
            {
                "type": "Feature",
                "properties": {"id": code, "label": f"{code} 号", "tier": level, "part_of": ""},
                "geometry": shapely.geometry.mapping(shape),
            }
            for code, level, shape in grids
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return path

    return write


def take_in(conn: psycopg.Connection, path: Path, *, valid_from: datetime = BEGIN, **more: Any) -> ImportReport:
    """Import a file with the names it has."""
    return import_file(conn, path, NAMES, valid_from=valid_from, **more)


def grids_at(conn: psycopg.Connection, at: datetime | None = None) -> GridSet:
    """Read the grids that hold at an instant and leave the session idle."""
    with conn.transaction():
        return load_grids(conn.cursor(), at)


def add_device(conn: psycopg.Connection, name: str, lon: float | None, lat: float | None) -> None:
    """Register a smoke detector."""
    with conn.transaction():
        conn.execute("INSERT INTO devices (id, kind, lon, lat) VALUES (%s, 'smoke', %s, %s)", (name, lon, lat))


def grid_codes(conn: psycopg.Connection) -> dict[str, str | None]:
    """Read the code of every device's grid."""
    with conn.transaction():
        rows = conn.execute("SELECT id, code FROM devices LEFT JOIN grids ON grids.key = devices.grid").fetchall()
    return dict(rows)


def rows_of(conn: psycopg.Connection, table: str) -> int:
    """Count the rows of a table."""
    with conn.transaction():
        row = conn.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    assert row is not None
    return int(row[0])


def test_before_the_first_import_there_are_no_grids(conn: psycopg.Connection) -> None:
    """A fresh database has version 0, in which nothing lies anywhere."""
    assert grids_at(conn) == GridSet(version=0, valid_from=None, grids=())


def test_what_was_imported_is_what_is_loaded(conn: psycopg.Connection, file: Any) -> None:
    """Codes, Chinese names, levels, parents and shapes come back as they went in, with keys."""
    report = take_in(conn, file(COUNTY, WEST, EAST))
    grids = grids_at(conn)
    assert (report.version, grids.version, grids.valid_from) == (1, 1, BEGIN)
    assert {(grid.code, grid.name, grid.level, grid.parent) for grid in grids} == {
        ("c", "c 号", Level.COUNTY, None),
        ("w", "w 号", Level.TOWN, "c"),
        ("e", "e 号", Level.TOWN, "c"),
    }
    assert len({grid.key for grid in grids} - {0}) == 3
    west = grids.by_code("w")
    assert west is not None
    assert west.shape.equals_exact(WEST[2], 0)


def test_a_refused_file_changes_nothing(conn: psycopg.Connection, file: Any) -> None:
    """One invalid polygon among good ones: the report says so, and no table has changed."""
    bowtie = shapely.Polygon([(113, 24), (113.1, 24.1), (113.1, 24), (113, 24.1)])
    report = take_in(conn, file(COUNTY, ("x", "town", bowtie)))
    assert not report.is_admitted
    assert report.version is None
    assert [rows_of(conn, table) for table in ("grid_versions", "grids", "changes")] == [0, 0, 0]


def test_a_dry_run_changes_nothing(conn: psycopg.Connection, file: Any) -> None:
    """A dry run reports what an import would, and stores nothing."""
    report = take_in(conn, file(COUNTY, WEST), dry_run=True)
    assert report.is_admitted
    assert report.version is None
    assert rows_of(conn, "grid_versions") == 0


def test_devices_are_placed_again(conn: psycopg.Connection, file: Any) -> None:
    """An import puts every device with coordinates into its finest grid, and counts."""
    for name, lon, lat in [("a", 113.005, 24.01), ("b", 113.035, 24.01), ("far", 120.0, 30.0), ("none", None, None)]:
        add_device(conn, name, lon, lat)
    first = take_in(conn, file(COUNTY))
    assert first.placing == Placing(devices=3, placed=2, in_no_grid=1, moved=2)
    assert grid_codes(conn) == {"a": "c", "b": "c", "far": None, "none": None}
    second = take_in(conn, file(WEST))
    assert second.placing == Placing(devices=3, placed=2, in_no_grid=1, moved=1)
    assert grid_codes(conn) == {"a": "w", "b": "c", "far": None, "none": None}


def test_a_new_map_makes_no_officers_command_stale(conn: psycopg.Connection, file: Any) -> None:
    """Placing again leaves the version of a device alone, and does nothing when nothing changed."""
    add_device(conn, "a", 113.005, 24.01)
    take_in(conn, file(COUNTY))
    with conn.transaction():
        before = conn.execute("SELECT version, xmin::text FROM devices").fetchone()
        assert replace_devices(conn.cursor(), load_grids(conn.cursor())).moved == 0
        assert conn.execute("SELECT version, xmin::text FROM devices").fetchone() == before
    assert before is not None
    assert before[0] == 1


def test_the_live_feed_is_told_once(conn: psycopg.Connection, file: Any) -> None:
    """An import appends one change of kind grids, with the version as its id."""
    take_in(conn, file(COUNTY))
    with conn.transaction():
        assert conn.execute("SELECT seq, kind, id, version FROM changes").fetchall() == [(1, "grids", "1", 1)]


def test_the_version_in_force_at_an_instant(conn: psycopg.Connection, file: Any) -> None:
    """A version holds from its date until the next one's date; of one date the later import holds."""
    take_in(conn, file(COUNTY), valid_from=BEGIN)
    take_in(conn, file(WEST), valid_from=BEGIN + timedelta(days=10))
    take_in(conn, file(EAST), valid_from=BEGIN + timedelta(days=10))
    versions = [
        grids_at(conn, BEGIN + timedelta(days=days, seconds=s)).version
        for days, s in [(0, -1), (0, 0), (10, -1), (10, 0)]
    ]
    assert versions == [0, 1, 1, 3]
    assert grids_at(conn).version == 3


def test_a_version_of_the_future_waits(conn: psycopg.Connection, file: Any) -> None:
    """A version that does not hold yet is stored, and neither placed in nor loaded."""
    add_device(conn, "a", 113.005, 24.01)
    take_in(conn, file(COUNTY))
    future = datetime(2999, 1, 1, tzinfo=UTC)
    report = take_in(conn, file(WEST), valid_from=future)
    assert report.placing is None
    assert grids_at(conn).version == 1
    assert grid_codes(conn) == {"a": "c"}
    assert {grid.code for grid in grids_at(conn, future)} == {"c", "w"}


def test_a_version_is_enacted_once_when_its_time_has_come(conn: psycopg.Connection, file: Any) -> None:
    """When a version that was imported ahead comes into force, the devices move and the feed is told, once."""
    add_device(conn, "a", 113.005, 24.01)
    take_in(conn, file(COUNTY))
    take_in(conn, file(WEST), valid_from=datetime(2999, 1, 1, tzinfo=UTC))
    with conn.transaction():
        assert enact_version(conn.cursor()) is None
        conn.execute("UPDATE grid_versions SET valid_from = now() WHERE version = 2")
    with conn.transaction():
        assert enact_version(conn.cursor()) == (2, Placing(devices=1, placed=1, in_no_grid=0, moved=1))
    with conn.transaction():
        assert enact_version(conn.cursor()) is None
        assert conn.execute("SELECT array_agg(id ORDER BY seq) FROM changes").fetchone() == (["1", "2"],)
    assert grid_codes(conn) == {"a": "w"}


def test_levels_that_a_file_does_not_bring_are_carried_over(conn: psycopg.Connection, file: Any) -> None:
    """New towns replace the old towns only; the county and villages stay, and the villages come under the new towns."""
    take_in(conn, file(COUNTY, WEST, EAST, *VILLAGES))
    report = take_in(conn, file(("n", "town", COUNTY[2])))
    assert (report.carried, report.dropped) == (5, 2)
    grids = grids_at(conn)
    assert {grid.code for grid in grids} == {"c", "n", "v0", "v1", "v2", "v3"}
    village = grids.by_code("v3")
    assert village is not None
    assert [grid.code for grid in grids.path(village.key)] == ["c", "n", "v3"]


def test_a_file_may_add_or_replace_all(conn: psycopg.Connection, file: Any) -> None:
    """Told to, a version keeps every code the file does not bring, or nothing at all."""
    take_in(conn, file(COUNTY, WEST))
    take_in(conn, file(EAST), carry=Carry.OTHER_CODES)
    assert {grid.code for grid in grids_at(conn)} == {"c", "w", "e"}
    take_in(conn, file(WEST), carry=Carry.NOTHING)
    assert {grid.code for grid in grids_at(conn)} == {"w"}


def test_several_files_are_one_import(conn: psycopg.Connection, file: Any) -> None:
    """Files given together become one version, so that a level may come in parts."""
    report = take_in(conn, [file(WEST), file(EAST)])  # type: ignore[arg-type]
    assert report.version == 1
    assert {grid.code for grid in grids_at(conn)} == {"w", "e"}


def test_gcj02_is_stored_as_wgs84(conn: psycopg.Connection, file: Any) -> None:
    """A layer declared in GCJ-02 holds the devices whose WGS 84 coordinates lie in it."""
    corners = [from_wgs84(x, y, Datum.GCJ02) for x, y in WEST[2].exterior.coords]
    add_device(conn, "edge", 113.0001, 24.0001)
    take_in(conn, file(("w", "town", shapely.Polygon(corners))), datum=Datum.GCJ02)
    assert grid_codes(conn) == {"edge": "w"}


def test_the_report_is_kept_with_its_version(conn: psycopg.Connection, file: Any) -> None:
    """What an import found, and where it put the devices, can be read later."""
    take_in(conn, file(WEST, ("w2", "town", WEST[2])))
    with conn.transaction():
        row = conn.execute("SELECT report -> 'counts', report -> 'placing' ->> 'devices' FROM grid_versions").fetchone()
    assert row == ({"overlap": 1}, "0")


def test_two_imports_at_once_follow_one_another(conn: psycopg.Connection, database_url: str, file: Any) -> None:
    """Two layers imported in the same moment both end up in the last version: neither is lost."""
    paths = [file(COUNTY), file(WEST), file(*VILLAGES)]

    def one(path: Path) -> None:
        with connect(database_url) as own:
            take_in(own, path)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, paths))
    assert {grid.code for grid in grids_at(conn)} == {"c", "w", "v0", "v1", "v2", "v3"}


def test_an_import_wants_a_session_of_its_own(conn: psycopg.Connection, file: Any) -> None:
    """In the middle of a transaction an import is refused, since it could not promise to be stored."""
    conn.execute("SELECT 1")
    with pytest.raises(ValueError, match="transaction"):
        take_in(conn, file(COUNTY))


def test_progress_reaches_the_end_of_every_stage(conn: psycopg.Connection, file: Any) -> None:
    """Reading, checking, storing and placing are each told to the end."""
    add_device(conn, "a", 113.005, 24.01)
    last: dict[str, tuple[int, int]] = {}
    take_in(conn, file(COUNTY, WEST), progress=lambda done, total, what: last.update({what: (done, total)}))
    assert set(last) == {"reading", "checking", "storing", "placing"}
    assert all(done == total for done, total in last.values())
