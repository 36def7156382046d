"""What the packaged examples of declared formats say of real payloads: the same as the built-in decoders."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest import codecs
from ingest.declared import examples
from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Reading

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES = {one.name: one for one in examples()}

# example, built-in decoder, file, topic
REPORTS = [
    ("meokon-pressure", "meokon_a55a", "meokon_a55a/pressure_normal1.hex", "GIOT-GW/UL/SHRP25090120"),
    ("ctwing-lian-smoke", "ctwing_aep", "ctwing_aep/device_online.json", "ctwing"),
    ("chirpstack-status", "chirpstack_v4", "chirpstack_v4/event_status.json",
     "application/1/device/0101010101010101/event/status"),
    ("chirpstack-status", "chirpstack_v4", "chirpstack_v4/event_up.json",
     "application/1/device/0101010101010101/event/up"),
    ("chirpstack-status", "chirpstack_v4", "lorawan_other_ns/chirpstack_v4_parking.json",
     "application/1/device/3daa1dd8e5ceb357/event/up"),
    ("onenet-nb", "onenet", "onenet/nb_rssi_number.json", "onenet"),
    ("onenet-nb", "onenet", "onenet/nb_2023_signature.json", "onenet"),
    ("tasmota-sensor", "tasmota", "tasmota/adc_00.json", "tele/tasmota/SENSOR"),
    ("tasmota-sensor", "tasmota", "tasmota/adc_01.json", "tele/tasmota/SENSOR"),
    ("tasmota-sensor", "tasmota", "tasmota/bluetooth_11.json", "tele/blerry/SENSOR"),
    ("thingsboard-telemetry", "thingsboard", "thingsboard/gw_telemetry_2dev.json", "v1/gateway/telemetry"),
    ("zigbee2mqtt-smoke", "zigbee2mqtt", "zigbee2mqtt/honeywell_no_smoke_key.json", "zigbee2mqtt/hall"),
    ("zigbee2mqtt-smoke", "zigbee2mqtt", "zigbee2mqtt/honeywell_test_legacy_device.json", "zigbee2mqtt/Smoke"),
]  # fmt: skip

# example, built-in codec, file, fPort
PAYLOADS = [
    ("netvox-ra02a", "netvox_ra02", "netvox_ra02a_startup.hex", 6),
    ("milesight-gs524n", "milesight_gs", "milesight_gs524n_smoke_test.hex", 85),
    ("milesight-em-level", "milesight_em", "milesight_em500_swl.hex", 85),
    ("milesight-em-level", "milesight_em", "milesight_em400_a.hex", 85),
    ("milesight-em-level", "milesight_em", "ttn_em500_udl_92.hex", 85),
]


def said(decoded: list[Decoded]) -> set[tuple[object, ...]]:
    """Give what readings and states say, without the maker's names of them."""
    readings = {(r.device, r.metric, r.value, r.unit, r.time, r.quality) for r in decoded if isinstance(r, Reading)}
    states = {(s.device, s.fact, s.active, s.time, s.quality) for s in decoded if isinstance(s, DeviceState)}
    return readings | states


@pytest.mark.parametrize(("example", "name", "file", "topic"), REPORTS)
def test_declared_report_says_what_the_built_in_decoder_says(
    recordings: Path, example: str, name: str, file: str, topic: str
) -> None:
    """Devices, metrics, values, units, facts, times and qualities are the same."""
    payload = (recordings / "samples" / file).read_bytes()
    ours = said(EXAMPLES[example].decode(topic, payload, RECEIVED))
    assert ours
    assert ours == said(decoder(name)(topic, payload, RECEIVED))


@pytest.mark.parametrize(("example", "name", "file", "port"), PAYLOADS)
def test_declared_codec_says_what_the_built_in_codec_says(
    recordings: Path, example: str, name: str, file: str, port: int
) -> None:
    """A LoRaWAN payload says the same by the byte layout of a file."""
    payload = bytes.fromhex((recordings / "samples" / "lorawan_payloads" / file).read_text().strip())
    item = Enclosed(device=DeviceId("d"), payload=payload, time=RECEIVED, port=port)
    assert said(EXAMPLES[example].codec(item)) == said(codecs.read(name, item))
