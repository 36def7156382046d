"""Read the numbers and times of SL 651-2014 bodies. Pure: what is no number is None, never an exception."""

from datetime import datetime

from ingest.decoders.sl651.elements import LEVELS
from ingest.device_clock import beijing_time

_PERIOD = 0x05
_MIN_NINES = 6  # digits: a saturated two-byte percentage of 99.99 is a value, 9999.999 m is not
_NOT_FITTED = range(998, 1000)  # metres


def bcd_digits(raw: bytes) -> str | None:
    """Spell BCD bytes; None where a half byte is not a decimal digit."""
    digits = raw.hex()
    return digits if digits.isdecimal() else None


def bcd_number(guide: int, raw: bytes, decimals: int) -> float | None:
    """Read one BCD value with `decimals` implied decimals (6.6.3.3); None where the station has none.

    All F is "no data". A leading FF byte is a minus. Six or more nines and nothing else, and a level of 998.000 to
    999.999 m (998.099 in the field), come from sensors that are not fitted. Element 05 is hours.minutes and becomes minutes.
    """
    if not raw or raw.count(0xFF) == len(raw):
        return None
    is_negative = raw[0] == 0xFF  # noqa: PLR2004 — the sign byte
    digits = bcd_digits(raw[1:] if is_negative else raw)
    if digits is None or _is_nines(digits):
        return None
    value: float = int(digits) / 10**decimals
    if is_negative:
        value = -value
    return as_measured(guide, value)


def decimal_number(guide: int, text: str) -> float | None:
    """Read one number of an ASCII body; None for `M`, for the markers of `bcd_number` and for what is no number."""
    unsigned = text[1:] if text[:1] in {"-", "+"} else text
    whole, _, fraction = unsigned.partition(".")
    digits = whole + fraction
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 31 or _is_nines(digits):  # noqa: PLR2004
        return None
    value = float(text)
    return as_measured(guide, value)


def as_measured(guide: int, value: float) -> float | None:
    """Apply what the guide says about a plain number: sensors not fitted, hours.minutes."""
    if guide in LEVELS and _NOT_FITTED.start <= value < _NOT_FITTED.stop:
        return None
    if guide == _PERIOD:
        minutes = round(value * 100)
        return float(minutes // 100 * 60 + minutes % 100)
    return value


def _is_nines(digits: str) -> bool:
    nines = digits.lstrip("0")  # a seven-digit number fills four bytes: 09999999
    return len(nines) >= _MIN_NINES and nines.count("9") == len(nines)


def time_of(digits: str | None) -> datetime | None:
    """Read YYMMDDHHmm[SS] of Beijing time into aware UTC; the century is 2000. None where it is no time."""
    if digits is None or len(digits) not in {10, 12} or not (digits.isascii() and digits.isdecimal()):
        return None
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    return beijing_time(2000 + parts[0], *parts[1:])


def step_part(byte: int) -> int:
    """Read one byte of a time step: BCD by the standard; field units send 0FH for 15, which only HEX explains."""
    digits = f"{byte:02x}"
    return int(digits) if digits.isdecimal() else byte
