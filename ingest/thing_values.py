"""Read single values of Chinese platforms' thing models: times, numbers as makers write them. Pure.

Refuses to guess: what is no number is no value.
"""

from datetime import datetime, timedelta
from typing import Final

from ingest.device_clock import BEIJING
from ingest.instants import settle
from ingest.readings import DeviceId, DeviceState, Fact, Quality, Reading
from ingest.usual_names import Quantity
from ingest.wire import number

_MOMENT: Final = timedelta(seconds=1)
_MILLISECONDS_FROM: Final = 1e11  # as seconds this were the year 5138
_SURELY_FINITE: Final = 1 << 62
_GOOD: Final = Quality.GOOD
_MILLIVOLTS_FROM: Final = 1000.0  # no cell has a thousand volts, and none lives below one
_TENTHS_BELOW: Final = -300.0  # some NB modules count their RSRP in tenths of a dBm
_NOISE_RATIOS: Final = ("sinr", "snr")
_RATIO_BEYOND: Final = 60.0  # dB; what is further from 0 they count in tenths, too


def stamp(value: object) -> float | None:
    """Read a time as seconds since 1970 UTC: epoch milliseconds or seconds, ISO 8601 (without a zone Beijing's).

    None where there is none; what is there and cannot be read is 0, a clock that was never set.
    """
    if value is None or value == "":
        return None
    if type(value) is int and _MILLISECONDS_FROM <= value < _SURELY_FINITE:
        return value / 1000.0
    # A date is tried first where it looks like one: to have it refused by float() would cost as much as to read it.
    if type(value) is str and value[4:5] == "-" and (written := _written(value)) is not None:
        return written
    seconds = number(value)
    if seconds is not None:
        return seconds / 1000.0 if seconds >= _MILLISECONDS_FROM else seconds
    return (_written(value) if type(value) is str else None) or 0.0


def _written(value: str) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=BEIJING)).timestamp()
    except (ValueError, OverflowError):
        return None


def told(device: DeviceId, fact: Fact, time: datetime, quality: Quality, code: str) -> tuple[DeviceState, DeviceState]:
    """State a fact that is over a second later, because nothing will ever say that it ended."""
    return (
        DeviceState(device=device, fact=fact, active=True, time=time, quality=quality, code=code),
        DeviceState(device=device, fact=fact, active=False, time=time + _MOMENT, quality=quality, code=code),
    )


def own_time(value: object, moment: tuple[datetime, Quality], received: datetime) -> tuple[datetime, Quality]:
    """Settle a value's own time; `moment`, that of the message, stands in, and its quality is no better for it."""
    seconds = stamp(value)
    if seconds is None:
        return moment
    own = settle(seconds, received)
    return own if moment[1] is _GOOD else (own[0], max(own[1], moment[1]))


def reading_of(
    device: DeviceId, known: Quantity, name: str, raw: object, moment: tuple[datetime, Quality]
) -> Reading | None:
    """Read a quantity; None where a property of no known name is text or a list: that is a description."""
    time, quality = moment
    value = float(raw) if type(raw) is float or (type(raw) is int and abs(raw) < _SURELY_FINITE) else _number(raw)
    if value is None and not known.unit:
        return None
    if value is not None:
        value, quality = _scaled(known.metric, value, quality)
        if not known.low <= value <= known.high or value in known.void:
            value = None
    if value is None:
        quality = Quality.MISSING
    return Reading(
        device=device, metric=known.metric, time=time, value=value, unit=known.unit, quality=quality, code=name
    )


def _number(raw: object) -> float | None:
    if type(raw) is str and raw[:1].isalpha():
        return None  # to have a word refused by float() would cost as much as all the rest
    return float(raw) if isinstance(raw, bool) else number(raw)


def _scaled(metric: str, value: float, quality: Quality) -> tuple[float, Quality]:
    """Undo what makers do to cells and radios: millivolts, dBm without its minus, tenths of a dBm."""
    if metric == "voltage" and value >= _MILLIVOLTS_FROM:
        return value / 1000.0, quality
    if metric == "rsrp":
        if value > 0:
            value = -value
        if _TENTHS_BELOW * 6 < value < _TENTHS_BELOW:
            return value / 10.0, max(quality, Quality.UNCERTAIN)
    if metric in _NOISE_RATIOS and _RATIO_BEYOND < abs(value) <= _RATIO_BEYOND * 10:
        return value / 10.0, max(quality, Quality.UNCERTAIN)
    return value, quality
