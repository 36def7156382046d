"""CAP 1.2 (OASIS CAP-V1.2), 1.1 and 1.0: official warnings on `cap/#`. Pure. Refuses documents with a document type.

A message in several languages is one warning: the Chinese blocks are read, else those of the first language. Blocks of one
language are parts of it (sub-events, areas), each a warning of its own. A colour in Chinese words decides before `severity`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, TypeVar

from ingest.decoders.cap12.area import areas_of
from ingest.decoders.cap12.national import (
    COLOURS,
    event_words,
    has_national_id,
    is_national,
    told_of_persons,
    without_persons,
)
from ingest.decoders.cap12.persons import CONTENT, is_of_persons, without_descriptions
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
from ingest.warning_words import OTHER, SEVERITIES, event_of, kind_of, meaning_of, priority_of, simplified
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element, read_xml

T = TypeVar("T")

CHINA: Final = timezone(timedelta(hours=8))
ALERTS_AT_MOST: Final = 1_000  # of one feed document; the largest national feed has some 500
PARTS_AT_MOST: Final = 50  # `info` blocks of one language in one message
PARAMETERS_READ: Final = 500  # of a part; an honest one has 40
DESCRIPTION_KEPT: Final = 4_000
_YEARS: Final = (1970, 2100)
_FIRST_VERSION: Final = "cap/1.0"
_TRADITIONAL: Final = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")

_MEANINGS: Final = {meaning.value: meaning for meaning in Meaning}
_KINDS: Final = {kind.value: kind for kind in MessageKind}
_ANSWERS: Final = frozenset({"ack", "error"})
_SCOPES: Final = frozenset({"public", "restricted", "private"})
_CATEGORIES: Final = frozenset(
    {"geo", "met", "safety", "security", "rescue", "fire", "health", "env", "transport", "infra", "cbrne", "other"}
)
_URGENCIES: Final = frozenset({"immediate", "expected", "future", "past", "unknown"})
_CERTAINTIES: Final = frozenset({"observed", "very likely", "verylikely", "likely", "possible", "unlikely", "unknown"})
_TELLS_LEVEL: Final = re.compile("colou?r|level|颜色|等级|级别", re.IGNORECASE)
_IS_GREEN: Final = re.compile(r"\b(?:green|绿色)\b", re.IGNORECASE)
"""MeteoAlarm's lowest awareness level: nothing is warned of."""
_TEST_CODES: Final = frozenset({"RWT", "RMT", "NPT", "NAT", "NST", "DMO"})
"""Required weekly and monthly tests, national tests, demonstrations (47 CFR 11.31): sent with the status Actual."""
_CONTACT: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]{0,30}:)?contact)>" + CONTENT, re.DOTALL)


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:  # noqa: ARG001 -- it says itself who and when
    """Decode a CAP message, or a feed that has messages in it."""
    try:
        root = read_xml(payload)
        alerts = [(root, Meaning.ACTUAL)] if root.name == "alert" else _inside(root)
    except RefusedError as refused:
        return [refused.rejection]
    found: list[Decoded] = []
    for alert, envelope in alerts[:ALERTS_AT_MOST]:
        try:
            found += _alert(alert, envelope)
        except RefusedError as refused:
            found.append(refused.rejection)
    if len(alerts) > ALERTS_AT_MOST:
        found.append(Rejection(reason=Reason.TOO_LARGE, detail=f"{len(alerts)} messages, {ALERTS_AT_MOST} are read"))
    return found


def storable(payload: bytes) -> bytes:
    """Take out who is to be called: often a person's name; who signed; and what tells of persons."""
    return without_descriptions(without_persons(_CONTACT.sub(rb"<\1><", payload)))


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


def _inside(root: Element) -> list[tuple[Element, Meaning]]:
    """Find the messages in a feed (Atom, RSS) or an envelope (EDXL-DE, SOAP), and what the envelope says of its status."""
    alerts, waiting = [], [(root, Meaning.ACTUAL)]
    while waiting:
        element, meaning = waiting.pop()
        if element.name == "alert":
            alerts.append((element, meaning))
        else:
            meaning = _MEANINGS.get(element.word("distributionStatus").lower(), meaning)
            waiting += ((child, meaning) for child in reversed(element.children))
    if not alerts:
        is_index = root.name in {"feed", "rss", "RDF"}
        detail = "a list of addresses without messages" if is_index else f"<{root.name}> is no CAP message"
        raise RefusedError(Reason.UNSUPPORTED if is_index else Reason.MALFORMED, detail)
    return alerts


def _alert(alert: Element, envelope: Meaning) -> Iterator[Decoded]:
    identifier, sender = text(_required(alert, "identifier")), text(_required(alert, "sender"))
    is_local = is_national(alert)
    is_office = is_local or has_national_id(identifier)
    is_first = _FIRST_VERSION in alert.space
    zone = CHINA if is_office else None
    sent = _sent(alert, zone)
    meaning = _one_of(alert, "status", _MEANINGS)
    if alert.word("msgType").lower() in _ANSWERS:
        raise RefusedError(Reason.UNSUPPORTED, f"an {text(alert.word('msgType'))} warns of nothing")
    kind = _one_of(alert, "msgType", _KINDS)
    if alert.first("scope") is not None or not is_first:
        _check(alert, "scope", _SCOPES)
    infos = _chosen(alert.every("info"))
    references = _references(alert, sender, is_first=is_first)
    if kind is not MessageKind.ALERT and (sender, identifier) in references:
        # The same identifier again, for what lifts or renews it: it needs a name of its own.
        identifier = f"{identifier}/{sent:%Y%m%dT%H%M%SZ}"
    meaning = envelope if meaning is Meaning.ACTUAL else meaning
    message = _Message(identifier, sender, sent, meaning, kind, references, zone, is_office)
    if not infos:
        yield message.warning(Element("info"), 0, ())
    is_seeking = False
    for number, info in enumerate(infos[:PARTS_AT_MOST]):
        _check_info(info, kind, is_lenient=is_local or is_first)
        areas, faults = areas_of(info, is_national=is_local)
        seeks = is_of_persons(info)
        is_seeking = is_seeking or seeks
        yield message.warning(info, number, areas, is_of_persons=seeks)
        yield from (Rejection(reason=Reason.MALFORMED, detail=text(fault)) for fault in faults)
    if len(infos) > PARTS_AT_MOST:
        yield Rejection(reason=Reason.TOO_LARGE, detail=f"{len(infos)} <info> blocks, {PARTS_AT_MOST} are read")
    dropped = set(told_of_persons(alert)) if is_office else set()
    if any(info.word("contact") for info in infos):
        dropped.add("contact")
    if is_seeking:
        dropped |= {"headline", "description"}
    if dropped:
        yield Dropped(fields=tuple(sorted(dropped)))


def _sent(alert: Element, zone: timezone | None) -> datetime:
    sent = _instant(alert, "sent" if zone is None or alert.first("sent") is not None else "sendTime", zone)
    if sent is None:
        raise RefusedError(Reason.MALFORMED, "<sent> is missing")
    return sent


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
        is_office: bool,  # noqa: FBT001 -- made in one place
    ) -> None:
        self._id, self._sender, self._sent = identifier, sender, sent
        self._meaning, self._kind, self._references = meaning, kind, references
        self._zone, self._is_office = zone, is_office

    def warning(
        self, said: Element, number: int, areas: tuple[WarningArea, ...], *, is_of_persons: bool = False
    ) -> OfficialWarning:
        """Make the warning of one part, an empty one where the message has none."""
        event, headline, description = event_words(said), text(said.word("headline")), _long(said.word("description"))
        if is_of_persons:
            headline, description = text(event), ""
        plain = (
            simplified(event, headline) if said.word("language").lower().startswith(_TRADITIONAL) else (event, headline)
        )
        slug, word = event_of(*plain, *_awareness(said, "type"))
        kind = self._does(said, plain[1])
        from_at, until_at = self._times(said, kind)
        if kind is MessageKind.UPDATE and until_at is not None and until_at <= from_at:
            kind, from_at, until_at = MessageKind.CANCEL, self._sent, None  # an update that is over when it comes
        named = "" if self._is_office else text(said.word("senderName"))  # of an office it is the one who signed
        issuer = named or (self._sender.replace("_", " ") if self._is_office else self._sender)
        return OfficialWarning(
            id=self._id if number == 0 else f"{self._id}#{number + 1}",
            message=self._id,
            sender=self._sender,
            issuer=issuer,
            kind=kind,
            meaning=self._is_meant(said, plain),
            sent=self._sent,
            event=slug,
            event_text=text(event) or word,
            priority=_priority(said, plain[1], plain[0]),
            headline=headline,
            description=description,
            from_at=from_at,
            until_at=until_at,
            references=self._references,
            areas=areas,
            thread=f"{self._sender}/{slug}" if self._is_office and slug != OTHER else "",
        )

    def _does(self, info: Element, headline: str) -> MessageKind:
        said = kind_of(headline)
        if MessageKind.CANCEL in {self._kind, said}:
            return MessageKind.CANCEL
        if said is MessageKind.UPDATE and self._is_office:
            return said  # 更新, 继续发布, whatever its type
        if any(_IS_GREEN.search(level) for level in _awareness(info, "level")):
            return MessageKind.CANCEL
        answers = {answer.text.strip() for answer in info.every("responseType")}
        if answers == {"AllClear"}:
            return MessageKind.CANCEL  # §3.2.2: the event poses no threat any more
        return self._kind

    def _is_meant(self, info: Element, words: tuple[str, ...]) -> Meaning:
        """Say whether it is meant: an exercise or a test is one, also where the status does not say so."""
        if self._meaning is not Meaning.ACTUAL:
            return self._meaning
        if any(code.word("value") in _TEST_CODES for code in info.every("eventCode")):
            return Meaning.TEST
        return next((less for word in words if (less := meaning_of(word)) is not None), Meaning.ACTUAL)

    def _times(self, info: Element, kind: MessageKind) -> tuple[datetime, datetime | None]:
        """Say from when to when it holds: from its onset where that is told and comes before the end.

        A cancellation often repeats the times of what it cancels; it holds at no time itself.
        """
        effective = _instant(info, "effective", self._zone) or self._sent
        onset, until = _instant(info, "onset", self._zone), _instant(info, "expires", self._zone)
        from_at = onset if onset is not None and onset > effective else effective
        if self._is_office and kind is MessageKind.ALERT and until == effective:
            until = None  # national systems that know no end write the beginning again
        if until is not None and until <= from_at:
            from_at = min(effective, self._sent)
            if until <= from_at and kind is MessageKind.CANCEL:
                return self._sent, None
            if until <= from_at and kind is MessageKind.ALERT:
                raise RefusedError(Reason.TIME, f"expires at {text(info.word('expires'))}, before it was sent")
        return from_at, until


def _chosen(infos: list[Element]) -> list[Element]:
    """Choose the blocks of one language: Chinese, else that of the first block (§3.2.2: none is en-US)."""
    languages = [info.word("language").lower() or "en-us" for info in infos]
    wanted = next((language for language in languages if language.startswith("zh")), languages[0] if languages else "")
    return [info for info, language in zip(infos, languages, strict=True) if language == wanted]


def _check_info(info: Element, kind: MessageKind, *, is_lenient: bool) -> None:
    """Refuse what the standard refuses; 12379 and CAP 1.0 leave more out, and 12379 writes colours for severities."""
    if kind is MessageKind.CANCEL:  # what a cancellation leaves out must not keep the warning standing
        return
    if not event_words(info):
        raise RefusedError(Reason.MALFORMED, "<event> is missing")
    if not is_lenient:
        for category in info.every("category") or [Element("category")]:
            _check_word(category.text.strip(), "category", _CATEGORIES)
    _check(info, "urgency", _URGENCIES)
    _check(info, "severity", frozenset(SEVERITIES) | {"unknown"} | (frozenset(COLOURS) if is_lenient else frozenset()))
    _check(info, "certainty", _CERTAINTIES)
    for area in info.every("area"):
        if area.first("areaDesc") is None and not is_lenient:
            raise RefusedError(Reason.MALFORMED, "<areaDesc> is missing")


def _awareness(info: Element, of: str) -> tuple[str, ...]:
    """Give MeteoAlarm's `awareness_level` ("3; orange; Severe") or `awareness_type` ("3; Thunderstorm")."""
    name = f"awareness_{of}"
    return tuple(
        pair.word("value") for pair in info.every("parameter")[:PARAMETERS_READ] if pair.word("valueName") == name
    )


def _priority(info: Element, headline: str, event: str) -> int | None:
    """Find how bad it is: MeteoAlarm's level, the colour of the headline, of a parameter that tells a level, else the severity."""
    named = priority_of(*_awareness(info, "level"), headline, event)
    if named is None:
        pairs = info.every("parameter")[:PARAMETERS_READ]
        levels = (pair.word("value") for pair in pairs if _TELLS_LEVEL.search(pair.word("valueName")))
        named = priority_of(*levels)
    severity = info.word("severity").lower()
    return named or COLOURS.get(severity) or SEVERITIES.get(severity)


def _references(alert: Element, sender: str, *, is_first: bool) -> tuple[tuple[str, str], ...]:
    """Read "sender,identifier,sent" groups with blanks between them (§3.2.1); senders may hold no comma, ids may.

    CAP 1.0 (`is_first`) wrote "identifier/sender".
    """
    found = []
    for group in alert.word("references").split():
        parts = group.split(",")
        if is_first and len(parts) == 1:
            named, _, by = group.partition("/")
            found.append((text(by) or sender, text(named)))
        elif len(parts) >= 3:  # noqa: PLR2004 -- the three of the standard
            found.append((text(parts[0]), text(",".join(parts[1:-1]))))
        elif len(parts) == 1:
            found.append((sender, text(group)))  # 12379 names the identifier alone
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
