"""What a bridge finds in a stream, and what it answers, does not depend on how the bytes come."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwatch.bridge import PROTOCOLS, Limits
from gridwatch.bridge.dialects import Manners
from gridwatch.bridge.frames import Dialect
from gridwatch.bridge.peer import Peer
from tests import gb26875_frames, hj212_frames, sl651_frames
from tests.gb26875_frames import component, components

AT = datetime(2026, 7, 1, tzinfo=UTC)
WIDE = Limits(garbage_bytes=1 << 20, bad_frames=1 << 20)


def damaged(frame: bytes) -> bytes:
    """Change one bit in the middle of a frame."""
    at = len(frame) // 2
    return frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]


SL651 = [
    sl651_frames.report("3923 00028960 3812 1213"),
    sl651_frames.frame(0x2F, bytes.fromhex("0007260701060030")),
    sl651_frames.ascii_frame(0x32, "ST 0012345678 H TT 2607010600 Z 6.38 VT 12.50 "),
    *(sl651_frames.frame(0x36, sl651_frames.body("F3 FFD8")[:20], packet=(3, number)) for number in (1, 2, 3)),
    sl651_frames.frame(0x32, bytes.fromhex("0003260701060030"), down=True),
]
GB26875 = [
    gb26875_frames.frame(components(component(2), component(0x0104, text=b"room"))),
    gb26875_frames.frame(b"", command=7),
    gb26875_frames.frame(b"", command=3),
]
HJ212 = [
    hj212_frames.report("a34004-Rtd=23.4,a34004-Flag=N;LA-Rtd=51,LA-Flag=N"),
    hj212_frames.report("w01018-Avg=18", cn="2061", flag=4),
    hj212_frames.packet("ST=91;CN=9014;MN=A110000_0001;CP=&&&&"),
    *(hj212_frames.counting(hj212_frames.report("LA-Rtd=51"), over) for over in (4, 6, 10, 12)),
]
STREAMS = {"sl651": SL651, "gb26875": GB26875, "hj212": HJ212}
GARBAGE = [b"\x7e", b"\x7e\x7e\x01", b"@@", b"@", b"##", b"##0100", b"#", b"\x01FF", b"+++\r\n", bytes(40), b"7E7E" * 9]


def dialect(name: str) -> Dialect:
    """Make the dialect of a protocol with its defaults."""
    return PROTOCOLS[name](Manners())


def heard(name: str, pieces: list[bytes]) -> list[tuple[bytes, str, bool, bytes]]:
    """Let a peer hear pieces and the end, and give what it published and answered."""
    peer = Peer(dialect(name), WIDE, now=0.0)
    frames = [frame for piece in pieces for frame in peer.receive(piece, 0.0)] + peer.end(0.0)
    assert peer.closing is None
    return [(frame.raw, frame.device, frame.is_right, peer.settled(frame, AT, is_published=True)) for frame in frames]


@st.composite
def streams(draw: st.DrawFn, name: str) -> tuple[bytes, list[int]]:
    """Draw a stream of whole, halved, damaged frames and garbage, and where it is cut."""
    frames = st.sampled_from(STREAMS[name])
    part = st.one_of(
        frames,
        frames,
        st.tuples(frames, st.integers(1, 60)).map(lambda it: it[0][: it[1]]),
        frames.map(damaged),
        st.sampled_from(GARBAGE),
        st.binary(max_size=12),
    )
    stream = b"".join(draw(st.lists(part, min_size=1, max_size=8)))
    return stream, sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))


@pytest.mark.parametrize("name", sorted(STREAMS))
@given(data=st.data())
def test_any_segmentation_of_a_stream_gives_the_same_frames_and_answers(name: str, data: st.DataObject) -> None:
    """Glued or split anywhere, byte by byte or at once: the same frames, answered the same."""
    stream, cuts = data.draw(streams(name))
    whole = heard(name, [stream])
    assert heard(name, [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]) == whole
    assert heard(name, [stream[at : at + 1] for at in range(len(stream))]) == whole


@pytest.mark.parametrize("name", sorted(STREAMS))
@given(data=st.data())
def test_every_whole_frame_between_garbage_is_found(name: str, data: st.DataObject) -> None:
    """Halves, damage and nonsense before a frame do not hide it, when enough comes after it."""
    frame = data.draw(st.sampled_from(STREAMS[name][:2]))
    before = data.draw(st.lists(st.one_of(st.sampled_from(GARBAGE), st.binary(max_size=30)), max_size=4))
    found = heard(name, [b"".join(before), frame])
    assert [raw for raw, _, is_right, _ in found if is_right][-1:] == [frame]
