"""Every real GB/T 26875.3 sample gives what its index states, object by object, or the right rejection."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reason, Rejection

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 9, 1, tzinfo=UTC)
BCD = "dahua"
REJECTED = {
    "hik_03_ack.hex": Reason.DOWNLINK,
    "sf_02_badsum.hex": Reason.CHECKSUM,
    "sf_04_cmd89.hex": Reason.DOWNLINK,
    "dahua_fragment.hex": Reason.TRUNCATED,
    "tx3016a_sticky_hb09_ack.hex": Reason.DOWNLINK,  # the heartbeat before it says nothing
}
SAYS_NOTHING = {"bluesky_02_empty.hex", "dahua_keepalive.hex", "tx3016a_sticky_hb0A_two.hex"}
BITS = {Fact.FIRE: 0b10, Fact.SHIELDED: 0b1000, Fact.MAINS_LOST: 0x100, Fact.FAULT: 0x104, Fact.OTHER: 0xF0}
COMPONENTS = [
    "hik_02_comp_fire.hex",
    "hotel_02_fire.hex",
    "manual_02_fire.hex",
    "sf_02_fire.hex",
    "dahua_02_manual.hex",
    "dahua_smoke-alarm.hex",
    "dahua_power-fault.hex",
]


def _index(recordings: Path) -> dict[str, dict[str, str]]:
    lines = (recordings / "samples" / "INDEX.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    return {Path(entry["file"]).name: entry for entry in entries if entry["fmt"] == "gb26875_3"}


def _computed(recordings: Path, name: str) -> dict[str, Any]:
    expected = _index(recordings)[name]["expected"]
    return json.loads(expected[expected.index('{"seq"') :])


def _time(raw: str, *, is_bcd: bool) -> datetime:
    parts = [int(raw[at : at + 2], 10 if is_bcd else 16) for at in range(0, 12, 2)]
    return datetime(2000 + parts[5], parts[4], parts[3], parts[2], parts[1], parts[0], tzinfo=BEIJING)


def _decode(recordings: Path, name: str, topic: str = "") -> list[Decoded]:
    return decoder("gb26875_3")(topic, (recordings / "samples" / "gb26875_3" / name).read_bytes(), NOW)


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_states_every_bit_of_its_word(recordings: Path, name: str) -> None:
    """Device, facts, description and time of a component sample are those of the index."""
    computed = _computed(recordings, name)
    decoded = _decode(recordings, name)
    states = [item for item in decoded if isinstance(item, DeviceState)]
    assert len(states) == len(decoded)
    (item,) = computed["objs"]
    word = int(item["state"], 16)
    device = f"{computed['src'].upper()}-{item['sys']}.{item['sysaddr']}-{item['addr'].upper()}"
    assert {state.device for state in states} == {device}
    said = {state.fact: state.active for state in states}
    assert {fact: said[fact] for fact in BITS} == {fact: bool(word & bits) for fact, bits in BITS.items()}
    assert (Fact.TEST in said) is bool(word & 1)
    assert said.get(Fact.TEST, False) is False
    assert {state.text for state in states} == {item["desc"].strip(" \x02")}
    assert {state.time for state in states} == {_time(item["t"], is_bcd=name.startswith(BCD))}
    assert {state.quality for state in states} == {Quality.GOOD}


def test_system_state_sample_is_a_fire(recordings: Path) -> None:
    """The state word 0200 of system 1.11 is little-endian: fire, at the object's own time."""
    states = [item for item in _decode(recordings, "leon_01_system.hex") if isinstance(item, DeviceState)]
    assert {state.device for state in states} == {"010101010101-1.11"}
    assert [state.fact for state in states if state.active] == [Fact.FIRE]
    assert {state.time for state in states} == {datetime(2018, 6, 7, 12, 34, 36, tzinfo=BEIJING)}


def test_gateway_heartbeat_is_evidence_of_normal(recordings: Path) -> None:
    """A device state without any time is taken at the receive time, and says so."""
    states = [item for item in _decode(recordings, "ble_gw_15.hex") if isinstance(item, DeviceState)]
    assert {state.device for state in states} == {"B22396604001"}
    assert {(state.active, state.time, state.quality) for state in states} == {(False, NOW, Quality.UNCERTAIN_TIME)}
    assert {Fact.FIRE, Fact.FAULT, Fact.MAINS_LOST} <= {state.fact for state in states}


def test_profile_2_fault_code(recordings: Path) -> None:
    """Status code 21 of the 50-byte object is a fault of the component with eight address characters."""
    (state,) = _decode(recordings, "tx3016a_fault21.hex")
    (item,) = _computed(recordings, "tx3016a_fault21.hex")["objs50"]
    assert isinstance(state, DeviceState)
    assert state.device == f"010000000000-{item['sys']}.{item['sysaddr']}-{item['addr']}"
    assert (state.fact, state.active, state.code, state.text) == (Fact.FAULT, True, str(item["state"]), item["desc"])
    assert state.time == _time(item["t"], is_bcd=False)


@pytest.mark.parametrize(("name", "reason"), REJECTED.items())
def test_sample_is_rejected_with_its_reason(recordings: Path, name: str, reason: Reason) -> None:
    """A wrong checksum, a half frame and what the centre sends give one rejection and nothing else."""
    decoded = _decode(recordings, name)
    assert [item.reason for item in decoded if isinstance(item, Rejection)] == [reason]
    assert len(decoded) == 1


@pytest.mark.parametrize("name", sorted(SAYS_NOTHING))
def test_heartbeats_say_nothing(recordings: Path, name: str) -> None:
    """Empty data, keepalives and line tests give an empty list."""
    assert _decode(recordings, name) == []


def test_own_acknowledgement_on_its_topic_says_nothing(recordings: Path) -> None:
    """On the topic of the device that sent it, an acknowledgement is no downlink."""
    assert _decode(recordings, "tx3016a_sticky_hb09_ack.hex", "gb26875/4401/010000000000") == []


def test_every_sample_is_read_as_bytes_too(recordings: Path) -> None:
    """The binary form of a frame decodes exactly as its hex text, upper or lower case, with blanks."""
    for path in sorted((recordings / "samples" / "gb26875_3").glob("*.hex")):
        text = path.read_text().strip()
        whole = decoder("gb26875_3")("", bytes.fromhex(text), NOW)
        assert whole == _decode(recordings, path.name)
        spaced = " ".join(text[at : at + 2] for at in range(0, len(text), 2)).lower() + "\r\n"
        assert whole == decoder("gb26875_3")("", spaced.encode(), NOW)


def test_every_sample_is_judged(recordings: Path) -> None:
    """No sample of the folder or of the index is left out."""
    files = {path.name for path in (recordings / "samples" / "gb26875_3").iterdir()}
    judged = {*REJECTED, *SAYS_NOTHING, *COMPONENTS, "leon_01_system.hex", "ble_gw_15.hex", "tx3016a_fault21.hex"}
    assert files == judged == set(_index(recordings))
