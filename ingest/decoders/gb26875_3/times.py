"""Read the time stamps of one frame, whose coding the frame does not say. Pure; the receive time is passed in.

The standard's bytes are binary: second, minute, hour, day, month, year from 2000, Beijing time. Some makers send BCD. One
device uses one coding, so all stamps of a frame decide together.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.device_clock import FUTURE_SLACK, bcd_time
from ingest.readings import Quality

EARLIEST = datetime(2011, 1, 1, tzinfo=UTC)  # the standard is of 2011: an earlier clock was never set
SIZE = 6
_NONE = bytes(SIZE)  # no time at all, common in headers
_BEIJING_AHEAD = timedelta(hours=8)
_GOOD, _UNCERTAIN_TIME = Quality.GOOD, Quality.UNCERTAIN_TIME
Stamp = tuple[datetime, Quality]


def binary_time(raw: bytes) -> datetime | None:
    """Read six binary bytes; None where they are no time."""
    second, minute, hour, day, month, year = raw
    if year >= 100:  # noqa: PLR2004
        return None
    try:
        return datetime(2000 + year, month, day, hour, minute, second, 0, UTC) - _BEIJING_AHEAD
    except ValueError:
        return None


def stamp(header: bytes, stamps: Sequence[bytes], received: datetime) -> list[Stamp]:
    """Give the instant (UTC) and quality of each object's stamp; the send time in the header, then the receive time stand in.

    A stamp is six bytes or none.
    """
    given = [raw for raw in (header, *stamps) if raw and raw != _NONE]
    # Most clocks are binary, and show it: 10 to 15 and 26 to 31 are no BCD.
    is_bcd = b"".join(given).hex().isdecimal() and _is_bcd(given, received)
    first, second = (bcd_time, binary_time) if is_bcd else (binary_time, bcd_time)
    latest = received + FUTURE_SLACK
    believed: dict[bytes, Stamp] = {}
    for raw in set(given):
        time = first(raw) or second(raw)
        if time is not None and EARLIEST <= time <= latest:
            believed[raw] = time, _GOOD
    substitute = believed.get(header, (received, _UNCERTAIN_TIME))
    return [believed.get(raw, substitute) for raw in stamps]


def _is_bcd(given: list[bytes], received: datetime) -> bool:
    """Decide the coding of digits: the one all stamps can be read in; of two, the one nearer to the receive time."""
    binary = [binary_time(raw) for raw in given]
    bcd = [bcd_time(raw) for raw in given]
    if None in bcd or None in binary:
        return None not in bcd
    return _distance(bcd, received) < _distance(binary, received)


def _distance(times: Sequence[datetime | None], received: datetime) -> float:
    return sum(abs((time - received).total_seconds()) for time in times if time is not None)
