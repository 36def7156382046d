"""Turns the features of a file into grids by the properties that were named. Pure. Refuses to make up a code or a level."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.datum import Datum, to_wgs84
from geo.findings import Finding, FindingKind
from geo.geojson import Fault, Feature
from geo.grid import Area, Grid, Level
from geo.topology import Subject, find_invalid

# What people write for a level, beside the stored words; case and surrounding space do not count.
_LEVEL_WORDS = {
    **dict.fromkeys(("县", "区", "市", "区县"), Level.COUNTY),
    **dict.fromkeys(("镇", "乡", "街道", "乡镇", "镇街", "township"), Level.TOWN),
    **dict.fromkeys(("村", "社区", "村社", "community"), Level.VILLAGE),
    **dict.fromkeys(("网格",), Level.GRID),
    **dict.fromkeys(("微网格", "micro_grid", "microgrid", "micro grid"), Level.MICRO_GRID),
    **dict.fromkeys(("专属网格", "special grid"), Level.SPECIAL),
    **{level.value: level for level in Level},
}

_FIELD = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyNames:
    """Which GeoJSON properties say what. `level` may be a level word instead, where no feature has such a property.

    `parent` names the property with the parent's code; without it, or where it is empty, parents are found by place.
    The member `id` of a feature counts as a property. A name with braces is a pattern: `town-{code}` makes codes that
    other levels use too distinct.
    """

    code: str
    name: str
    level: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The grids of a file that can be judged further, in WGS 84, each beside its subject; and what was found so far."""

    grids: tuple[Grid, ...]
    subjects: tuple[Subject, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    subject: Subject
    parent: str | None
    shape: Area


def level_of(word: str) -> Level | None:
    """Read a level from a word, Chinese or English; None if it is no level."""
    return _LEVEL_WORDS.get(word.strip().lower())


def read_layer(features: Sequence[Feature], names: PropertyNames, datum: Datum) -> Layer:
    """Read grids from features whose coordinates are declared in `datum`.

    A feature without a usable shape, code or level is a finding and no grid. An invalid shape is a finding too, but
    stays among the grids so that the rest can be judged with it.
    """
    findings = list(_absent_properties(features, names))
    absent = {finding.others[0] for finding in findings}
    constant = level_of(names.level) if not _has_any(features, names.level) else None
    drafts: list[_Draft] = []
    for feature in features:
        subject = _subject(feature, names, constant)
        findings += _complaints(feature, subject, names, absent, constant)
        if not isinstance(feature.shape, Fault):
            parent = _read(feature, names.parent) if names.parent else ""
            drafts.append(_Draft(subject=subject, parent=parent or None, shape=feature.shape))
    subjects = [draft.subject for draft in drafts]
    declared = np.array([draft.shape for draft in drafts], dtype=object)
    shapes = _converted(declared, datum)
    findings += find_invalid(declared, subjects)
    sound = shapely.is_valid(declared)
    if shapes is not declared:
        broken = np.flatnonzero(sound & ~shapely.is_valid(shapes))
        findings += find_invalid(shapes[broken], [subjects[i] for i in broken.tolist()])
    usable = [i for i, subject in enumerate(subjects) if subject.code and subject.level is not None]
    grids = tuple(_grid(drafts[i], shapes[i]) for i in usable)
    return Layer(grids=grids, subjects=tuple(subjects[i] for i in usable), findings=tuple(findings))


def find_duplicates(grids: Sequence[Grid], subjects: Sequence[Subject], carried: Sequence[Grid]) -> list[Finding]:
    """Report every grid whose code another feature before it, or a grid that is carried over, already has."""
    taken = {grid.code: f"the {grid.level} {grid.name} of the version in force" for grid in carried}
    findings = []
    for grid, subject in zip(grids, subjects, strict=True):
        if grid.code in taken:
            reason = f"the code belongs to {taken[grid.code]} already"
            findings.append(subject.found(FindingKind.DUPLICATE_CODE, reason, others=(grid.code,)))
        else:
            taken[grid.code] = f"feature {subject.feature} of {subject.file}"
    return findings


def _grid(draft: _Draft, shape: Area) -> Grid:
    subject = draft.subject
    assert subject.level is not None
    return Grid(
        code=subject.code, name=subject.name or subject.code, level=subject.level, parent=draft.parent, shape=shape
    )


def _has_any(features: Sequence[Feature], name: str) -> bool:
    wanted = _FIELD.findall(name) or [name]
    return any(field in feature.properties for feature in features for field in (name, *wanted))


def _read(feature: Feature, name: str) -> str:
    """Read a property, or fill a pattern; empty where a property is."""
    if name in feature.properties or not _FIELD.search(name):
        return _text(feature.properties.get(name))
    values = {field: _text(feature.properties.get(field)) for field in _FIELD.findall(name)}
    return _FIELD.sub(lambda field: values[field[1]], name) if all(values.values()) else ""


def _absent_properties(features: Sequence[Feature], names: PropertyNames) -> list[Finding]:
    """Say once, not once a feature, that a property that was named does not exist."""
    wanted = [(FindingKind.MISSING_CODE, names.code), (FindingKind.MISSING_PROPERTY, names.name)]
    if level_of(names.level) is None:
        wanted.append((FindingKind.UNKNOWN_LEVEL, names.level))
    if names.parent:
        wanted.append((FindingKind.MISSING_PROPERTY, names.parent))
    known = ", ".join(sorted({name for feature in features for name in feature.properties})) or "none at all"
    return [
        Finding(
            kind=kind, reason=f"no feature has a property {name!r}; there are: {known}", others=(name,), file=file.file
        )
        for kind, name in dict.fromkeys(wanted)
        for file in features[:1]
        if not _has_any(features, name)
    ]


def _subject(feature: Feature, names: PropertyNames, constant: Level | None) -> Subject:
    return Subject(
        code=_read(feature, names.code),
        name=_read(feature, names.name),
        level=constant or level_of(_read(feature, names.level)),
        file=feature.file,
        feature=feature.index,
    )


def _complaints(
    feature: Feature, subject: Subject, names: PropertyNames, absent: set[str], constant: Level | None
) -> list[Finding]:
    findings = []
    if isinstance(feature.shape, Fault):
        fault = feature.shape
        findings.append(subject.found(fault.kind, fault.reason, lon=fault.lon, lat=fault.lat))
    if not subject.code and names.code not in absent:
        findings.append(subject.found(FindingKind.MISSING_CODE, f"its property {names.code!r} is empty"))
    if not subject.name and names.name not in absent:
        findings.append(subject.found(FindingKind.MISSING_NAME, f"its property {names.name!r} is empty"))
    if subject.level is None and constant is None and names.level not in absent:
        word = _read(feature, names.level)
        findings.append(subject.found(FindingKind.UNKNOWN_LEVEL, f"{word[:40]!r} is no level"))
    return findings


def _text(value: object) -> str:
    """Read a code or a name; a whole number is written without a fraction, anything but text and numbers is empty."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)


def _converted(shapes: NDArray[np.object_], datum: Datum) -> NDArray[np.object_]:
    if datum in (Datum.WGS84, Datum.CGCS2000) or not len(shapes):
        return shapes
    return np.asarray(
        shapely.transform(shapes, lambda positions: np.column_stack(to_wgs84(positions[:, 0], positions[:, 1], datum))),
        dtype=object,
    )
