"""The lines `gridwatch decode` prints."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from ingest.decode_cli import lines
from ingest.decoders import UnknownDecoderError

RECEIVED = datetime(2024, 5, 1, 20, 0, tzinfo=timezone(timedelta(hours=8)))


def _printed(name: str, payload: bytes, topic: str = "") -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(name, payload, topic, RECEIVED)]


def test_reading_line() -> None:
    """A reading is one line with UTC times to the millisecond, finer only where needed."""
    pack = b'[{"n":"urn:dev:x:1:stage","u":"m","v":1.5,"t":1700000000.000001},{"n":"urn:dev:x:1:stage","v":null}]'
    first, second = _printed("senml", pack)
    assert first == {
        "type": "reading", "device": "urn:dev:x:1", "metric": "stage", "value": 1.5, "unit": "m",
        "time": "2023-11-14T22:13:20.000001Z", "received_at": "2024-05-01T12:00:00.000Z", "quality": "good", "code": "",
    }  # fmt: skip
    assert (second["value"], second["quality"], second["time"]) == (None, "missing", "2024-05-01T12:00:00.000Z")


def test_state_line() -> None:
    """A fact is a state line."""
    (line,) = _printed("zigbee2mqtt", b'{"smoke":true}', "zigbee2mqtt/走廊")
    assert (line["type"], line["device"], line["state"], line["active"]) == ("state", "走廊", "fire", True)


def test_camera_event_and_dropped_lines() -> None:
    """A camera event and what was dropped from it are two lines."""
    after = {"id": "1700000000.0-a", "camera": "gate", "label": "smoke", "sub_label": "X", "start_time": 1700000000}
    dropped, event = _printed("frigate", json.dumps({"type": "new", "after": after}).encode(), "frigate/events")
    assert dropped == {"type": "dropped", "fields": ["sub_label"]}
    assert (event["type"], event["phase"], event["ended"]) == ("camera_event", "start", None)
    assert event["started"] == "2023-11-14T22:13:20.000Z"


def test_rejection_line() -> None:
    """A payload that cannot be taken in is a line that says why."""
    (line,) = _printed("senml", b"?", "gridwatch/v1/1/a/senml")
    assert (line["type"], line["reason"]) == ("rejection", "malformed")


def test_nothing_said_is_no_line() -> None:
    """A payload that says nothing prints nothing."""
    assert _printed("zigbee2mqtt", b"{}", "zigbee2mqtt/hall/set") == []


def test_unknown_decoder_is_named() -> None:
    """A wrong name is an error before anything is decoded."""
    with pytest.raises(UnknownDecoderError, match="senml"):
        lines("senlm", b"", "", RECEIVED)
