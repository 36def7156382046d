"""How rain becomes stage: each part of a catchment answers after its water's travel time. Pure."""

from simulators.county import GaugeSite
from simulators.weather import Weather

# A unit hydrograph in steps of ten minutes: quick rise, slow fall. It adds up to 1.
_ANSWER = (0.08, 0.19, 0.22, 0.17, 0.12, 0.09, 0.06, 0.04, 0.03)
_STEP_S = 600.0
# Rain over the whole catchment, in mm/h, that brings a gauge to its red limit: a storm seen once in some decades.
_RED_MM_PER_H = 34.0
_EXPONENT = 0.6  # of Manning's formula turned round: depth grows as discharge to the power 3/5
_SECONDS_PER_HOUR = 3600.0


def rise_m(site: GaugeSite, weather: Weather, seconds: float, pace: float) -> float:
    """Return how far the stage stands above dry weather, `seconds` into the story.

    `pace` > 1 makes water run and rivers answer that many times faster than in nature.
    """
    if not weather.cells:
        return 0.0
    rate = sum(
        source.share * _answer(source.lon, source.lat, weather, seconds - source.travel_s / pace, pace)
        for source in site.sources
    )
    return site.span_m * float((rate / _RED_MM_PER_H) ** _EXPONENT)


def _answer(lon: float, lat: float, weather: Weather, seconds: float, pace: float) -> float:
    """Return the rain that arrives now from one part of the catchment, in mm/h."""
    if seconds <= 0:
        return 0.0
    step = _STEP_S / pace
    totals = [weather.fallen_mm(lon, lat, seconds - k * step) for k in range(len(_ANSWER) + 1)]
    return sum(
        share * (newer - older) / step * _SECONDS_PER_HOUR
        for share, newer, older in zip(_ANSWER, totals, totals[1:], strict=False)
    )
