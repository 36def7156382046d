"""CAP 1.2 (OASIS CAP-V1.2), 1.1 and 1.0: official warnings on `cap/#`. Pure. Refuses documents with a document type.

A message in several languages is one warning: the Chinese blocks are read, else those of the first language. Blocks of one
language are parts of it (sub-events, areas), each a warning of its own. A colour in Chinese words decides before `severity`.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Final

from ingest.decoders.cap12.area import areas_of
from ingest.decoders.cap12.fields import CHINA, check, check_word, instant_of, one_of, references_of, required
from ingest.decoders.cap12.message import Message
from ingest.decoders.cap12.national import (
    COLOURS,
    event_words,
    has_national_id,
    is_national,
    told_of_persons,
    without_persons,
)
from ingest.decoders.cap12.persons import CONTENT, is_of_persons, without_descriptions
from ingest.readings import Decoded, Decoder, Dropped, Meaning, MessageKind, Reason, Rejection
from ingest.warning_words import SEVERITIES
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element, read_xml

ALERTS_AT_MOST: Final = 1_000  # of one feed document; the largest national feed has some 500
PARTS_AT_MOST: Final = 50  # `info` blocks of one language in one message


_FIRST_VERSION: Final = "cap/1.0"


_MEANINGS: Final = {meaning.value: meaning for meaning in Meaning}
_KINDS: Final = {kind.value: kind for kind in MessageKind}
_ANSWERS: Final = frozenset({"ack", "error"})
_SCOPES: Final = frozenset({"public", "restricted", "private"})
_CATEGORIES: Final = frozenset(
    {"geo", "met", "safety", "security", "rescue", "fire", "health", "env", "transport", "infra", "cbrne", "other"}
)
_URGENCIES: Final = frozenset({"immediate", "expected", "future", "past", "unknown"})
_CERTAINTIES: Final = frozenset({"observed", "very likely", "verylikely", "likely", "possible", "unlikely", "unknown"})

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
    identifier, sender = text(required(alert, "identifier")), text(required(alert, "sender"))
    is_local = is_national(alert)
    is_office = is_local or has_national_id(identifier)
    is_first = _FIRST_VERSION in alert.space
    zone = CHINA if is_office else None
    sent = _sent(alert, zone)
    meaning = one_of(alert, "status", _MEANINGS)
    if alert.word("msgType").lower() in _ANSWERS:
        raise RefusedError(Reason.UNSUPPORTED, f"an {text(alert.word('msgType'))} warns of nothing")
    kind = one_of(alert, "msgType", _KINDS)
    if alert.first("scope") is not None or not is_first:
        check(alert, "scope", _SCOPES)
    infos = _chosen(alert.every("info"))
    references = references_of(alert, sender, is_first=is_first)
    if kind is not MessageKind.ALERT and (sender, identifier) in references:
        # The same identifier again, for what lifts or renews it: it needs a name of its own.
        identifier = f"{identifier}/{sent:%Y%m%dT%H%M%SZ}"
    meaning = envelope if meaning is Meaning.ACTUAL else meaning
    message = Message(identifier, sender, sent, meaning, kind, references, zone, is_office)
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
    sent = instant_of(alert, "sent" if zone is None or alert.first("sent") is not None else "sendTime", zone)
    if sent is None:
        raise RefusedError(Reason.MALFORMED, "<sent> is missing")
    return sent


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
            check_word(category.text.strip(), "category", _CATEGORIES)
    check(info, "urgency", _URGENCIES)
    check(info, "severity", frozenset(SEVERITIES) | {"unknown"} | (frozenset(COLOURS) if is_lenient else frozenset()))
    check(info, "certainty", _CERTAINTIES)
    for area in info.every("area"):
        if area.first("areaDesc") is None and not is_lenient:
            raise RefusedError(Reason.MALFORMED, "<areaDesc> is missing")
