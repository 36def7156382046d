"""Read the time stamps of one frame, whose coding the frame does not say. Pure; the receive time is passed in.

The standard's bytes are binary: second, minute, hour, day, month, year from 2000, Beijing time. Some makers send BCD. One
device uses one coding, so all stamps of a frame decide together.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from ingest.device_clock import beijing_time, is_believable
from ingest.readings import Quality

EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)  # the standard is of 2011: an earlier clock was never set
SIZE = 6


def binary_time(raw: bytes) -> datetime | None:
    """Read six binary bytes; None where they are no time."""
    second, minute, hour, day, month, year = raw
    return beijing_time(2000 + year, month, day, hour, minute, second) if year < 100 else None  # noqa: PLR2004


def bcd_time(raw: bytes) -> datetime | None:
    """Read six BCD bytes; None where they are no BCD or no time."""
    digits = raw.hex()
    return binary_time(bytes(int(digits[at : at + 2]) for at in range(0, 12, 2))) if digits.isdecimal() else None


class Stamps:
    """The clock of one frame.

    `header` is the send time. All-zero bytes are no time at all, common in headers.
    """

    def __init__(self, header: bytes, stamps: Iterable[bytes], received: datetime) -> None:
        self._received = received
        given = [raw for raw in (header, *stamps) if len(raw) == SIZE and any(raw)]
        self._is_bcd = _is_bcd(given, received)
        self._sent = self._read(header)

    def at(self, raw: bytes) -> tuple[datetime, Quality]:
        """Give the instant (UTC) and quality of an object's stamp; the send time, then the receive time stand in."""
        for time in (self._read(raw), self._sent):
            if time is not None:
                return time, Quality.GOOD
        return self._received, Quality.UNCERTAIN_TIME

    def _read(self, raw: bytes) -> datetime | None:
        if len(raw) != SIZE or not any(raw):
            return None
        first, second = (bcd_time, binary_time) if self._is_bcd else (binary_time, bcd_time)
        time = first(raw) or second(raw)
        return time if time is not None and is_believable(time, self._received, EARLIEST) else None


def _is_bcd(given: list[bytes], received: datetime) -> bool:
    """Decide the coding: the one all stamps can be read in; of two, the one nearer to the receive time."""
    binary = [binary_time(raw) for raw in given]
    bcd = [bcd_time(raw) for raw in given]
    if None in bcd or None in binary:
        return None not in bcd and bool(given)
    return _distance(bcd, received) < _distance(binary, received)


def _distance(times: list[datetime | None], received: datetime) -> float:
    return sum(abs((time - received).total_seconds()) for time in times if time is not None)
