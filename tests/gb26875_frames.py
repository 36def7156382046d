"""A small encoder of GB/T 26875.3-2011 frames, written from the standard and apart from the decoder it judges."""

NOON = bytes([5, 30, 12, 1, 7, 26])  # 2026-07-01 12:30:05 Beijing time, binary
SOURCE = bytes.fromhex("B22396604001")


def frame(
    data: bytes,
    *,
    command: int = 2,
    version: tuple[int, int] = (1, 1),
    time: bytes = NOON,
    source: bytes = SOURCE,
    destination: bytes = bytes(6),
) -> bytes:
    """One frame with a right checksum."""
    control = (
        b"\x01\x00" + bytes(version) + time + source + destination + len(data).to_bytes(2, "little") + bytes([command])
    )
    return b"@@" + control + data + bytes([sum(control + data) & 0xFF]) + b"##"


def component(
    state: int,
    *,
    system: int = 1,
    address: bytes = b"\x02\x00\x07\x00",
    kind: int = 40,
    text: bytes = b"",
    time: bytes = NOON,
) -> bytes:
    """One object of type 2."""
    return bytes([system, 1, kind]) + address + state.to_bytes(2, "little") + text.ljust(31, b"\x00") + time


def components(*objects: bytes) -> bytes:
    """The application data of type 2 with these objects."""
    return bytes([2, len(objects)]) + b"".join(objects)
