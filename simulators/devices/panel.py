"""Fire panels' user transmission devices: their state every minute, and at once when it changes. Pure."""

from datetime import datetime, timedelta

from simulators.county import DeviceKind, DeviceSpec
from simulators.devices import Model
from simulators.observation import Observation, Report, Value
from simulators.pulse import next_pulse
from simulators.world import World

_HEARTBEAT_S = 60.0
_TENTH = timedelta(milliseconds=100)
_AFTER_DETECTOR_S = 1.5  # the panel says so itself a moment after its first detector


def observe(spec: DeviceSpec, instant: datetime, world: World) -> tuple[Report, ...]:
    """Report whether the panel shows fire."""
    fire = _has_fire(spec, instant, world)
    changed = _has_fire(spec, instant - _TENTH, world) != fire
    values = (Value(metric="fire", value=float(fire), unit="1"),)
    return (Observation(spec=spec, time=instant, values=values, is_extra=changed),)


def next_due(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    """Tell when the panel speaks next."""
    heartbeat = next_pulse(spec.id, after, _HEARTBEAT_S)
    change = world.next_moment([moment for span in _spans(spec, world) for moment in span], after)
    return heartbeat if change is None else min(heartbeat, change)


def _spans(spec: DeviceSpec, world: World) -> list[tuple[float, float]]:
    """Return from when until when the panel shows fire: from its first detector until it is reset after the last."""
    found = []
    for fire in world.fires:
        if fire.building == spec.building:
            tripped = [span for device in fire.delays_s if (span := fire.tripped(device)) is not None]
            if tripped:
                first, last = min(span[0] for span in tripped), max(span[1] for span in tripped)
                found.append((first + _AFTER_DETECTOR_S, last + _AFTER_DETECTOR_S))
    return found


def _has_fire(spec: DeviceSpec, instant: datetime, world: World) -> bool:
    now = world.told(instant) + 1e-4
    return any(first <= now < last for first, last in _spans(spec, world))


MODEL = Model(kind=DeviceKind.PANEL, observe=observe, next_due=next_due)
