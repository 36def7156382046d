"""Telemetry of ThingsBoard's own tests."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Quality, Reading

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
VALUES = {"key2": 1.0, "key3": 3.0, "key4": 4.0, "key5.some_number": 42.0}


@pytest.mark.parametrize(
    ("name", "quality"),
    [("dev_values.json", Quality.GOOD), ("dev_ts_values.json", Quality.UNCERTAIN_TIME)],
)
def test_telemetry_of_a_device(recordings: Path, name: str, quality: Quality) -> None:
    """Numbers and truths are readings at our time: none was sent, or one of 1970; text is none."""
    payload = (recordings / "samples" / "thingsboard" / name).read_bytes()
    said = decoder("thingsboard")("site/well/v1/devices/me/telemetry", payload, RECEIVED)
    assert {item.metric: item.value for item in said if isinstance(item, Reading)} == VALUES
    assert {(item.device, item.time, item.quality) for item in said if isinstance(item, Reading)} == {
        ("well", RECEIVED, quality)
    }
    unnamed = decoder("thingsboard")("v1/devices/me/telemetry", payload, RECEIVED)
    assert {item.device for item in unnamed if isinstance(item, Reading)} == {"me"}


def test_telemetry_of_a_gateway(recordings: Path) -> None:
    """Two devices, two points each."""
    payload = (recordings / "samples" / "thingsboard" / "gw_telemetry_2dev.json").read_bytes()
    said = decoder("thingsboard")("v1/gateway/telemetry", payload, RECEIVED)
    readings = [item for item in said if isinstance(item, Reading)]
    assert readings == said
    assert [item.device for item in readings] == ["Device A"] * 8 + ["Device B"] * 8
    assert [item.metric for item in readings] == list(VALUES) * 4


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "thingsboard").iterdir()} == {
        "dev_values.json",
        "dev_ts_values.json",
        "gw_telemetry_2dev.json",
    }
