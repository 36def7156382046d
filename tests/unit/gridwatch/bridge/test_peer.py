"""Every limit of a peer, each with its reason, and who gets in. Time is passed in."""

from datetime import UTC, datetime

import pytest

from gridwatch.bridge import PROTOCOLS, Closing, Limits
from gridwatch.bridge.dialects import Manners
from gridwatch.bridge.doors import Admitted, Doors
from gridwatch.bridge.peer import Peer
from tests import hj212_frames, sl651_frames

AT = datetime(2026, 7, 1, tzinfo=UTC)
REPORT = sl651_frames.report("3923 00001250")
BAD = REPORT[:30] + bytes([REPORT[30] ^ 1]) + REPORT[31:]


def station(limits: Limits, name: str = "sl651") -> Peer:
    """A peer that connects at second 0."""
    return Peer(PROTOCOLS[name](Manners()), limits, now=0.0)


@pytest.mark.parametrize(
    ("limits", "load", "reason"),
    [
        (Limits(garbage_bytes=100), b"x" * 200, Closing.GARBAGE),
        (Limits(bad_frames=2), BAD * 3, Closing.BAD_FRAMES),
        (Limits(bytes_per_s=10, burst_s=2), b"x" * 21, Closing.BYTE_RATE),
        (Limits(frames_per_s=1, burst_s=2), REPORT * 3, Closing.FRAME_RATE),
        (Limits(frame_bytes=64), sl651_frames.frame(0x31, bytes(200))[:20], Closing.FRAME_SIZE),
    ],
)
def test_beyond_a_limit_a_peer_is_closed_for_that_reason(limits, load, reason):
    """What was whole before is still published; after the reason nothing is taken any more."""
    peer = station(limits)
    peer.receive(load, 0.0)
    assert peer.closing is reason
    assert peer.receive(REPORT, 100.0) == []


def test_a_peer_is_full_until_the_broker_has_what_it_said():
    """The time in which it is not listened to is no silence of its own, and no unfinished frame is given up meanwhile."""
    peer = station(Limits(unacknowledged=3, frame_s=20, idle_s=100))
    frames = peer.receive(REPORT * 4 + REPORT[:10], 0.0)
    assert len(frames) == 4
    assert peer.is_full
    peer.settled(frames[0], AT, is_published=True)
    assert not peer.is_full
    peer.heard_again(500.0)
    assert peer.due() == 520.0
    assert len(peer.receive(REPORT[10:], 510.0)) == 1
    assert peer.closing is None


def test_a_peer_may_speak_for_so_many_devices_only():
    """A logger speaks for its stations; one that names ever new ones is closed before the one too many is published."""
    peer = station(Limits(devices=2))
    loads = [sl651_frames.report("3923 00001250", station=f"001234567{n}") for n in range(3)]
    assert [frame.device for load in loads for frame in peer.receive(load, 0.0)] == ["0012345670", "0012345671"]
    assert peer.closing is Closing.DEVICES


def test_within_the_limits_nothing_is_closed():
    """A right frame forgives what was damaged before it, and time forgives what was sent."""
    peer = station(Limits(bad_frames=1, garbage_bytes=200, frames_per_s=1, burst_s=3))
    for second in range(20):
        peer.receive(b"+++" + BAD + REPORT, second * 2.0)
        assert peer.closing is None


def test_who_never_speaks_a_whole_frame_is_closed():
    """Silent or slow: the time to the first frame runs from the beginning, whatever drips in."""
    peer = station(Limits(first_frame_s=60, frame_s=20))
    for second in range(59):
        peer.receive(REPORT[second % 10 : second % 10 + 1], float(second))
        peer.look(float(second))
        assert peer.closing is None
    peer.look(60.0)
    assert peer.closing is Closing.FIRST_FRAME


def test_silence_after_a_frame_is_idle():
    """Bytes that are no frame do not count as speaking."""
    peer = station(Limits(first_frame_s=10, idle_s=100))
    peer.receive(REPORT, 5.0)
    peer.receive(b"\x00", 50.0)
    assert peer.due() == 105.0
    peer.look(104.0)
    assert peer.closing is None
    peer.look(105.0)
    assert peer.closing is Closing.IDLE


def test_a_half_frame_holds_the_next_one_up_no_longer_than_a_frame_may_take():
    """A frame that never ends is given up, and the whole one behind it is published then."""
    peer = station(Limits(frame_s=20))
    long = sl651_frames.frame(0x31, bytes(1_000))
    assert peer.receive(long[:50] + REPORT, 0.0) == []
    assert peer.due() == 20.0
    assert [frame.raw for frame in peer.look(20.0)] == [REPORT]


def test_a_new_unfinished_frame_has_its_own_time():
    """The time of a frame runs from its own first byte."""
    peer = station(Limits(frame_s=20, idle_s=1_000))
    peer.receive(REPORT[:5], 0.0)
    peer.receive(REPORT[5:] + REPORT[:5], 15.0)
    assert peer.due() == 35.0


def test_what_was_not_published_is_not_answered():
    """The answer is given for a frame that the broker has, and only then."""
    peer = station(Limits())
    (frame,) = peer.receive(REPORT, 0.0)
    assert peer.unsettled == 1
    assert peer.settled(frame, AT, is_published=False) == b""
    (frame,) = peer.receive(REPORT, 1.0)
    assert peer.settled(frame, AT, is_published=True) != b""
    assert peer.unsettled == 0


def test_a_packet_without_line_end_is_whole_when_nothing_follows():
    """HJ 212 stations that leave CR LF out are heard when they end, or after the time of a frame."""
    packet = hj212_frames.report("LA-Rtd=51")
    peer = station(Limits(frame_s=20), "hj212")
    assert peer.receive(packet[:-2], 0.0) == []
    assert [frame.raw for frame in peer.look(20.0)] == [packet[:-2]]
    assert [frame.raw for frame in peer.receive(packet[:-2] + packet, 21.0)] == [packet[:-2], packet]


def test_when_the_house_is_full_the_longest_silent_one_gives_way():
    """A connection that has spoken gives way to nobody."""
    doors = Doors(Limits(connections=3, per_address=2))
    for key, address in (("a", "1"), ("b", "2"), ("c", "3")):
        assert doors.admit(key, address) == Admitted()
    doors.prove("a")
    assert doors.admit("d", "4") == Admitted(gives_way="b")
    doors.prove("d")
    assert doors.admit("e", "5") == Admitted(gives_way="c")
    doors.prove("e")
    assert doors.admit("f", "6") is Closing.CONNECTIONS
    doors.leave("d")
    assert doors.admit("f", "6") == Admitted()
    assert len(doors) == 3


def test_who_will_say_nothing_more_gives_way():
    """A peer that has spoken and hung up only waits for an answer, for as long as the broker is away."""
    doors = Doors(Limits(connections=2))
    for key in ("a", "b"):
        doors.admit(key, "1")
        doors.prove(key)
    assert doors.admit("c", "2") is Closing.CONNECTIONS
    doors.ended("a")
    assert doors.admit("c", "2") == Admitted(gives_way="a")
    doors.ended("a")  # gone already
    assert len(doors) == 2


def test_one_address_fills_its_own_places_only():
    """The newcomer takes the place of a silent one of the same address, never of another."""
    doors = Doors(Limits(connections=10, per_address=2))
    for key, address in (("a", "1"), ("b", "2"), ("c", "2")):
        doors.admit(key, address)
    assert doors.admit("d", "2") == Admitted(gives_way="b")
    doors.prove("c")
    doors.prove("d")
    assert doors.admit("e", "2") is Closing.PER_ADDRESS
    doors.leave("nobody")
