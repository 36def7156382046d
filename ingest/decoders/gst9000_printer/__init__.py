"""Decode what a GST (海湾) fire panel prints: GBK lines behind a serial server or DTU. Pure and total; there is no checksum.

The panel's id is the third level of the topic `gst9000/{area}/{panel}`. A part is `{panel}-{loop}.{part}`, each three digits, so that a
reset of the panel reaches its parts. The stream may be cut anywhere: `Printer` keeps a cut record until the rest comes.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from ingest.decoders.gst9000_printer.records import LINE, LINES, Record, address_of, lines_of, records
from ingest.decoders.gst9000_printer.words import Claim, claims
from ingest.device_clock import is_believable
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Memory, Quality, Reason, Rejection
from ingest.wire import unhex

__all__ = ["DECODER", "MEMORY", "address_of", "claims", "decode", "printed"]

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MOMENT: Final = timedelta(seconds=1)
_BEIJING: Final = timedelta(hours=8)
_GOOD: Final = Quality.GOOD
_ROOT: Final = "gst9000"
_ESCAPE: Final = b"\x1b"
_PRINTED: Final = frozenset(b"\r\n\x1b")
_KEPT: Final = 2 * LINE * LINES  # bytes of a cut record; Chinese takes two a character
_LONGEST: Final = 1 << 16  # a printer at 9,600 baud takes a minute for it
_TOO_LONG: Final = Rejection(reason=Reason.TOO_LARGE, detail=f"{_LONGEST} bytes of a printer are taken")
_NOTHING: Final = Rejection(reason=Reason.MALFORMED, detail="no date and time in it")
PANELS_KEPT: Final = 1_000


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every record in `payload`, binary or hex text. A cut one is decoded as far as it says what happened."""
    if len(payload) > _LONGEST:
        return [_TOO_LONG]
    return printed(_binary(payload), _panel(topic), received)


def printed(data: bytes, panel: str, received: datetime) -> list[Decoded]:
    """Decode the binary printout of a panel that has this id."""
    found = records(lines_of(data))
    return _said(found, panel, received) if found else [_NOTHING]


TOPICS: Final = (f"{_ROOT}/+/+",)
DECODER: Final[Decoder] = decode


class Printer:
    """Decode a stream that comes in pieces: the cut end of one is read with the beginning of the next.

    At most 1,000 panels are remembered, each with the end of one record; the one longest silent is forgotten.
    """

    def __init__(self) -> None:
        self._cut: dict[str, bytes] = {}
        self.kept = 0

    def copy(self) -> "Printer":
        """Make one that goes on from here on its own."""
        other = Printer()
        other._cut = dict(self._cut)
        other.kept = self.kept
        return other

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode a piece: a record is told as soon as it says what happened, whether its description is there or not."""
        if len(payload) > _LONGEST:
            return [_TOO_LONG]
        goes_on = topic in self._cut
        lines, newline, rest = (self._cut.pop(topic, b"") + lines_of(_binary(payload))).rpartition(b"\n")
        found = records(lines + newline)
        is_unheard = bool(found) and not found[-1].is_whole and not _is_told(found[-1])
        if is_unheard:
            rest = lines[found.pop().start :] + newline + rest
        refused: list[Decoded] = [_NOTHING] if lines.strip() and not found and not rest and not goes_on else []
        is_printing = not found[-1].is_whole if found else goes_on and b"\n\n" not in lines + newline
        self._keep(topic, rest, is_printing=is_printing)
        return refused + _said(found, _panel(topic), received)

    def _keep(self, topic: str, rest: bytes, *, is_printing: bool) -> None:
        """Keep the cut end, and know of a record that was told before its description came."""
        rest = rest[-_KEPT:]
        if not rest and not is_printing:
            return
        self._cut[topic] = rest
        self.kept += bool(rest)
        if len(self._cut) > PANELS_KEPT:
            del self._cut[next(iter(self._cut))]


def remembering() -> Memory:
    """Make a decoder that joins cut records."""
    return Printer()


MEMORY = remembering


def _binary(payload: bytes) -> bytes:
    """Give the bytes, which may be spelt as hex text."""
    text = None if _ESCAPE in payload or not payload.isascii() else unhex(payload)
    return payload if text is None or _PRINTED.isdisjoint(text) else text


@lru_cache(maxsize=4_096)
def _panel(topic: str) -> str:
    levels = topic.split("/")
    at = levels.index(_ROOT) + 2 if _ROOT in levels else len(levels)
    return levels[at] if at < len(levels) and levels[at] else _ROOT


def _is_told(record: Record) -> bool:
    """Tell whether a record that is still printed says what happened, and to which part."""
    is_placed = not record.is_drawn or bool(record.address) or len(record.lines) > 1
    return is_placed and any(claims(line) is not None for line in record.lines)


def _said(found: list[Record], panel: str, received: datetime) -> list[Decoded]:
    said: list[Decoded] = []
    for record in found:
        lines = record.lines
        for number, line in enumerate(lines):
            claimed = claims(line)
            if claimed is not None:
                said += _states(claimed, record, " ".join(lines[:number] + lines[number + 1 :])[:200], panel, received)
                break
        else:
            reason = Reason.UNSUPPORTED if lines and record.is_whole else Reason.TRUNCATED
            detail = "a record that says nothing we know: " + " ".join(lines)[:100]
            said.append(Rejection(reason=reason, detail=detail))
    return said


def _states(claimed: tuple[Claim, ...], record: Record, text: str, panel: str, received: datetime) -> list[DeviceState]:
    time, trust = _time(record, received)
    device = DeviceId(f"{panel}-{record.address}" if record.address else panel)
    states: list[DeviceState] = []
    for claim in claimed:
        fact, code = claim.fact, claim.code
        states.append(
            DeviceState(device=device, fact=fact, active=claim.active, time=time, quality=trust, code=code, text=text)
        )
        if claim.is_momentary:
            over = time + _MOMENT
            states.append(
                DeviceState(device=device, fact=fact, active=False, time=over, quality=trust, code=code, text=text)
            )
    return states


def _time(record: Record, received: datetime) -> tuple[datetime, Quality]:
    """Read the panel's local time: year, month, day as printed; ours, and flagged, where it cannot be.

    Without a year it is the last such day before now.
    """
    year = record.time[0]
    if year >= 0:
        time = _local(year + 2000 if year < 100 else year, record)  # noqa: PLR2004 -- two digits
    else:
        here = (received + _BEIJING).year
        time = _local(here, record)
        if time is None or not is_believable(time, received, EARLIEST):
            time = _local(here - 1, record)
    if time is None or not is_believable(time, received, EARLIEST):
        return received, Quality.UNCERTAIN_TIME
    return time, _GOOD


def _local(year: int, record: Record) -> datetime | None:
    _, month, day, hour, minute, second = record.time
    try:
        return datetime(year, month, day, hour, minute, max(second, 0), 0, UTC) - _BEIJING
    except (ValueError, OverflowError):
        return None
