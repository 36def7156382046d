"""From messages to columns."""

import math

import numpy as np
import pytest

from ingest.intake import Desk
from ingest.memories import Memories
from ingest.newest import Newest
from ingest.publish import Message
from ingest.registry import Channel, Device, Registry
from ingest.sources import DEFAULT_SOURCES, Source
from tests import gb26875_frames, lorawan_frames, sl651_frames

NOW_US = 1_795_300_000_000_000
NATIVE = "gridwatch/v1/3301/s1/senml"
STATION = "0012345678"
FACTS = ((7, "fire"), (8, "fault"), (9, "silenced"))


@pytest.fixture
def registry() -> Registry:
    """One smoke detector of area 3301 in grid 77, and one gauge without an area that stands 230 m above the datum."""
    return Registry.of(
        [
            Device(key=5, id="s1", kind="smoke", area="3301", grid=77, town="3302"),
            Device(key=6, id="0012345678", kind="gauge", area="", grid=0),
        ],
        [
            Channel(device=5, metric=1, name="smoke", unit="%/m"),
            Channel(device=6, metric=2, name="stage", unit="m", datum_m=230.0),
        ],
    )


def _take(registry: Registry, *messages: tuple[str, bytes]):
    desk = Desk(registry, DEFAULT_SOURCES)
    return desk.take_in(
        [Message(topic, payload, i, False) for i, (topic, payload) in enumerate(messages)],
        received_us=NOW_US,
        memories=Memories(),
    )


def test_a_reading_becomes_a_row_with_the_grid_of_its_device(registry: Registry) -> None:
    """A SenML reading of a registered device is one row: keys, device time, value, grid, receive time."""
    intake = _take(registry, (NATIVE, b'[{"n":"smoke","u":"%/m","t":1795299990,"v":0.25}]'))
    batch = intake.batch
    assert (batch.device.tolist(), batch.metric.tolist(), batch.grid.tolist()) == ([5], [1], [77])
    assert (batch.time.tolist(), batch.value.tolist()) == ([1795299990 * 10**6], [0.25])
    assert batch.received.tolist() == [NOW_US]


def test_the_station_datum_is_added_to_a_relative_level(registry: Registry) -> None:
    """An SL 651 level of 4.28 m at a station 230 m up is 234.28 m; SenML says what the registry means."""
    payload = sl651_frames.frame(0x32, sl651_frames.body("3923 00004280"))
    frames = _take(registry, (f"sl651/3302/{STATION}", payload))
    assert frames.batch.value.tolist() == [pytest.approx(234.28)]
    topic = f"gridwatch/v1/3302/{STATION}/senml"
    metres = _take(registry, (topic, b'[{"n":"stage","u":"m","v":234.28}]'))
    centimetres = _take(registry, (topic, b'[{"n":"stage","u":"cm","v":23428}]'))
    assert metres.batch.value.tolist() == [234.28]
    assert centimetres.batch.value.tolist() == [pytest.approx(234.28)]


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [("1/m", 0.1, 20.567), ("dB/m", 1.0, 20.567), ("%/ft", 2.0, 6.413), ("%/m", 100.0, 100.0), ("1/m", 99.0, 100.0)],
)
def test_smoke_in_another_unit_follows_beer_and_lambert(registry, unit, value, expected):
    """Optical density becomes per cent per metre by its power law, small packs and large ones alike."""
    for text in ('[{"n":"smoke","u":"%s","v":%s}]', '[{"bn":"","n":"smoke","u":"%s","v":%s,"s":0}]'):
        intake = _take(registry, (NATIVE, (text % (unit, value)).encode()))
        assert intake.batch.value.tolist() == [pytest.approx(expected, abs=0.001)], intake.rejected


@pytest.mark.parametrize(
    ("label", "severity", "metrics"),
    [("smoke", "alert", [3]), ("fire_alarm", "alert", [4]), ("fire_alarm", "detection", []), ("car", "alert", [])],
)
def test_what_a_camera_sees_or_hears_is_a_fact_where_it_is_an_alert(
    label: str, severity: str, metrics: list[int]
) -> None:
    """Smoke that is seen is a fact of its own; another device's alarm that is heard does not say what it is of."""
    registry = Registry.of(
        [Device(key=8, id="gate", kind="camera", area="", grid=0)],
        [Channel(device=8, metric=3, name="smoke_seen", unit="1"), Channel(device=8, metric=4, name="other", unit="1")],
    )
    review = f'{{"type":"new","after":{{"id":"1-a","camera":"gate","severity":"{severity}","data":{{"audio":["{label}"]}}}}}}'
    intake = _take(registry, ("frigate/reviews", review.encode()))
    assert intake.batch.metric.tolist() == metrics
    assert len(intake.events) == 1


def test_a_clock_that_runs_ahead_makes_nobody_deaf(registry):
    """A time of up to a minute ahead is kept; one further ahead is the receive time, and marked as uncertain."""
    packs = [f'[{{"n":"smoke","u":"%/m","v":1,"t":{NOW_US / 1e6 + ahead}}}]' for ahead in (60, 61, 599, 601)]
    intake = _take(registry, *((NATIVE, pack.encode()) for pack in packs))
    assert [time - NOW_US for time in intake.batch.time.tolist()] == [60_000_000, 0, 1, 2]
    assert intake.batch.quality.tolist() == [0, 1, 1, 1]


def test_a_time_that_happens_to_be_ours_is_kept(registry):
    """A device's own time within a microsecond of the receive time stays: a second delivery must find the same key."""
    packs = [f'[{{"n":"smoke","u":"%/m","v":1,"t":{NOW_US // 1_000_000 + second}}}]' for second in (-2, -1, 0)]
    intake = _take(registry, *((NATIVE, pack.encode()) for pack in packs))
    assert [time - NOW_US for time in intake.batch.time.tolist()] == [-2_000_000, -1_000_000, 0]


def test_readings_without_a_time_stay_apart(registry):
    """Two readings of one device that come together and state no time are two readings, in their order."""
    packs = [f'[{{"n":"smoke","u":"%/m","v":{value}}}]' for value in (9, 1)]
    intake = _take(registry, *((NATIVE, pack.encode()) for pack in packs))
    assert intake.batch.value.tolist() == [9.0, 1.0]
    assert intake.batch.time.tolist() == [NOW_US, NOW_US + 1]
    assert intake.batch.quality.tolist() == [0, 0]


def test_all_light_lost_is_a_number(registry):
    """A device registered in optical density that is told of total obscuration has a dark reading, not an infinite one."""
    dense = Registry.of([*registry.devices.values()], [Channel(device=5, metric=1, name="smoke", unit="1/m")])
    intake = _take(dense, (NATIVE, b'[{"n":"smoke","u":"%/m","v":100}]'))
    assert intake.batch.value.tolist() == [pytest.approx(6.0)]


@pytest.mark.parametrize(("registered", "wire"), [("%/m", "furlong"), ("furlong", "%/m"), ("furlong", "cubit")])
def test_a_unit_nobody_knows_is_rejected_and_stops_nothing(registry, registered, wire):
    """An unknown unit, on the wire or in the registry, is a rejection of that reading alone."""
    odd = Registry.of([*registry.devices.values()], [Channel(device=5, metric=1, name="smoke", unit=registered)])
    good = f'[{{"n":"smoke","u":"{registered}","v":1}}]'.encode()
    intake = _take(odd, (NATIVE, f'[{{"n":"smoke","u":"{wire}","v":1}}]'.encode()), (NATIVE, good))
    assert [r.reason for r in intake.rejected] == ["unit"]
    assert intake.batch.value.tolist() == [1.0]


def test_a_fault_of_ours_rejects_its_message_and_no_other(registry):
    """A message we stumble over is kept raw with the reason `fault`; the ones around it are taken in."""
    desk = Desk(registry, (Source(topic_filter="gridwatch/v1/+/+/senml", decoder="no such decoder"), *DEFAULT_SOURCES))
    messages = [
        Message("gridwatch/v1/3301/nobody/senml", b"[]", 1, retained=False),
        Message(
            "sl651/3302/" + STATION, sl651_frames.frame(0x32, sl651_frames.body("3923 00004280")), 2, retained=False
        ),
    ]
    intake = desk.take_in(messages, received_us=NOW_US, memories=Memories())
    assert [(r.reason, r.payload) for r in intake.rejected] == [("fault", b"[]")]
    assert len(intake.batch) == 1


def test_a_message_of_many_faults_is_kept_raw_sixteen_times(registry: Registry) -> None:
    """A megabyte of damaged frames must not become gigabytes; every fault is counted, and the next message has its own."""
    denials = gb26875_frames.frame(b"", command=6, source=bytes(6)) * 100
    intake = _take(registry, ("gb26875/1/B22396604001", denials), ("gb26875/1/B22396604001", denials[:90]))
    assert intake.counts["rejected_downlink"] == 103
    assert len(intake.rejected) == 16 + 3


def test_an_unknown_device_waits_with_its_last_payload(registry: Registry) -> None:
    """A device nobody registered is listed with what it sent last and how often, once a message."""
    topic = "gridwatch/v1/3301/new/senml"
    intake = _take(registry, (topic, b'[{"n":"a","v":1},{"n":"b","v":1}]'), (topic, b'[{"n":"a","v":2}]'))
    waiting = intake.waiting["new"]
    assert (waiting.messages, waiting.payload, waiting.area) == (2, b'[{"n":"a","v":2}]', "3301")
    assert len(intake.batch) == 0


def test_a_device_may_only_speak_on_its_own_topic(registry: Registry) -> None:
    """A pack that names another device, and a device in another area's topic, are rejected and counted."""
    foreign = _take(registry, (NATIVE, b'[{"bn":"urn:dev:x:other:","n":"smoke","u":"%/m","v":1}]'))
    elsewhere = _take(registry, ("gridwatch/v1/9999/s1/senml", b'[{"n":"smoke","u":"%/m","v":1}]'))
    for intake in (foreign, elsewhere):
        assert [r.reason for r in intake.rejected] == ["foreign-device"]
        assert intake.counts["rejected_foreign-device"] == 1
        assert len(intake.batch) == 0


@pytest.mark.parametrize("name", ["smoke", "fire"])
def test_a_device_placed_over_a_boundary_speaks_under_either_town(registry: Registry, name: str) -> None:
    """What its topic names was set where it was made ready, and is not changed by whoever places it."""
    pack = b'[{"n":"%s","u":"%%/m","v":1}]' % name.encode()
    for area in ("3301", "3302"):
        assert _take(registry, (f"gridwatch/v1/{area}/s1/senml", pack)).rejected == []
    assert _take(registry, ("gridwatch/v1//s1/senml", pack)).rejected != []


def test_a_unit_that_cannot_be_converted_is_rejected_never_guessed(registry: Registry) -> None:
    """Smoke in metres is no smoke reading."""
    intake = _take(registry, (NATIVE, b'[{"n":"smoke","u":"m","v":1}]'))
    assert [r.reason for r in intake.rejected] == ["unit"]


def test_a_metric_nobody_declared_is_to_be_learned(registry: Registry) -> None:
    """A registered device that reports something new asks for the metric to be added with the wire's unit."""
    intake = _take(registry, (NATIVE, b'[{"n":"battery","u":"%EL","v":80}]'))
    assert intake.learn == [("s1", "battery", "%EL")]


def test_a_topic_no_source_takes_is_rejected_raw(registry: Registry) -> None:
    """What nobody decodes is kept with its payload."""
    intake = _take(registry, ("strange/topic", b"\x00\x01"))
    assert [(r.reason, r.payload) for r in intake.rejected] == [("topic", b"\x00\x01")]


def test_our_own_ping_is_nothing(registry: Registry) -> None:
    """The collector's ping is no reading and no rejection."""
    intake = _take(registry, ("gridwatch/self/gridwatch-worker", b""))
    assert (len(intake.batch), intake.rejected, intake.waiting) == (0, [], {})


def test_newest_keeps_the_newest_and_says_what_changed(registry: Registry) -> None:
    """Of several readings of a channel the newest by device time stays, and it is given out once."""
    intake = _take(
        registry,
        (NATIVE, b'[{"n":"smoke","u":"%/m","t":1795299990,"v":2}]'),
        (NATIVE, b'[{"n":"smoke","u":"%/m","t":1795299980,"v":1}]'),
    )
    newest = Newest(registry)
    newest.note(intake.slots, intake.batch)
    assert newest.changed()["value"].tolist() == [2.0]
    assert len(newest.changed()["value"]) == 0


def test_newest_survives_a_restart(registry: Registry) -> None:
    """What was held can be given to a new picture of the registry."""
    intake = _take(registry, (NATIVE, b'[{"n":"smoke","u":"%/m","t":1795299990,"v":2}]'))
    newest, again = Newest(registry), Newest(registry)
    newest.note(intake.slots, intake.batch)
    again.restore(newest.columns())
    assert again.columns()["value"].tolist() == [2.0]
    assert math.isnan(again.value[1])
    assert np.array_equal(again.time, newest.time)
    assert again.changed()["value"].tolist() == [2.0]  # it was not written yet


def test_a_panel_reset_reaches_its_components() -> None:
    """A reset names only the system; the fire of each of its components is over with it, of others it is not."""
    source = gb26875_frames.SOURCE.hex().upper()
    ids = (f"{source}-1.1", f"{source}-1.1-00000001", f"{source}-1.2-00000001")
    registry = Registry.of(
        [Device(key=i, id=name, kind="panel", area="", grid=0) for i, name in enumerate(ids, start=1)],
        [Channel(device=i, metric=metric, name=fact, unit="1") for i in (1, 2, 3) for metric, fact in FACTS],
    )
    reset = bytes([4, 1, 1, 1, 0b1, 0]) + gb26875_frames.NOON
    intake = _take(registry, (f"gb26875/3301/{source}", gb26875_frames.frame(reset)))
    ended = {(d, m) for d, m in zip(intake.batch.device.tolist(), intake.batch.metric.tolist(), strict=True)}
    assert intake.rejected == []
    assert {device for device, _ in ended} == {1, 2}
    assert set(intake.batch.value.tolist()) == {0.0}


def test_a_packet_of_a_longer_report_is_kept_raw_until_the_report_is_whole() -> None:
    """The first of two packets is stored raw; with the second the readings of the whole report come."""
    registry = Registry.of(
        [Device(key=1, id=STATION, kind="gauge", area="", grid=0)],
        [Channel(device=1, metric=2, name="stage", unit="m")],
    )
    content = sl651_frames.body("392300001234")
    parts = enumerate((content[:25], content[25:]), start=1)
    packets = [sl651_frames.frame(0x32, part, packet=(2, number)) for number, part in parts]
    first, second = (Message(f"sl651/3301/{STATION}", packet, 1, retained=False) for packet in packets)
    desk = Desk(registry, DEFAULT_SOURCES)
    begun = desk.take_in([first], received_us=NOW_US, memories=Memories())
    assert ([r.reason for r in begun.rejected], len(begun.batch)) == (["fragment"], 0)
    for _ in range(2):  # taking the same run in again does not lose the first packet
        whole = desk.take_in([second], received_us=NOW_US, memories=begun.memories)
        assert (whole.rejected, whole.batch.value.tolist()) == ([], [1.234])


@pytest.mark.parametrize(("wire", "expected"), [('"u":"mm","v":1250', 232.75), ('"u":"m","v":1.25', 232.75)])
def test_distance_down_to_the_water_is_a_level_too(registry: Registry, wire: str, expected: float) -> None:
    """A sensor that hangs 4 m above a zero of 230 m and sees water 1.25 m below itself stands over 232.75 m."""
    gauge = registry.devices[STATION]
    hung = Registry.of(
        [Device(key=gauge.key, id=gauge.id, kind="gauge", area="", grid=0, mounting_height_m=4.0)],
        [
            Channel(device=6, metric=2, name="stage", unit="m", datum_m=230.0),
            Channel(device=6, metric=3, name="distance", unit="mm"),
        ],
    )
    intake = _take(hung, (f"gridwatch/v1/3302/{STATION}/senml", b'[{"bn":"","n":"distance",%s}]' % wire.encode()))
    assert sorted(intake.batch.value.tolist()) == [pytest.approx(expected), pytest.approx(1250.0)]


def test_registered_codec_opens_what_the_network_does_not_name() -> None:
    """A profile nobody knows keeps the payload closed; the codec of the registration reads it, and its level is 3.97 m."""
    topic, uplink = lorawan_frames.V4_TOPIC + "up", lorawan_frames.up("03821E00")
    channels = [(1, "rssi", "dBm"), (2, "snr", "dB"), (3, "distance", "mm"), (4, "stage", "m")]
    for codec, expected in (("EM500-UDL", [-60.0, 9.5, 30.0, 3.97]), ("", [-60.0, 9.5]), ("acme", [-60.0, 9.5])):
        device = Device(key=5, id=lorawan_frames.EUI, kind="gauge", area="", grid=0, codec=codec, mounting_height_m=4.0)
        registry = Registry.of([device], [Channel(device=5, metric=m, name=n, unit=u) for m, n, u in channels])
        intake = _take(registry, (topic, uplink))
        assert intake.batch.value.tolist() == [pytest.approx(value) for value in expected]
        assert [item.reason for item in intake.rejected] == ([] if codec == "EM500-UDL" else ["unsupported"])


def test_unregistered_device_of_a_network_waits() -> None:
    """What joined or spoke without being registered is listed, described by its network."""
    joined = _take(Registry.of([], []), (lorawan_frames.V4_TOPIC + "join", lorawan_frames.v4(devAddr="01")))
    announced = joined.waiting[lorawan_frames.EUI].announced
    assert announced is not None
    assert (announced.name, announced.model) == ("bridge 3", "some sensor")
    spoke = _take(Registry.of([], []), (lorawan_frames.V4_TOPIC + "up", lorawan_frames.up("AA")))
    assert list(spoke.waiting) == [lorawan_frames.EUI]
