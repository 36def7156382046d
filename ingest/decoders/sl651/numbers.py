"""Read the numbers and times of SL 651-2014 bodies. Pure: what is no number is None, never an exception."""

from datetime import datetime, timedelta

from ingest.decoders.sl651.elements import LEVELS

_PERIOD = 0x05
_JUDGED = LEVELS | {_PERIOD}
_POWERS = tuple(10**decimals for decimals in range(8))
_NINES = "999999"  # a saturated two-byte percentage of 99.99 is a value, 9999.999 m is not
_NOT_FITTED_FROM, _NOT_FITTED_TO = 998, 1000  # metres
_MOST_DIGITS = 31
_BEIJING_AHEAD = timedelta(hours=8)


def bcd_number(guide: int, raw: bytes, decimals: int) -> float | None:
    """Read one BCD value with `decimals` implied decimals (6.6.3.3); None where the station has none.

    All F is "no data". A leading FF byte is a minus. Six or more nines and nothing else, and a level of 998.000 to
    999.999 m (998.099 in the field), come from sensors that are not fitted. Element 05 is hours.minutes and becomes minutes.
    """
    digits = raw.hex()
    if digits.isdecimal():
        if digits[-6:] == _NINES and _is_nines(digits):
            return None
        value = int(digits) / _POWERS[decimals]
    elif digits[:2] == "ff" and digits[2:].isdecimal() and not _is_nines(digits[2:]):
        value = -(int(digits[2:]) / _POWERS[decimals])
    else:
        return None
    return as_measured(guide, value) if guide in _JUDGED else value


def decimal_number(guide: int, text: str) -> float | None:
    """Read one number of an ASCII body; None for `M`, for the markers of `bcd_number` and for what is no number."""
    unsigned = text[1:] if text[:1] in {"-", "+"} else text
    digits = unsigned.replace(".", "", 1)
    if not digits.isdecimal() or not digits.isascii() or len(digits) > _MOST_DIGITS:
        return None
    if digits[-6:] == _NINES and _is_nines(digits):
        return None
    value = float(text)
    return as_measured(guide, value) if guide in _JUDGED else value


def as_measured(guide: int, value: float) -> float | None:
    """Apply what the guide says about a plain number: sensors not fitted, hours.minutes."""
    if guide == _PERIOD:
        minutes = round(value * 100)
        return float(minutes // 100 * 60 + minutes % 100)
    return None if guide in LEVELS and _NOT_FITTED_FROM <= value < _NOT_FITTED_TO else value


def _is_nines(digits: str) -> bool:
    nines = digits.lstrip("0")  # a seven-digit number fills four bytes: 09999999
    return len(nines) >= len(_NINES) and nines.count("9") == len(nines)


def time_of(digits: str) -> datetime | None:
    """Read YYMMDDHHmm[SS] of Beijing time into aware UTC; the century is 2000. None where it is no time."""
    if len(digits) not in {10, 12} or not (digits.isdecimal() and digits.isascii()):
        return None
    try:
        return datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}Z") - _BEIJING_AHEAD
    except ValueError:
        return None


def step_part(byte: int) -> int:
    """Read one byte of a time step: BCD by the standard; field units send 0FH for 15, which only HEX explains."""
    digits = f"{byte:02x}"
    return int(digits) if digits.isdecimal() else byte
