"""A fire in one building: which detector sees how much smoke when. Pure; times are story seconds."""

from dataclasses import dataclass
from math import exp, log

TRIPS_AT = 6.0  # %/m; point detectors of EN 54-7 alarm between about 2 and 12 %/m
CLEARS_AT = 2.0
_PEAK = 24.0  # %/m
_GROWS_S = 40.0
_CLEARS_S = 35.0
_HOTTEST_K = 55.0  # above room temperature, at the ceiling of the burning room
_SEEN_FROM_S = 35.0  # smoke has to leave the house before a camera sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """A fire in `building` (its name). `delays_s` says for each detector's id how long the smoke takes to it.

    `camera` is the id of the camera that sees the smoke, None where none does.
    """

    building: str
    starts_s: float
    lasts_s: float
    delays_s: dict[str, float]
    camera: str | None = None

    @property
    def ends_s(self) -> float:
        """Tell when the fire is out."""
        return self.starts_s + self.lasts_s

    def smoke(self, device: str, seconds: float) -> float:
        """Return the smoke at a detector in %/m, 0 before it gets there."""
        reached = self.starts_s + self.delays_s[device]
        if seconds <= reached or reached >= self.ends_s:
            return 0.0
        grown = _PEAK * (1 - exp(-(min(seconds, self.ends_s) - reached) / _GROWS_S))
        return grown * exp(-max(0.0, seconds - self.ends_s) / _CLEARS_S)

    def warmth_k(self, device: str, seconds: float) -> float:
        """Return how much warmer it is at a detector than without the fire, in kelvin."""
        return _HOTTEST_K * (self.smoke(device, seconds) / _PEAK) ** 2

    def tripped(self, device: str) -> tuple[float, float] | None:
        """Return from when until when a detector reports fire, None where the smoke never suffices."""
        reached = self.starts_s + self.delays_s[device]
        trips = reached + _GROWS_S * -log(1 - TRIPS_AT / _PEAK)
        if trips >= self.ends_s:
            return None
        return trips, self.ends_s + _CLEARS_S * log(self.smoke(device, self.ends_s) / CLEARS_AT)

    def seen(self) -> tuple[float, float]:
        """Return from when until when a camera sees smoke."""
        return self.starts_s + min(_SEEN_FROM_S, self.lasts_s / 2), self.ends_s + _CLEARS_S

    def over_s(self) -> float:
        """Tell when the last device has forgotten the fire."""
        cleared = [span[1] for device in self.delays_s if (span := self.tripped(device)) is not None]
        return max([self.seen()[1], *cleared])
