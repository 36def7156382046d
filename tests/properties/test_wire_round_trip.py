"""What a simulated device puts on the wire is what the decoder reads: the same values, the same times."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders import decoder
from ingest.readings import CameraEvent, Decoded, DeviceState, Phase, Reading
from simulators.county import ComponentAddress, DeviceKind, DeviceSpec, MetricSpec, WireFormat
from simulators.observation import Observation, Sending, Sighting, Value
from simulators.observation import Phase as SightingPhase
from simulators.wire import Message, encode
from simulators.wire.senml import encode_cbor

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis adds the zone
DECIMAL = {"stage": 3, "rain": 1, "rain_1h": 1, "voltage": 2}


def spec(device: str, kind: DeviceKind, wire: WireFormat, component: ComponentAddress | None = None) -> DeviceSpec:
    """A device of a format."""
    return DeviceSpec(
        id=device,
        kind=kind,
        area="339900101",
        name="一号厂房一层走廊",
        lon=119.0,
        lat=28.0,
        format=wire,
        metrics=(MetricSpec(name="stage", unit="m", interval_s=60.0),),
        gateway=device.partition("-")[0] if component else None,
        component=component,
    )


def sent(report: Observation | Sighting, at: datetime) -> Sending:
    """A report sent with a right clock."""
    return Sending(at=at, clock=at, report=report)


def read(wire: WireFormat, messages: list[Message], received: datetime) -> list[Decoded]:
    """What the decoder of the format makes of messages."""
    return [item for message in messages for item in decoder(wire.value)(message.topic, message.payload, received)]


@given(
    time=INSTANTS,
    smoke=st.floats(0, 100, allow_subnormal=False),
    fire=st.booleans(),
    as_cbor=st.booleans(),
)
def test_senml(time, smoke, fire, as_cbor):
    """SenML, as JSON and as CBOR, keeps every value exactly and the time to the microsecond."""
    values = (
        Value(metric="smoke", value=smoke, unit="%/m"),
        Value(metric="missing", value=None, unit="m"),
        Value(metric="fire", value=float(fire), unit="1"),
    )
    sending = sent(
        Observation(spec=spec("smoke-1", DeviceKind.SMOKE, WireFormat.SENML), time=time, values=values), time
    )
    found = read(WireFormat.SENML, encode_cbor(sending) if as_cbor else encode(sending), time)
    reading, state = found
    assert isinstance(reading, Reading)
    assert isinstance(state, DeviceState)
    assert (reading.device, reading.metric, reading.value, reading.unit) == ("smoke-1", "smoke", smoke, "%/m")
    assert abs(reading.time - time) <= timedelta(microseconds=1)
    assert (state.fact, state.active) == ("fire", fire)


@given(
    clock=INSTANTS,
    stage=st.integers(-900_000, 997_000),
    rain=st.integers(0, 99_999),
    volts=st.integers(0, 9_998),
    is_extra=st.booleans(),
    station=st.integers(1, 99_999_999),
)
def test_sl651(clock, stage, rain, volts, is_extra, station):
    """SL 651 keeps values to the decimals its elements have, below the base too, and the minute of observation."""
    minute = clock.replace(second=0, microsecond=0)
    numbers = {"stage": stage, "rain": rain, "rain_1h": rain % 1000, "voltage": volts}
    values = tuple(Value(metric=name, value=number / 10 ** DECIMAL[name], unit="?") for name, number in numbers.items())
    device = spec(f"00{station:08d}", DeviceKind.GAUGE, WireFormat.SL651)
    report = Observation(spec=device, time=minute, values=values, is_extra=is_extra)
    found = read(WireFormat.SL651, encode(sent(report, clock)), clock)
    assert [(item.device, item.metric, item.value, item.time) for item in found if isinstance(item, Reading)] == [
        (device.id, value.metric, value.value, minute) for value in values
    ]
    assert len(found) == len(values)


@given(
    time=INSTANTS.map(lambda instant: instant.replace(microsecond=0)),
    facts=st.dictionaries(st.sampled_from(["fire", "fault", "shielded"]), st.booleans()),
    loop=st.integers(0, 65_535),
    node=st.integers(0, 65_535),
)
def test_gb26875_component(time, facts, loop, node):
    """A component's state word says each fact, its address is the device's, and its second is kept."""
    address = ComponentAddress(system=1, system_address=1, component=40, loop=loop, node=node)
    number = (loop.to_bytes(2, "little") + node.to_bytes(2, "little")).hex().upper()
    device = spec(f"339900000001-1.1-{number}", DeviceKind.SMOKE, WireFormat.GB26875_3, address)
    values = tuple(Value(metric=name, value=float(fact), unit="1") for name, fact in facts.items())
    sending = sent(Observation(spec=device, time=time, values=values), time)
    found = read(WireFormat.GB26875_3, encode(sending), time)
    states = [item for item in found if isinstance(item, DeviceState)]
    assert len(states) == len(found)
    said = {str(item.fact): item.active for item in states}
    assert {name: said[name] for name in ("fire", "fault", "shielded")} == {
        "fire": False,
        "fault": False,
        "shielded": False,
    } | facts
    assert {item.device for item in states} == {device.id}
    assert {item.time for item in states} == {time}


@given(
    started=INSTANTS,
    after=st.floats(1, 600),
    phase=st.sampled_from(SightingPhase),
    severity=st.sampled_from(["detection", "alert"]),
    label=st.sampled_from(["smoke", "fire", "car", "boat"]),
)
def test_frigate(started, after, phase, severity, label):
    """A sighting is an event and a review of one camera; only the review carries the severity."""
    time = started + timedelta(seconds=after)
    camera = spec("camera-0001", DeviceKind.CAMERA, WireFormat.FRIGATE)
    sighting = Sighting(
        spec=camera,
        time=time,
        key=f"{started.timestamp():.6f}-abcdef",
        phase=phase,
        label=label,
        severity=severity,
        started=started,
        score=0.8,
    )
    event, review = read(WireFormat.FRIGATE, encode(sent(sighting, time)), time)
    assert isinstance(event, CameraEvent)
    assert isinstance(review, CameraEvent)
    assert (event.severity, review.severity) == ("detection", severity)
    phases = {SightingPhase.NEW: Phase.START, SightingPhase.UPDATE: Phase.UPDATE, SightingPhase.END: Phase.END}
    for item in (event, review):
        assert (item.device, item.label, item.phase) == ("camera-0001", label, phases[phase])
        assert abs(item.started - started) < timedelta(milliseconds=1)
