"""Real layers of polygons: dirty neighbourhoods, an enclave, seven thousand tiny areas."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geo.datum import Datum, from_wgs84
from geo.findings import FindingKind
from geo.geojson import Fault, read_features
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.judging import GridImport, read_geojson
from geo.layer import PropertyNames

DIRTY = ["atlanta", "las-vegas", "los-angeles-county", "portland", "sydney", "taiwan", "zurich-city"]
VALREAS = (4.9910, 44.3850)
DIE = (5.3700, 44.7530)


def grid_set(grids: tuple[Grid, ...]) -> GridSet:
    """Number the grids as the database would."""
    return GridSet(
        version=1, valid_from=None, grids=tuple(replace(grid, key=i) for i, grid in enumerate(grids, start=1))
    )


def read(folder: Path, names: PropertyNames, *files: str, **more: Any) -> GridImport:
    """Judge files of a folder together."""
    return read_geojson({file: (folder / file).read_bytes() for file in files}, names, **more)


# --- dirty neighbourhoods ---------------------------------------------------------------------------------------------
def dirty(recordings: Path, city: str) -> tuple[GridImport, dict[str, str]]:
    """Judge one city; give also its line of the surveyor's table."""
    folder = recordings / "data/grid_dirty_neighbourhoods"
    code = "slug" if city == "los-angeles-county" else "cartodb_id"
    table = csv.DictReader((folder / "REPORT.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t")
    row = next(row for row in table if row["name"] == city)
    return read(folder, PropertyNames(code=code, name="name", level="grid"), f"{city}.geojson.gz"), row


@pytest.mark.parametrize("city", DIRTY)
def test_exactly_the_invalid_features_are_listed(recordings: Path, city: str) -> None:
    """The report names each invalid feature once with its reason, and nothing of the file is taken in."""
    result, row = dirty(recordings, city)
    raw = gzip.decompress((recordings / f"data/grid_dirty_neighbourhoods/{city}.geojson.gz").read_bytes())
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in json.loads(raw)["features"]]
    invalid = result.report.of(FindingKind.INVALID)
    assert [finding.feature for finding in invalid] == [i for i, shape in enumerate(shapes) if not shape.is_valid]
    assert len(invalid) == int(row["invalid"])
    reasons = [finding.reason for finding in invalid]
    assert {reason: reasons.count(reason) for reason in reasons} == json.loads(row["invalid_reasons"].replace("'", '"'))
    assert result.report.errors == invalid
    assert result.report.features == int(row["features"])
    assert result.grids == ()


@pytest.mark.parametrize("city", DIRTY)
def test_overlaps_gaps_and_holes_are_those_of_the_survey(recordings: Path, city: str) -> None:
    """Overlapping pairs and holes are counted as surveyed, large overlaps too; so are enclosed gaps."""
    result, row = dirty(recordings, city)
    overlaps = result.report.of(FindingKind.OVERLAP)
    assert len(overlaps) == int(row["overlap_pairs_gt_1e6"])
    assert sum((finding.share or 0) > 0.01 for finding in overlaps) == int(row["overlap_pairs_gt_1pct"])
    assert len(result.report.of(FindingKind.HOLE)) == int(row["holes"])
    gaps = result.report.of(FindingKind.GAP)
    # The survey did not count the gaps of Taiwan, whose repaired shapes leave lines behind.
    assert len(gaps) == (19 if city == "taiwan" else int(row["enclosed_gaps"]))
    if city != "taiwan":
        assert sum(finding.share or 0 for finding in gaps) == pytest.approx(float(row["gap_area_share"]), rel=1e-3)


def neighbourhoods(recordings: Path, city: str) -> GridSet:
    """Take every shape of a city as it is, which no import would."""
    raw = (recordings / f"data/grid_dirty_neighbourhoods/{city}.geojson.gz").read_bytes()
    shapes = [feature.shape for feature in read_features(raw, city).features]
    return grid_set(
        tuple(
            Grid(code=f"{i:03}", name="", level=Level.GRID, parent=None, shape=shape)
            for i, shape in enumerate(shapes)
            if not isinstance(shape, Fault)
        )
    )


@pytest.mark.parametrize("city", ["los-angeles-county", "atlanta"])
def test_overlaps_belong_to_the_lowest_code(recordings: Path, city: str) -> None:
    """A point in an overlap always belongs to the lowest code that holds it, in whatever order the grids come."""
    result, _ = dirty(recordings, city)
    grids = neighbourhoods(recordings, city)
    backwards = GridSet(version=1, valid_from=None, grids=grids.grids[::-1])
    places = [(found.lon, found.lat) for found in result.report.of(FindingKind.OVERLAP)]
    lon, lat = np.array(places, dtype=float).T
    placed = grids.place(lon, lat).tolist()
    assert placed == backwards.place(lon, lat).tolist()
    for x, y, key in zip(lon, lat, placed, strict=True):
        assert key == min(grid.key for grid in grids if grid.shape.intersects(shapely.Point(x, y)))


@pytest.mark.parametrize("city", ["los-angeles-county", "las-vegas"])
def test_gaps_belong_to_nobody(recordings: Path, city: str) -> None:
    """A point in a gap of any size worth the name has no grid; it is told so, and the nearest is offered."""
    result, _ = dirty(recordings, city)
    grids = neighbourhoods(recordings, city)
    gaps = [gap for gap in result.report.of(FindingKind.GAP) if (gap.area_m2 or 0) > 1]
    assert len(gaps) > 30
    for gap in gaps:
        place = grids.locate(gap.lon or 0, gap.lat or 0)
        assert place.path == ()
        assert place.in_gap
        assert place.nearest is not None
        assert place.distance_m is not None
        assert place.distance_m < 2_000


# --- an enclave -------------------------------------------------------------------------------------------------------
def france(recordings: Path, what: str, level: str, *numbers: str, **more: Any) -> GridImport:
    """Judge a level of Drôme (26), of Vaucluse (84), or of both."""
    files = [f"{what}-{number}-{'drome' if number == '26' else 'vaucluse'}.geojson.gz" for number in numbers]
    names = PropertyNames(code="code", name="nom", level=level)
    return read(recordings / "data/grid_france_26_84", names, *files, **more)


def test_valreas_belongs_to_vaucluse(recordings: Path) -> None:
    """A point in the exclave is in 84 at every level and never in 26, whose hole it fills."""
    counties = france(recordings, "departement", "county", "26", "84")
    communes = france(recordings, "communes", "village", "26", "84", before=counties.grids)
    assert {kind.value: n for kind, n in counties.report.counts().items()} == {"hole": 1}
    assert communes.report.findings == ()
    grids = grid_set(communes.grids)
    assert [(grid.code, grid.name) for grid in grids.locate(*VALREAS).path] == [
        ("84", "Vaucluse"),
        ("84138", "Valréas"),
    ]
    assert [grid.code for grid in grids.locate(*DIE).path] == ["26", "26113"]


@pytest.mark.parametrize(
    ("what", "level"),
    [("departement", "county"), ("arrondissements", "town"), ("cantons", "town"), ("communes", "village")],
)
def test_without_vaucluse_valreas_is_a_gap(recordings: Path, what: str, level: str) -> None:
    """Drôme alone has one enclosed gap worth the name at every level, and Valréas lies in it."""
    alone = france(recordings, what, level, "26")
    gaps = [gap for gap in alone.report.of(FindingKind.GAP) if (gap.share or 0) > 0.001]
    assert [gap.share for gap in gaps] == [pytest.approx(0.019, abs=0.002)]
    place = grid_set(alone.grids).locate(*VALREAS)
    assert place.path == ()
    assert place.in_gap
    assert place.nearest is not None


def test_every_commune_is_under_its_department(recordings: Path) -> None:
    """Parents that are found by place agree with the official codes for all 518 communes."""
    counties = france(recordings, "departement", "county", "26", "84")
    communes = france(recordings, "communes", "village", "26", "84", before=counties.grids)
    villages = [grid for grid in communes.grids if grid.level is Level.VILLAGE]
    assert len(villages) == 518
    assert [grid.code for grid in villages if grid.parent != grid.code[:2]] == []


# --- seven thousand tiny areas ----------------------------------------------------------------------------------------
STATISTICAL = PropertyNames(code="CODEBASE", name="CODEBASE", level="micro-grid")


@pytest.fixture(scope="module")
def kaohsiung(recordings: Path) -> GridImport:
    """The 6,982 areas with districts and a county dissolved from them."""
    folder = recordings / "data/grid_taiwan_kaohsiung_stat"
    raw = gzip.decompress((folder / "kaohsiung_11_districts_base.geojson.gz").read_bytes())
    features = json.loads(raw)["features"]
    for feature in features:
        feature["properties"] |= {"code": feature["properties"]["CODEBASE"], "level": "micro-grid"}
        feature["properties"]["parent"] = feature["properties"]["TOWN_ID"]
    shapes = np.array([shapely.force_2d(shapely.geometry.shape(feature["geometry"])) for feature in features])
    towns = np.array([feature["properties"]["TOWN_ID"] for feature in features])
    for code in (*sorted(set(towns)), "64000"):
        whole = shapely.coverage_union_all(shapes[towns == code] if code != "64000" else shapes)
        level = "county" if code == "64000" else "town"
        properties = {"code": code, "name": code, "level": level, "parent": "" if level == "county" else "64000"}
        features.append({"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(whole)})
    names = PropertyNames(code="code", name="code", level="level", parent="parent")
    document = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return read_geojson({"kaohsiung": document}, names)


def test_clean_topology_has_no_finding(recordings: Path) -> None:
    """Nothing is found in 6,982 clean areas with heights in their coordinates."""
    folder = recordings / "data/grid_taiwan_kaohsiung_stat"
    result = read(folder, STATISTICAL, "kaohsiung_11_districts_base.geojson.gz")
    assert result.report.findings == ()
    assert len(result.grids) == 6982


def test_a_hierarchy_of_seven_thousand_has_no_finding(kaohsiung: GridImport) -> None:
    """Three levels that fit each other exactly are admitted without a word."""
    assert kaohsiung.report.findings == ()
    assert kaohsiung.report.levels == {Level.MICRO_GRID: 6982, Level.TOWN: 11, Level.COUNTY: 1}


def test_every_point_has_exactly_one_area(kaohsiung: GridImport) -> None:
    """Interior points are in their own area, corners in the lowest code that meets there, as the exact predicate says."""
    grids = grid_set(kaohsiung.grids)
    areas = grids.level(Level.MICRO_GRID)
    shapes = np.array([grid.shape for grid in areas], dtype=object)
    keys = np.array([grid.key for grid in areas])
    inside = shapely.get_coordinates(shapely.point_on_surface(shapes))
    assert (grids.place(*inside.T) == keys).all()
    corners = shapely.get_coordinates(shapes)
    point, area = shapely.STRtree(shapes).query(shapely.points(corners), predicate="intersects")
    lowest = np.full(len(corners), len(areas))
    np.minimum.at(lowest, point, area)  # areas are in the order of their codes
    assert np.bincount(point).max() >= 3
    assert (grids.place(*corners.T) == keys[lowest]).all()


def test_counts_roll_up_along_the_hierarchy(kaohsiung: GridImport) -> None:
    """Random points counted by area and rolled up by parents give what placing by town gives."""
    grids = grid_set(kaohsiung.grids)
    towns = grid_set(tuple(grid for grid in kaohsiung.grids if grid.level is Level.TOWN))
    west, south, east, north = grids.level(Level.COUNTY)[0].shape.bounds
    lon, lat = np.random.default_rng(7).uniform([west, south], [east, north], (20_000, 2)).T
    path_towns = {grid.key: grids.path(grid.key)[1].code for grid in grids.level(Level.MICRO_GRID)}
    rolled = [path_towns.get(key, "") for key in grids.place(lon, lat).tolist()]
    direct = [grid.code if grid else "" for grid in map(towns.by_key, towns.place(lon, lat).tolist())]
    assert rolled == direct
    assert len(set(rolled)) == 12


def test_a_shifted_layer_is_suspected(recordings: Path, kaohsiung: GridImport) -> None:
    """The areas shifted to GCJ-02 but declared as WGS 84 no longer fit the districts, and the report says why."""
    folder = recordings / "data/grid_taiwan_kaohsiung_stat"
    document = json.loads(gzip.decompress((folder / "kaohsiung_11_districts_base.geojson.gz").read_bytes()))
    for feature in document["features"]:
        ring = [list(from_wgs84(*position[:2], Datum.GCJ02)) for position in feature["geometry"]["coordinates"][0]]
        feature["geometry"]["coordinates"] = [ring]
    before = tuple(grid for grid in kaohsiung.grids if grid.level is not Level.MICRO_GRID)
    result = read_geojson({"shifted": json.dumps(document).encode()}, STATISTICAL, before=before)
    assert result.report.is_admitted
    (finding,) = result.report.of(FindingKind.DATUM)
    assert "gcj02" in finding.reason
