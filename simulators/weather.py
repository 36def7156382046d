"""Rain that moves over the county. Pure: story seconds in, millimetres out, in closed form, so any moment costs the same."""

from dataclasses import dataclass
from math import cos, erf, exp, hypot, pi, radians, sqrt

_M_PER_DEGREE = 111_320.0
_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RainCell:
    """A round cell whose rain falls off as a Gaussian; it moves in a straight line at constant speed.

    It rains from `starts_s` for `lasts_s` story seconds. Places are WGS 84 degrees; `radius_m` is the standard
    deviation; `peak_mm_per_h` falls in its middle.
    """

    starts_s: float
    lasts_s: float
    from_lon: float
    from_lat: float
    to_lon: float
    to_lat: float
    radius_m: float
    peak_mm_per_h: float

    def fallen_mm(self, lon: float, lat: float, until_s: float) -> float:
        """Return what has fallen at a place from the cell's start until `until_s`."""
        passed = min(until_s - self.starts_s, self.lasts_s)
        if passed <= 0:
            return 0.0
        east = _M_PER_DEGREE * cos(radians(self.from_lat))
        x, y = (lon - self.from_lon) * east, (lat - self.from_lat) * _M_PER_DEGREE
        vx = (self.to_lon - self.from_lon) * east / self.lasts_s
        vy = (self.to_lat - self.from_lat) * _M_PER_DEGREE / self.lasts_s
        speed, sigma = hypot(vx, vy), self.radius_m
        per_second = self.peak_mm_per_h / _SECONDS_PER_HOUR
        if speed * self.lasts_s < 1.0:  # it stands still
            return per_second * exp(-(x * x + y * y) / (2 * sigma * sigma)) * passed
        nearest = (x * vx + y * vy) / (speed * speed)  # when the cell's middle is nearest, seconds from its start
        beside = x * x + y * y - (nearest * speed) ** 2
        scale = speed / (sigma * sqrt(2))
        span = erf(scale * (passed - nearest)) - erf(scale * -nearest)
        return per_second * exp(-beside / (2 * sigma * sigma)) * sigma / speed * sqrt(pi / 2) * span


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Every rain cell of a story; with `loop_s` the story begins again after so many seconds."""

    cells: tuple[RainCell, ...] = ()
    loop_s: float | None = None

    def fallen_mm(self, lon: float, lat: float, seconds: float) -> float:
        """Return all rain that has fallen at a place since the story began, until `seconds` into it."""
        if seconds <= 0 or not self.cells:
            return 0.0
        if self.loop_s is None:
            return sum(cell.fallen_mm(lon, lat, seconds) for cell in self.cells)
        loops, rest = divmod(seconds, self.loop_s)
        whole = sum(cell.fallen_mm(lon, lat, self.loop_s) for cell in self.cells) if loops else 0.0
        return loops * whole + sum(cell.fallen_mm(lon, lat, rest) for cell in self.cells)

    def between_mm(self, lon: float, lat: float, since: float, until: float) -> float:
        """Return the rain that fell at a place between two story seconds."""
        return self.fallen_mm(lon, lat, until) - self.fallen_mm(lon, lat, since)
