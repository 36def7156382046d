"""What a camera's event topic means, by the words of makers and of the ONVIF specifications. Pure: a table."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from ingest.readings import Fact

_KEPT: Final = 4096  # paths; all makers together have some hundreds
_METRIC_LENGTH: Final = 40


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What is true while an event's property holds. No facts: it is kept as a metric of its own.

    `is_inverted`: true while the property does not hold. `is_momentary`: only its beginning is ever told. `measures` are the
    numbers an event tells: by item in lower case, metric and unit; empty for nearly all.
    """

    facts: tuple[Fact, ...] = ()
    measures: Mapping[str, tuple[str, str]] = {}
    is_inverted: bool = False
    is_momentary: bool = False
    is_port: bool = False
    is_personal: bool = False

    @property
    def can_be_momentary(self) -> bool:
        """Tell whether an event without a state of its own is a happening: something crossed, was hit, was seen."""
        return self.is_momentary or bool({Fact.MOTION, Fact.SMOKE_SEEN, Fact.FIRE_SEEN, Fact.TAMPER} & set(self.facts))


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words)


_MEANINGS: Final = (
    # Plates, faces, who opened a door and who has a fever are of persons; nothing of them is taken.
    (
        _pattern(r"(?<!tem)plate|alpv|anpr|\blpr|(?<!inter)(?<!sur)face(?!t)|accesscontrol|credential|bodytemperature"),
        Meaning(is_personal=True),
    ),
    (_pattern(r"xinternal"), Meaning()),  # drawings of an application for its own page, several times a second
    (_pattern(r"powersupply|power/(?:lost|failure)"), Meaning(facts=(Fact.MAINS_LOST,))),
    (_pattern(r"status/temperature/inside"), Meaning(facts=(Fact.FAULT,), is_inverted=True)),
    (_pattern(r"status/temperature/(?:below|above_or)"), Meaning(facts=(Fact.FAULT,))),
    (
        _pattern(r"status/temperature/above|temperature(?:change)?(?:alarm|detection)|thermometry|radiometry"),
        Meaning(facts=(Fact.HEAT,)),
    ),
    (_pattern(r"videosource/tampering$|shock"), Meaning(facts=(Fact.TAMPER,), is_momentary=True)),
    (
        _pattern(r"tamper|imagetoo|scenechange|casing|window|cameramoved|redirected|defocus"),
        Meaning(facts=(Fact.TAMPER,)),
    ),
    (
        _pattern(
            r"failure|temperaturecritical|disruption|storage/alert|signalloss|videoloss|network/lost|connectionfail|diskfull|"
            r"powerlimit|notaccessible|doorfault"
        ),
        Meaning(facts=(Fact.FAULT,)),
    ),
    (
        _pattern(
            r"\bio/|virtualinput|virtualport|supervisedport|digitalinput|digitaloutput|trigger/relay|relay$|airqualitymonitor/alarm"
        ),
        Meaning(is_port=True),
    ),
    (_pattern(r"doorphysicalstate"), Meaning(facts=(Fact.OPEN,))),
    (_pattern(r"dooralarm"), Meaning(facts=(Fact.OTHER,))),
    (_pattern(r"crossed"), Meaning(facts=(Fact.MOTION,), is_momentary=True)),
    (
        _pattern(
            r"motion|vmd|sensor/pir|loiter|fence|objectanalytics|linedetector|fielddetector|objectsinside|intrusion|"
            r"perimeter|idleobject|crowd|objectdetect|objecttrack|radar|\biva/|myruledetector|tpsmartevent|"
            r"(?:people|person|human|vehicle|animal|pet)(?:shape)?detect"
        ),
        Meaning(facts=(Fact.MOTION,)),
    ),
)
_FIRE: Final = _pattern(
    r"(?<!no)(?<!no[ _-])fire(?!wall|ware|mware|[ _-]?(?:hydrant|extinguisher|truck|engine|fight|man|place|works|exit|door))|flame"
)
"""A hydrant, of the eighty things most models know, is no fire."""
_SMOKE: Final = _pattern(r"(?<!no)(?<!no[ _-])smoke(?!r)")
_MEASURES: Final = (
    (_pattern(r"environmentalconditions/temperature"), {"status": ("device_temperature", "Cel")}),
    (_pattern(r"environmentalconditions/relativehumidity"), {"status": ("humidity", "%RH")}),
    (_pattern(r"monitoring/batterycapacity"), {"percentageremainingcapacity": ("battery", "%EL")}),
    (_pattern(r"device/sensor/temperature|sensordata/temperature"), {"value": ("temperature", "Cel")}),
    (_pattern(r"device/sensor/relativehumidity|sensordata/relativehumidity"), {"value": ("humidity", "%RH")}),
    (
        _pattern(r"radiometry/\w*temperaturereading"),
        {
            "spotreading": ("temperature", "K"), "maxtemperature": ("temperature_max", "K"),
            "mintemperature": ("temperature_min", "K"), "averagetemperature": ("temperature_mean", "K"),
        },
    ),
    (
        _pattern(r"airqualitymonitor/metadata"),
        {
            "temperature": ("temperature", "Cel"), "humidity": ("humidity", "%RH"), "co2": ("co2", "ppm"),
            "pm1.0": ("pm1", "ug/m3"), "pm2.5": ("pm2_5", "ug/m3"), "pm10.0": ("pm10", "ug/m3"),
        },
    ),
)  # fmt: skip
"""Events that tell numbers: by the names of their items in lower case, metric and unit."""


@lru_cache(maxsize=_KEPT)
def meaning_of(path: str) -> Meaning:
    """Find what an event's path (without namespaces) means: the first line of the table that matches.

    Fire and smoke come before everything but a fault of the camera: `FireDetector/Tamper` is a tamper.
    """
    words = path.lower()
    if measures := next((measures for pattern, measures in _MEASURES if pattern.search(words)), None):
        return Meaning(measures=measures)
    found = next((meaning for pattern, meaning in _MEANINGS if pattern.search(words)), Meaning())
    if found.facts in {(), (Fact.MOTION,)} and not found.is_personal and not found.is_port:
        hazards = _hazards(words)
        return Meaning(facts=hazards) if hazards else found
    return found


def _hazards(words: str) -> tuple[Fact, ...]:
    """Tell by the last level that names one: `SmokeAndFire/Smoke` is smoke, `SmokeAndFire/Camera1` may be both."""
    levels = words.split("/")
    if levels[0] == "iva":
        del levels[2:]  # Bosch: behind the kind of rule is the name people gave it
    return next(filter(None, map(hazards_in, reversed(levels))), ())


def hazards_in(words: str) -> tuple[Fact, ...]:
    """Tell which of fire and smoke are named by words in lower case."""
    seen = [Fact.FIRE_SEEN] if _FIRE.search(words) else []
    return tuple([*seen, Fact.SMOKE_SEEN] if _SMOKE.search(words) else seen)


@lru_cache(maxsize=_KEPT)
def snake(words: str) -> str:
    """Make a metric's name of the last level of a path: `VideoSource/DayNightVision` is `day_night_vision`.

    A camera has several parts whose last level is `Status`; the one before says of what.
    """
    leaf = words.rpartition("/")[2]
    if leaf == "Status":
        leaf = "_".join(words.split("/")[-2:])
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", leaf[:_METRIC_LENGTH])
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")[:_METRIC_LENGTH]
