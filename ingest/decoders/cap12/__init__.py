"""CAP 1.2 (OASIS CAP-V1.2), 1.1 and 1.0: official warnings on `cap/#`. Pure. Refuses documents with a document type.

A message in several languages is one warning: the Chinese blocks are read, else those of the first language. Blocks of one
language are parts of it (sub-events, areas), each a warning of its own. A colour in Chinese words decides before `severity`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeVar

from ingest.decoders.cap12.area import areas_of
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
from ingest.warning_words import OTHER, SEVERITIES, event_of, kind_of, meaning_of, priority_of
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element, read_xml

T = TypeVar("T")

CHINA: Final = timezone(timedelta(hours=8))
ALERTS_AT_MOST: Final = 1_000  # of one feed document; the largest national feed has some 500
PARTS_AT_MOST: Final = 50  # `info` blocks of one language in one message
DESCRIPTION_KEPT: Final = 4_000
_YEARS: Final = (1970, 2100)
_FIRST_VERSION: Final = "cap/1.0"

_MEANINGS: Final = {meaning.value: meaning for meaning in Meaning}
_KINDS: Final = {kind.value: kind for kind in MessageKind}
_ANSWERS: Final = frozenset({"ack", "error"})
_SCOPES: Final = frozenset({"public", "restricted", "private"})
_CATEGORIES: Final = frozenset(
    {"geo", "met", "safety", "security", "rescue", "fire", "health", "env", "transport", "infra", "cbrne", "other"}
)
_URGENCIES: Final = frozenset({"immediate", "expected", "future", "past", "unknown"})
_CERTAINTIES: Final = frozenset({"observed", "very likely", "likely", "possible", "unlikely", "unknown"})
_COLOURS: Final = {"red": 1, "orange": 2, "yellow": 3, "blue": 4, "红色": 1, "橙色": 2, "黄色": 3, "蓝色": 4}
"""12379 puts the colour where CAP has the severity."""
_TELLS_LEVEL: Final = re.compile("colou?r|level|颜色|等级|级别", re.IGNORECASE)
_EVENT_TYPES: Final = {
    "11A01": "洪水",
    "11B01": "台风",
    "11B03": "暴雨",
    "11B04": "暴雪",
    "11B05": "寒潮",
    "11B06": "大风",
    "11B07": "沙尘暴",
    "11B09": "高温",
    "11B14": "雷电",
    "11B15": "冰雹",
    "11B16": "霜冻",
    "11B17": "大雾",
    "11B19": "霾",
    "11B20": "雷雨大风",
    "11B21": "道路结冰",
    "11B22": "干旱",
    "11B25": "森林火险",
}
"""Event types of 12379 (国家突发事件预警信息发布系统), read only where no words say it."""
_CONTACT: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,30}:)?contact)>[^<]*<")


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:  # noqa: ARG001 -- it says itself who and when
    """Decode a CAP message, or a feed that has messages in it."""
    try:
        root = read_xml(payload)
        alerts = [root] if root.name == "alert" else _inside(root)
    except RefusedError as refused:
        return [refused.rejection]
    found: list[Decoded] = []
    for alert in alerts[:ALERTS_AT_MOST]:
        try:
            found += _alert(alert)
        except RefusedError as refused:
            found.append(refused.rejection)
    if len(alerts) > ALERTS_AT_MOST:
        found.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(alerts)} messages, {ALERTS_AT_MOST} are read"))
    return found


def storable(payload: bytes) -> bytes:
    """Take out who is to be called: often a person's name."""
    return _CONTACT.sub(rb"<\1><", payload)


ALIASES: Final = ("cap12_flash_flood",)
TOPICS: Final = ("cap/#",)
STORABLE: Final = storable
DECODER: Final[Decoder] = decode


def instant(words: str, *, zone: timezone | None = None) -> datetime | None:
    """Read a CAP time (§3.3.2: with an offset; Z, though forbidden, is taken); None where it is none.

    `zone` is assumed where the words give no offset; None refuses them.
    """
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    if found.tzinfo is None:
        if zone is None:
            return None
        found = found.replace(tzinfo=zone)
    if not _YEARS[0] < found.year < _YEARS[1]:
        return None
    return found.astimezone(UTC)


def _inside(root: Element) -> list[Element]:
    """Find the messages in a feed (Atom, RSS) or an envelope (EDXL-DE, SOAP)."""
    alerts, waiting = [], [root]
    while waiting:
        element = waiting.pop()
        if element.name == "alert":
            alerts.append(element)
        else:
            waiting += reversed(element.children)
    if not alerts:
        is_index = root.name in {"feed", "rss", "RDF"}
        detail = "a list of addresses without messages" if is_index else f"<{root.name}> is no CAP message"
        raise RefusedError(Reason.UNSUPPORTED if is_index else Reason.MALFORMED, detail)
    return alerts


def _alert(alert: Element) -> Iterator[Decoded]:
    identifier, sender = _required(alert, "identifier"), _required(alert, "sender")
    is_national = alert.first("senderCode") is not None or any(info.first("eventType") for info in alert.every("info"))
    is_first = _FIRST_VERSION in alert.space
    zone = CHINA if is_national else None
    sent = _instant(alert, "sent", zone)
    if sent is None:
        raise RefusedError(Reason.MALFORMED, "<sent> is missing")
    meaning = _one_of(alert, "status", _MEANINGS)
    if alert.word("msgType").lower() in _ANSWERS:
        raise RefusedError(Reason.UNSUPPORTED, f"an {text(alert.word('msgType'))} warns of nothing")
    kind = _one_of(alert, "msgType", _KINDS)
    if alert.first("scope") is not None or not is_first:
        _check(alert, "scope", _SCOPES)
    infos = _chosen(alert.every("info"))
    message = _Message(text(identifier), text(sender), sent, meaning, kind, _references(alert), zone, is_national)
    if not infos:
        yield message.warning(Element("info"), 0, ())
    for number, info in enumerate(infos[:PARTS_AT_MOST]):
        _check_info(info, is_lenient=is_national or is_first)
        areas, faults = areas_of(info)
        yield message.warning(info, number, areas)
        yield from (Rejection(reason=Reason.MALFORMED, detail=text(fault)) for fault in faults)
    if len(infos) > PARTS_AT_MOST:
        yield Rejection(reason=Reason.TOO_LARGE, detail=f"{len(infos)} <info> blocks, {PARTS_AT_MOST} are read")
    if any(info.word("contact") for info in infos):
        yield Dropped(fields=("contact",))


class _Message:
    """What all parts of one message share."""

    def __init__(  # noqa: PLR0913, PLR0917 -- the fields around the parts
        self,
        identifier: str,
        sender: str,
        sent: datetime,
        meaning: Meaning,
        kind: MessageKind,
        references: tuple[tuple[str, str], ...],
        zone: timezone | None,
        is_national: bool,  # noqa: FBT001 -- made in one place
    ) -> None:
        self._id, self._sender, self._sent = identifier, sender, sent
        self._meaning, self._kind, self._references = meaning, kind, references
        self._zone, self._is_national = zone, is_national

    def warning(self, said: Element, number: int, areas: tuple[WarningArea, ...]) -> OfficialWarning:
        """Make the warning of one part, an empty one where the message has none."""
        event, headline = _event_words(said), text(said.word("headline"))
        slug, word = event_of(event, headline, said.word("description"))
        kind = self._does(said, headline)
        from_at, until_at = self._times(said, kind)
        issuer = text(said.word("senderName")) or self._sender
        return OfficialWarning(
            id=self._id if number == 0 else f"{self._id}#{number + 1}",
            message=self._id,
            sender=self._sender,
            issuer=issuer,
            kind=kind,
            meaning=self._is_meant(headline or event),
            sent=self._sent,
            event=slug,
            event_text=text(event) or word,
            priority=_priority(said, headline, event),
            headline=headline,
            description=_long(said.word("description")),
            from_at=from_at,
            until_at=until_at,
            references=self._references,
            areas=areas,
            thread=f"{self._sender}/{slug}" if self._is_national and slug != OTHER else "",
        )

    def _does(self, info: Element, headline: str) -> MessageKind:
        if self._kind is MessageKind.CANCEL or kind_of(headline) is MessageKind.CANCEL:
            return MessageKind.CANCEL
        answers = {answer.text.strip() for answer in info.every("responseType")}
        if self._kind is MessageKind.UPDATE and answers == {"AllClear"}:
            return MessageKind.CANCEL  # §3.2.2: the event poses no threat any more
        return self._kind

    def _is_meant(self, headline: str) -> Meaning:
        less = meaning_of(headline)
        return less if less is not None and self._meaning is Meaning.ACTUAL else self._meaning

    def _times(self, info: Element, kind: MessageKind) -> tuple[datetime, datetime | None]:
        """Say from when to when it holds: from its onset where that is told and comes before the end.

        A cancellation often repeats the times of what it cancels; it holds at no time itself.
        """
        effective = _instant(info, "effective", self._zone) or self._sent
        onset, until = _instant(info, "onset", self._zone), _instant(info, "expires", self._zone)
        from_at = onset if onset is not None and onset > effective else effective
        if until is not None and until <= from_at:
            from_at = min(effective, self._sent)
            if until <= from_at and kind is MessageKind.CANCEL:
                return self._sent, None
            if until <= from_at:
                raise RefusedError(Reason.TIME, f"expires at {text(info.word('expires'))}, before it was sent")
        return from_at, until


def _chosen(infos: list[Element]) -> list[Element]:
    """Choose the blocks of one language: Chinese, else that of the first block (§3.2.2: none is en-US)."""
    languages = [info.word("language").lower() or "en-us" for info in infos]
    wanted = next((language for language in languages if language.startswith("zh")), languages[0] if languages else "")
    return [info for info, language in zip(infos, languages, strict=True) if language == wanted]


def _check_info(info: Element, *, is_lenient: bool) -> None:
    """Refuse what the standard refuses; 12379 and CAP 1.0 leave more out, and 12379 writes colours for severities."""
    if not _event_words(info):
        raise RefusedError(Reason.MALFORMED, "<event> is missing")
    if not is_lenient:
        for category in info.every("category") or [Element("category")]:
            _check_word(category.text.strip(), "category", _CATEGORIES)
    _check(info, "urgency", _URGENCIES)
    _check(info, "severity", frozenset(SEVERITIES) | {"unknown"} | (frozenset(_COLOURS) if is_lenient else frozenset()))
    _check(info, "certainty", _CERTAINTIES)
    for area in info.every("area"):
        if not area.word("areaDesc") and not is_lenient:
            raise RefusedError(Reason.MALFORMED, "<areaDesc> is missing")


def _event_words(info: Element) -> str:
    kind = info.word("eventType")
    return info.word("event") or _EVENT_TYPES.get(kind.upper(), kind)


def _priority(info: Element, headline: str, event: str) -> int | None:
    """Find how bad it is: the colour of the headline, of a parameter that tells a level, else the severity."""
    named = priority_of(headline, event)
    if named is None:
        levels = (pair.word("value") for pair in info.every("parameter") if _TELLS_LEVEL.search(pair.word("valueName")))
        named = priority_of(*levels)
    severity = info.word("severity").lower()
    return named or _COLOURS.get(severity) or SEVERITIES.get(severity)


def _references(alert: Element) -> tuple[tuple[str, str], ...]:
    """Read "sender,identifier,sent" groups with blanks between them (§3.2.1); senders may hold no comma, ids may."""
    found = []
    for group in alert.word("references").split():
        parts = group.split(",")
        if len(parts) >= 3:  # noqa: PLR2004 -- the three of the standard
            found.append((text(parts[0]), text(",".join(parts[1:-1]))))
        elif len(parts) == 1:
            found.append((text(alert.word("sender")), text(group)))  # 12379 names the identifier alone
    return tuple(dict.fromkeys(found))


def _required(element: Element, name: str) -> str:
    found = element.word(name)
    if not found:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is missing")
    return found


def _one_of(element: Element, name: str, known: dict[str, T]) -> T:
    found = known.get(_required(element, name).lower())
    if found is None:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is {text(element.word(name))!r}, which CAP does not know")
    return found


def _check(element: Element, name: str, known: frozenset[str]) -> None:
    _check_word(_required(element, name), name, known)


def _check_word(word: str, name: str, known: frozenset[str]) -> None:
    if not word:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is missing")
    if word.lower() not in known:
        raise RefusedError(Reason.MALFORMED, f"<{name}> is {text(word)!r}, which CAP does not know")


def _instant(element: Element, name: str, zone: timezone | None) -> datetime | None:
    words = element.word(name)
    if not words:
        return None
    found = instant(words, zone=zone)
    if found is None:
        raise RefusedError(Reason.TIME, f"<{name}> is {text(words)!r}: no time with an offset")
    return found


def _long(words: str) -> str:
    """Make a text of several lines fit to be stored."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in words[:DESCRIPTION_KEPT])
    return kept.strip()
