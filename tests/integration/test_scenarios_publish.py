"""Scenarios through real brokers: what a subscriber hears is what the decoders understand, in all four formats."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders import decoder
from ingest.readings import CameraEvent, Decoded, DeviceState, Fact, Phase, Reading, Rejection
from ingest.sources import DEFAULT_SOURCES, source_of
from simulators.county import County, make_county
from simulators.publisher import BrokerUrl
from simulators.run import run_scenario
from simulators.scenario import load_scenario
from tests.conftest import Broker
from tests.listener import Listener

BEGAN = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def county() -> County:
    """A small county."""
    return make_county(1, "small")


def played(name: str, county: County, broker: Broker, until: timedelta) -> dict[str, list[Decoded]]:
    """Play a scenario as fast as the broker takes it; what was heard, decoded, by decoder."""
    url = BrokerUrl(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    with Listener(broker) as listener:
        done = run_scenario(
            load_scenario(name),
            county,
            url,
            now=lambda: BEGAN,
            stop=threading.Event(),
            speed=0,
            until=until,
        )
        assert done.acknowledged == done.messages
        heard = listener.wait_for(done.messages)
    assert len(heard) == done.messages
    found: dict[str, list[Decoded]] = {}
    for topic, payload in heard:
        source = source_of(DEFAULT_SOURCES, topic)
        assert source is not None, topic
        decoded = decoder(source.decoder)(topic, payload, BEGAN + until)
        assert not [item for item in decoded if isinstance(item, Rejection)], (topic, decoded)
        found.setdefault(source.decoder, []).extend(decoded)
    return found


@pytest.mark.parametrize("which", ["broker", "mosquitto"])
def test_a_house_fire_is_heard_in_every_format(county, request, which):
    """Detectors say fire over SenML, the panel's over GB/T 26875.3, a camera sees smoke over Frigate, SL 651 goes on."""
    found = played("house_fire", county, request.getfixturevalue(which), timedelta(minutes=10))
    assert set(found) == {"senml", "gb26875_3", "frigate", "sl651"}
    known = {device.id: device for device in county.devices}
    for items in found.values():
        assert {item.device for item in items if isinstance(item, Reading | DeviceState | CameraEvent)} <= set(known)
    for name in ("senml", "gb26875_3"):
        fires = [
            item for item in found[name] if isinstance(item, DeviceState) and item.fact is Fact.FIRE and item.active
        ]
        assert len({item.device for item in fires}) >= 2, name
    smoke = [item for item in found["frigate"] if isinstance(item, CameraEvent) and item.severity == "alert"]
    assert {item.label for item in smoke} == {"smoke"}
    assert {item.phase for item in smoke} == set(Phase)


def test_a_flash_flood_crosses_limits_on_the_wire(county, broker):
    """In a flash flood stages over both formats cross the limits of their gauges once the datum is added."""
    found = played("flash_flood", county, broker, timedelta(hours=3))
    devices = {device.id: device for device in county.devices}
    crossed = {"senml": set(), "sl651": set()}
    for name, over in crossed.items():
        for item in found[name]:
            if isinstance(item, Reading) and item.metric == "stage":
                metric = devices[item.device].metric("stage")
                assert metric is not None
                assert item.value is not None
                if item.value + metric.datum_m >= metric.limits[2]:
                    over.add(item.device)
    assert crossed["senml"]
    assert crossed["sl651"]


def test_a_run_stops_when_it_is_told_to(county, broker):
    """A run in real time ends soon after the sign to stop, with everything it sent acknowledged or given up."""
    stop = threading.Event()
    url = BrokerUrl(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    done = []
    with Listener(broker) as listener:
        run = threading.Thread(
            target=lambda: done.append(
                run_scenario(load_scenario("quiet"), county, url, now=lambda: datetime.now(UTC), stop=stop)
            )
        )
        run.start()
        listener.wait_for(3)
        stop.set()
        run.join(5)
    assert not run.is_alive()
    assert done[0].messages >= 3


def test_after_a_long_pause_the_story_goes_on_at_the_present(county, broker):
    """A machine that slept for an hour does not send an hour of the past: the story is taken up again at the present."""
    later = iter([BEGAN, BEGAN, *[BEGAN + timedelta(hours=1)] * 1_000_000])
    url = BrokerUrl(host=broker.host, port=broker.port, user=broker.user, password=broker.password)
    done = run_scenario(
        load_scenario("quiet"), county, url, now=lambda: next(later), stop=threading.Event(), until=timedelta(hours=1)
    )
    assert done.skipped == 1
    assert done.messages < len(county.devices)
