"""Where a CAP message holds: `polygon` and `circle` are latitude first, `geocode` names a code and its system. Pure."""

import re
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Final

from ingest.readings import WarningArea
from ingest.wire import text
from ingest.xml_tree import Element

CORNERS_AT_MOST: Final = 20_000  # of all shapes of a part; a province drawn in full has a tenth
CORNERS_OF_CIRCLE: Final = 20  # what a circle counts as: it is drawn with more, and joined with all others
CODES_AT_MOST: Final = 2_000
FAULTS_TOLD: Final = 5
FARTHEST_KM: Final = 20_040.0  # half way round the earth
NORTHMOST: Final = 90.0
NORTHMOST_OF_CHINA: Final = 60.0  # China ends at 53.6°, and begins at 73.5° east
METRES_PER_KM: Final = 1_000.0
_LEAST_CORNERS: Final = 3

GB2260: Final = "GB2260"
_SPLIT: Final = re.compile(r"[\s,;，；、]+")
_PROVINCES: Final = frozenset(  # GB/T 2260: the first two digits
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82".split(" ")  # noqa: SIM905 -- a table to be read
)
_LENGTHS: Final = frozenset({6, 9, 12})  # county; town; village (GB/T 10114)
_CHINESE: Final = re.compile(r"gb|cpeas|adcode|admin|area|region|division|district|county|china|code")
"""What a name in Latin letters must have, for digits to be a code of China: codes of Japan and the Philippines look alike."""

_HOLE: Final = "EXCLUDE_POLYGON"
"""Under this name the German weather service gives corners of a hole, no code; the hole is not cut out."""

Ring = tuple[tuple[float, float], ...]


def areas_of(info: Element, *, is_national: bool = False) -> tuple[tuple[WarningArea, ...], list[str]]:
    """Read the areas of a part, and say of each shape that cannot be read why: it is left out.

    12379 (`is_national`) writes radii in metres, lies south of 60° (a greater first number is a longitude), and gives lines as
    polygons that are not closed; those are no areas, and its codes say which are.
    """
    northmost, metres = (NORTHMOST_OF_CHINA, METRES_PER_KM) if is_national else (NORTHMOST, 1.0)
    left, faults, areas = CORNERS_AT_MOST, [], []
    for area in info.every("area"):
        rings, circles = [], []
        for polygon in area.every("polygon"):
            corners = polygon.text.split()
            if not corners or (is_national and corners[0] != corners[-1]):
                continue
            ring = ring_of(polygon.text, northmost)
            left -= 0 if ring is None else len(ring)
            if ring is None:
                faults.append(f"<polygon> {polygon.text.strip()[:60]!r} is no ring of lat,lon")
            elif left < 0:
                faults.append(f"<polygon> is beyond the {CORNERS_AT_MOST} corners that are read")
            else:
                rings.append(ring)
        for drawn in area.every("circle"):
            if not drawn.text.strip():
                continue
            circle = circle_of(drawn.text, northmost, metres)
            left -= 0 if circle is None else CORNERS_OF_CIRCLE
            if circle is not None and left < 0:
                faults.append(f"<circle> is beyond the {CORNERS_AT_MOST} corners that are read")
            elif circle is None:
                faults.append(f"<circle> {drawn.text.strip()[:60]!r} is no lat,lon and radius")
            else:
                circles.append(circle)
        codes = tuple(dict.fromkeys(islice(_codes(area), CODES_AT_MOST)))
        name = text(" ".join(area.word("areaDesc").split()))
        areas.append(WarningArea(name=name, polygons=tuple(rings), circles=tuple(circles), codes=codes))
    return tuple(areas), faults[:FAULTS_TOLD]


def ring_of(words: str, northmost: float = NORTHMOST) -> Ring | None:
    """Read "lat,lon lat,lon …" as a closed ring of (lon, lat) degrees; None where it is none.

    Some publishers write the longitude first. Where a first number cannot be a latitude and all second ones can, it is that.
    """
    pairs = []
    for word in _joined(words).split():
        pair = _pair(word)
        if pair is None:
            return None
        pairs.append(pair)
    if any(abs(first) > northmost for first, _ in pairs):
        pairs = [(second, first) for first, second in pairs]
    if any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in pairs):  # noqa: PLR2004 -- the earth
        return None
    ring = [(lon, lat) for lat, lon in pairs]
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    return tuple(ring) if len(set(ring)) >= _LEAST_CORNERS else None


def circle_of(words: str, northmost: float = NORTHMOST, per_km: float = 1.0) -> tuple[float, float, float] | None:
    """Read "lat,lon radius" as (lon, lat, radius in km); None where it is none. A radius of 0 is a point."""
    parts = _joined(words).split()
    pair = _pair(parts[0]) if len(parts) in {1, 2} else None
    if pair is None:
        return None
    try:
        radius = float(parts[1]) / per_km if len(parts) == 2 else 0.0  # noqa: PLR2004 -- centre and radius
    except ValueError:
        return None
    lat, lon = pair if abs(pair[0]) <= northmost else (pair[1], pair[0])
    if not isfinite(radius) or not 0 <= radius <= FARTHEST_KM or abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004 -- the earth
        return None
    return lon, lat, radius


def scheme_of(name: str, code: str) -> tuple[str, str]:
    """Name the system of a code: codes of China's administrative divisions go by many names and are one system."""
    plain = name.strip().lower()
    is_ours = not plain or not plain.isascii() or _CHINESE.search(plain) is not None
    if code.isdigit() and len(code) in _LENGTHS and code[:2] in _PROVINCES and is_ours:
        return GB2260, code
    return text(name), code


def _codes(area: Element) -> Iterator[tuple[str, str]]:
    for geocode in area.every("geocode"):
        name, values = geocode.word("valueName"), geocode.word("value")
        if name == _HOLE:
            continue
        if not geocode.children:  # CAP 1.0 wrote name=value, 12379 the codes alone
            name, _, values = geocode.text.rpartition("=")
        for code in _SPLIT.split(values.strip()):
            if code:
                yield scheme_of(name, text(code))


def _joined(words: str) -> str:
    """Take out the blank beside a comma: some write "30.0, 120.0", which the standard does not."""
    return words.replace(", ", ",").replace(" ,", ",") if ", " in words or " ," in words else words


def _pair(word: str) -> tuple[float, float] | None:
    first, comma, second = word.partition(",")
    if not comma:
        return None
    try:
        pair = float(first), float(second)
    except ValueError:
        return None
    return pair if isfinite(pair[0]) and isfinite(pair[1]) else None
