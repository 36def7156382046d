"""Smoke detectors: standalone ones report every minute, those behind a panel only when something changes. Pure."""

from datetime import datetime, timedelta
from math import cos, pi

from simulators.county import DeviceKind, DeviceSpec
from simulators.devices import Model
from simulators.noise import gauss, uniform
from simulators.observation import Observation, Report, Value
from simulators.pulse import microseconds, next_pulse
from simulators.world import World

_REPORT_S = 60.0
_ALARM_REPORT_S = 10.0  # how often a detector repeats itself while it sees fire
_DAY_S = 86_400
_TENTH = timedelta(milliseconds=100)


def observe(spec: DeviceSpec, instant: datetime, world: World) -> tuple[Report, ...]:
    """Report smoke, warmth and battery; behind a panel only whether there is fire."""
    fire = _is_tripped(spec.id, instant, world)
    fact = Value(metric="fire", value=float(fire), unit="1")
    changed = _is_tripped(spec.id, instant - _TENTH, world) != fire
    if spec.component is not None:
        return (Observation(spec=spec, time=instant, values=(fact,), is_extra=changed),)
    values = (
        Value(metric="smoke", value=_smoke(spec, instant, world), unit="%/m"),
        Value(metric="temperature", value=_warmth(spec, instant, world), unit="Cel"),
        Value(metric="battery", value=_battery(spec), unit="%EL"),
        fact,
    )
    return (Observation(spec=spec, time=instant, values=values, is_extra=changed),)


def next_due(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    """Tell when the detector speaks next: on time, or at once when it begins or ends to see fire."""
    spans = [span for fire in world.fires_at(spec.id) if (span := fire.tripped(spec.id)) is not None]
    change = world.next_moment([moment for span in spans for moment in span], after)
    if spec.component is not None:
        return change
    burning = spans and _is_tripped(spec.id, after, world)
    due = next_pulse(spec.id, after, _ALARM_REPORT_S if burning else _REPORT_S)
    return due if change is None else min(due, change)


def _is_tripped(device: str, instant: datetime, world: World) -> bool:
    now = world.told(instant) + 1e-4  # the instant at which it trips counts
    spans = [fire.tripped(device) for fire in world.fires_at(device)]
    return any(span is not None and span[0] <= now < span[1] for span in spans)


def _smoke(spec: DeviceSpec, instant: datetime, world: World) -> float:
    clean = abs(0.06 * gauss(world.seed, spec.id, "smoke", microseconds(instant)))
    return round(clean + sum(fire.smoke(spec.id, world.told(instant)) for fire in world.fires_at(spec.id)), 2)


def _warmth(spec: DeviceSpec, instant: datetime, world: World) -> float:
    of_day = (instant.timestamp() + 8 * 3600) % _DAY_S / _DAY_S  # warmest at two in the afternoon, Beijing time
    room = 21 + 4 * uniform(spec.id, "room") - 2.5 * cos(2 * pi * (of_day - 1 / 12))
    noise = 0.1 * gauss(world.seed, spec.id, "temperature", microseconds(instant))
    return round(room + noise + sum(fire.warmth_k(spec.id, world.told(instant)) for fire in world.fires_at(spec.id)), 1)


def _battery(spec: DeviceSpec) -> float:
    return float(round(62 + 38 * uniform(spec.id, "battery")))


MODEL = Model(kind=DeviceKind.SMOKE, observe=observe, next_due=next_due)
