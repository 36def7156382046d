"""Messages from Tasmota's own documentation."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Reading

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
BOARD, SENSOR, RESULT = "tele/board/SENSOR", "board", "RSL: RESULT"

SAMPLES: dict[str, tuple[str, datetime, set[tuple[str, str, float, str]]]] = {
    "adc_00.json": (BOARD, datetime(2019, 10, 31, 10, 55, 9, tzinfo=UTC), {(SENSOR, "illuminance", 8.0, "lux")}),
    "adc_01.json": (BOARD, datetime(2019, 1, 14, 11, 36, 51, tzinfo=UTC), {(SENSOR, "a0", 1024.0, "1")}),
    "deepsleep_05.json": (
        BOARD, datetime(2021, 6, 27, 13, 3, 44, tzinfo=UTC),
        {(SENSOR, "switch1", 0.0, "1"), (SENSOR, "switch2", 1.0, "1")},
    ),
    "deepsleep_06.json": ("stat/board/POWER", RECEIVED, {(SENSOR, "relay", 0.0, "1")}),
    "deepsleep_10.json": (BOARD, datetime(2019, 9, 4, 11, 8, 48, tzinfo=UTC), {(SENSOR, "a0", 8.0, "1")}),
    "bluetooth_11.json": (
        BOARD, datetime(2020, 3, 24, 4, 47, 51, tzinfo=UTC),
        {
            (f"board.{part}", metric, value, unit)
            for part, values in {
                "LYWSD03-52680f": (21.1, 58.0, 12.5, 100.0),
                "LYWSD02-a2fd09": (21.4, 57.0, 12.5, 2.0),
                "MJ_HT_V1-d8799d": (21.4, 54.6, 11.9),
            }.items()
            for (metric, unit), value in zip(
                (("temperature", "Cel"), ("humidity", "%RH"), ("dew_point", "Cel"), ("battery", "%EL")),
                values, strict=False,
            )
        },
    ),
    **{
        f"zigbee_{number}.json": (RESULT, RECEIVED, set[tuple[str, str, float, str]]())
        for number in (15, 16, 20, 21, 25, 26)
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """Values, units and times are the expected ones; what a bridge says of joining says nothing."""
    topic, time, values = SAMPLES[name]
    said = decoder("tasmota")(topic, (recordings / "samples" / "tasmota" / name).read_bytes(), RECEIVED)
    readings = [item for item in said if isinstance(item, Reading)]
    assert {(item.device, item.metric, item.value, item.unit) for item in readings} == values
    assert len(readings) == len(values)
    assert {item.time for item in readings} <= {time}


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    assert {path.name for path in (recordings / "samples" / "tasmota").iterdir()} == set(SAMPLES)
