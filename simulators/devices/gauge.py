"""River gauges: SenML ones report every half minute, SL 651 ones every five minutes and each minute of a flood. Pure."""

from datetime import datetime, timedelta
from math import pi, sin

from simulators.county import DeviceKind, DeviceSpec, WireFormat
from simulators.devices import Model
from simulators.noise import gauss, uniform
from simulators.observation import Observation, Report, Value
from simulators.pulse import floor_minute, microseconds, next_multiple, next_pulse
from simulators.world import World

_DAY_S = 86_400
_TIMED_MINUTES = 5
_EXTRA_RISE_M = 0.05  # in a minute: then a station does not wait for its time
_LATEST_S = 20.0  # a station needs up to this long after the minute to send its report
_MINUTE_S = 60.0


def observe(spec: DeviceSpec, instant: datetime, world: World) -> tuple[Report, ...]:
    """Report the stage in metres (absolute, or above the station's base in SL 651) and the supply voltage."""
    stage = spec.metric("stage")
    assert stage is not None
    time = floor_minute(instant) if spec.format is WireFormat.SL651 else instant
    level = stage_m(spec, time, world) - stage.datum_m
    voltage = 12.6 + 0.5 * uniform(spec.id, "voltage") + 0.03 * gauss(world.seed, spec.id, "V", microseconds(time))
    values = (
        Value(metric="stage", value=round(level, 3), unit="m"),
        Value(metric="voltage", value=round(voltage, 2), unit="V"),
    )
    extra = spec.format is WireFormat.SL651 and time.minute % _TIMED_MINUTES != 0
    return (Observation(spec=spec, time=time, values=values, is_extra=extra),)


def next_due(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    """Tell when the gauge speaks next."""
    stage = spec.metric("stage")
    assert stage is not None
    if spec.format is WireFormat.SENML:
        return next_pulse(spec.id, after, stage.interval_s or _MINUTE_S)
    due = next_multiple(after, _MINUTE_S, round(1 + uniform("phase", spec.id) * _LATEST_S, 3))
    while floor_minute(due).minute % _TIMED_MINUTES and not _is_worth_a_report(spec, floor_minute(due), world):
        due += timedelta(seconds=_MINUTE_S)
    return due


def stage_m(spec: DeviceSpec, instant: datetime, world: World) -> float:
    """Return the absolute stage in metres, as the float rides on the water."""
    site = world.sites[spec.id]
    of_day = instant.timestamp() % _DAY_S / _DAY_S
    slow = 0.02 * sin(2 * pi * (of_day + uniform(spec.id, "slow")))  # snow of yesterday, a mill upstream, evaporation
    ripple = 0.004 * gauss(world.seed, spec.id, "stage", microseconds(instant))
    return site.bed_m + site.base_m + slow + ripple + world.rise_m(spec.id, instant)


def _is_worth_a_report(spec: DeviceSpec, minute: datetime, world: World) -> bool:
    site, stage = world.sites[spec.id], spec.metric("stage")
    assert stage is not None
    rise = world.rise_m(spec.id, minute)
    before = world.rise_m(spec.id, minute - timedelta(minutes=1))
    blue = stage.limits[3]
    over = blue is not None and site.bed_m + site.base_m + rise >= blue
    return over or abs(rise - before) >= _EXTRA_RISE_M


MODEL = Model(kind=DeviceKind.GAUGE, observe=observe, next_due=next_due)
