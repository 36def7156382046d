"""Which grids share an edge."""

import numpy as np
import shapely

from geo.neighbours import shared_edges


def box(x: float, y: float, *, dx: float = 0.01) -> shapely.Polygon:
    """Make a grid of about a kilometre."""
    return shapely.box(x, y, x + dx, y + 0.01)


def pairs(*shapes: shapely.Geometry) -> list[tuple[int, int]]:
    """Find the neighbours among some shapes."""
    return shared_edges(np.array(shapes, dtype=object))


def test_grids_side_by_side_are_neighbours():
    """An edge makes neighbours, a corner does not, nor does a distance."""
    assert pairs(box(0, 0), box(0.01, 0), box(0.01, 0.01), box(0.05, 0)) == [(0, 1), (1, 2)]


def test_a_metre_of_slack_is_still_an_edge():
    """Grids digitised one by one leave slivers between them, or overlap a little."""
    assert pairs(box(0, 0), box(0.01001, 0), box(-0.01, 0, dx=0.01001)) == [(0, 1), (0, 2)]


def test_a_street_is_a_distance():
    """Ten metres of nothing lie between two grids: they do not touch."""
    assert pairs(box(0, 0), box(0.0101, 0)) == []


def test_nothing_has_no_neighbours():
    """A version without shapes has no pairs."""
    assert pairs() == []
    assert pairs(shapely.Polygon(), box(0, 0)) == []
