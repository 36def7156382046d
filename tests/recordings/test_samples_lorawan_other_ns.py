"""Messages of other network servers, and of ChirpStack with a codec of its own."""

from datetime import UTC, datetime
from pathlib import Path

from ingest.decoders import decoder
from ingest.readings import Enclosed, Reading

RECEIVED = datetime(2026, 6, 1, tzinfo=UTC)


def test_lora_app_server_keeps_the_text_of_the_payload(recordings: Path) -> None:
    """The radio is told; the payload is the text 23.375, which only the registration can say how to read."""
    payload = (recordings / "samples" / "lorawan_other_ns" / "lora_app_server_v1_rx.json").read_bytes()
    for topic in ("application/5/device/010203040506070b/rx", ""):
        rssi, snr, enclosed = decoder("lorawan_other_ns")(topic, payload, RECEIVED)
        assert isinstance(rssi, Reading)
        assert isinstance(snr, Reading)
        assert isinstance(enclosed, Enclosed)
        assert (rssi.value, snr.value, rssi.time) == (-96.0, 6.2, RECEIVED)
        assert (enclosed.device, enclosed.payload, enclosed.port) == ("010203040506070B", b"23.375", 1)


def test_parking_sensor_is_read_by_the_networks_codec(recordings: Path) -> None:
    """3.7 V of battery, as the object says; units are those its names end in."""
    payload = (recordings / "samples" / "lorawan_other_ns" / "chirpstack_v4_parking.json").read_bytes()
    for name in ("lorawan_other_ns", "chirpstack_v4"):
        said = decoder(name)("", payload, RECEIVED)
        readings = {item.metric: (item.value, item.unit) for item in said if isinstance(item, Reading)}
        assert len(readings) == len(said)
        assert readings == {
            "rssi": (-62.0, "dBm"),
            "snr": (13.5, "dB"),
            "battery_mv": (3700.0, "mV"),
            "battery_v": (3.7, "V"),
            "uptime_s": (42.0, "s"),
        }
        times = {item.time for item in said if isinstance(item, Reading)}
        assert times == {datetime(2026, 3, 29, 14, 30, 0, 123000, tzinfo=UTC)}


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder is left out."""
    names = {path.name for path in (recordings / "samples" / "lorawan_other_ns").iterdir()}
    assert names == {"lora_app_server_v1_rx.json", "chirpstack_v4_parking.json"}
