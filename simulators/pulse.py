"""When a device is due: every so many seconds, each device at its own moment. Pure."""

from datetime import UTC, datetime, timedelta

from simulators.noise import uniform

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Count microseconds since 1970-01-01 UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def phase_s(device: str, interval_s: float) -> float:
    """Return a device's own moment within the interval, so that a county does not speak all at once."""
    return round(uniform("phase", device) * interval_s, 3)


def next_pulse(device: str, after: datetime, interval_s: float) -> datetime:
    """Return the first instant strictly after `after` at which the device is due."""
    return next_multiple(after, interval_s, phase_s(device, interval_s))


def next_multiple(after: datetime, interval_s: float, offset_s: float) -> datetime:
    """Return the first instant strictly after `after` that is `offset_s` past a multiple of `interval_s` since 1970."""
    step, offset = round(interval_s * 1e6), round(offset_s * 1e6)
    count = (microseconds(after) - offset) // step + 1
    return _EPOCH + timedelta(microseconds=count * step + offset)


def floor_minute(instant: datetime) -> datetime:
    """Cut an instant down to its minute."""
    return instant.replace(second=0, microsecond=0)
