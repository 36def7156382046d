"""Real CAP messages and Chinese warnings, judged by what their index says of them."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.decoders.cap12.fields import instant
from ingest.readings import MessageKind, OfficialWarning, Reason, Rejection
from ingest.warning_words import SEVERITIES

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
CAP = ["43b080713727", "earthquake", "no_optional_fields", "thunderstorm", "weather"]


def _only(recordings: Path, name: str) -> OfficialWarning:
    fmt = name.partition("/")[0]
    warnings = [
        item
        for item in decoder(fmt)("cap/x", (recordings / "samples" / name).read_bytes(), RECEIVED)
        if isinstance(item, OfficialWarning)
    ]
    assert len(warnings) == 1
    return warnings[0]


def _expected(recordings: Path, name: str) -> dict[str, str]:
    lines = (recordings / "samples" / "INDEX.jsonl").read_text().splitlines()
    entry = next(entry for entry in map(json.loads, lines) if entry["file"] == name)
    return dict(re.findall(r"(\w+)=([^;]+)", entry["expected"]))


@pytest.mark.parametrize("name", CAP)
def test_a_message_says_what_its_index_says(recordings: Path, name: str) -> None:
    """Identifier, sender, times, event and severity are those of the index."""
    warning, expected = _only(recordings, f"cap12/{name}.xml"), _expected(recordings, f"cap12/{name}.xml")
    assert (warning.id, warning.sender) == (expected["identifier"], expected["sender"])
    assert (warning.sent, warning.meaning) == (instant(expected["sent"]), expected["status"].lower())
    assert warning.kind is MessageKind.ALERT
    assert warning.event_text == expected.get("event", "")
    assert warning.priority == SEVERITIES.get(expected.get("severity", "").lower())
    assert warning.until_at == (instant(expected["expires"]) if "expires" in expected else None)


def test_the_invalid_one_is_refused_for_what_it_lacks(recordings: Path) -> None:
    """It has no scope."""
    body = (recordings / "samples/cap12/invalid.xml").read_bytes()
    assert decoder("cap12")("cap/x", body, RECEIVED) == [
        Rejection(reason=Reason.MALFORMED, detail="<scope> is missing")
    ]


def test_places_are_latitude_first(recordings: Path) -> None:
    """California and Sikkim lie where they lie; codes keep their system."""
    storm = _only(recordings, "cap12/thunderstorm.xml").areas[0]
    assert storm.polygons[0][0] == (-120.14, 38.47)
    assert storm.codes == (("SAME", "006109"), ("SAME", "006009"), ("SAME", "006003"))
    flood = _only(recordings, "cap12_flash_flood/singtam_ffw.xml")
    assert flood.areas[0].polygons[0][0] == (88.48, 27.25)
    assert (flood.event, flood.priority, flood.until_at) == ("flash-flood", 1, None)
    assert flood.sent == datetime(2026, 9, 11, 9, 0, tzinfo=UTC)
    assert _only(recordings, "cap12/earthquake.xml").areas[0].circles == ((-173.274, -16.053, 0.0),)


def test_the_row_of_weather_com_cn(recordings: Path) -> None:
    """Eight values by their place; the county is that of the identifier."""
    warning = _only(recordings, "cma_warning/weathercn_row.json")
    assert warning.id == "65402641600000_20261006212927"
    assert (warning.event, warning.priority) == ("lightning", 3)
    assert warning.sent == datetime(2026, 10, 6, 13, 29, 27, tzinfo=UTC)
    assert warning.areas[0].codes[0] == ("GB2260", "654026")


def test_the_warning_of_caiyun(recordings: Path) -> None:
    """0201 is rain, blue; its time is in seconds."""
    warning = _only(recordings, "cma_warning/caiyun_rain_blue.json")
    assert (warning.event, warning.priority, warning.kind) == ("rainstorm", 4, MessageKind.ALERT)
    assert warning.sent == datetime(2025, 7, 27, 10, 25, tzinfo=UTC) - timedelta(hours=8)
    assert warning.areas[0].codes == (("GB2260", "110101"),)
    assert warning.issuer == "东城区气象台"
