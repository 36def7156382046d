"""What kind of happening an alarm speaks of, and how an incident is called. Pure: two tables."""

from enum import StrEnum

# Alarms of these priorities open or join an incident; lesser ones stay with the alarm list.
OPENING_PRIORITIES = frozenset({1, 2})


class Kind(StrEnum):
    """What happened."""

    FIRE = "fire"
    FLOOD = "flood"
    DEVICE = "device"
    OTHER = "other"


WORDS_ZH = {Kind.FIRE: "火情", Kind.FLOOD: "汛情", Kind.DEVICE: "设备异常", Kind.OTHER: "突发情况"}

_BY_CONDITION = {
    "smoke": Kind.FIRE,
    "smoke-seen": Kind.FIRE,
    "fire-seen": Kind.FIRE,
    "heat": Kind.FIRE,
    "several-detectors": Kind.FIRE,
    "fire-corroborated": Kind.FIRE,
    "flood-coming": Kind.FLOOD,
    "water": Kind.FLOOD,
    "fault": Kind.DEVICE,
    "tamper": Kind.DEVICE,
    "battery-low": Kind.DEVICE,
    "test": Kind.DEVICE,
    "offline": Kind.DEVICE,
    "mains-lost": Kind.DEVICE,
    "no-data": Kind.DEVICE,
    "not-told": Kind.DEVICE,
    "outage": Kind.DEVICE,
    "spike": Kind.DEVICE,
    "stuck": Kind.DEVICE,
    "out-of-range": Kind.DEVICE,
}
_BY_METRIC = {
    "smoke": Kind.FIRE,
    "temperature": Kind.FIRE,
    "co": Kind.FIRE,
    "stage": Kind.FLOOD,
    "flow": Kind.FLOOD,
    "velocity": Kind.FLOOD,
    "soil_moisture": Kind.FLOOD,
    "battery": Kind.DEVICE,
    "voltage": Kind.DEVICE,
}


def kind_of(condition: str, metric: str | None) -> Kind:
    """Tell the kind from the condition, and where that says nothing (a level) from the metric."""
    if condition in _BY_CONDITION:
        return _BY_CONDITION[condition]
    if metric is None:
        return Kind.OTHER
    if metric.startswith("rain"):
        return Kind.FLOOD
    return _BY_METRIC.get(metric, Kind.OTHER)


def title_of(kind: Kind, *names: str | None) -> str:
    """Call an incident by its place, from the larger to the finer, and its kind, in Chinese."""
    place = "".join(name for name in names if name)
    return f"{place} {WORDS_ZH[kind]}".strip()


def gathered_title_of(kind: Kind, area: str, places: int) -> str:
    """Call an incident that a storm has gathered by its area and the number of places, in Chinese."""
    return f"{area or '未划入网格'} {places} {'个网格' if area else '台设备'} {WORDS_ZH[kind]}"
