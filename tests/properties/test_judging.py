"""Imports: no file, however broken, raises; whatever is admitted can be placed in."""

import copy
import gzip
from typing import Any

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.datum import Datum
from geo.grid import Grid, Level
from geo.grid_set import GridSet
from geo.judging import Carry, read_geojson
from geo.layer import PropertyNames

NAMES = PropertyNames(code="code", name="name", level="level", parent="parent")
GOOD: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "code": f"g{i}",
                "name": "格",
                "level": ["county", "grid", "grid"][i],
                "parent": [None, "g0", ""][i],
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[113 + i, 24], [114 + i, 24], [114 + i, 25], [113 + i, 25], [113 + i, 24]]],
            },
        }
        for i in range(3)
    ],
}
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(112, 116)
    | st.sampled_from(["", "g0", "g1", "grid", "county", "Polygon", "MultiPolygon", "FeatureCollection", "网格"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometry", "properties", "code"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    """Take a good file and put something else into one to four of its places."""
    document = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        node: Any = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or draw(st.integers(0, 5)) == 0:
                node[key] = draw(anything)
                break
            node = node[key]
    return orjson.dumps(document)


def admitted(raw: bytes, datum: Datum = Datum.WGS84, before: tuple[Grid, ...] = ()) -> tuple[Grid, ...]:
    """Judge a file and see that the report can be written and agrees with the grids."""
    result = read_geojson({"f": raw}, NAMES, datum=datum, before=before, carry=Carry.OTHER_LEVELS)
    assert orjson.loads(result.report.as_json())["admitted"] is result.report.is_admitted
    assert bool(result.grids) == result.report.is_admitted
    return result.grids


@settings(max_examples=300)
@given(broken_files(), st.sampled_from(Datum))
def test_no_broken_feature_raises(raw: bytes, datum: Datum) -> None:
    """A file with anything in any place is admitted or refused, and what is admitted is valid and has unique codes."""
    grids = admitted(raw, datum, before=admitted(orjson.dumps(GOOD)))
    assert all(grid.shape.is_valid and grid.code for grid in grids)
    assert len({grid.code for grid in grids}) == len(grids)
    codes = {grid.code for grid in grids}
    assert all(grid.parent is None or grid.parent in codes for grid in grids if grid.level is not Level.COUNTY)
    numbered = tuple(
        Grid(key=i, code=g.code, name=g.name, level=g.level, parent=g.parent, shape=g.shape)
        for i, g in enumerate(grids, 1)
    )
    GridSet(version=1, valid_from=None, grids=numbered).place(np.array([113.5]), np.array([24.5]))


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda raw: gzip.compress(raw, mtime=0)[:-4]))
def test_no_bytes_raise(raw: bytes) -> None:
    """Bytes that are no GeoJSON are refused."""
    assert admitted(raw) == ()


@given(st.integers(0, 2000))
def test_no_cut_off_file_raises(length: int) -> None:
    """The beginning of a file is refused, never half taken in."""
    raw = orjson.dumps(GOOD)
    assert admitted(raw[: min(length, len(raw) - 1)]) == ()
