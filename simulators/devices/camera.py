"""Cameras: they say that they are there, see things pass, and see smoke. They never report a person. Pure."""

from datetime import datetime, timedelta

from simulators.county import DeviceKind, DeviceSpec
from simulators.devices import Model
from simulators.fire import Fire
from simulators.noise import uniform
from simulators.observation import Observation, Phase, Report, Sighting, Value
from simulators.pulse import microseconds, next_multiple, phase_s
from simulators.world import World

_ALIVE_S = 300.0
_UPDATE_S = 15.0
_SLOT_S = 900.0  # in each slot of this length a camera sees something pass, or nothing
_CHANCE = 0.4
_STAYS_S = 9.0
_THINGS = ("car", "boat", "bird", "cow", "truck")
_SOON = 1e-3


def observe(spec: DeviceSpec, instant: datetime, world: World) -> tuple[Report, ...]:
    """Report every sighting that has something new at this instant, or that the camera is there."""
    found: list[Report] = [
        _smoke(spec, fire, phase, instant, world)
        for fire in world.fires_seen_by(spec.id)
        if (phase := _phase(fire, world.told(instant))) is not None
    ]
    passing = _passing(spec, instant, world)
    if passing is not None:
        found.append(passing)
    if not found or _is_near(instant, _alive_before(spec, instant)):
        found.append(Observation(spec=spec, time=instant, values=(Value(metric="offline", value=0.0, unit="1"),)))
    return tuple(found)


def next_due(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    """Tell when the camera speaks next."""
    moments = [moment for fire in world.fires_seen_by(spec.id) for moment in _moments(fire)]
    smoke = world.next_moment(moments, after)
    return min(
        instant
        for instant in (
            smoke,
            next_multiple(after, _ALIVE_S, phase_s(spec.id, _ALIVE_S)),
            _next_passing(spec, after, world),
        )
        if instant is not None
    )


def _moments(fire: Fire) -> list[float]:
    first, last = fire.seen()
    updates = int((last - first - _SOON) / _UPDATE_S)  # an update at the very end would hide the end
    return [first, *(first + k * _UPDATE_S for k in range(1, updates + 1)), last]


def _phase(fire: Fire, told: float) -> Phase | None:
    moments = _moments(fire)
    at = next((i for i, moment in enumerate(moments) if abs(moment - told) < _SOON), None)
    if at is None:
        return None
    return Phase.NEW if at == 0 else Phase.END if at == len(moments) - 1 else Phase.UPDATE


def _smoke(spec: DeviceSpec, fire: Fire, phase: Phase, instant: datetime, world: World) -> Sighting:
    started = world.telling_began(instant) + timedelta(seconds=fire.seen()[0])
    score = 0.74 + 0.2 * uniform(world.seed, spec.id, "score", microseconds(instant))
    return Sighting(
        spec=spec,
        time=instant,
        key=_key(spec.id, started),
        phase=phase,
        label="smoke",
        severity="alert",
        started=started,
        score=round(score, 3),
    )


def _passing(spec: DeviceSpec, instant: datetime, world: World) -> Sighting | None:
    slot = next_multiple(instant, _SLOT_S, 0) - timedelta(seconds=_SLOT_S)
    started = _passes(spec, slot, world)
    if started is None:
        return None
    ended = started + timedelta(seconds=_STAYS_S)
    phase = Phase.NEW if _is_near(instant, started) else Phase.END if _is_near(instant, ended) else None
    if phase is None:
        return None
    kind = int(uniform(world.seed, spec.id, "thing", microseconds(slot)) * len(_THINGS))
    return Sighting(
        spec=spec,
        time=instant,
        key=_key(spec.id, started),
        phase=phase,
        label=_THINGS[kind],
        severity="detection",
        started=started,
        score=round(0.6 + 0.35 * uniform(world.seed, spec.id, "sure", microseconds(slot)), 3),
    )


def _passes(spec: DeviceSpec, slot: datetime, world: World) -> datetime | None:
    """Return when in the slot something comes into view, None if nothing does."""
    if uniform(world.seed, spec.id, "passes", microseconds(slot)) >= _CHANCE:
        return None
    share = uniform(world.seed, spec.id, "when", microseconds(slot))
    return slot + timedelta(seconds=round(1 + share * (_SLOT_S - _STAYS_S - 2), 3))


def _next_passing(spec: DeviceSpec, after: datetime, world: World) -> datetime | None:
    slot = next_multiple(after, _SLOT_S, 0) - timedelta(seconds=_SLOT_S)
    for _ in range(2):
        started = _passes(spec, slot, world)
        if started is not None:
            for moment in (started, started + timedelta(seconds=_STAYS_S)):
                if moment > after:
                    return moment
        slot += timedelta(seconds=_SLOT_S)
    return None


def _alive_before(spec: DeviceSpec, instant: datetime) -> datetime:
    return next_multiple(instant - timedelta(seconds=_SOON), _ALIVE_S, phase_s(spec.id, _ALIVE_S))


def _is_near(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) < _SOON


def _key(camera: str, started: datetime) -> str:
    """Name a sighting as Frigate does: its first second and six letters."""
    letters = "".join(chr(ord("a") + int(uniform(camera, microseconds(started), i) * 26)) for i in range(6))
    return f"{started.timestamp():.6f}-{letters}"


MODEL = Model(kind=DeviceKind.CAMERA, observe=observe, next_due=next_due)
