"""Who spoke as whom, read off decoders' words."""

import pytest

from ingest.foreign import foreigners, parties
from ingest.rows import RejectedMessage


@pytest.mark.parametrize(
    ("detail", "topic", "expected"),
    [
        ("source 01 on the topic of 02", "gb26875/T/02", ("02", "01")),
        ("smoke-1:smoke on the topic of smoke-2", "gridwatch/v1/T/smoke-2/senml", ("smoke-2", "smoke-1")),
        ("app/a/device/1 speaks for 2", "x", ("app/a/device/1", "2")),
        ("s1 belongs to area 3301", "gridwatch/v1/3302/s1/senml", ("gridwatch/v1/3302/s1/senml", "s1")),
        ("something else", "a/b", ("a/b", "something else")),
    ],
)
def test_speaker_and_victim_are_told_apart(detail, topic, expected):
    """Each way in which decoders say it names the one who spoke and the one who was named."""
    assert parties(detail, topic) == expected


def test_only_foreign_devices_are_counted_and_each_pair_once():
    """Three messages of one pair are one row of three; a checksum is nobody's identity."""
    one = RejectedMessage(topic="t", payload=b"", source="s", reason="foreign-device", detail="a on the topic of b")
    other = RejectedMessage(topic="t", payload=b"", source="s", reason="checksum", detail="")
    (found,) = foreigners([one, one, other, one])
    assert (found.speaker, found.victim, found.messages) == ("b", "a", 3)
