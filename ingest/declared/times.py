"""From declared times to a function that settles when something was. Pure; an impossible time is ours, and flagged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ingest.declared.model import Endian, Time, TimeForm
from ingest.declared.places import Context, Get, compile_place
from ingest.instants import settle, settle_instant
from ingest.readings import Quality
from ingest.wire import number

Settle = Callable[[Context, datetime, Quality], tuple[datetime, Quality]]
_LONGEST: Final = 1 << 53  # a whole number below is a double without loss
_UNREADABLE: Final = 0.0  # a clock that was never set
_WRITTEN_OUT: Final = len("2024-05-01 12:00:00")
_DIGITS: Final = {14: "", 12: "20", 10: "20"}


def compile_time(time: Time, endian: Endian) -> Settle:
    """Make the function that gives instant and quality; without a time in the message they are those it is given."""
    get = compile_place(time, endian)
    read = _READERS.get(time.as_)
    if read is None:
        return _counted(get, 1000.0 if time.as_ is TimeForm.MILLISECONDS else 1.0)
    zone = _zone(time.zone)

    def settled(context: Context, received: datetime, quality: Quality) -> tuple[datetime, Quality]:
        raw = get(context)
        if raw is None:
            return received, quality
        moment = read(raw, zone)
        return settle(_UNREADABLE, received) if moment is None else settle_instant(moment, received)

    return settled


def _counted(get: Get, divisor: float) -> Settle:
    """Settle a time that is counted from 1970."""

    def settled(context: Context, received: datetime, quality: Quality) -> tuple[datetime, Quality]:
        raw = get(context)
        if raw is None:
            return received, quality
        seconds = raw if type(raw) is int and 0 < raw < _LONGEST else number(raw)
        return settle(_UNREADABLE if seconds is None else seconds / divisor, received)

    return settled


def _zone(name: str) -> tzinfo | None:
    if not name:
        return None
    return UTC if name == "UTC" else ZoneInfo(name)


def _iso(raw: object, zone: tzinfo | None) -> datetime | None:
    return _aware(raw.strip(), zone) if isinstance(raw, str) and len(raw) < 50 else None  # noqa: PLR2004


def _local(raw: object, zone: tzinfo | None) -> datetime | None:
    """Read `2024-05-01 12:00:00`, with `/` or `.` in the date, and one or two digits in each place."""
    if not isinstance(raw, str) or len(raw) > 40:  # noqa: PLR2004 -- longer is no time
        return None
    if len(raw) == _WRITTEN_OUT and raw[4] == raw[7] == "-" and (moment := _aware(raw, zone)) is not None:
        return moment
    date, _, clock = raw.strip().replace("T", " ").partition(" ")
    parts = date.replace("/", "-").replace(".", "-").split("-")
    hours = clock.strip().split(":")
    written = f"{'-'.join(part.zfill(2) for part in parts)}T{':'.join(part.zfill(2) for part in hours)}"
    return _aware(written if clock else date, zone)


def _digits(raw: object, zone: tzinfo | None) -> datetime | None:
    """Read `20240501120000`, `240501120000` or `2405011200`, as text, BCD or a whole number."""
    digits = str(raw) if isinstance(raw, str | int) else ""
    if len(digits) not in _DIGITS or not digits.isdecimal() or not digits.isascii():
        return None
    full = (_DIGITS[len(digits)] + digits).ljust(14, "0")
    return _aware(f"{full[:4]}-{full[4:6]}-{full[6:8]}T{full[8:10]}:{full[10:12]}:{full[12:14]}", zone)


def _six_bytes(raw: object, zone: tzinfo | None) -> datetime | None:
    """Read year since 2000, month, day, hour, minute, second: a byte each, as hex text of them."""
    octets = bytes.fromhex(raw) if isinstance(raw, str) and len(raw) == 12 else b""  # noqa: PLR2004 -- six bytes
    if len(octets) != 6:  # noqa: PLR2004
        return None
    year, month, day, hour, minute, second = octets
    return _aware(f"20{year:02}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", zone)


def _aware(written: str, zone: tzinfo | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            if zone is None:
                return None
            # The first and last days there are cannot be told in every zone. `replace` would take five times as long.
            moment -= zone.utcoffset(moment) or timedelta()
            return datetime.combine(moment, moment.time(), UTC)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_READERS: Final[dict[TimeForm, Callable[[object, tzinfo | None], datetime | None]]] = {
    TimeForm.ISO: _iso,
    TimeForm.LOCAL: _local,
    TimeForm.DIGITS: _digits,
    TimeForm.YMDHMS: _six_bytes,
}
