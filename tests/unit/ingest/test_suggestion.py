"""What a waiting device probably is: from its words, its metrics, its announcement and how often it speaks."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.readings import (
    DeviceId,
    DeviceState,
    Discovered,
    Dropped,
    Enclosed,
    Fact,
    Reading,
    Reason,
    Rejection,
)
from ingest.suggestion import interval, suggest

T0 = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
HEARD = (T0, T0 + timedelta(minutes=50), 11)


def reading(metric, value=1.0, unit="m", device="d"):
    """Say a value."""
    return Reading(device=DeviceId(device), metric=metric, time=T0, value=value, unit=unit)


def suggested(*items, announced=None, source="senml", heard=HEARD):
    """Suggest for device d."""
    return suggest("d", items, source=source, announced=announced, heard=heard)


@pytest.mark.parametrize(
    ("items", "announced", "source", "kind"),
    [
        ([reading("stage")], None, "senml", "gauge"),
        ([reading("rain_1h", unit="mm")], None, "senml", "rain"),
        ([DeviceState(device=DeviceId("d"), fact=Fact.FIRE, active=False, time=T0)], None, "zigbee2mqtt", "smoke"),
        ([DeviceState(device=DeviceId("d"), fact=Fact.GAS_ALARM, active=True, time=T0)], None, "tasmota", "gas"),
        ([reading("temperature", unit="Cel")], {"model": "独立式感烟火灾探测报警器 烟感"}, "ctwing_aep", "smoke"),
        ([reading("temperature", unit="Cel")], {"kind": "gateway"}, "zigbee2mqtt", "gateway"),
        ([], None, "frigate", "camera"),
        ([reading("temperature", unit="Cel")], None, "senml", "other"),
        ([], None, "senml", "other"),
    ],
)
def test_the_kind_is_the_most_telling_thing_known(items, announced, source, kind):
    """Words of a maker come before the format, and both before what is measured."""
    assert suggested(*items, announced=announced, source=source).kind == kind


def test_what_was_said_is_told_with_units_and_only_of_this_device():
    """Values, facts, refusals and dropped fields are there; what a neighbour in the same message said is not."""
    found = suggested(
        reading("stage", 3.2),
        reading("stage", 9.9, device="other"),
        reading("voltage", None, "V"),
        DeviceState(device=DeviceId("d"), fact=Fact.TAMPER, active=True, time=T0),
        Rejection(reason=Reason.UNIT, detail="x"),
        Dropped(fields=("owner",)),
    )
    assert [(s.metric, s.value, s.unit, s.quality) for s in found.said] == [
        ("stage", 3.2, "m", "good"),
        ("voltage", None, "V", "missing"),
        ("tamper", 1.0, "1", "good"),
    ]
    assert found.metrics == (("stage", "m"), ("voltage", "V"), ("tamper", "1"))
    assert (found.rejected, found.dropped, found.interval_s) == (("unit: x",), ("owner",), 300.0)


def test_an_announcement_fills_the_form():
    """Name, model, gateway and metrics come from what was announced; a unit no rule could judge becomes the usual one."""
    announced = {
        "kind": "sensor",
        "name": "机房水浸",
        "model": "SJCGQ11LM water leak",
        "gateway": "z2m",
        "channels": [{"metric": "temperature", "unit": "widgets"}, {"metric": "No Metric", "unit": "1"}],
    }
    found = suggested(announced=announced)
    assert (found.name, found.model, found.gateway) == ("机房水浸", "SJCGQ11LM water leak", "z2m")
    assert found.metrics == (("temperature", "Cel"),)
    same = suggested(Discovered(device=DeviceId("d"), name="机房水浸", channels=(("temperature", "Cel"),)))
    assert (same.name, same.metrics) == ("机房水浸", (("temperature", "Cel"),))


def test_an_enclosed_payload_is_read_by_what_it_looks_like():
    """A payload of Milesight channels is shown as its codec reads it, and its metrics are suggested."""
    payload = bytes.fromhex("0175640367040104686B")  # battery 100 %, temperature 26.0, humidity 53.5
    found = suggested(Enclosed(device=DeviceId("d"), payload=payload, time=T0, port=85, hint="EM300-TH"))
    assert found.port == 85
    assert found.model == "EM300-TH"
    read = next(iter(found.codecs.values()))
    assert {s.metric: s.value for s in read}["temperature"] == pytest.approx(26.0)


@pytest.mark.parametrize(
    ("seconds", "messages", "expected"),
    [
        (3000, 11, 300.0),
        (3000, 10, 300.0),
        (47, 48, 1.0),
        (86400 * 3, 4, 86400.0),
        (10, 3, None),
        (0, 9, None),
        (86400 * 1200, 4, None),
    ],
)
def test_an_interval_is_told_when_enough_was_heard(seconds, messages, expected):
    """It is a round number where one is near, and none where too little was heard."""
    assert interval(T0, T0 + timedelta(seconds=seconds), messages) == expected
