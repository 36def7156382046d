"""Real messages of platforms and meters, judged by what their publishers say they mean."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import (
    CameraEvent,
    DeviceState,
    Enclosed,
    Fact,
    Reading,
    Reason,
    Rejection,
)

RECEIVED = datetime(2026, 8, 1, tzinfo=UTC)
PANEL = "1501708501-0181091701068001000001010100030185"
NORMAL = {
    Fact.FIRE: False,
    Fact.SHIELDED: False,
    Fact.MAINS_LOST: False,
    Fact.FAULT: False,
    Fact.OTHER: False,
}

# file -> topic, {(device, metric or fact): value}, time in UTC
SAMPLES: dict[str, tuple[str, dict[tuple[str, str], object], datetime]] = {
    "ctwing_aep/device_online.json": (
        "ctwing/aep",
        {("44d0b9e48d404094bbbcf889e4e64ece", Fact.OFFLINE): False},
        datetime(2020, 5, 14, 8, 17, 11, 825000, UTC),
    ),
    "ctwing_aep/huaqiang_water_1.json": (
        "ctwing/aep",
        {
            ("44d0b9e48d404094bbbcf889e4e64ece", name): value
            for name, value in {
                Fact.VALUE_LOW: True,
                Fact.VALUE_HIGH: False,
                Fact.BATTERY_LOW: False,
                Fact.FAULT: False,
                "voltage": 3.644,
                "battery": 100.0,
                "temperature": 0.0,
                "cell_id": 39154000.0,
                "rsrp": None,
                "pressure": 0.0,
            }.items()
        },
        datetime(2020, 5, 14, 8, 17, 14, tzinfo=UTC),
    ),
    "ctwing_aep/ut_c27_sample.json": (
        "ctwing/aep",
        {("1501708501-222", fact): value for fact, value in (NORMAL | {Fact.TEST: False}).items()},
        datetime(2020, 12, 29, 8, 40, 9, 767000, UTC),
    ),
    "ctwing_aep/ut_c27_64.json": (
        "ctwing/aep",
        {(PANEL, fact): value for fact, value in (NORMAL | {Fact.OTHER: True}).items()}
        | {("1501708501-01810917010680", Fact.OFFLINE): False},
        datetime(2021, 4, 24, 14, 14, 23, 291000, UTC),
    ),
    "aliyun_iot/prop_plain.json": (
        "/sys/pk/dn/thing/event/property/post",
        {("pk.dn", "prop_float"): 1.25, ("pk.dn", "prop_int16"): 4658.0, ("pk.dn", "prop_bool"): 1.0},
        RECEIVED,
    ),
    "aliyun_iot/prop_raw_pair.json": (
        "/sys/pk/dn/thing/event/property/post",
        {("pk.dn", "prop_float"): 0.0, ("pk.dn", "prop_int16"): 50.0, ("pk.dn", "prop_bool"): 1.0},
        RECEIVED,
    ),
    "aliyun_iot/prop_no_id.json": (
        "/sys/k29cyOF3OLv/app_dev/thing/event/property/post",
        {("k29cyOF3OLv.app_dev", "led"): 0.0},
        RECEIVED,
    ),
    "onenet/nb_2023_signature.json": (
        "onenet/push",
        {("AjIrTSO3B7.NB_12208", "illuminance"): 117.5},
        datetime(2023, 10, 25, 9, 23, 25, 722000, UTC),
    ),
    "onenet/nb_rssi_number.json": (
        "onenet/push",
        {("523444202", "sensor_value"): -115.0},
        datetime(2019, 4, 22, 3, 46, 45, 407000, UTC),
    ),
    "meokon_a55a/pressure_normal1.hex": (
        "GIOT-GW/UL/SHRP25090120",
        {
            ("SHRP25090120", Fact.VALUE_LOW): False,
            ("SHRP25090120", Fact.VALUE_HIGH): False,
            ("SHRP25090120", Fact.BATTERY_LOW): False,
            ("SHRP25090120", Fact.FAULT): False,
            ("SHRP25090120", "battery"): 100.0,
            ("SHRP25090120", "rssi"): -48.0,
            ("SHRP25090120", "pressure"): 0.605,
        },
        datetime(2025, 10, 27, 18, 23, 3, tzinfo=UTC),
    ),
    "gb28181_alarm/keepalive.xml": (
        "gb28181/4401/34020000001320000001",
        {("34020000001320000001", Fact.OFFLINE): False},
        RECEIVED,
    ),
}
ENCLOSED = {
    "ctwing_aep/apndata_smoke_binary.json": (
        "40edca19b0124480864366de4621de99",
        "15114816",
        datetime(2022, 4, 21, 15, 27, 8, 842000, UTC),
    ),
}
OTHERS = {"aliyun_iot/prop_unquoted.json", "gb28181_alarm/alarm_test_gb2312.xml"}
FORMATS = ("aliyun_iot", "ctwing_aep", "gb28181_alarm", "meokon_a55a", "onenet")


def _read(recordings: Path, name: str) -> tuple[str, bytes]:
    return name.partition("/")[0], (recordings / "samples" / name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_says_exactly_this(recordings: Path, name: str) -> None:
    """Readings, facts, devices and times are the expected ones, and nothing else is said."""
    form, payload = _read(recordings, name)
    topic, expected, time = SAMPLES[name]
    decoded = decoder(form)(topic, payload, RECEIVED)
    said = [item for item in decoded if isinstance(item, DeviceState | Reading)]
    assert said == decoded
    assert {
        (item.device, item.metric if isinstance(item, Reading) else item.fact): item.value
        if isinstance(item, Reading)
        else item.active
        for item in said
    } == expected
    assert {item.time for item in said} == {time}


@pytest.mark.parametrize("name", ENCLOSED)
def test_bytes_of_an_unknown_product_are_kept_for_a_codec(recordings: Path, name: str) -> None:
    """The envelope is read, the bytes are as the device sent them."""
    form, payload = _read(recordings, name)
    (item,) = decoder(form)("ctwing/aep", payload, RECEIVED)
    assert isinstance(item, Enclosed)
    assert (item.device, item.hint, item.time) == ENCLOSED[name]
    assert b"V1.0" in item.payload
    assert b"862592051651472" in item.payload


def test_unquoted_keys_are_refused(recordings: Path) -> None:
    """What a real firmware sends is no JSON: rejected, counted, kept raw."""
    form, payload = _read(recordings, "aliyun_iot/prop_unquoted.json")
    (item,) = decoder(form)("/sys/a1w01lP5lmB/valve_manager1/thing/event/property/post", payload, RECEIVED)
    assert isinstance(item, Rejection)
    assert item.reason is Reason.MALFORMED


def test_a_video_alarm_with_its_type_at_top_level(recordings: Path) -> None:
    """Method 5, type 1, no priority: a manual alarm of the camera, at Beijing time."""
    form, payload = _read(recordings, "gb28181_alarm/alarm_test_gb2312.xml")
    decoded = decoder(form)("gb28181/4401/34020000001320000001", payload, RECEIVED)
    events = [item for item in decoded if isinstance(item, CameraEvent)]
    assert events == decoded
    assert {(item.device, item.label, item.severity) for item in events} == {
        ("34020000001320000001", "manual", "detection")
    }
    assert events[0].time == datetime(2026, 7, 3, 4, 0, tzinfo=UTC)


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folders is left out."""
    found = {f"{form}/{path.name}" for form in FORMATS for path in (recordings / "samples" / form).iterdir()}
    assert found == set(SAMPLES) | set(ENCLOSED) | OTHERS
