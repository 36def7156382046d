"""Rain gauges: tipping buckets that count since the story began. Pure."""

from datetime import datetime, timedelta

from simulators.county import DeviceKind, DeviceSpec, WireFormat
from simulators.devices import Model
from simulators.noise import uniform
from simulators.observation import Observation, Report, Value
from simulators.pulse import floor_minute, next_multiple, next_pulse
from simulators.world import World

_TIP_MM = 0.1
_TIMED_MINUTES = 5
_LATEST_S = 20.0
_MINUTE_S = 60.0
_HOUR_S = 3600.0
_WHOLE_MM = 9_000.0  # the counter has four digits and a decimal; a year's rain is 1,800 mm


def observe(spec: DeviceSpec, instant: datetime, world: World) -> tuple[Report, ...]:
    """Report all rain so far, the rain of the last hour, and the supply voltage."""
    time = floor_minute(instant) if spec.format is WireFormat.SL651 else instant
    seconds = world.seconds(time)
    total, hour = _fallen(spec, seconds, world), _fallen(spec, seconds - _HOUR_S, world)
    values = (
        Value(metric="rain", value=round(total % _WHOLE_MM, 1), unit="mm"),
        Value(metric="rain_1h", value=round(total - hour, 1), unit="mm"),
        Value(metric="voltage", value=round(12.4 + 0.6 * uniform(spec.id, "voltage"), 2), unit="V"),
    )
    extra = spec.format is WireFormat.SL651 and time.minute % _TIMED_MINUTES != 0
    return (Observation(spec=spec, time=time, values=values, is_extra=extra),)


def next_due(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    """Tell when the gauge speaks next: on time, and in SL 651 also in each minute in which the bucket tipped."""
    rain = spec.metric("rain")
    assert rain is not None
    if spec.format is WireFormat.SENML:
        return next_pulse(spec.id, after, rain.interval_s or _MINUTE_S)
    due = next_multiple(after, _MINUTE_S, round(1 + uniform("phase", spec.id) * _LATEST_S, 3))
    while floor_minute(due).minute % _TIMED_MINUTES and not _has_tipped(spec, floor_minute(due), world):
        due += timedelta(seconds=_MINUTE_S)
    return due


def _has_tipped(spec: DeviceSpec, minute: datetime, world: World) -> bool:
    seconds = world.seconds(minute)
    return _fallen(spec, seconds, world) > _fallen(spec, seconds - _MINUTE_S, world)


def _fallen(spec: DeviceSpec, seconds: float, world: World) -> float:
    """Return the rain since the story began in whole tips of the bucket, mm."""
    return _TIP_MM * int(world.weather.fallen_mm(spec.lon, spec.lat, seconds) / _TIP_MM + 1e-9)


MODEL = Model(kind=DeviceKind.RAIN, observe=observe, next_due=next_due)
