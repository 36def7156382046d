"""Where a warning holds and who issued it. Pure."""

import re
from typing import Final

from ingest.decoders.cap12.area import GB2260, ring_of, scheme_of
from ingest.decoders.cma_warning.names import Item, Roles, word
from ingest.readings import WarningArea
from ingest.wire import number, text

_OFFICE: Final = re.compile("气象台|气象局|气象服务中心|水利局|水利厅|自然资源局|自然资源厅|应急管理局|指挥部")
_PLACE_LEAST, _PLACE_MOST = 2, 40
"""Characters before the word for an office, as 某县 before 气象台."""
_OFFICE_MOST: Final = 6
_PAIR: Final = 2
_RINGS_READ, _POINTS_READ = 100, 5_000


def office_in(words: str) -> str:
    """Give the office a sentence begins with; "" where it begins otherwise."""
    found = _OFFICE.search(words, _PLACE_LEAST, _PLACE_MOST + _OFFICE_MOST)
    if found is None or found.start() > _PLACE_MOST:
        return ""
    named = words[: found.end()]
    return "" if "发布" in named or "\n" in named else text(named)


def areas_of(
    item: Item, roles: Roles, national: re.Match[str] | None, file: re.Match[str] | None
) -> tuple[WarningArea, ...]:
    """Name the place: the code of the county counts; a point lies somewhere in it and says nothing of how far it reaches."""
    name = word(item, roles.location) or "".join([word(item, (key,)) for key in roles.places])
    code = text(word(item, roles.areas)) or (national.group(1) if national is not None else "")
    codes = [scheme_of("", code)] if code else []
    effect = word(item, roles.effect)
    if effect or file is not None:
        codes.append(("weather.com.cn", text(effect) or (file.group(1) if file is not None else "")))
    is_county = bool(codes) and codes[0][0] == GB2260
    polygons = () if is_county or not roles.outline else _outline(item[roles.outline[0]])
    if not name and not codes and not polygons:
        return ()
    return (WarningArea(name=text(name), polygons=polygons, codes=tuple(codes)),)


def _outline(geometry: object) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Read {"coordinates": [[[lon, lat], …]]}, the one shape that is longitude first here."""
    rings = geometry.get("coordinates") if isinstance(geometry, dict) else None
    found = []
    for ring in rings[:_RINGS_READ] if isinstance(rings, list) else ():
        pairs = [p for p in ring if isinstance(p, list) and len(p) >= _PAIR] if isinstance(ring, list) else []
        read = ring_of(" ".join(f"{number(p[1])},{number(p[0])}" for p in pairs[:_POINTS_READ]))
        if read is not None:
            found.append(read)
    return tuple(found)
