"""Warnings of China's weather service as its sites and resellers give them, on `cma/#` and `12379/#`. Pure.

weather.com.cn (JSONP and rows), nmc.cn, Caiyun, Tencent, QWeather and the lists of 12379 name the same things differently. One
table of names reads them all (`names`); the Chinese text decides over type codes, which differ from source to source.
"""

import re
from datetime import datetime
from typing import Final

from ingest.decoders.cap12.national import EVENT_TYPES
from ingest.decoders.cma_warning.names import Item, Roles, Shape, plain_name, shape_of, word
from ingest.decoders.cma_warning.places import areas_of, office_in
from ingest.decoders.cma_warning.times import instant, stamp
from ingest.readings import Decoded, Decoder, Dropped, Meaning, MessageKind, OfficialWarning, Reason, Rejection
from ingest.warning_words import LEVEL_CODES, SEVERITIES, event_of, kind_of, meaning_of, priority_of
from ingest.wire import RefusedError, read_json, text

SENDER: Final = "12379"
"""All these sources repeat the national system (国家预警信息发布中心), whose ids are unique: one warning, whoever repeats it."""
ITEMS_AT_MOST: Final = 1_000
DEPTH: Final = 6
DESCRIPTION_KEPT: Final = 4_000
_REFERENCES_READ: Final = 2_000

_SHELL: Final = re.compile(rb"^\s*(?:\xef\xbb\xbf)?\s*(?:(?:var\s+)?[A-Za-z_$][\w.$]{0,60}\s*[=(])\s*(?=[\[{])")
_NATIONAL_ID: Final = re.compile(r"(\d{6})(\d{8})_(\d{14})(?:_[1-9](?!\d))?")
"""Division, office and time; with a number where an office issued several in one second (`_0`, of the first, says nothing)."""
_FILE: Final = re.compile(r"(\d{5,9})-(\d{14})-(\d{2})(\d{2})(?:\.html?)?")
_WARNED_OF: Final = re.compile(r"(?:发布|更新|解除|变更)([^发更解变，。：]{1,20}?)[红橙黄蓝]色预警")
_MEANINGS: Final = {meaning.value: meaning for meaning in Meaning}
_LIFTED: Final = ("解除", "cancel", "relieved")
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
    "15": "森林火险",
    "16": "雷雨大风",
}
"""weather.com.cn and Caiyun; read only where no words say it."""
_ROW: Final = ("location", "file", "lon", "lat", "identifier", "references", "head", "outline")
"""What the places of a row of weather.com.cn hold; old rows have two."""
_ROW_LEAST: Final = 2
_CODE_PAIR: Final = 4
_FINE: Final = frozenset({"200", "204"})
"""QWeather: done; done, and nothing is known of the place."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:  # noqa: ARG001 -- it says itself who and when
    """Decode an answer of one of the sources; one without warnings is an empty list."""
    try:
        answer = read_json(_bare(payload))
    except RefusedError as refused:
        return [refused.rejection]
    items: list[tuple[Item, Shape]] = []
    if not _gather(answer, DEPTH, items) or (not items and _is_strange(answer)):
        return [Rejection(reason=Reason.MALFORMED, detail="neither a warning nor a list of them")]
    found: list[Decoded] = []
    is_signed = False
    for item, shape in items[:ITEMS_AT_MOST]:
        try:
            found.append(_warning(item, shape))
        except RefusedError as refused:
            found.append(refused.rejection)
        is_signed = is_signed or bool(word(item, shape.roles.underwriter))
    if len(items) > ITEMS_AT_MOST:
        found.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(items)} warnings, {ITEMS_AT_MOST} are read"))
    if is_signed:
        found.append(Dropped(fields=("UNDERWRITER",)))
    return found


_STRING_END: Final = rb'[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)'
_SIGNED: Final = re.compile(rb'("UNDERWRITER"\s*+:\s*+")' + _STRING_END, re.IGNORECASE | re.DOTALL)
_PERSONAL: Final = re.compile(rb'("(?:senderName|phone|audiencePrt)"\s*+:\s*+")' + _STRING_END, re.DOTALL)


def storable(payload: bytes) -> bytes:
    """Take out who signed the warning; of the national form also a telephone and single receivers."""
    payload = _SIGNED.sub(rb'\1"', payload)
    return _PERSONAL.sub(rb'\1"', payload) if b'"senderCode"' in payload else payload


TOPICS: Final = ("cma/#", "12379/#")
STORABLE: Final = storable
DECODER: Final[Decoder] = decode


def _bare(payload: bytes) -> bytes:
    """Take off `var alarminfo=…;` or `callback(…)`."""
    shell = None if payload[:1] in (b"[", b"{") else _SHELL.match(payload[:200])
    return payload if shell is None else payload[shell.end() :].rstrip(b" \t\r\n;)")


def _gather(node: object, depth: int, found: list[tuple[Item, Shape]]) -> bool:
    """Find the warnings in an answer, however deep its wrapping is; False for what is neither object nor list."""
    if isinstance(node, dict):
        shape = shape_of(node)
        if shape.is_warning(node):
            found.append((node, shape))
        elif depth:
            for key in shape.wrapped:
                _gather(node[key], depth - 1, found)
    elif isinstance(node, list):
        if len(node) >= _ROW_LEAST and isinstance(node[0], str) and isinstance(node[1], str):
            row = dict(zip(_ROW, node, strict=False))
            found.append((row, shape_of(row)))
        elif depth:
            for part in node:
                _gather(part, depth - 1, found)
    else:
        return False
    return True


def _is_strange(answer: object) -> bool:
    """Tell an answer that has no place for warnings, as an error or another service's, from one that has none today."""
    return isinstance(answer, dict) and not shape_of(answer).wrapped and str(answer.get("code", "")) not in _FINE


def _warning(item: Item, shape: Shape) -> OfficialWarning:
    if shape.roles.data:
        item, shape = _spoken(item, shape)
    roles = shape.roles
    headline, described = text(word(item, roles.headline)), _long(word(item, roles.text))
    url = word(item, roles.file)
    file = _FILE.search(url) if url else None
    given = word(item, roles.id) or (file.group(0) if file is not None else "")
    national = _NATIONAL_ID.search(given)
    identifier = national.group(0) if national is not None else text(given)
    if not identifier:
        raise RefusedError(Reason.MALFORMED, "a warning without an identifier")
    named = word(item, roles.event)
    named = EVENT_TYPES.get(named.upper(), named)
    coded = "" if headline or named or described else _EVENT_CODES.get(_codes(item, roles, file)[0], "")
    # A description speaks of more than is warned of.
    event, said = event_of(headline, named, *(() if headline or named else (described, coded)))
    issued = _issued(item, roles, national, file)
    onset, until_at = instant(item, roles.onset), instant(item, roles.until)
    from_at = onset if onset is not None and onset > issued else issued
    kind = _kind(item, roles, headline, described)
    if until_at is not None and until_at <= from_at:
        if kind is MessageKind.ALERT:
            raise RefusedError(Reason.TIME, f"ends at {until_at.isoformat()}, before it begins")
        kind, until_at = MessageKind.CANCEL, None  # it repeats the end of what it lifts, or is over when it comes
    references = tuple([(SENDER, one) for one in _references(item, roles) if one != identifier])
    id_ = identifier
    if kind is MessageKind.CANCEL and not references and kind_of(headline) is not MessageKind.CANCEL:
        # The same warning again, only with another state: what lifts it needs a name of its own.
        id_, references = f"{identifier}/lifted", ((SENDER, identifier),)
    issuer = office_in(headline) or office_in(described) or text(word(item, roles.issuer))
    return OfficialWarning(
        id=id_,
        sender=SENDER,
        issuer=issuer or text(word(item, roles.station)) or SENDER,
        kind=kind,
        meaning=meaning_of(headline) or _MEANINGS.get(word(item, roles.status).lower(), Meaning.ACTUAL),
        sent=issued,
        event=event,
        event_text=text(named) or said or _named(headline),
        priority=_priority(item, roles, headline, described, file),
        headline=headline or text(described.partition("：")[0]) or f"{text(named) or coded or said}预警",
        description=described,
        from_at=from_at,
        until_at=until_at,
        references=references,
        areas=areas_of(item, roles, national, file),
        thread="" if national is None else f"{identifier[:14]}/{event}",
    )


def _spoken(item: Item, shape: Shape) -> tuple[Item, Shape]:
    """Bring the Chinese words of Caiyun v3 to the top."""
    parts = item[shape.roles.data[0]]
    if not isinstance(parts, list):
        return item, shape
    texts = [{plain_name(key): value for key, value in part.items()} for part in parts if isinstance(part, dict)]
    chosen = next(
        (part for part in texts if str(part.get("languagecode", "")).startswith("zh")), texts[0] if texts else {}
    )
    whole = {plain_name(key): value for key, value in item.items()}
    merged = {**chosen, **{name: value for name, value in whole.items() if name != "color"}}
    return merged, shape_of(merged)


def _codes(item: Item, roles: Roles, file: re.Match[str] | None) -> tuple[str, str]:
    """Give the codes of type and level; a type that is no two digits belongs to another table."""
    if file is not None:
        return file.group(3), file.group(4)
    both = word(item, roles.code)
    if len(both) == _CODE_PAIR and both.isdigit():  # Caiyun: two digits each
        return both[:2], both[2:]
    return word(item, roles.type_code), word(item, roles.level_code)


def _named(headline: str) -> str:
    """Take what a headline warns of out of it, where the word is none that we know."""
    found = _WARNED_OF.search(headline)
    return "" if found is None else found.group(1)


def _priority(item: Item, roles: Roles, headline: str, described: str, file: re.Match[str] | None) -> int | None:
    level = word(item, roles.level)
    named = priority_of(headline, level, f"{level}色" if len(level) == 1 else "", described)
    return named or LEVEL_CODES.get(_codes(item, roles, file)[1]) or SEVERITIES.get(word(item, roles.severity).lower())


def _kind(item: Item, roles: Roles, headline: str, described: str) -> MessageKind:
    """Tell what it does: the words decide, then the state or type that the source gives."""
    said = kind_of(headline, described)
    if said is MessageKind.CANCEL:
        return said
    given = item[roles.message[0]] if roles.message else None
    code = str(given.get("code", "")) if isinstance(given, dict) else ""
    low = f"{word(item, roles.message_word)} {word(item, roles.status)} {code}".lower()
    for lifted in _LIFTED:
        if lifted in low:
            return MessageKind.CANCEL
    return MessageKind.UPDATE if "update" in low else said or MessageKind.ALERT


def _references(item: Item, roles: Roles) -> tuple[str, ...]:
    given = item[roles.message[0]] if roles.message else None
    listed = given.get("supersedes") if isinstance(given, dict) else None
    ids = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    for key in roles.references:
        value = item[key]
        if isinstance(value, str):
            ids += value[:_REFERENCES_READ].replace(",", " ").replace(";", " ").split()
        elif isinstance(value, list):
            ids += [one for one in value if isinstance(one, str)]
    return tuple(dict.fromkeys([text(one) for one in ids if one])) if ids else ()


def _issued(item: Item, roles: Roles, national: re.Match[str] | None, file: re.Match[str] | None) -> datetime:
    found = instant(item, roles.issued)
    if found is None and national is not None:
        found = stamp(national.group(3))
    if found is None and file is not None:
        found = stamp(file.group(2))
    if found is None:
        raise RefusedError(Reason.TIME, "a warning that does not say when it was issued")
    return found


def _long(words: str) -> str:
    """Make a text of several lines fit to be stored: JSON can hold a NUL, PostgreSQL cannot."""
    if len(words) <= DESCRIPTION_KEPT and words.replace("\n", "").isprintable():
        return words.strip()
    return "".join([c if c.isprintable() or c == "\n" else " " for c in words[:DESCRIPTION_KEPT]]).strip()
