"""The real samples of HJ 212, SL/T 427 and GST printers give what their index states, and bridges find every whole frame."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gridwatch.bridge import PROTOCOLS, Limits
from gridwatch.bridge.dialects import Manners
from gridwatch.bridge.peer import Peer
from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _index(recordings: Path, fmt: str) -> dict[str, dict[str, str]]:
    lines = (recordings / "samples" / "INDEX.jsonl").read_text().splitlines()
    return {entry["file"]: entry for entry in map(json.loads, lines) if entry["fmt"] == fmt}


def _decoded(recordings: Path, file: str, topic: str = "") -> list[Decoded]:
    payload = (recordings / "samples" / file).read_bytes()
    return decoder(file.partition("/")[0])(topic, payload, NOW)


def test_hj212_samples_are_readings_or_a_checksum(recordings: Path) -> None:
    """Where the index says that the checksum is right there are readings, all factors of it; elsewhere one rejection."""
    index = _index(recordings, "hj212")
    assert len(index) == 4
    for file, entry in index.items():
        found = _decoded(recordings, file)
        if entry["check"].startswith("CRC OK"):
            text = (recordings / "samples" / file).read_text()
            readings = [item for item in found if isinstance(item, Reading)]
            assert len(readings) == text.count("-Rtd=")
            assert {reading.quality for reading in readings} == {Quality.GOOD}
            assert {reading.time for reading in readings} == {datetime(2019, 10, 12, 5, 37, 10, tzinfo=UTC)}
            assert {item.fact: item.active for item in found if isinstance(item, DeviceState)} == {
                Fact.FAULT: False,
                Fact.TEST: False,
            }
        else:
            assert [item.reason for item in found if isinstance(item, Rejection)] == [Reason.CHECKSUM]
            assert len(found) == 1


def test_the_sl427_sample_is_a_velocity(recordings: Path) -> None:
    """AFN C0, function 4: one velocity at the frame's own time, and the facts of its alarm word."""
    (file,) = _index(recordings, "sl427")
    reading, *facts = _decoded(recordings, file)
    assert isinstance(reading, Reading)
    assert (reading.metric, reading.value, reading.unit) == ("velocity", 44.555, "m/s")
    assert (reading.device, reading.time) == ("0102030405", datetime(2026, 5, 12, 6, 15, 30, tzinfo=UTC))
    assert [fact.fact for fact in facts if isinstance(fact, DeviceState) and fact.active] == [Fact.TAMPER]


def test_the_printed_fire_is_a_fire_of_its_part(recordings: Path) -> None:
    """Loop 006 device 007: fire, with the place and the kind of detector as it was printed."""
    (file,) = _index(recordings, "gst9000_printer")
    (state,) = _decoded(recordings, file, "gst9000/3301/p1")
    assert isinstance(state, DeviceState)
    assert (state.device, state.fact, state.active) == ("p1-006.007", Fact.FIRE, True)
    assert state.text == "中烟六层计划部 感烟探测器"
    assert state.time == datetime(2008, 12, 2, 9, 21, tzinfo=UTC)


@pytest.mark.parametrize(("name", "fmt"), [("sl651", "sl651"), ("gb26875", "gb26875_3"), ("hj212", "hj212")])
def test_a_bridge_finds_in_a_stream_what_the_decoder_finds_in_the_files(recordings: Path, name: str, fmt: str) -> None:
    """All samples of a protocol glued together and sent in pieces of 7 bytes: every frame of a right checksum comes out."""
    stream, right = b"", Counter[bytes]()
    peer = Peer(PROTOCOLS[name](Manners()), Limits(bad_frames=100), now=0.0)
    for file in _index(recordings, fmt):
        payload = (recordings / "samples" / file).read_bytes()
        raw = payload if file.endswith(".txt") else bytes.fromhex(payload.decode())
        stream += raw
        reasons = {item.reason for item in decoder(fmt)("", raw, NOW) if isinstance(item, Rejection)}
        if not reasons & {Reason.CHECKSUM, Reason.TRUNCATED, Reason.MALFORMED, Reason.DOWNLINK}:
            right[raw.removesuffix(b"\x7e") if name == "sl651" else raw] += 1
    pieces = (stream[at : at + 7] for at in range(0, len(stream), 7))
    frames = [frame for piece in pieces for frame in peer.receive(piece, 0.0)] + peer.end(0.0)
    found = Counter(frame.raw for frame in frames if frame.is_right)
    if name == "gb26875":  # one file holds two frames
        joined = [raw for raw in right if raw.count(b"@@") > 1]
        for raw in joined:
            del right[raw]
    assert peer.closing is None
    assert not right - found
    assert len(right) >= 2
