"""Reads GeoJSON (RFC 7946) into shapes and properties. Pure: takes bytes. Refuses to repair a geometry.

Gzip, a byte order mark, a single Feature or a bare geometry instead of a FeatureCollection, heights, and null properties are accepted;
what is wrong with one feature's geometry is told and leaves the others alone.
"""

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo.errors import MalformedFileError
from geo.findings import FindingKind
from geo.grid import Area

_GZIP_MAGIC = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
# Names of coordinate systems (the `crs` member of GeoJSON 2008) that are longitude and latitude in WGS 84 or CGCS2000.
_GEOGRAPHIC = ("CRS84", "4326", "4490")
_LON_LIMIT, _LAT_LIMIT = 180.0, 90.0
_RING_POSITIONS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a geometry cannot be taken, and where in the file's own coordinates."""

    kind: FindingKind
    reason: str
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature of a file: its index there, its properties, and its shape in the file's datum or why it has none."""

    file: str
    index: int
    properties: Mapping[str, object]
    shape: Area | Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a file holds. `foreign_crs` names a declared coordinate system that is not WGS 84 or CGCS2000, or is empty."""

    features: tuple[Feature, ...]
    foreign_crs: str = ""


class _GeometryError(Exception):
    """Carries a fault out of the nested rings."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def read_features(raw: bytes, file: str) -> Features:
    """Read all features of one file; `file` is the name they carry.

    Raises:
        MalformedFileError: these bytes are no GeoJSON, or hold no feature.
    """
    document = _document(raw)
    kind = document.get("type")
    if kind == "FeatureCollection":
        members = document.get("features")
    elif kind == "Feature":
        members = [document]
    else:
        members = [{"type": "Feature", "properties": {}, "geometry": document}] if "coordinates" in document else None
    if not isinstance(members, list):
        raise MalformedFileError(f"neither a FeatureCollection nor a Feature, but {str(kind)!r:.40}")
    if not members:
        raise MalformedFileError("the FeatureCollection holds no feature")
    features = tuple(_feature(member, file, index) for index, member in enumerate(members))
    return Features(features=features, foreign_crs=_foreign_crs(document))


def _document(raw: bytes) -> dict[str, object]:
    try:
        text = gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw
    except (EOFError, OSError, zlib.error) as error:
        raise MalformedFileError(f"damaged gzip: {error}") from error
    try:
        document = orjson.loads(text.removeprefix(_BOM))
    except orjson.JSONDecodeError as error:
        raise MalformedFileError(f"no JSON in UTF-8: {error}") from error
    if not isinstance(document, dict):
        raise MalformedFileError("JSON, but not an object")
    return document


def _foreign_crs(document: Mapping[str, object]) -> str:
    crs = document.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    return "" if name.endswith(_GEOGRAPHIC) else name


def _feature(member: object, file: str, index: int) -> Feature:
    if not isinstance(member, dict):
        fault = Fault(kind=FindingKind.NOT_AN_AREA, reason="not a Feature object")
        return Feature(file=file, index=index, properties={}, shape=fault)
    properties = member.get("properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    if "id" in member:
        properties.setdefault("id", member["id"])
    return Feature(file=file, index=index, properties=properties, shape=_shape(member.get("geometry")))


def _shape(geometry: object) -> Area | Fault:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    try:
        if kind == "Polygon":
            return _polygon(coordinates)
        if kind == "MultiPolygon":
            return shapely.MultiPolygon([_polygon(part) for part in _members(coordinates, "polygons")])
    except _GeometryError as error:
        return error.fault
    wanted = f"a {kind} is no area" if kind else "no geometry"
    return Fault(kind=FindingKind.NOT_AN_AREA, reason=wanted)


def _polygon(coordinates: object) -> shapely.Polygon:
    shell, *holes = (_ring(ring) for ring in _members(coordinates, "rings"))
    return shapely.Polygon(shell, holes)


def _members(coordinates: object, what: str) -> list[object]:
    if not isinstance(coordinates, list) or not coordinates:
        raise _GeometryError(Fault(kind=FindingKind.NOT_AN_AREA, reason=f"no list of {what} in the coordinates"))
    return coordinates


def _ring(ring: object) -> NDArray[np.float64]:
    """Read one ring as an array (n, 2); a third number, the height, is dropped."""
    positions = _members(ring, "positions")
    for position in positions:
        if not _is_position(position):
            reason = f"{str(position)!r:.60} is not a longitude and a latitude"
            raise _GeometryError(Fault(kind=FindingKind.COORDINATES, reason=reason))
    array = np.array([position[:2] for position in positions], dtype=np.float64)  # type: ignore[index]
    _refuse_strange_numbers(array)
    if len(array) < _RING_POSITIONS or (array[0] != array[-1]).any():
        short = f"a ring of {len(array)} positions, at least {_RING_POSITIONS} are needed"
        reason = short if len(array) < _RING_POSITIONS else "a ring that is not closed"
        x, y = array[0]
        raise _GeometryError(Fault(kind=FindingKind.INVALID, reason=reason, lon=float(x), lat=float(y)))
    return array


def _is_position(position: object) -> bool:
    # bool is a subclass of int, and JSON's true is no degree.
    return (
        isinstance(position, list)
        and len(position) >= 2  # noqa: PLR2004 - longitude and latitude
        and type(position[0]) in (int, float)
        and type(position[1]) in (int, float)
    )


def _refuse_strange_numbers(ring: NDArray[np.float64]) -> None:
    wrong = np.flatnonzero((np.abs(ring[:, 0]) > _LON_LIMIT) | (np.abs(ring[:, 1]) > _LAT_LIMIT))
    if not len(wrong):
        return
    x, y = (float(value) for value in ring[wrong[0]])
    if max(abs(x), abs(y)) > 2 * _LON_LIMIT:
        guess = "metres of a projection, not degrees, it seems: reproject the file to WGS 84"
    elif abs(x) <= _LAT_LIMIT:
        guess = "latitude and longitude are swapped, it seems"
    else:
        guess = "outside -180…180 and -90…90 degrees"
    raise _GeometryError(Fault(kind=FindingKind.COORDINATES, reason=f"{x:.10g}, {y:.10g}: {guess}", lon=x, lat=y))
