"""The units our own metrics are measured in, to refuse a device whose readings no rule could judge. Pure: a table."""

from ingest.units import UnknownUnitError, convert

# Metrics that rules and screens know by name. Others may have any unit: nobody compares them.
_USUAL = {
    "smoke": "%/m",
    "temperature": "Cel",
    "humidity": "%RH",
    "battery": "%EL",
    "voltage": "V",
    "stage": "m",
    "flow": "m3/s",
    "rain": "mm",
    "rain_5min": "mm",
    "rain_1h": "mm",
    "co": "ppm",
    "velocity": "m/s",
}


def usual_unit(metric: str) -> str:
    """Give the unit that is meant where none is said: the metric's own, "1" for one that is not ours."""
    return _USUAL.get(metric, "1")


def fault_of(metric: str, unit: str) -> str | None:
    """Say why `metric` cannot be in `unit`; None where it can, or where the metric is not one of ours."""
    usual = _USUAL.get(metric)
    if usual is None:
        return None
    try:
        comparable = convert(0.0, unit, usual) is not None
    except UnknownUnitError:
        comparable = False
    return None if comparable else f"{metric} cannot be in {unit!r}: give a unit that converts to {usual}"
