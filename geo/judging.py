"""Judges GeoJSON files whole before they become a version of the grids. Pure. Admits all of them, or none."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from geo.datum import Datum
from geo.errors import MalformedFileError
from geo.findings import Finding, FindingKind, ImportReport, Severity
from geo.geojson import Feature, read_features
from geo.grid import GOVERNANCE, Grid, Level
from geo.layer import Layer, PropertyNames, find_duplicates, read_layer
from geo.parents import ask_again, check_named, find_orphans, find_outside, with_parents
from geo.suspicion import suspect_datum
from geo.topology import Subject, find_gaps, find_holes, find_overlaps

Progress = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and of what: "reading", "checking", "storing" or "placing"."""


class Carry(StrEnum):
    """What a new version takes over from the one before."""

    OTHER_LEVELS = "other-levels"  # files bring whole levels: the levels they do not bring stay
    OTHER_CODES = "other-codes"  # files add to their levels: every code they do not bring stays
    NOTHING = "nothing"  # files bring everything


@dataclass(frozen=True, slots=True, kw_only=True)
class GridImport:
    """What judging came to: the report, and all grids of the new version if the report admits them, else none."""

    report: ImportReport
    grids: tuple[Grid, ...]


def silent(done: int, total: int, what: str) -> None:
    """Show no progress."""


def read_geojson(
    files: Mapping[str, bytes],
    names: PropertyNames,
    *,
    datum: Datum = Datum.WGS84,
    before: Sequence[Grid] = (),
    carry: Carry = Carry.OTHER_LEVELS,
    progress: Progress = silent,
) -> GridImport:
    """Read and judge GeoJSON files, given as name and bytes, that are taken in together.

    `before` are the grids of the version that the new one follows. They are looked at for parents, for duplicate
    codes and for a shifted datum, and those that `carry` says become part of the new version, under new parents
    where the files have removed the old one or have come between.
    """
    features, findings = _read(files, progress)
    layer = read_layer(features, names, datum)
    findings += layer.findings
    kept = _carried(layer, before, carry)
    findings += find_duplicates(layer.grids, layer.subjects, kept)
    findings += check_named(layer.grids, layer.subjects, {grid.code: grid for grid in (*kept, *layer.grids)})
    own = with_parents(layer.grids, (*kept, *layer.grids))
    kept = with_parents(ask_again(kept, (*kept, *own)), (*kept, *own))
    findings += _checks(own, layer.subjects, kept, before, progress)
    findings.sort(key=lambda finding: finding.kind.severity is Severity.WARNING)  # errors first
    codes = {grid.code for grid in (*own, *kept)}
    report = ImportReport(
        source=", ".join(files),
        features=len(features),
        levels=dict(Counter(grid.level for grid in own)),
        findings=tuple(findings),
        carried=len(kept),
        dropped=sum(grid.code not in codes for grid in before),
    )
    return GridImport(report=report, grids=(*kept, *own) if report.is_admitted else ())


def _read(files: Mapping[str, bytes], progress: Progress) -> tuple[list[Feature], list[Finding]]:
    features: list[Feature] = []
    findings: list[Finding] = []
    for done, (name, raw) in enumerate(files.items()):
        progress(done, len(files), "reading")
        try:
            read = read_features(raw, name)
        except MalformedFileError as error:
            findings.append(Finding(kind=FindingKind.UNREADABLE, reason=str(error), file=name))
            continue
        features += read.features
        if read.foreign_crs:
            reason = f"the file says its coordinates are {read.foreign_crs}, which is neither WGS 84 nor CGCS2000"
            findings.append(Finding(kind=FindingKind.DATUM, reason=reason, file=name))
    progress(len(files), len(files), "reading")
    return features, findings


def _carried(layer: Layer, before: Sequence[Grid], carry: Carry) -> tuple[Grid, ...]:
    levels, codes = {grid.level for grid in layer.grids}, {grid.code for grid in layer.grids}
    match carry:
        case Carry.OTHER_LEVELS:
            return tuple(grid for grid in before if grid.level not in levels)
        case Carry.OTHER_CODES:
            return tuple(grid for grid in before if grid.code not in codes)
        case Carry.NOTHING:
            return ()


def _checks(
    own: Sequence[Grid], subjects: Sequence[Subject], kept: Sequence[Grid], before: Sequence[Grid], progress: Progress
) -> list[Finding]:
    """Run every check that looks at grids together, or at shapes."""
    known = {grid.code: grid for grid in (*kept, *own)}
    present = {grid.level for grid in known.values()}
    brought = [level for level in GOVERNANCE if any(grid.level is level for grid in own)]
    checks: list[Callable[[], Iterable[Finding]]] = [
        lambda: find_holes(np.array([grid.shape for grid in own], dtype=object), subjects),
        lambda: find_orphans(own, subjects, present),
        lambda: find_outside(own, subjects, known),
        lambda: suspect_datum(own, known, before),
        *(lambda level=level: _tiling(level, own, subjects, kept) for level in brought),
    ]
    findings: list[Finding] = []
    for done, check in enumerate(checks):
        progress(done, len(checks), "checking")
        findings += check()
    progress(len(checks), len(checks), "checking")
    return findings


def _tiling(level: Level, own: Sequence[Grid], subjects: Sequence[Subject], kept: Sequence[Grid]) -> list[Finding]:
    """Check that the grids of one level lie side by side. Special grids may lie as they like."""
    mine = [(grid.shape, subject) for grid, subject in zip(own, subjects, strict=True) if grid.level is level]
    theirs = [
        (grid.shape, Subject(code=grid.code, name=grid.name, level=level)) for grid in kept if grid.level is level
    ]
    shapes = shapely.make_valid(np.array([shape for shape, _ in (*mine, *theirs)], dtype=object))
    everyone = [subject for _, subject in (*mine, *theirs)]
    overlaps = (found for found in find_overlaps(shapes, everyone) if found.feature is not None)
    return [*overlaps, *find_gaps(shapes, everyone, level)]
