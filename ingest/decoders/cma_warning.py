"""Warnings of China's weather service as its sites and resellers give them, on `cma/#` and `12379/#`. Pure.

weather.com.cn (JSONP and rows), nmc.cn, Caiyun, Tencent, QWeather and the lists of 12379 name the same things differently. One
table of names reads them all; the Chinese text decides over type codes, which differ from source to source.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from ingest.decoders.cap12.area import GB2260, ring_of, scheme_of
from ingest.readings import (
    Decoded,
    Decoder,
    Dropped,
    Meaning,
    MessageKind,
    OfficialWarning,
    Reason,
    Rejection,
    WarningArea,
)
from ingest.warning_words import LEVEL_CODES, SEVERITIES, event_of, kind_of, meaning_of, priority_of
from ingest.wire import RefusedError, number, read_json, text

CHINA: Final = timezone(timedelta(hours=8))
SENDER: Final = "12379"
"""All these sources repeat the national system (国家预警信息发布中心), whose ids are unique: one warning, whoever repeats it."""
ITEMS_AT_MOST: Final = 1_000
DEPTH: Final = 6
DESCRIPTION_KEPT: Final = 4_000
_YEARS: Final = (1970, 2100)
_MILLISECONDS_FROM: Final = 1e11

# What each source calls a thing, in lower case without underscores; the first that is there counts.
_ID: Final = ("identifier", "alertid", "salertid", "id", "info")
_HEADLINE: Final = ("head", "headline", "title")
_TEXT: Final = ("issuecontent", "description", "detail", "text", "content", "scontent")
_EVENT: Final = ("signaltype", "typename", "eventtypecn", "eventtype", "stype", "event")
_LEVEL: Final = ("signallevel", "levelname", "severitycolor", "color", "slevel", "level", "severity", "yjycen")
_ISSUED: Final = (
    "issuetime",
    "pubtimestamp",
    "pubtime",
    "publishtime",
    "issuedtime",
    "sissuetime",
    "sent",
    "effective",
    "updatetime",
)
_FROM: Final = ("onsettime", "effectivetime", "starttime", "effective", "onset")
_UNTIL: Final = ("relievetime", "expiretime", "expires", "endtime")
_ISSUER: Final = ("sendername", "sender", "source")
_CODES: Final = ("adcode", "areacode", "regioncode")
_PLACE: Final = ("location", "province", "city", "county", "stationname", "sprovince", "scity")
_REFERENCES: Final = ("references", "referencesinfo", "supersedes", "related")
_LISTS: Final = (
    "alerts",
    "alert",
    "alarm",
    "alarms",
    "warning",
    "warnings",
    "content",
    "data",
    "result",
    "page",
    "list",
    "rows",
    "vweatherwarning",
)
_TELLS: Final = frozenset(_HEADLINE + _TEXT + ("signaltype", "typename", "eventtypecn", "stype", "scontent"))

_SHELL: Final = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*(?:(?:var\s+)?[A-Za-z_$][\w.$]{0,60}\s*[=(])\s*(?=[\[{])")
_NATIONAL_ID: Final = re.compile(r"(\d{6})(\d{8})_(\d{14})")
_FILE: Final = re.compile(r"(\d{5,9})-(\d{14})-(\d{2})(\d{2})(?:\.html?)?")
_STAMP: Final = re.compile(r"(20\d{2})[-/年]?(\d{1,2})[-/月]?(\d{1,2})日?[ T]?(\d{1,2})[:时]?(\d{2})(?:[:分]?(\d{2}))?")
_ISSUED_BY: Final = re.compile(
    r"^(.{2,40}?(?:气象台|气象局|气象服务中心|水利局|水利厅|自然资源局|自然资源厅|应急管理局|指挥部))"
)
_WARNED_OF: Final = re.compile(r"(?:发布|更新|解除|变更)([^发更解变，。：]{1,20}?)[红橙黄蓝]色预警")
_LIFTED: Final = ("解除", "已解除", "cancel", "relieved")
_EVENT_CODES: Final = {
    "01": "台风",
    "02": "暴雨",
    "03": "暴雪",
    "04": "寒潮",
    "05": "大风",
    "06": "沙尘暴",
    "07": "高温",
    "08": "干旱",
    "09": "雷电",
    "10": "冰雹",
    "11": "霜冻",
    "12": "大雾",
    "13": "霾",
    "14": "道路结冰",
}
"""weather.com.cn and Caiyun; read only where no words say it."""
_ROW_LEAST: Final = 2

Item = Mapping[str, object]


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:  # noqa: ARG001 -- it says itself who and when
    """Decode an answer of one of the sources; one without warnings is an empty list."""
    try:
        items = list(_items(read_json(_bare(payload)), DEPTH))
    except RefusedError as refused:
        return [refused.rejection]
    found: list[Decoded] = []
    for item in items[:ITEMS_AT_MOST]:
        try:
            found.append(_warning(item))
        except RefusedError as refused:
            found.append(refused.rejection)
    if len(items) > ITEMS_AT_MOST:
        found.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(items)} warnings, {ITEMS_AT_MOST} are read"))
    if any(_word(item, ("underwriter",)) for item in items[:ITEMS_AT_MOST]):
        found.append(Dropped(fields=("UNDERWRITER",)))
    return found


_SIGNED: Final = re.compile(rb'("UNDERWRITER"\s*:\s*")[^"\\]*"', re.IGNORECASE)


def storable(payload: bytes) -> bytes:
    """Take out who signed the warning."""
    return _SIGNED.sub(rb'\1"', payload)


TOPICS: Final = ("cma/#", "12379/#")
STORABLE: Final = storable
DECODER: Final[Decoder] = decode


def _bare(payload: bytes) -> bytes:
    """Take off `var alarminfo=…;` or `callback(…)`."""
    shell = _SHELL.match(payload[:200])
    if shell is None:
        return payload
    return payload[shell.end() :].rstrip(b" \t\r\n;)")


def _items(node: object, depth: int) -> Iterator[Item]:
    """Find the warnings in an answer, however deep its wrapping is."""
    if isinstance(node, list):
        if _is_row(node):
            yield _from_row(node)
            return
        for part in node:
            yield from _items(part, depth - 1) if depth else ()
    elif isinstance(node, dict):
        plain = {key.lower().replace("_", ""): value for key, value in node.items()}
        if _is_warning(plain):
            yield plain
        elif depth:
            for key, value in plain.items():
                if key in _LISTS or key.isdigit():
                    yield from _items(value, depth - 1)
    elif depth == DEPTH:
        raise RefusedError(Reason.MALFORMED, "neither a warning nor a list of them")


def _is_row(node: list[object]) -> bool:
    return len(node) >= _ROW_LEAST and isinstance(node[0], str) and isinstance(node[1], str)


def _is_warning(item: Item) -> bool:
    if isinstance(item.get("data"), list) and "publishtime" in item:
        return True  # Caiyun v3: the words are one level down, by language
    return any(isinstance(item.get(key), str) and item.get(key) for key in _TELLS) and any(
        key in item for key in (*_ID, *_EVENT, *_LEVEL, *_ISSUED)
    )


def _from_row(row: list[object]) -> Item:
    """Give names to a row of weather.com.cn: place, file, lon, lat, id, reference, headline, outline; old ones have two."""
    names = ("location", "file", "lon", "lat", "identifier", "references", "head", "outline")
    return dict(zip(names, row, strict=False))


def _warning(item: Item) -> OfficialWarning:
    item = _spoken(item)
    headline, described = text(_word(item, _HEADLINE)), _long(_word(item, _TEXT))
    file = _FILE.search(_word(item, ("file", "url", "slinksuffix")))
    given = _word(item, _ID) or (file.group(0) if file is not None else "")
    national = _NATIONAL_ID.search(given)
    identifier = national.group(0) if national is not None else text(given)
    if not identifier:
        raise RefusedError(Reason.MALFORMED, "a warning without an identifier")
    named = _word(item, _EVENT)
    coded = "" if headline or named or described else _EVENT_CODES.get(_codes(item, file)[0], "")
    event, word = event_of(headline, named, described, coded)
    issued = _issued(item, national, file)
    from_at, until_at = _from(item, issued), _instant(item, _UNTIL)
    kind = _kind(item, headline, described)
    if until_at is not None and until_at <= from_at:
        if kind is not MessageKind.CANCEL:
            raise RefusedError(Reason.TIME, f"ends at {until_at.isoformat()}, before it begins")
        until_at = None  # it repeats the end of what it lifts
    references = tuple((SENDER, one) for one in _references(item) if one != identifier)
    id_ = identifier
    if kind is MessageKind.CANCEL and not _says_lifted(headline):
        # The same warning again, only with another state: what lifts it needs a name of its own.
        id_, references = f"{identifier}/lifted", (*references, (SENDER, identifier))
    return OfficialWarning(
        id=id_,
        sender=SENDER,
        issuer=_issuer(item, headline, described),
        kind=kind,
        meaning=meaning_of(headline) or Meaning.ACTUAL,
        sent=issued,
        event=event,
        event_text=text(named) or word or _named(headline),
        priority=_priority(item, headline, described, file),
        headline=headline or text(described.partition("：")[0]) or f"{text(named) or coded or word}预警",
        description=described,
        from_at=from_at,
        until_at=until_at,
        references=references,
        areas=_areas(item, national, file),
        thread="" if national is None else f"{identifier[:14]}/{event}",
    )


def _spoken(item: Item) -> Item:
    """Bring the Chinese words of Caiyun v3 to the top."""
    parts = item.get("data")
    if not isinstance(parts, list):
        return item
    texts = [{k.lower().replace("_", ""): v for k, v in part.items()} for part in parts if isinstance(part, dict)]
    chosen = next(
        (part for part in texts if str(part.get("languagecode", "")).startswith("zh")), texts[0] if texts else {}
    )
    return {**chosen, **{key: value for key, value in item.items() if key != "color"}}


def _word(item: Item, names: tuple[str, ...]) -> str:
    """Give the first text of these names; a number is text, of an object its name or code."""
    for name in names:
        value = item.get(name)
        if isinstance(value, dict):
            value = value.get("name") or value.get("code")
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _codes(item: Item, file: re.Match[str] | None) -> tuple[str, str]:
    """Give the codes of type and level; a type that is no two digits belongs to another table."""
    if file is not None:
        return file.group(3), file.group(4)
    both = _word(item, ("code",))
    if len(both) == 4 and both.isdigit():  # noqa: PLR2004 -- Caiyun: two digits each
        return both[:2], both[2:]
    return _word(item, ("typecode",)), _word(item, ("levelcode", "salarmlevenum"))


def _named(headline: str) -> str:
    """Take what a headline warns of out of it, where the word is none that we know."""
    found = _WARNED_OF.search(headline)
    return "" if found is None else found.group(1)


def _priority(item: Item, headline: str, described: str, file: re.Match[str] | None) -> int | None:
    level = _word(item, _LEVEL)
    named = priority_of(headline, level, f"{level}色" if len(level) == 1 else "", described)
    return named or LEVEL_CODES.get(_codes(item, file)[1]) or SEVERITIES.get(_word(item, ("severity",)).lower())


def _kind(item: Item, headline: str, described: str) -> MessageKind:
    """Tell what it does: the words decide, then the state or type that the source gives."""
    said = kind_of(headline, described)
    if said is MessageKind.CANCEL:
        return said
    given = item.get("messagetype")
    words = (
        _word(item, ("msgtype",)),
        _word(item, ("status",)),
        str(given.get("code", "")) if isinstance(given, dict) else "",
    )
    low = " ".join(words).lower()
    if any(word in low for word in _LIFTED):
        return MessageKind.CANCEL
    return MessageKind.UPDATE if "update" in low else said or MessageKind.ALERT


def _says_lifted(headline: str) -> bool:
    return kind_of(headline) is MessageKind.CANCEL


def _references(item: Item) -> tuple[str, ...]:
    given = item.get("messagetype")
    listed = given.get("supersedes") if isinstance(given, dict) else None
    ids = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    for name in _REFERENCES:
        value = item.get(name)
        if isinstance(value, str):
            ids += re.split(r"[\s,;]+", value[:2000])
    return tuple(dict.fromkeys(text(one) for one in ids if one))


def _issued(item: Item, national: re.Match[str] | None, file: re.Match[str] | None) -> datetime:
    found = _instant(item, _ISSUED)
    if found is None and national is not None:
        found = _stamp(national.group(3))
    if found is None and file is not None:
        found = _stamp(file.group(2))
    if found is None:
        raise RefusedError(Reason.TIME, "a warning that does not say when it was issued")
    return found


def _from(item: Item, issued: datetime) -> datetime:
    found = _instant(item, _FROM)
    return found if found is not None and found > issued else issued


def _instant(item: Item, names: tuple[str, ...]) -> datetime | None:
    """Give the first of these times; local ones are of China. One that cannot be read is none."""
    return next((found for name in names if (found := _time(item.get(name))) is not None), None)


def _time(value: object) -> datetime | None:
    seconds = number(value)
    if seconds is not None and seconds > 1e9:  # noqa: PLR2004 -- 2001
        return _checked(seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds)
    if not isinstance(value, str):
        return None
    words = value.strip()[:40]
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return _stamp(words)
    if not _YEARS[0] < found.year < _YEARS[1]:
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=CHINA)).astimezone(UTC)


def _checked(seconds: float) -> datetime | None:
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found if found.year < _YEARS[1] else None


def _stamp(words: str) -> datetime | None:
    """Read "2026/10/06 21:29", "20261006212927" and their like."""
    parts = _STAMP.match(words)
    if parts is None:
        return None
    try:
        return datetime(*(int(part or 0) for part in parts.groups()), tzinfo=CHINA).astimezone(UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None


def _issuer(item: Item, headline: str, described: str) -> str:
    for words in (headline, described):
        found = _ISSUED_BY.match(words)
        if found is not None and "发布" not in found.group(1):
            return text(found.group(1))
    return text(_word(item, _ISSUER)) or text(_word(item, ("location", "stationname"))) or SENDER


def _areas(item: Item, national: re.Match[str] | None, file: re.Match[str] | None) -> tuple[WarningArea, ...]:
    """Name the place: the code of the county counts; a point lies somewhere in it and says nothing of how far it reaches."""
    location = _word(item, ("location",))
    name = location or "".join(_word(item, (part,)) for part in _PLACE[1:])
    code = text(_word(item, _CODES)) or (national.group(1) if national is not None else "")
    codes = [scheme_of("", code)] if code else []
    if file is not None or _word(item, ("effect",)):
        codes.append(("weather.com.cn", text(_word(item, ("effect",))) or (file.group(1) if file is not None else "")))
    polygons = () if codes and codes[0][0] == GB2260 else _outline(item.get("outline"))
    if not name and not codes and not polygons:
        return ()
    return (WarningArea(name=text(name), polygons=polygons, codes=tuple(codes)),)


def _long(words: str) -> str:
    """Make a text of several lines fit to be stored: JSON can hold a NUL, PostgreSQL cannot."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in words[:DESCRIPTION_KEPT]).strip()


def _outline(geometry: object) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Read {"coordinates": [[[lon, lat], …]]}, the one shape that is longitude first here."""
    rings = geometry.get("coordinates") if isinstance(geometry, dict) else None
    found = []
    for ring in rings[:100] if isinstance(rings, list) else ():
        pairs = [p for p in ring if isinstance(p, list) and len(p) >= _ROW_LEAST] if isinstance(ring, list) else []
        read = ring_of(" ".join(f"{number(p[1])},{number(p[0])}" for p in pairs[:5000]))
        if read is not None:
            found.append(read)
    return tuple(found)
