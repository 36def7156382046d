"""The warning that one part of a CAP message gives: what, how bad, from when to when, and what it does. Pure."""

import re
from datetime import datetime, timezone
from typing import Final

from ingest.decoders.cap12.fields import instant_of, long_text
from ingest.decoders.cap12.national import COLOURS, event_words
from ingest.readings import Meaning, MessageKind, OfficialWarning, Reason, WarningArea
from ingest.warning_words import OTHER, SEVERITIES, event_of, kind_of, meaning_of, priority_of, simplified
from ingest.wire import RefusedError, text
from ingest.xml_tree import Element

PARAMETERS_READ: Final = 500  # of a part; an honest one has 40
_TRADITIONAL: Final = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")
_TELLS_LEVEL: Final = re.compile("colou?r|level|颜色|等级|级别", re.IGNORECASE)
_IS_GREEN: Final = re.compile(r"\b(?:green|绿色)\b", re.IGNORECASE)
"""MeteoAlarm's lowest awareness level: nothing is warned of."""
_TEST_CODES: Final = frozenset({"RWT", "RMT", "NPT", "NAT", "NST", "DMO"})
"""Required weekly and monthly tests, national tests, demonstrations (47 CFR 11.31): sent with the status Actual."""


class Message:
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
        event, headline, description = (
            event_words(said),
            text(said.word("headline")),
            long_text(said.word("description")),
        )
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
        effective = instant_of(info, "effective", self._zone) or self._sent
        onset, until = instant_of(info, "onset", self._zone), instant_of(info, "expires", self._zone)
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
