"""Finds what is wrong with shapes: invalid ones, overlaps, gaps, holes. Pure. Repairs nothing that is stored.

To measure overlaps and gaps beside an invalid shape, that shape is made valid for the measurement alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.findings import Finding, FindingKind
from geo.grid import Level
from geo.measure import area_m2

Shapes = NDArray[np.object_]

# An overlap of less than a millionth of the smaller grid is the noise of digitising, not a dispute about land.
_OVERLAP_SHARE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a finding about a shape is about. A grid that was carried over has no feature."""

    code: str
    name: str = ""
    level: Level | None = None
    file: str = ""
    feature: int | None = None

    def found(self, kind: FindingKind, reason: str, **more: object) -> Finding:
        """Make a finding about this subject."""
        return Finding(
            kind=kind,
            reason=reason,
            file=self.file,
            feature=self.feature,
            code=self.code,
            name=self.name,
            level=self.level,
            **more,  # type: ignore[arg-type]
        )


def invalid_reason(shape: shapely.Geometry) -> tuple[str, float | None, float | None] | None:
    """Say why a shape is invalid by OGC 06-103r4 and where, None for a valid one.

    The reason is GEOS' own words ("Self-intersection"), the place is in the shape's coordinates.
    """
    if shapely.is_valid(shape):
        return None
    reason, _, place = shapely.is_valid_reason(shape).partition("[")
    lon, _, lat = place.rstrip("]").partition(" ")
    try:
        return reason, float(lon), float(lat)
    except ValueError:
        return reason, None, None


def find_invalid(shapes: Shapes, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Report every invalid shape, and every empty one."""
    for i in np.flatnonzero(~shapely.is_valid(shapes) | shapely.is_empty(shapes)).tolist():
        reason, lon, lat = invalid_reason(shapes[i]) or ("Empty", None, None)
        yield subjects[i].found(FindingKind.INVALID, reason, lon=lon, lat=lat)


def find_holes(shapes: Shapes, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Report every inner ring. Another grid may fill it: then it is an enclave, and no gap is reported with it."""
    for i, subject in enumerate(subjects):
        parts = [part for part in shapely.get_parts(shapes[i]) if isinstance(part, shapely.Polygon)]
        for hole in (shapely.Polygon(ring) for part in parts for ring in part.interiors):
            inside, size = hole.representative_point(), float(area_m2(np.array([hole], dtype=object))[0])
            yield subject.found(
                FindingKind.HOLE,
                f"a hole of {size:,.0f} m2",
                lon=inside.x,
                lat=inside.y,
                area_m2=size,
                share=hole.area / max(shapes[i].area, float(np.finfo(float).tiny)),
            )


def find_overlaps(shapes: Shapes, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Report every pair of shapes of one level that overlap by more than a millionth of the smaller.

    The shapes must be valid. Shapes that only share an edge do not overlap.
    """
    first, second = shapely.STRtree(shapes).query(shapes)
    pair = first < second
    first, second = first[pair], second[pair]
    common = shapely.intersection(shapes[first], shapes[second])
    area = shapely.area(common)
    smaller = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    share = np.divide(area, smaller, out=np.zeros_like(area), where=smaller > 0)
    for i in np.flatnonzero(share > _OVERLAP_SHARE).tolist():
        one, other = subjects[first[i]], subjects[second[i]]
        if one.feature is None:
            one, other = other, one
        inside = common[i].representative_point()
        size = float(area_m2(common[i : i + 1])[0])
        reason = f"overlaps {other.code} by {size:,.0f} m2, {share[i]:.2%} of the smaller"
        yield one.found(
            FindingKind.OVERLAP,
            reason,
            others=(other.code,),
            lon=inside.x,
            lat=inside.y,
            area_m2=size,
            share=float(share[i]),
        )


def find_gaps(shapes: Shapes, subjects: Sequence[Subject], level: Level) -> Iterator[Finding]:
    """Report every space between the shapes of one level that none of them holds and that they enclose.

    The shapes must be valid. `others` are the codes of the grids that touch the gap.
    """
    whole = shapely.union_all(shapes)
    parts = [part for part in shapely.get_parts(whole) if isinstance(part, shapely.Polygon)]
    gaps = np.array([shapely.Polygon(ring) for part in parts for ring in part.interiors], dtype=object)
    if not len(gaps):
        return
    sizes, total = area_m2(gaps), shapely.area(whole)
    gap, neighbour = shapely.STRtree(shapes).query(gaps, predicate="intersects")
    codes: list[list[str]] = [[] for _ in gaps]
    for i, j in zip(gap, neighbour, strict=True):
        codes[i].append(subjects[j].code)
    for i, shape in enumerate(gaps):
        inside = shape.representative_point()
        yield Finding(
            kind=FindingKind.GAP,
            reason=f"{sizes[i]:,.2f} m2 that no {level} holds",
            level=level,
            others=tuple(sorted(codes[i])),
            lon=inside.x,
            lat=inside.y,
            area_m2=float(sizes[i]),
            share=float(shapely.area(shape) / total),
        )
