"""What the fields of a packet's content are, by their names: values, flags, times (HJ 212-2017 6.6.4 and 6.6.5). Pure."""

from enum import Enum, auto
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.decoders.hj212.factors import factor

# suffix: what it adds to the metric's name, beside the period's
_VALUES: Final = {
    "RTD": "",
    "AVG": "",
    "MIN": "_min",
    "MAX": "_max",
    "COU": "_sum",
    "ZSRTD": "_converted",
    "ZSAVG": "_converted",
    "ZSMIN": "_converted_min",
    "ZSMAX": "_converted_max",
    "DATA": "",
    "DAYDATA": "_day",
    "NIGHTDATA": "_night",
    "ALA": "",
}
_EQUIPMENT: Final = {"RS": ("state", "1"), "RT": ("run_time", "h")}
_TIMES: Final = {"DATATIME": "DataTime", "ALARMTIME": "AlarmTime"}
_NAME_KEPT: Final = 40
"""Characters of the longest name that is remembered; the standard's have 20."""


class Kind(Enum):
    """What a field tells."""

    VALUE = auto()
    FLAG = auto()
    SAMPLED = auto()  # when a factor was sampled
    TIME = auto()  # of the packet
    ALARM = auto()


class Field(Struct, frozen=True, gc=False):
    """A field's kind, the code of the factor it is about (of a time: its name), and of a value its metric and unit."""

    kind: Kind
    code: str = ""
    metric: str = ""
    unit: str = ""


_VALUE, _FLAG, _SAMPLED, _TIME = Kind.VALUE, Kind.FLAG, Kind.SAMPLED, Kind.TIME


class Content(Struct, gc=False):
    """The fields of a packet: values, and by the code of a factor its flag and when it was sampled."""

    values: list[tuple[Field, str]]
    flags: dict[str, str]
    sampled: dict[str, str]
    times: dict[str, str]
    alarms: list[tuple[str, str]]

    @property
    def time(self) -> str | None:
        """Give the time the packet states; None where it states none."""
        return self.times.get("DataTime") or self.times.get("AlarmTime")


def read_content(content: str, system: str, period: str | None) -> Content:
    """Sort the fields of a packet of system `system` (ST), of a report over `period`; None is a report of equipment.

    Fields are parted by ; and within a factor by , and makers mix the two.
    """
    values: list[tuple[Field, str]] = []
    flags: dict[str, str] = {}
    sampled: dict[str, str] = {}
    times: dict[str, str] = {}
    alarms: list[tuple[str, str]] = []
    for part in content.replace(",", ";").split(";"):
        name, equals, text = part.partition("=")
        find = _remembered if len(name) <= _NAME_KEPT else _field
        field = find(name, system, period)
        if field is None or not (equals or period is None):
            continue
        kind = field.kind
        if kind is _VALUE:
            values.append((field, text))
        elif kind is _FLAG:
            flags[field.code] = text.strip()
        elif kind is _TIME:
            times[field.code] = text
        elif kind is _SAMPLED:
            sampled[field.code] = text
        else:
            alarms.append((field.code, text.strip()))
    return Content(values, flags, sampled, times, alarms)


def _field(name: str, system: str, period: str | None) -> Field | None:
    """Tell what a field is; None is one of a maker's own. The standard's own examples have blanks around names.

    A Flag without a code is about every factor that has none of its own.
    """
    code, _, suffix = name.rpartition("-")
    code, kind = code.strip(), suffix.strip().upper()
    if not code and kind in _TIMES:
        return Field(Kind.TIME, _TIMES[kind])
    if period is None:
        return _equipment(code, kind)
    if kind == "ALARMTYPE":
        return Field(Kind.ALARM, name.strip()[:_NAME_KEPT])
    if code and kind in _VALUES:
        return _value(code, kind, system, period)
    if kind == "FLAG":
        return Field(Kind.FLAG, code)
    return Field(Kind.SAMPLED, code) if code and kind == "SAMPLETIME" else None


_remembered: Final = lru_cache(maxsize=8_192)(_field)


def _value(code: str, kind: str, system: str, period: str) -> Field | None:
    known = factor(code, system)
    if known is None:
        return None
    return Field(
        Kind.VALUE, code, known.metric + period + _VALUES[kind], known.sum_unit if kind == "COU" else known.unit
    )


def _equipment(code: str, suffix: str) -> Field | None:
    if suffix not in _EQUIPMENT or factor(code, "") is None:
        return None
    what, unit = _EQUIPMENT[suffix]
    return Field(Kind.VALUE, code, f"{code.lower()}_{what}", unit)
