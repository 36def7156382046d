"""Reports in several packets (mode M3)."""

from datetime import UTC, datetime, timedelta

from ingest.decoders.sl651 import decode
from ingest.decoders.sl651.reassembly import Reassembler
from ingest.readings import Decoded, Reading, Reason, Rejection
from tests.sl651_frames import body, frame, report

RECEIVED = datetime(2026, 6, 30, 22, 1, tzinfo=UTC)
TOPIC = "sl651/4401/0012345678"
WHOLE = body("3923 00028960 2619 003196 3812 1213")


def _packets(content: bytes = WHOLE, size: int = 27, function: int = 0x32) -> list[bytes]:
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return [frame(function, part, packet=(len(parts), number)) for number, part in enumerate(parts, 1)]


def _values(decoded: list[Decoded]) -> list[tuple[str, float | None]]:
    return [(item.code, item.value) for item in decoded if isinstance(item, Reading)]


def _reasons(decoded: list[Decoded]) -> list[Reason]:
    return [item.reason for item in decoded if isinstance(item, Rejection)]


def test_first_packet_alone_gives_what_is_whole_in_it() -> None:
    """Without memory the first packet is read as far as it goes, the others are kept raw."""
    first, second = _packets(size=31)
    decoded = decode(TOPIC, first, RECEIVED)
    assert _values(decoded) == [("39", 28.96)]
    assert _reasons(decoded) == [Reason.UNSUPPORTED]
    assert _reasons(decode(TOPIC, second, RECEIVED)) == [Reason.UNSUPPORTED]


def test_packets_in_any_order_give_the_report() -> None:
    """The report is decoded when its last packet is there; a packet sent twice changes nothing."""
    packets = _packets(size=10)
    join = Reassembler()
    said = [join(TOPIC, packet, RECEIVED) for packet in [*packets[1:], packets[1], packets[0]]]
    assert said[:-1] == [[] for _ in packets]
    assert said[-1] == decode(TOPIC, report("3923 00028960 2619 003196 3812 1213"), RECEIVED)
    assert len(join) == 0


def test_packets_glued_in_one_payload() -> None:
    """All packets of a report may come at once."""
    assert _values(Reassembler()(TOPIC, b"".join(_packets(size=10)), RECEIVED)) == [
        ("39", 28.96),
        ("26", 319.6),
        ("38", 12.13),
    ]


def test_stations_do_not_mix() -> None:
    """Packets are joined per station and function."""
    join = Reassembler()
    join("", _packets(size=31)[0], RECEIVED)
    other = frame(0x32, b"\x00" * 8, station="0099999999", packet=(2, 2))
    assert join("", other, RECEIVED) == []
    assert len(join) == 2


def test_plain_frames_pass_through() -> None:
    """A report in one frame needs no memory."""
    assert _values(Reassembler()(TOPIC, report("3812 1213"), RECEIVED)) == [("38", 12.13)]


def test_pictures_are_told_and_not_kept() -> None:
    """Each packet of a picture is one rejection."""
    join = Reassembler()
    packets = _packets(body("F3F3" + "FFD8" * 40), size=40, function=0x36)
    assert [_reasons(join(TOPIC, packet, RECEIVED)) for packet in packets] == [[Reason.UNSUPPORTED]] * len(packets)
    assert len(join) == 0


def test_report_that_never_becomes_whole_is_given_up() -> None:
    """After its patience the loss is told with the next payload."""
    join = Reassembler(patience=timedelta(minutes=10))
    join(TOPIC, _packets()[0], RECEIVED)
    decoded = join(TOPIC, report("3812 1213"), RECEIVED + timedelta(minutes=11))
    assert _reasons(decoded) == [Reason.TRUNCATED]
    assert len(join) == 0


def test_memory_is_bounded() -> None:
    """The oldest report gives way to a new one, and a report that grows too large is dropped."""
    join = Reassembler(max_reports=2)
    said = [join("", frame(0x32, b"\x00", station=f"00000000{n:02d}", packet=(3, 1)), RECEIVED) for n in range(4)]
    assert [_reasons(decoded) for decoded in said] == [[], [], [Reason.TRUNCATED], [Reason.TRUNCATED]]
    assert len(join) == 2
    small = Reassembler(max_bytes=30)
    packets = _packets(size=20)
    assert small(TOPIC, packets[0], RECEIVED) == []
    assert _reasons(small(TOPIC, packets[1], RECEIVED)) == [Reason.TOO_LARGE]


def test_new_report_of_the_same_shape_replaces_an_unfinished_one() -> None:
    """A first packet with other contents begins anew."""
    join = Reassembler()
    join(TOPIC, _packets(size=31)[0], RECEIVED)
    newer = _packets(body("3923 00030000 2619 003196 3812 1213"), size=31)
    assert _reasons(join(TOPIC, newer[0], RECEIVED)) == [Reason.TRUNCATED]
    assert _values(join(TOPIC, newer[1], RECEIVED))[0] == ("39", 30.0)
