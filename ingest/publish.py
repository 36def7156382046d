"""Read MQTT PUBLISH packets as they come off the wire. Pure: no I/O, no clock. MQTT 3.1.1 §3.3 and MQTT 5 §3.3."""

from typing import NamedTuple

PUBACK = b"\x40\x02"  # fixed header of a PUBACK that says success, both versions


class Message(NamedTuple):  # a tuple: one is made for every message, and a frozen dataclass takes four times as long
    """One received publication. `mid` is 0 where the broker wants no acknowledgement (QoS 0).

    `again`: the broker delivers it once more (DUP, MQTT 3.1.1 §3.3.1.1).
    """

    topic: str
    payload: bytes
    mid: int
    retained: bool
    again: bool = False


def read_publish(flags: int, body: bytes, *, version5: bool) -> Message | None:
    """Read the body of a PUBLISH packet whose first header byte was `flags`; None when it is not well-formed.

    A topic alias without a topic is not resolved: we never offer the broker any (Topic Alias Maximum is 0).
    """
    end = 2 + int.from_bytes(body[:2], "big")
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError:
        return None
    mid = 0
    if flags & 0x06:
        mid = int.from_bytes(body[end : end + 2], "big")
        end += 2
    if version5:
        end = _skip_properties(body, end)
    if not topic or not 0 <= end <= len(body):
        return None
    return Message(topic, body[end:], mid, bool(flags & 0x01), bool(flags & 0x08))


def _skip_properties(body: bytes, start: int) -> int:
    length, shift = 0, 0
    for i in range(start, min(start + 4, len(body))):
        length |= (body[i] & 0x7F) << shift
        if not body[i] & 0x80:
            return i + 1 + length
        shift += 7
    return -1


def acknowledgements(mids: list[int]) -> bytes:
    """Build the PUBACKs of many messages as one buffer."""
    return b"".join(PUBACK + mid.to_bytes(2, "big") for mid in mids if mid)
