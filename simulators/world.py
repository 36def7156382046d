"""Everything outside the devices: the weather, the rivers, the fires, at any instant. Pure: reads no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.county import County, GaugeSite
from simulators.fire import Fire
from simulators.hydrology import rise_m
from simulators.weather import Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A story told in a county. It begins at `began` (aware UTC) and is told again every `loop_s` seconds, if at all."""

    seed: int
    began: datetime
    sites: Mapping[str, GaugeSite]
    weather: Weather = field(default_factory=Weather)
    fires: tuple[Fire, ...] = ()
    pace: float = 1.0
    loop_s: float | None = None

    def seconds(self, instant: datetime) -> float:
        """Count the seconds from the story's beginning."""
        return (instant - self.began).total_seconds()

    def told(self, instant: datetime) -> float:
        """Count the seconds into the present telling of the story; negative before it began."""
        seconds = self.seconds(instant)
        return seconds if self.loop_s is None or seconds < 0 else seconds % self.loop_s

    def telling_began(self, instant: datetime) -> datetime:
        """Return when the present telling of the story began."""
        return instant - timedelta(seconds=self.told(instant))

    def rise_m(self, device: str, instant: datetime) -> float:
        """Return how far the stage at a gauge stands above dry weather, in metres."""
        return rise_m(self.sites[device], self.weather, self.seconds(instant), self.pace)

    def fires_at(self, device: str) -> list[Fire]:
        """List the fires a detector will smell in each telling."""
        return [fire for fire in self.fires if device in fire.delays_s]

    def fires_seen_by(self, camera: str) -> list[Fire]:
        """List the fires a camera will see in each telling."""
        return [fire for fire in self.fires if fire.camera == camera]

    def next_moment(self, moments: list[float], after: datetime) -> datetime | None:
        """Return the next instant after `after` that is at one of `moments` (seconds into a telling), None if none is."""
        if not moments:
            return None
        began = self.telling_began(after)
        now = self.told(after)
        later = [moment for moment in moments if moment > now + 1e-6]
        if later:
            return began + timedelta(seconds=min(later))
        if self.loop_s is None:
            return None
        return began + timedelta(seconds=self.loop_s + min(moments))


def calm(county: County, began: datetime) -> World:
    """Return a world in which nothing happens."""
    return World(seed=county.seed, began=began, sites={site.device: site for site in county.gauge_sites})
