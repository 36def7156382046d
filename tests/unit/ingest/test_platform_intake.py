"""What platforms push, on its way into columns: facts, events, waiting devices, enclosed payloads, raw messages."""

import json

import pytest

from ingest.intake import Desk
from ingest.memories import Memories
from ingest.publish import Message
from ingest.readings import CameraEvent, Fact, Phase
from ingest.registry import Channel, Device, Registry
from ingest.rows import Intake
from ingest.sources import DEFAULT_SOURCES
from tests.platform_payloads import ENVELOPE, aep, alarm, meokon, transparent

NOW_US = 1_714_564_800_000_000  # 2024-05-01T12:00Z
NB, CAMERA, METER = str(ENVELOPE["deviceId"]), "34020000001320000001", "SHMK24050013"
FACTS = {1: Fact.FIRE, 2: Fact.FIRE_SEEN, 3: Fact.TAMPER, 4: Fact.VALUE_LOW}


@pytest.fixture
def desk() -> Desk:
    """A detector of CTWing, a camera of GB/T 28181 and a pressure meter."""
    devices = [
        Device(key=key, id=name, kind=kind, area="", grid=77)
        for key, name, kind in ((1, NB, "smoke"), (2, CAMERA, "camera"), (3, METER, "other"))
    ]
    channels = [Channel(device=d, metric=m, name=str(f), unit="1") for d in (1, 2, 3) for m, f in FACTS.items()]
    channels += [
        Channel(device=1, metric=9, name="temperature", unit="Cel"),
        Channel(device=3, metric=8, name="pressure", unit="kPa"),
    ]
    return Desk(Registry.of(devices, channels), DEFAULT_SOURCES)


def _take(desk: Desk, topic: str, payload: bytes) -> Intake:
    return desk.take_in([Message(topic, payload, 1, False)], received_us=NOW_US, memories=Memories())


def _rows(intake: Intake) -> list[tuple[int, int, float]]:
    batch = intake.batch
    return list(zip(batch.device.tolist(), batch.metric.tolist(), batch.value.tolist(), strict=True))


def test_an_alarm_of_a_detector_behind_ctwing(desk: Desk) -> None:
    """The fact and the temperature become rows of the detector, and nothing waits or is rejected."""
    intake = _take(desk, f"ctwing/4401/{NB}", aep({"serviceData": {"Alarm_Status": 1, "TData": 30}}))
    assert _rows(intake) == [(1, 1, 1.0), (1, 9, 30.0)]
    assert (intake.rejected, intake.waiting) == ([], {})


def test_a_camera_that_sees_fire(desk: Desk) -> None:
    """The event's two phases are kept, and the fact that rules judge begins and ends with them."""
    intake = _take(desk, f"gb28181/4401/{CAMERA}", alarm("5", "2", description="烟火检测").encode("gbk"))
    assert [event.phase for _, _, event in intake.events if isinstance(event, CameraEvent)] == [Phase.START, Phase.END]
    assert _rows(intake) == [(2, 2, 1.0), (2, 2, 0.0)]
    assert intake.batch.time.tolist() == [NOW_US - 30_000_000, NOW_US - 29_000_000]


def test_a_meter_inside_of_a_platforms_message_is_the_meter(desk: Desk) -> None:
    """Its pressure is converted to the unit it is registered with; the platform's device says nothing of its own."""
    intake = _take(desk, "aep/push", transparent(meokon(1, [b"\x02\x5d"], alarm=1)))
    assert (3, 8, 605.0) in _rows(intake)
    assert (3, 4, 1.0) in _rows(intake)
    assert {device for device, _, _ in _rows(intake)} == {3}


def test_bytes_nobody_can_read_wait_or_are_rejected(desk: Desk) -> None:
    """Those of an unknown device wait with it; those of a registered one without a codec are kept raw and told."""
    known = _take(desk, "aep/push", transparent(b"\x01\x02\x03\x04"))
    assert [(item.reason, item.source) for item in known.rejected] == [("unsupported", "ctwing_aep")]
    unknown = _take(desk, "aep/push", transparent(b"\x01\x02\x03\x04", deviceId="new-1"))
    assert list(unknown.waiting) == ["new-1"]


def test_what_waits_is_kept_without_names_of_persons(desk: Desk) -> None:
    """A raw message of an unknown device holds no owner and no telephone number."""
    intake = _take(desk, "aep/push", aep({"temperature": 1, "owner": "张", "phone": "13800138000"}, deviceId="new-2"))
    raw = json.loads(intake.waiting["new-2"].payload)
    assert raw["payload"] == {"temperature": 1}
    assert intake.counts["personal_fields_dropped"] == 2


def test_names_of_aliyun_and_onenet_are_ids_of_ours(desk: Desk) -> None:
    """Product and name wait as one id."""
    aliyun = _take(desk, "/sys/a1QZ/smoke-7/thing/event/property/post", b'{"params":{"SmokeSensorState":1}}')
    onenet = _take(desk, "$sys/C6/t1/thing/property/post", b'{"params":{"temperature":{"value":1}}}')
    assert (list(aliyun.waiting), list(onenet.waiting)) == (["a1QZ.smoke-7"], ["C6.t1"])
