"""Suspects that coordinates are in another datum than was declared. Pure. Only suspects: nothing is converted.

A layer shifted by GCJ-02 looks perfect by itself. It shows only beside something else: the next coarser level, whose
edges its grids then straddle, or the same grids in the version before. So the misfit to those is measured as it is, and again as if the file were in another datum.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.datum import Datum, from_wgs84, to_wgs84
from geo.findings import Finding, FindingKind
from geo.grid import GOVERNANCE, Grid, Level

Positions = NDArray[np.float64]
Guess = Callable[[Positions], Positions]

# Pairs that are compared: cutting polygons is slow, and a datum is wrong for the whole file or for none of it.
_SAMPLE = 64
# Misfit, as a share of the area, under which layers are taken to agree, and how much better a guess must fit.
_AGREE = 0.002
_BETTER = 0.5


def _from(datum: Datum) -> Guess:
    return lambda positions: np.column_stack(to_wgs84(positions[:, 0], positions[:, 1], datum))


def _into(datum: Datum) -> Guess:
    return lambda positions: np.column_stack(from_wgs84(positions[:, 0], positions[:, 1], datum))


_GUESSES: Mapping[str, Guess] = {
    "it is in GCJ-02: import it with datum gcj02": _from(Datum.GCJ02),
    "it is in BD-09: import it with datum bd09": _from(Datum.BD09),
    "the other layers are in GCJ-02, or this one was converted twice": _into(Datum.GCJ02),
    "the other layers are in BD-09, or this one was converted twice": _into(Datum.BD09),
    "its latitudes and longitudes are swapped": lambda positions: positions[:, ::-1],
}


def suspect_datum(grids: Sequence[Grid], known: Mapping[str, Grid], before: Sequence[Grid]) -> Iterator[Finding]:
    """Report a file whose grids fit the coarser level, or the same grids of `before`, far better under another datum.

    `grids` are those of the file; `known` are all grids of the new version by code; `before` are the grids of the version in force. One finding a level at most.
    """
    for level in Level:
        members = [grid for grid in grids if grid.level is level]
        if not members:
            continue
        shapes, others, misfit = _compare(members, known, before)
        now = misfit(shapes, others) if len(shapes) else 0.0
        if now <= _AGREE:
            continue
        guessed = {reason: misfit(_moved(shapes, guess), others) for reason, guess in _GUESSES.items()}
        best = min(guessed, key=lambda reason: guessed[reason])
        if guessed[best] < _BETTER * now:
            reason = f"the {level} layer seems shifted ({now:.1%} misfit, {guessed[best]:.1%} if so): {best}"
            yield Finding(kind=FindingKind.DATUM, reason=reason, level=level, share=now)


def _compare(
    members: Sequence[Grid], known: Mapping[str, Grid], before: Sequence[Grid]
) -> tuple[NDArray[np.object_], NDArray[np.object_], Callable[[NDArray[np.object_], NDArray[np.object_]], float]]:
    """Choose what the grids of a level are compared with, and how: predecessors if any, else the coarser level."""
    earlier = {grid.code: grid for grid in before if grid.level is members[0].level}
    twins = [grid for grid in members if grid.code in earlier]
    if twins:
        twins = twins[_sample(len(twins))]
        return _shapes(twins), _shapes([earlier[grid.code] for grid in twins]), _difference
    coarser = _next_coarser(members[0].level, known)
    own, other = _shapes(members), _shapes(coarser)
    if not len(other):
        return own[:0], other, _straddle
    # Only a grid at the edge of a coarser one can tell a shift. The coarser ones ask, because who asks is prepared.
    _, inside = shapely.STRtree(own).query(other, predicate="covers")
    own = np.delete(own, inside)
    own = own[_sample(len(own))]
    cut = _outside_any(own, other) < 1
    return own[cut] if cut.any() else own, other, _straddle


def _next_coarser(level: Level, known: Mapping[str, Grid]) -> list[Grid]:
    for coarser in reversed(GOVERNANCE[: level.depth]):
        found = [grid for grid in known.values() if grid.level is coarser]
        if found:
            return found
    return []


def _straddle(own: NDArray[np.object_], coarser: NDArray[np.object_]) -> float:
    return float(np.mean(_outside_any(own, coarser)))


def _outside_any(own: NDArray[np.object_], coarser: NDArray[np.object_]) -> NDArray[np.float64]:
    """Measure what share of each shape, 0-1, lies outside the one coarser shape that has most of it."""
    one, other = shapely.STRtree(coarser).query(own)
    area = shapely.area(shapely.intersection(shapely.make_valid(own[one]), shapely.make_valid(coarser[other])))
    most = np.zeros(len(own))
    np.maximum.at(most, one, area)
    whole = shapely.area(own)
    return 1.0 - np.divide(most, whole, out=np.zeros_like(most), where=whole > 0)


def _shapes(grids: Sequence[Grid]) -> NDArray[np.object_]:
    return np.array([grid.shape for grid in grids], dtype=object)


def _sample(count: int) -> slice:
    return slice(None, None, -(-count // _SAMPLE) or 1)


def _difference(own: NDArray[np.object_], other: NDArray[np.object_]) -> float:
    own, other = shapely.make_valid(own), shapely.make_valid(other)
    whole = float(np.sum(shapely.area(other)))
    return float(np.sum(shapely.area(shapely.symmetric_difference(own, other)))) / whole if whole else 0.0


def _moved(shapes: NDArray[np.object_], guess: Guess) -> NDArray[np.object_]:
    return np.asarray(shapely.make_valid(shapely.transform(shapes, guess)), dtype=object)
