"""Name the rivers of a drainage tree and stand gauges on them in flow order. Pure."""

from dataclasses import dataclass
from math import log10

import numpy as np
import shapely

from simulators.county import names
from simulators.county.drainage import Drainage, Stream, smooth
from simulators.county.nouns import GaugeSite, River, Source
from simulators.county.plane import to_degrees
from simulators.county.regions import shares

CELERITY_M_PER_S = 2.5  # how fast a flood wave runs down a hill river
_MOST_SOURCES = 12  # a catchment is summed over this many parts: enough to see a rain cell cross it


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A place for a gauge: the site without its device's id."""

    lon: float
    lat: float
    river: River
    chainage_m: float
    bed_m: float
    base_m: float
    span_m: float
    catchment_km2: float
    sources: tuple[Source, ...]

    def site(self, device: str) -> GaugeSite:
        """Give the station to the device that stands on it."""
        return GaugeSite(
            device=device,
            river=self.river.code,
            order=self.river.order,
            chainage_m=self.chainage_m,
            bed_m=self.bed_m,
            base_m=self.base_m,
            span_m=self.span_m,
            catchment_km2=self.catchment_km2,
            sources=self.sources,
        )


def rivers(rng: np.random.Generator, drainage: Drainage) -> list[River]:
    """Turn the streams into named rivers; main stem first, a tributary after the river it joins."""
    called = [names.RIVER_NAME, *names.streams(rng, len(drainage.streams) - 1)]
    made: list[River] = []
    for i, (stream, name) in enumerate(zip(drainage.streams, called, strict=True)):
        line = smooth(drainage.points[list(stream.nodes)])
        made.append(
            River(
                code=f"R{i + 1:03d}",
                name=name,
                order=stream.order,
                into=None if stream.into is None else made[stream.into].code,
                line=tuple((float(lon), float(lat)) for lon, lat in to_degrees(line)),
                length_m=round(float(shapely.LineString(line).length), 1),
            )
        )
    return made


def stations(drainage: Drainage, named: list[River], count: int, area_km2: float) -> list[Station]:
    """Choose `count` places for gauges: every river that is long enough has some, each in flow order."""
    used = sorted(range(len(named)), key=lambda i: -named[i].length_m)[:count]
    weights = [max(1, int(named[i].length_m / 100)) for i in used]
    counts = dict(zip(used, shares(count, weights), strict=True))
    node_km2 = area_km2 / max(1, int(drainage.gathered.max()))
    found: list[Station] = []
    for i in sorted(counts):
        stream, river = drainage.streams[i], named[i]
        line = shapely.LineString(smooth(drainage.points[list(stream.nodes)]))
        for k in range(counts[i]):
            along = 0.25 + 0.68 * (k + 0.5) / counts[i]
            found.append(_station(drainage, stream, river, line, along, node_km2))
    return found


def _station(
    drainage: Drainage, stream: Stream, river: River, line: shapely.LineString, along: float, node_km2: float
) -> Station:
    place = line.interpolate(along, normalized=True)
    chainage = line.length * along
    node = _node_above(drainage, stream, line, chainage)
    km2 = float(drainage.gathered[node]) * node_km2
    ((lon, lat),) = to_degrees(np.array([[place.x, place.y]]))
    to_outlet = float(drainage.to_outlet[node])
    return Station(
        lon=float(lon),
        lat=float(lat),
        river=river,
        chainage_m=round(chainage, 1),
        bed_m=round(61.0 + 0.0024 * to_outlet + (to_outlet / 9_000) ** 2, 2),
        base_m=round(0.25 + 0.3 * log10(1 + km2), 2),
        span_m=round(1.5 + 0.75 * log10(1 + km2), 2),
        catchment_km2=round(km2, 1),
        sources=_sources(drainage, node),
    )


def _node_above(drainage: Drainage, stream: Stream, line: shapely.LineString, chainage: float) -> int:
    """Find the last node of the stream at or above `chainage`: its water is what passes the gauge."""
    passed = [
        node for node in stream.nodes[:-1] if line.project(shapely.Point(drainage.points[node])) <= chainage + 1.0
    ]
    return passed[-1] if passed else stream.nodes[0]


def _sources(drainage: Drainage, node: int) -> tuple[Source, ...]:
    nodes = np.array(drainage.upstream(node))
    way = drainage.to_outlet[nodes] - drainage.to_outlet[node]
    order = np.argsort(way, kind="stable")
    made = []
    for part in np.array_split(order, min(_MOST_SOURCES, len(order))):
        middle = drainage.points[nodes[part]].mean(axis=0)
        ((lon, lat),) = to_degrees(middle[None])
        share = len(part) / len(order)
        travel = float(way[part].mean()) / CELERITY_M_PER_S
        made.append(Source(lon=float(lon), lat=float(lat), share=share, travel_s=round(travel, 1)))
    return tuple(made)
