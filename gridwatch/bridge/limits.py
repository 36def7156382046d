"""How much a peer may ask of a bridge, and the words for what it did wrong. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Closing(StrEnum):
    """Why a bridge closed a connection, or did not take it."""

    CONNECTIONS = "connections"  # too many altogether, and all of them have spoken
    PER_ADDRESS = "per-address"
    MADE_ROOM = "made-room"  # never spoke, and a newcomer needed the place
    FIRST_FRAME = "first-frame"  # no whole frame in time
    IDLE = "idle"
    FRAME_SIZE = "frame-size"
    GARBAGE = "garbage"
    BAD_FRAMES = "bad-frames"
    BYTE_RATE = "byte-rate"
    FRAME_RATE = "frame-rate"
    UNACKNOWLEDGED = "unacknowledged"
    DEVICES = "devices"
    NOT_READING = "not-reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one bridge. The defaults fit some thousands of stations behind carriers' shared addresses."""

    connections: int = 4_000
    per_address: int = 1_000  # a carrier puts many devices behind one address
    first_frame_s: float = 120.0  # from connecting to the first whole frame
    idle_s: float = 3_900.0  # between two whole frames: an hourly station, and five minutes
    frame_s: float = 20.0  # from the first byte of a frame to its last; 1,200 baud take 8 s for a kilobyte
    frame_bytes: int = 8_192
    garbage_bytes: int = 16_384  # without a right frame between: keep-alive bytes of modems are some
    bad_frames: int = (
        20  # with a wrong checksum, without a right frame between; bounds the checksums we compute in vain
    )
    bytes_per_s: int = 65_536
    frames_per_s: int = 200
    burst_s: float = 10.0  # how many seconds of either rate may come at once: what a station kept during an outage
    unacknowledged: int = (
        256  # frames the broker has not acknowledged yet; a connection waits, who sends datagrams is muted
    )
    devices: int = 256  # ids that one connection speaks for
    unread_bytes: int = 65_536  # of answers that the peer does not read


class Bucket:
    """Allow `rate` a second, and what `burst_s` seconds come to at once."""

    def __init__(self, rate: float, burst_s: float, now: float) -> None:
        self._rate = rate
        self._most = rate * burst_s
        self._left = self._most
        self._at = now

    def take(self, amount: int, now: float) -> bool:
        """Take `amount`; False if that is more than is allowed by now."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate) - amount
        self._at = now
        return self._left >= 0
