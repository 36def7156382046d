"""Behind a right checksum any body may stand: the SL 651 and GB 26875.3 decoders are total over those too."""

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.gb26875_3 import decode as decode_gb26875_3
from ingest.decoders.sl651 import decode as decode_sl651
from ingest.decoders.sl651.reassembly import Reassembler
from ingest.readings import DeviceState, Quality, Reading, Rejection
from tests import gb26875_frames
from tests.sl651_frames import ascii_frame, body, frame

RECEIVED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
EARLIEST = RECEIVED - timedelta(days=20 * 366)
# Bytes that steer the walk through a body: guides, definitions, group marks.
TELLING = [0xF0, 0xF1, 0xF4, 0xF5, 0xFF, 0x04, 0x18, 0x39, 0x23, 0x45, 0x20, 0x26, 0x19, 0x03, 0x00, 0x99]
GROUPS = [
    "F0F0 2607010600",
    "F1F1 0012345678 48",
    "0418 000005",
    "0418 00000F",
    "3923",
    "2619 003196",
    "F5C0",
    "F460",
    "FF33 11",
]
WORDS = [
    "ST",
    "TT",
    "Z",
    "PJ",
    "DRN05",
    "DRH",
    "00",
    "DRP",
    "DRZ1",
    "ZT",
    "VT",
    "M",
    "-1.5",
    "12.50",
    "0012345678",
    "H",
    "2607010600",
    "FF33",
    "XX",
    "RGZS",
    "00000480",
    "٣",
    "²",
]


def _is_sound(item: object) -> bool:
    """Tell whether what was said could be right: a time not ahead, a number or nothing."""
    if isinstance(item, Reading):
        is_missing = item.value is None
        return is_missing is (item.quality is Quality.MISSING) and EARLIEST < item.time <= RECEIVED + timedelta(
            minutes=12
        )
    if isinstance(item, DeviceState):
        return EARLIEST < item.time <= RECEIVED + timedelta(minutes=12)
    return True


def test_fifty_thousand_sl651_bodies() -> None:
    """Random walks of groups, guides and noise give readings, facts or rejections, all at times that can be."""
    rng = random.Random(651)
    join = Reassembler(max_reports=20)
    for _ in range(50_000):
        parts = [
            bytes.fromhex(rng.choice(GROUPS)) if rng.random() < 0.5 else bytes(rng.choices(TELLING, k=3))
            for _ in range(8)
        ]
        content = body("") + b"".join(parts[: rng.randrange(9)]) + rng.randbytes(rng.randrange(12))
        content = content[rng.choice((0, 0, 0, 2)) :]
        function = rng.choice((0x30, 0x31, 0x32, 0x34, 0x38, 0x46, 0x50, 0xE1))
        packet = rng.choice((None, None, None, (2, 1), (2, 2), (0, 0), (1, 1)))
        payload = frame(function, content, packet=packet)
        assert all(_is_sound(item) for item in decode_sl651("", payload, RECEIVED)), payload.hex()
        assert all(_is_sound(item) for item in join("", payload, RECEIVED)), payload.hex()


@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from([0x30, 0x31, 0x32, 0x34]))
def test_ascii_bodies(words: list[str], function: int) -> None:
    """Any order of words is read as far as it makes sense."""
    assert all(_is_sound(item) for item in decode_sl651("", ascii_frame(function, " ".join(words)), RECEIVED))


@given(
    st.sampled_from([*range(1, 13), 21, 24, 25, 26, 28, 61, 89, 130]),
    st.integers(0, 12),
    st.binary(max_size=200),
    st.sampled_from([(1, 1), (2, 1), (0, 16)]),
    st.binary(min_size=6, max_size=6),
)
def test_gb26875_data(kind: int, count: int, rest: bytes, version: tuple[int, int], time: bytes) -> None:
    """Any type, count and bytes give states, readings or a rejection."""
    payload = gb26875_frames.frame(bytes([kind, count]) + rest, version=version, time=time)
    decoded = decode_gb26875_3("", payload, RECEIVED)
    assert all(_is_sound(item) for item in decoded)
    if kind in {1, 2, 3, 21} and rest and count == 0:
        assert any(isinstance(item, Rejection) for item in decoded)
