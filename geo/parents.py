"""Puts grids under their parents and reports those that do not fit. Pure. Never invents a parent: none is a finding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.findings import Finding, FindingKind
from geo.grid import GOVERNANCE, Grid, Level
from geo.measure import area_m2
from geo.placing import Cover
from geo.topology import Subject

# Layers of different makers are drawn to different detail: less than this share outside a parent says nothing.
_OUTSIDE_SHARE = 0.01


def check_named(grids: Sequence[Grid], subjects: Sequence[Subject], known: Mapping[str, Grid]) -> Iterator[Finding]:
    """Report every grid that names a parent which is not in `known`, or is not of a coarser level."""
    for grid, subject in zip(grids, subjects, strict=True):
        if grid.parent is None:
            continue
        parent = known.get(grid.parent)
        if parent is None:
            reason = f"its parent {grid.parent} is neither in the file nor in the version in force"
            yield subject.found(FindingKind.MISSING_PARENT, reason, others=(grid.parent,))
        elif parent.level.depth >= grid.level.depth:
            reason = f"its parent {grid.parent} is a {parent.level}, which is not above a {grid.level}"
            yield subject.found(FindingKind.WRONG_PARENT, reason, others=(grid.parent,))


def with_parents(grids: Sequence[Grid], everyone: Sequence[Grid]) -> tuple[Grid, ...]:
    """Give each grid without a parent the finest coarser grid of `everyone` that holds its representative point.

    A grid that no coarser one holds stays without.
    """
    wanting = [i for i, grid in enumerate(grids) if grid.parent is None]
    points = shapely.point_on_surface(np.array([grids[i].shape for i in wanting], dtype=object))
    parents = _holders(points, [grids[i].level for i in wanting], everyone)
    out = list(grids)
    for i, parent in zip(wanting, parents, strict=True):
        out[i] = replace(grids[i], parent=parent.code) if parent is not None else grids[i]
    return tuple(out)


def ask_again(carried: Sequence[Grid], everyone: Sequence[Grid]) -> tuple[Grid, ...]:
    """Drop the parents of carried grids that a new layer has removed, or has come between; `with_parents` finds others."""
    codes = {grid.code: grid for grid in everyone}
    present = {grid.level for grid in everyone}

    def is_settled(grid: Grid) -> bool:
        parent = codes.get(grid.parent) if grid.parent is not None else None
        if parent is None:
            return False
        between = GOVERNANCE[parent.level.depth + 1 : grid.level.depth] if grid.level is not Level.SPECIAL else ()
        return not present.intersection(between)

    return tuple(grid if is_settled(grid) else replace(grid, parent=None) for grid in carried)


def find_orphans(grids: Sequence[Grid], subjects: Sequence[Subject], levels: set[Level]) -> Iterator[Finding]:
    """Report every governance grid without a parent although `levels` has a coarser one."""
    for grid, subject in zip(grids, subjects, strict=True):
        coarser = levels.intersection(GOVERNANCE[: grid.level.depth])
        if grid.parent is None and grid.level is not Level.SPECIAL and coarser:
            yield subject.found(FindingKind.ORPHAN, "no grid of a coarser level holds it")


def find_outside(grids: Sequence[Grid], subjects: Sequence[Subject], known: Mapping[str, Grid]) -> Iterator[Finding]:
    """Report every grid of which more than a hundredth lies outside its parent."""
    children, parents = _families(grids, known)
    sticking = _outside_share(
        np.array([grids[i].shape for i in children], dtype=object),
        np.array([parent.shape for parent in parents], dtype=object),
    )
    for i in np.flatnonzero(sticking > _OUTSIDE_SHARE).tolist():
        grid, parent, share = grids[children[i]], parents[i], float(sticking[i])
        size = share * float(area_m2(np.array([grid.shape], dtype=object))[0])
        reason = f"{share:.1%} of it lies outside its parent {parent.code}"
        yield subjects[children[i]].found(
            FindingKind.OUTSIDE_PARENT, reason, others=(parent.code,), area_m2=size, share=share
        )


def _families(grids: Sequence[Grid], known: Mapping[str, Grid]) -> tuple[list[int], list[Grid]]:
    """Give the indices of the governance grids whose coarser parent is known, and those parents."""
    pairs = [(i, known[grid.parent]) for i, grid in enumerate(grids) if grid.parent and grid.parent in known]
    pairs = [(i, parent) for i, parent in pairs if parent.level.depth < grids[i].level.depth < Level.SPECIAL.depth]
    return [i for i, _ in pairs], [parent for _, parent in pairs]


def _outside_share(children: NDArray[np.object_], parents: NDArray[np.object_]) -> NDArray[np.float64]:
    """Measure what share of each child, 0-1, lies outside the parent beside it."""
    if not len(children):
        return np.zeros(0)
    shapely.prepare(parents)
    share = np.zeros(len(children))
    # Most children lie inside, and the prepared test is far cheaper than cutting.
    doubtful = np.flatnonzero(~shapely.covers(parents, children))
    cut = shapely.difference(shapely.make_valid(children[doubtful]), shapely.make_valid(parents[doubtful]))
    whole = shapely.area(children[doubtful])
    share[doubtful] = np.divide(shapely.area(cut), whole, out=np.zeros_like(whole), where=whole > 0)
    return share


def _holders(points: NDArray[np.object_], levels: Sequence[Level], everyone: Sequence[Grid]) -> list[Grid | None]:
    """Find for each point the finest grid that holds it and is coarser than the level beside it."""
    holders: list[Grid | None] = [None] * len(points)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    for level in reversed(GOVERNANCE):
        members = sorted((grid for grid in everyone if grid.level is level), key=lambda grid: grid.code)
        asking = [i for i, own in enumerate(levels) if holders[i] is None and own.depth > level.depth]
        if members and asking:
            found = Cover([grid.shape for grid in members]).first(lon[asking], lat[asking])
            for i, member in zip(asking, found.tolist(), strict=True):
                holders[i] = members[member] if member >= 0 else None
    return holders
