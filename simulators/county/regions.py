"""Split a set of cells into connected regions of about the same size. Pure."""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from simulators.county.plane import Points
from simulators.county.tessellation import Tessellation

_ROUNDS = 6


def shares(total: int, weights: list[int]) -> list[int]:
    """Divide `total` in proportion to `weights`, at least 1 each and never more than the weight allows.

    The rounding goes to the largest remainders, so the parts add up to `total` exactly wherever that is possible.
    """
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [max(1, int(part)) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    while sum(parts) < total:
        for i in by_remainder:
            if sum(parts) < total and parts[i] < weights[i]:
                parts[i] += 1
    while sum(parts) > total:
        parts[max(range(len(parts)), key=lambda i: (parts[i], -i))] -= 1
    return parts


def split(
    rng: np.random.Generator, land: Tessellation, members: NDArray[np.int64], count: int, seeds: Points | None = None
) -> list[NDArray[np.int64]]:
    """Split `members` (cell indices, connected) into `count` connected regions around `seeds`, metres.

    Without seeds they are found by k-means. Every region has at least one cell.
    """
    if count == 1:
        return [members]
    centres = land.centres[members]
    starts = _k_means(rng, centres, count) if seeds is None else seeds
    owner = _grow(land, members, _nearest_cells(centres, starts))
    return [members[owner == i] for i in range(count)]


def _k_means(rng: np.random.Generator, points: Points, count: int) -> Points:
    middles = points[rng.permutation(len(points))[:count]]
    for _ in range(_ROUNDS):
        nearest = np.argmin(((points[:, None] - middles[None]) ** 2).sum(axis=2), axis=1)
        middles = np.array(
            [points[nearest == i].mean(axis=0) if (nearest == i).any() else middles[i] for i in range(count)]
        )
    return middles


def _nearest_cells(points: Points, starts: Points) -> list[int]:
    taken: list[int] = []
    for start in starts:
        order = np.argsort(((points - start) ** 2).sum(axis=1), kind="stable")
        taken.append(next(int(i) for i in order if int(i) not in taken))
    return taken


def _grow(land: Tessellation, members: NDArray[np.int64], starts: list[int]) -> NDArray[np.int64]:
    """Give each member to the start whose shortest way over the cells is shortest: regions come out connected."""
    local = {int(cell): i for i, cell in enumerate(members)}
    owner = np.full(len(members), -1, dtype=np.int64)
    queue: list[tuple[float, int, int]] = []
    for region, start in enumerate(starts):
        heappush(queue, (0.0, region, start))
    while queue:
        far, region, i = heappop(queue)
        if owner[i] >= 0:
            continue
        owner[i] = region
        cell = int(members[i])
        here = land.centres[cell]
        for other in land.neighbours[cell]:
            j = local.get(other)
            if j is not None and owner[j] < 0:
                step = land.centres[other] - here
                heappush(queue, (far + float(np.hypot(step[0], step[1])), region, j))
    return owner
