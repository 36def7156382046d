"""Who spoke as somebody else, read off rejections and a broker's log. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from ingest.readings import Reason

LONGEST: Final = 200
_ON = re.compile(r"(\S+) on the topic of (.+)")
_FOR = re.compile(r"(.+) speaks for (.+)")
_AREA = re.compile(r"(.+) belongs to area ")


class How(StrEnum):
    """How it was noticed."""

    PAYLOAD = "payload"  # what it says names another device than its topic
    TOPIC = "topic"  # the broker does not let its account publish there


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One speaker that spoke as one victim, so many times; `topic` is where it did so last."""

    speaker: str
    victim: str
    how: How
    topic: str
    messages: int = 1


class Refused(Protocol):
    """What is read of a rejected message."""

    @property
    def topic(self) -> str:
        """Topic it came on."""
        ...

    @property
    def reason(self) -> str:
        """Why it was rejected."""
        ...

    @property
    def detail(self) -> str:
        """What exactly was wrong."""
        ...


def foreigners(rejected: Iterable[Refused]) -> list[Foreign]:
    """Count who spoke as whom among rejected messages."""
    found: dict[tuple[str, str], Foreign] = {}
    for message in rejected:
        if message.reason == Reason.FOREIGN_DEVICE:
            speaker, victim = parties(message.detail, message.topic)
            before = found.get((speaker, victim))
            found[speaker, victim] = Foreign(
                speaker=speaker,
                victim=victim,
                how=How.PAYLOAD,
                topic=message.topic,
                messages=before.messages + 1 if before else 1,
            )
    return list(found.values())


def parties(detail: str, topic: str) -> tuple[str, str]:
    """Read (speaker, victim) off a decoder's words; the topic stands for a speaker that nobody names."""
    if match := _ON.search(detail):
        victim, speaker = match.groups()
        if topic.endswith("/senml"):  # a record's name is the device's and the metric's
            victim = victim.rpartition(":")[0] or victim
    elif match := _FOR.fullmatch(detail):
        speaker, victim = match.groups()
    elif match := _AREA.match(detail):
        speaker, victim = topic, match[1]
    else:
        speaker, victim = topic, detail
    return speaker[:LONGEST], victim[:LONGEST]
