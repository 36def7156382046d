"""What an import has to say about a file, for programs and people. Pure nouns; no I/O, no clock."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import orjson

from geo.grid import Level


class Severity(StrEnum):
    """Whether a finding keeps the file out."""

    ERROR = "error"
    WARNING = "warning"


class FindingKind(StrEnum):
    """What was found. Stored values, in the report of a grid version: changing one is a migration."""

    UNREADABLE = "unreadable"  # no GeoJSON, no UTF-8, cut off, or without a feature
    NOT_AN_AREA = "not-an-area"  # no geometry, or one that is neither Polygon nor MultiPolygon
    COORDINATES = "coordinates"  # a position that is no longitude and latitude in degrees
    INVALID = "invalid"  # OGC 06-103r4 §6.1.11: crosses itself, nested shells, a hole outside, ...
    MISSING_CODE = "missing-code"
    DUPLICATE_CODE = "duplicate-code"
    UNKNOWN_LEVEL = "unknown-level"
    MISSING_PARENT = "missing-parent"  # names a parent that is not there
    WRONG_PARENT = "wrong-parent"  # names a parent that is not coarser
    MISSING_NAME = "missing-name"  # the code is taken for the name
    MISSING_PROPERTY = "missing-property"  # no feature has the property that was named
    ORPHAN = "orphan"  # no grid of a coarser level holds it, though there are such grids
    OUTSIDE_PARENT = "outside-parent"  # a part of it lies outside its parent
    OVERLAP = "overlap"  # with another grid of its level
    GAP = "gap"  # space that no grid of the level holds, with grids all round it
    HOLE = "hole"  # an inner ring
    DATUM = "datum"  # fits its parent or its predecessor far better in another datum, or with axes swapped

    @property
    def severity(self) -> Severity:
        """Tell whether a finding of this kind refuses the file or is only reported."""
        return Severity.ERROR if self in _ERRORS else Severity.WARNING


_ERRORS = frozenset(
    {
        FindingKind.UNREADABLE,
        FindingKind.NOT_AN_AREA,
        FindingKind.COORDINATES,
        FindingKind.INVALID,
        FindingKind.MISSING_CODE,
        FindingKind.DUPLICATE_CODE,
        FindingKind.UNKNOWN_LEVEL,
        FindingKind.MISSING_PARENT,
        FindingKind.WRONG_PARENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found, at one place.

    `feature` is the index of the feature in `file`, from 0, None for a finding about a whole file or level; `code`
    and `name` are the feature's as far as it has them, `others` the codes of the other grids concerned. `lon` and
    `lat` are where to look: WGS 84 degrees, or the file's own numbers for `coordinates` and `invalid`. `share` is of
    the smaller grid (overlap), of the grid (outside-parent, hole) or of the whole level (gap), 0-1.
    """

    kind: FindingKind
    reason: str
    file: str = ""
    feature: int | None = None
    code: str = ""
    name: str = ""
    level: Level | None = None
    others: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    area_m2: float | None = None
    share: float | None = None

    def as_json(self) -> dict[str, object]:
        """Give the finding as JSON types, without what it does not have."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        known = {name: value for name, value in fields.items() if value not in (None, "", ())}
        return {"severity": self.kind.severity.value, **known}

    def __str__(self) -> str:
        """Say it in one line for a person."""
        where = f"feature {self.feature}" if self.feature is not None else (self.level or "file")
        who = " ".join(part for part in (self.code, self.name if self.name != self.code else "") if part)
        return f"{self.kind.severity} {self.kind}: {where}{f' ({who})' if who else ''}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What placing all devices again did. `moved` counts the devices whose grid has another code than before."""

    devices: int
    placed: int
    in_no_grid: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What a file brings and what is wrong with it.

    `levels` counts the grids that the file brings, `carried` those taken over from the version before, and `dropped`
    those of that version that end with it. `version` is set once the grids are stored, and `placing` once the devices
    are placed in them, which a version that is not yet in force waits for.
    """

    source: str
    features: int
    levels: Mapping[Level, int]
    findings: tuple[Finding, ...]
    carried: int = 0
    dropped: int = 0
    version: int | None = None
    placing: Placing | None = None

    @property
    def is_admitted(self) -> bool:
        """Tell whether the file may be taken in: it has no error, whatever warnings it has."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Give the findings that refuse the file."""
        return tuple(finding for finding in self.findings if finding.kind.severity is Severity.ERROR)

    def of(self, kind: FindingKind) -> tuple[Finding, ...]:
        """Give the findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind is kind)

    def counts(self) -> dict[FindingKind, int]:
        """Count the findings by kind, in the order of the kinds, without those there are none of."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in FindingKind if found[kind]}

    def as_json(self) -> bytes:
        """Write the report as a JSON object in UTF-8."""
        return orjson.dumps(
            {
                "source": self.source,
                "admitted": self.is_admitted,
                "features": self.features,
                "levels": dict(self.levels),
                "carried": self.carried,
                "dropped": self.dropped,
                "version": self.version,
                "placing": self.placing,
                "counts": self.counts(),
                "findings": [finding.as_json() for finding in self.findings],
            },
            option=orjson.OPT_NON_STR_KEYS,
        )
