"""ChirpStack's documented events, judged by what the documentation says they hold."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Discovered, Enclosed, Reading

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
DEVICE = "0101010101010101"
TOPIC = f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{DEVICE}/event/"
UP_AT = datetime(2022, 7, 18, 9, 34, 15, 775023, tzinfo=UTC)
STATUS_AT = datetime(2022, 7, 18, 9, 35, 6, 927172, tzinfo=UTC)


@pytest.mark.parametrize("topic", [TOPIC + "up", ""])
def test_uplink_tells_the_radio_and_keeps_the_payload(recordings: Path, topic: str) -> None:
    """-36 dBm, 10.5 dB, and the byte AA of port 1, which nothing in the message says how to read."""
    payload = (recordings / "samples" / "chirpstack_v4" / "event_up.json").read_bytes()
    rssi, snr, enclosed = decoder("chirpstack_v4")(topic, payload, RECEIVED)
    assert isinstance(rssi, Reading)
    assert isinstance(snr, Reading)
    assert isinstance(enclosed, Enclosed)
    assert (rssi.device, rssi.metric, rssi.value, rssi.unit, rssi.time) == (DEVICE, "rssi", -36.0, "dBm", UP_AT)
    assert (snr.metric, snr.value, snr.unit, snr.time) == ("snr", 10.5, "dB", UP_AT)
    assert (enclosed.payload, enclosed.port, enclosed.hint, enclosed.time) == (b"\xaa", 1, "Test device-profile", UP_AT)


@pytest.mark.parametrize("topic", [TOPIC + "status", ""])
def test_status_tells_battery_and_margin(recordings: Path, topic: str) -> None:
    """88.3 % and 10 dB at the event's own time."""
    payload = (recordings / "samples" / "chirpstack_v4" / "event_status.json").read_bytes()
    said = decoder("chirpstack_v4")(topic, payload, RECEIVED)
    readings = {item.metric: (item.value, item.unit, item.time) for item in said if isinstance(item, Reading)}
    assert len(said) == len(readings)
    assert readings == {"margin": (10.0, "dB", STATUS_AT), "battery": (88.3, "%EL", STATUS_AT)}


@pytest.mark.parametrize("topic", [TOPIC + "join", ""])
def test_join_announces_the_device(recordings: Path, topic: str) -> None:
    """A join measures nothing: it says who is there and of what profile."""
    payload = (recordings / "samples" / "chirpstack_v4" / "event_join.json").read_bytes()
    assert decoder("chirpstack_v4")(topic, payload, RECEIVED) == [
        Discovered(device=DEVICE, name="Test device", model="Test device-profile")
    ]


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    names = {path.name for path in (recordings / "samples" / "chirpstack_v4").iterdir()}
    assert names == {"event_up.json", "event_status.json", "event_join.json"}
