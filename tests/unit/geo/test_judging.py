"""Imports: what a file may look like, and every kind of finding."""

import gzip
import json
from collections.abc import Sequence
from typing import Any

import pytest
import shapely

from geo.datum import Datum, from_wgs84, to_wgs84
from geo.findings import FindingKind, Severity
from geo.grid import Grid, Level
from geo.judging import Carry, GridImport, read_geojson
from geo.layer import PropertyNames

NAMES = PropertyNames(code="id", name="label", level="tier", parent="part_of")
BOX = shapely.box(113, 24, 113.1, 24.1)


def feature(code: Any, shape: Any, level: Any = "grid", parent: Any = None, name: Any = "n") -> dict[str, Any]:
    """Make a feature with the properties that NAMES names."""
    geometry = shapely.geometry.mapping(shape) if isinstance(shape, shapely.Geometry) else shape
    return {
        "type": "Feature",
        "properties": {"id": code, "label": name, "tier": level, "part_of": parent},
        "geometry": json.loads(json.dumps(geometry)),
    }


def collection(*features: dict[str, Any], **more: Any) -> bytes:
    """Write a FeatureCollection."""
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more}).encode()


def read(raw: bytes, names: PropertyNames = NAMES, **more: Any) -> GridImport:
    """Judge one file."""
    return read_geojson({"f.geojson": raw}, names, **more)


def kinds(result: GridImport) -> dict[str, int]:
    """Count the findings by kind."""
    return {kind.value: count for kind, count in result.report.counts().items()}


def cells(columns: int, rows: int, size: float = 0.01, west: float = 113.0) -> list[shapely.Polygon]:
    """Make a chessboard of squares from the south-west, row by row."""
    return [
        shapely.box(west + x * size, 24 + y * size, west + (x + 1) * size, 24 + (y + 1) * size)
        for y in range(rows)
        for x in range(columns)
    ]


def by_code(grids: Sequence[Grid]) -> dict[str, Grid]:
    """Sort grids by code."""
    return {grid.code: grid for grid in grids}


def test_a_clean_file_is_admitted_without_a_finding() -> None:
    """Features of several levels become grids under the parents they name."""
    result = read(collection(feature("c", BOX, "county", name="县"), feature("t", BOX, "town", "c")))
    assert result.report.is_admitted
    assert result.report.findings == ()
    assert result.report.levels == {Level.COUNTY: 1, Level.TOWN: 1}
    assert by_code(result.grids)["t"].parent == "c"
    assert by_code(result.grids)["c"].name == "县"


@pytest.mark.parametrize(
    "dress",
    [
        gzip.compress,
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: json.dumps(json.loads(raw)["features"][0]).encode(),
        lambda raw: raw.replace(b"24.0]", b"24.0, 7.5]"),
    ],
    ids=["gzip", "byte order mark", "single Feature", "heights"],
)
def test_files_come_in_many_dresses(dress: Any) -> None:
    """Gzip, a byte order mark, a single Feature and a third coordinate make no difference."""
    (grid,) = read(dress(collection(feature("c", BOX, "county")))).grids
    assert grid.shape.equals(BOX)
    assert not grid.shape.has_z


def test_polygons_and_multipolygons_mix() -> None:
    """A Polygon and a MultiPolygon may stand in one file."""
    first, second, third = cells(3, 1)
    result = read(collection(feature("a", second), feature("b", shapely.MultiPolygon([first, third]))))
    assert kinds(result) == {}
    assert {grid.shape.geom_type for grid in result.grids} == {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "no JSON"),
        (b"[1]", "not an object"),
        (b'{"type": "Topology", "objects": {}}', "Topology"),
        (b'{"type": "FeatureCollection", "features": []}', "no feature"),
        (b'{"type": "FeatureCollection"}', "FeatureCollection"),
        (b'{"name": "\xc9\xd8\xb9\xd8"}', "UTF-8"),
        (gzip.compress(b"{}" * 500, mtime=0)[:20], "gzip"),
    ],
)
def test_what_is_no_geojson_is_a_finding(raw: bytes, reason: str) -> None:
    """A file that cannot be read is refused with a reason, not with an exception."""
    result = read(raw)
    assert kinds(result) == {"unreadable": 1}
    assert reason in result.report.findings[0].reason
    assert result.grids == ()


def test_one_error_refuses_everything() -> None:
    """A single invalid shape keeps the whole file out, and the report still judges the others."""
    bowtie = shapely.Polygon([(113, 24), (113.1, 24.1), (113.1, 24), (113, 24.1)])
    left, right = cells(2, 1, west=114.0)
    result = read(collection(feature("a", left), feature("b", right), feature("x", bowtie)))
    (finding,) = result.report.errors
    assert (finding.kind, finding.feature, finding.code, finding.reason) == ("invalid", 2, "x", "Self-intersection")
    assert (finding.lon, finding.lat) == pytest.approx((113.05, 24.05))
    assert result.grids == ()
    assert not result.report.is_admitted


@pytest.mark.parametrize(("ring", "kind", "reason"), [
    ([[113, 24], [113.1, 24], [113, 24]], "invalid", "3 positions"),
    ([[113, 24], [113.1, 24], [113.1, 24.1], [113, 24.1]], "invalid", "not closed"),
    ([[24, 113], [24.1, 113], [24.1, 113.1], [24, 113]], "coordinates", "swapped"),
    ([[38_500_000, 2_650_000], [38_500_100, 2_650_000], [38_500_100, 2_650_100], [38_500_000, 2_650_000]],
     "coordinates", "projection"),
    ([[190, 24], [191, 24], [191, 25], [190, 24]], "coordinates", "outside"),
    ([[113, 24], [None, 24], [113.1, 24.1], [113, 24]], "coordinates", "not a longitude"),
    ([[113, 24], ["113.1", 24], [113.1, 24.1], [113, 24]], "coordinates", "not a longitude"),
    ([[113, 24], [True, 24], [113.1, 24.1], [113, 24]], "coordinates", "not a longitude"),
    ([[113, 24], 7, [113.1, 24.1], [113, 24]], "coordinates", "not a longitude"),
    ([], "not-an-area", "positions"),
])  # fmt: skip
def test_a_bad_ring_is_told_with_its_reason(ring: list[Any], kind: str, reason: str) -> None:
    """Rings too short or open are invalid; positions that are no degrees say what they seem to be instead."""
    result = read(collection(feature("a", {"type": "Polygon", "coordinates": [ring]})))
    assert kinds(result) == {kind: 1}
    assert reason in result.report.findings[0].reason


@pytest.mark.parametrize("geometry", [None, 5, {"type": "Point", "coordinates": [113, 24]}, {"type": "Polygon"}])
def test_what_is_no_area_is_refused(geometry: Any) -> None:
    """A feature without a polygon is an error, not a silent loss."""
    assert kinds(read(collection(feature("a", geometry)))) == {"not-an-area": 1}


def test_codes_names_and_levels_that_are_missing() -> None:
    """An empty code and an unknown level refuse the file; an empty name is replaced by the code."""
    first, second, third = cells(3, 1)
    result = read(collection(feature("", first), feature("b", second, "province"), feature("c", third, name=None)))
    assert kinds(result) == {"missing-code": 1, "unknown-level": 1, "missing-name": 1}
    assert [finding.kind.severity for finding in result.report.findings] == [
        Severity.ERROR, Severity.ERROR, Severity.WARNING,
    ]  # fmt: skip
    assert read(collection(feature("c", third, name=None))).grids[0].name == "c"


def test_a_pattern_tells_codes_of_two_levels_apart() -> None:
    """Braces in the name of a property make a code of several parts, also for the parent's."""
    raw = collection(feature("26", BOX, "county"), feature("26001", BOX, "town", "26"))
    names = PropertyNames(code="{tier}-{id}", name="label", level="tier", parent="county-{part_of}")
    assert {grid.code: grid.parent for grid in read(raw, names).grids} == {
        "county-26": None,
        "town-26001": "county-26",
    }


def test_a_property_that_no_feature_has_is_told_once() -> None:
    """A misspelt property is one finding that lists those there are, not one for every feature."""
    raw = collection(*(feature(i, cell) for i, cell in enumerate(cells(3, 1))))
    result = read(raw, PropertyNames(code="cod", name="nam", level="leve", parent="par"))
    assert kinds(result) == {"missing-code": 1, "unknown-level": 1, "missing-property": 2}
    assert "id, label" in result.report.findings[0].reason


def test_numbers_are_codes_too() -> None:
    """A number is taken as the code it is written as."""
    assert [grid.code for grid in read(collection(feature(440233, BOX))).grids] == ["440233"]
    assert [grid.code for grid in read(collection(feature(440233.0, BOX))).grids] == ["440233"]


@pytest.mark.parametrize(("word", "level"), [("Town", Level.TOWN), ("街道", Level.TOWN), (" 网格 ", Level.GRID)])
def test_levels_are_read_in_both_languages(word: str, level: Level) -> None:
    """A level may be written in Chinese or English, in any case."""
    assert read(collection(feature("a", BOX, word))).grids[0].level is level


def test_a_constant_level_stands_for_all() -> None:
    """Where no feature has the property, a level word is the level of all."""
    result = read(collection(feature("a", BOX)), PropertyNames(code="id", name="label", level="village"))
    assert result.grids[0].level is Level.VILLAGE


def test_duplicate_codes_are_refused() -> None:
    """A code that occurs twice, in the file or with a grid that is carried over, is an error."""
    first, second, third = cells(3, 1)
    result = read(collection(feature("a", first), feature("a", second), feature("b", third)))
    assert [(finding.kind, finding.feature) for finding in result.report.errors] == [("duplicate-code", 1)]
    before = read(collection(feature("b", BOX, "town"))).grids
    assert kinds(read(collection(feature("b", first)), before=before))["duplicate-code"] == 1


def test_named_parents_must_exist_above() -> None:
    """A parent that is not there, or is not coarser, is an error."""
    first, second = cells(2, 1)
    assert kinds(read(collection(feature("a", first, "grid", "nobody")))) == {"missing-parent": 1}
    sister = read(collection(feature("a", first, "grid", "b"), feature("b", second, "grid")))
    assert kinds(sister) == {"wrong-parent": 1}


def test_parents_are_found_by_place() -> None:
    """A grid that names no parent gets the finest coarser grid that holds its representative point."""
    west, east = shapely.box(113, 24, 113.05, 24.1), shapely.box(113.05, 24, 113.1, 24.1)
    raw = collection(
        feature("c", BOX, "county"), feature("w", west, "town"), feature("e", east, "town"),
        *(feature(f"v{i}", cell, "village") for i, cell in enumerate(cells(10, 10))),
    )  # fmt: skip
    parents = {code: grid.parent for code, grid in by_code(read(raw).grids).items()}
    assert parents["c"] is None
    assert (parents["w"], parents["v0"], parents["v9"]) == ("c", "w", "e")


def test_an_orphan_is_told() -> None:
    """A grid that lies in no coarser one, though there are coarser ones, is a warning."""
    far = shapely.box(115, 24, 115.1, 24.1)
    result = read(collection(feature("c", BOX, "county"), feature("t", far, "town")))
    assert kinds(result)["orphan"] == 1
    assert result.report.is_admitted


def test_a_child_outside_its_parent_is_told_with_its_share() -> None:
    """A child that sticks out of its parent by more than a hundredth is a warning."""
    child = shapely.box(113.05, 24, 113.15, 24.1)
    (finding,) = read(collection(feature("c", BOX, "county"), feature("t", child, "town", "c"))).report.findings
    assert (finding.kind, finding.others) == ("outside-parent", ("c",))
    assert finding.share == pytest.approx(0.5)


def test_overlap_gap_and_hole_are_told_and_admitted() -> None:
    """Overlaps, enclosed gaps and holes are warnings with their place and size."""
    ring = [cell for i, cell in enumerate(cells(3, 3)) if i != 4]
    frame = [feature(f"r{i}", cell) for i, cell in enumerate(ring)]
    over = feature("o", shapely.box(112.995, 24, 113.005, 24.01))
    holed = shapely.Polygon(
        shapely.box(114, 24, 114.1, 24.1).exterior, [shapely.box(114.04, 24.04, 114.06, 24.06).exterior]
    )
    result = read(collection(*frame, over, feature("h", holed)))
    assert result.report.is_admitted
    assert kinds(result) == {"overlap": 1, "gap": 2, "hole": 1}
    (overlap,) = result.report.of(FindingKind.OVERLAP)
    assert {overlap.code, *overlap.others} == {"o", "r0"}
    assert overlap.share == pytest.approx(0.5)
    gap = result.report.of(FindingKind.GAP)[0]
    assert (gap.lon, gap.lat) == pytest.approx((113.015, 24.015), abs=0.005)
    assert len(gap.others) == 8
    (hole,) = result.report.of(FindingKind.HOLE)
    assert (hole.code, hole.share) == ("h", pytest.approx(0.04 / 0.96, rel=0.01))


def test_a_filled_hole_is_no_gap() -> None:
    """An enclave that another grid fills is a hole, and no gap."""
    inner = shapely.box(113.04, 24.04, 113.06, 24.06)
    outer = shapely.Polygon(BOX.exterior, [inner.exterior])
    assert kinds(read(collection(feature("o", outer), feature("i", inner)))) == {"hole": 1}


def test_special_grids_may_overlap() -> None:
    """Special grids lie across everything and each other without a finding."""
    raw = collection(feature("c", BOX, "county"), feature("s", BOX, "special"), feature("t", BOX, "special"))
    assert kinds(read(raw)) == {}


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_a_declared_datum_is_converted(datum: Datum) -> None:
    """Coordinates declared in GCJ-02 or BD-09 are stored in WGS 84."""
    shifted = shapely.Polygon([from_wgs84(x, y, datum) for x, y in BOX.exterior.coords])
    (grid,) = read(collection(feature("a", shifted)), datum=datum).grids
    assert grid.shape.equals_exact(BOX, 1e-9)


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("beside", ["parents", "predecessors"])
def test_a_wrong_datum_is_suspected(datum: Datum, beside: str) -> None:
    """Grids that fit their parents, or themselves in the version before, only when converted are suspected."""
    towns = [feature(f"t{i}", cell, "town") for i, cell in enumerate(cells(2, 2, 0.05))]
    villages = cells(10, 10)
    shifted = [shapely.Polygon([from_wgs84(x, y, datum) for x, y in cell.exterior.coords]) for cell in villages]
    before = read(collection(*towns)).grids
    if beside == "predecessors":
        before = read(collection(*(feature(f"v{i}", cell, "village") for i, cell in enumerate(villages)))).grids
    raw = collection(*(feature(f"v{i}", cell, "village") for i, cell in enumerate(shifted)))
    (finding,) = read(raw, before=before).report.of(FindingKind.DATUM)
    assert f"datum {datum}" in finding.reason
    assert read(raw, before=before, datum=datum).report.of(FindingKind.DATUM) == ()


def test_swapped_axes_are_suspected_where_they_are_in_range() -> None:
    """Latitude before longitude is told by what the grids no longer lie in, also where both are possible degrees."""
    before = read(collection(feature("c", shapely.box(5, 44, 5.1, 44.1), "county"))).grids
    raw = collection(feature("t", shapely.box(44.01, 5.01, 44.05, 5.05), "town"))
    assert "swapped" in read(raw, before=before).report.of(FindingKind.DATUM)[0].reason


def test_an_honest_change_of_a_boundary_is_not_suspected() -> None:
    """Grids that were redrawn do not look shifted."""
    before = read(collection(*(feature(f"v{i}", cell) for i, cell in enumerate(cells(4, 4))))).grids
    redrawn = [shapely.box(113, 24, 113.015, 24.01), shapely.box(113.015, 24, 113.02, 24.01), *cells(4, 4)[2:]]
    result = read(collection(*(feature(f"v{i}", cell) for i, cell in enumerate(redrawn))), before=before)
    assert kinds(result) == {}


def test_a_foreign_coordinate_system_is_told() -> None:
    """A file that names a coordinate system other than WGS 84 or CGCS2000 is suspected."""
    for name, expected in [("urn:ogc:def:crs:EPSG::4490", {}), ("urn:ogc:def:crs:EPSG::4610", {"datum": 1})]:
        crs = {"type": "name", "properties": {"name": name}}
        assert kinds(read(collection(feature("a", BOX), crs=crs))) == expected


def test_what_is_carried_over() -> None:
    """By default a file replaces its levels whole; it may also add to them, or replace everything."""
    first, second = cells(2, 1)
    before = read(collection(feature("c", BOX, "county"), feature("a", first, "grid"))).grids
    raw = collection(feature("b", second, "grid"))
    codes = {
        carry: ({grid.code for grid in one.grids}, one.report.carried, one.report.dropped)
        for carry in Carry
        for one in [read(raw, before=before, carry=carry)]
    }
    assert codes == {
        Carry.OTHER_LEVELS: ({"c", "b"}, 1, 1),
        Carry.OTHER_CODES: ({"c", "a", "b"}, 2, 0),
        Carry.NOTHING: ({"b"}, 0, 2),
    }


def test_a_layer_that_comes_between_becomes_the_parent() -> None:
    """Villages taken in before their towns come under the towns once those are there."""
    before = read(
        collection(feature("c", BOX, "county"), *(feature(f"v{i}", x, "village") for i, x in enumerate(cells(2, 1))))
    ).grids
    assert by_code(before)["v0"].parent == "c"
    result = read(collection(feature("t", BOX, "town")), before=before)
    parents = {grid.code: grid.parent for grid in result.grids}
    assert parents == {"c": None, "t": "c", "v0": "t", "v1": "t"}


def test_progress_is_told_to_the_end() -> None:
    """The callback hears every step, and that each stage is complete."""
    calls: list[tuple[int, int, str]] = []
    read(collection(feature("a", BOX)), progress=lambda done, total, what: calls.append((done, total, what)))
    assert {what for _, _, what in calls} == {"reading", "checking"}
    assert all((total, total, what) in calls for _, total, what in calls)


def test_the_report_is_json() -> None:
    """A report can be read by a program: counts by kind, and each finding with its severity, feature and place."""
    over = collection(feature("a", BOX), feature("b", BOX))
    report = json.loads(read(over).report.as_json())
    assert report["admitted"] is True
    assert report["counts"] == {"overlap": 1}
    assert report["findings"][0]["severity"] == "warning"
    assert report["findings"][0]["feature"] == 0
    assert report["findings"][0]["others"] == ["b"]


def test_conversion_agrees_with_the_datum_room() -> None:
    """The corner of an imported shape is where `to_wgs84` puts it."""
    (grid,) = read(collection(feature("a", BOX)), datum=Datum.GCJ02).grids
    assert to_wgs84(113.0, 24.0, Datum.GCJ02) in [tuple(corner) for corner in grid.shape.exterior.coords]
