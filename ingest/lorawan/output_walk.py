"""The leaves of what a network's codec made, with their paths, within limits. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from ingest.lorawan.output_names import LONGEST_NAME
from ingest.lorawan.output_words import NAMES_OF_MEASURES, SENSECAP, UNIT_NAMES

LEAVES: Final = 64  # as many metrics as the registry keeps of one device
DEEPEST: Final = 6
PARTS: Final = 4 * LEAVES
"""Leaves and what they nest in, and texts that say nothing: no codec makes more of 242 bytes."""
MORE: Final = object()
_ALONE: Final = frozenset(("value", "unit", "units", "displayName"))


def walk(output: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Give the leaves with their paths, in order; what nests deeper than `DEEPEST` is left out, `MORE` ends too many parts."""
    left = PARTS - 1  # the output itself is one
    named: set[str] = set()
    within: list[tuple[str, Iterator[tuple[str, object]]]] = [("", iter(output.items()))]
    while within:
        path, parts = within[-1]
        for key, value in parts:
            left -= 1
            if left < 0:
                yield "", MORE
                return
            if key == "bytes" and isinstance(value, list):
                continue  # the payload again
            name = f"{path}_{key[:LONGEST_NAME]}" if path else key
            if key == "bytes" and isinstance(value, dict):
                name = path  # Adeunis's codecs have all their output in it
            if isinstance(value, dict) and (measure := _measure(name, value)) is not None and measure[0] not in named:
                named.add(measure[0])
                yield measure
                continue
            inner = value.items() if isinstance(value, dict) else _numbered(value) if isinstance(value, list) else None
            if inner is None:
                yield name, value
            elif len(within) < DEEPEST:
                within.append((name, iter(inner)))
                break
        else:
            within.pop()


def _measure(path: str, part: Mapping[str, object]) -> tuple[str, object] | None:
    """Read `{"value": 21.5, "unit": "°C"}`, and a measure that stands in a list with its name; None for anything else."""
    kind = part.get("type")
    if kind == "upload_battery" and isinstance(charge := part.get("battery"), int | float):
        return "battery", charge
    for key, names in NAMES_OF_MEASURES.items():
        value = part.get(key)
        if value is None or isinstance(value, dict | list):
            continue
        unit = part.get("unit", part.get("units"))
        if isinstance(unit, str) and not isinstance(value, bool | str) and unit.strip().lower() in UNIT_NAMES:
            value = f"{value} {unit.strip()}"
        if kind == "report_telemetry":
            number_of_it = str(part.get("measurementId"))
            return SENSECAP.get(number_of_it, f"measurement_{number_of_it[:LONGEST_NAME]}"), value
        for name in names:
            if isinstance(found := part.get(name), str) and found:
                return found, value
        return (path, value) if len(part) > 1 and part.keys() <= _ALONE else None
    return None


def _numbered(values: list[object]) -> Iterator[tuple[str, object]]:
    return ((str(at), each) for at, each in enumerate(values, 1))
