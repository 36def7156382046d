"""Datums: the published shift, its inverse, and where it ends."""

import numpy as np
import pytest

from geo.datum import Datum, bd09_to_gcj02, from_wgs84, gcj02_to_bd09, to_wgs84

METRE = 1 / 111_320  # in degrees


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.CGCS2000])
def test_wgs84_and_cgcs2000_are_taken_as_they_are(datum: Datum) -> None:
    """Coordinates in WGS 84 and CGCS2000 come back unchanged to the last bit."""
    assert to_wgs84(116.391, 39.907, datum) == (116.391, 39.907)


def test_gcj02_is_some_hundred_metres_off() -> None:
    """GCJ-02 lies hundreds of metres from WGS 84 inside China."""
    lon, lat = from_wgs84(121.5, 31.2, Datum.GCJ02)
    assert 100 * METRE < np.hypot(lon - 121.5, lat - 31.2) < 1000 * METRE


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("place", [(2.35, 48.85), (-74.0, 40.7), (139.7, 35.7), (0.0, 0.0)])
def test_nothing_is_shifted_outside_china(datum: Datum, place: tuple[float, float]) -> None:
    """Outside China's box every datum is WGS 84."""
    assert to_wgs84(*place, datum) == place
    assert from_wgs84(*place, datum) == place


def test_the_shift_ends_at_the_edge_of_the_box() -> None:
    """The edge of the box belongs to it; one step beyond nothing is shifted."""
    assert from_wgs84(72.004, 40.0, Datum.GCJ02) != (72.004, 40.0)
    assert from_wgs84(72.0039, 40.0, Datum.GCJ02) == (72.0039, 40.0)


@pytest.mark.parametrize("datum", list(Datum))
def test_arrays_and_scalars_agree(datum: Datum) -> None:
    """An array gives, point by point, what its scalars give, and keeps its shape."""
    lon, lat = np.array([[116.4, 2.0], [104.1, 121.5]]), np.array([[39.9, 48.0], [30.7, 31.2]])
    x, y = to_wgs84(lon, lat, datum)
    assert x.shape == (2, 2)
    for i in np.ndindex(2, 2):
        assert (x[i], y[i]) == to_wgs84(float(lon[i]), float(lat[i]), datum)


def test_scalars_give_plain_floats() -> None:
    """A scalar call answers with Python floats, which the database and JSON take."""
    assert [type(value) for value in to_wgs84(116, 39, Datum.BD09)] == [float, float]


def test_numbers_that_are_not_finite_pass_through() -> None:
    """NaN and infinity come back as they are, without a warning."""
    lon, lat = to_wgs84(np.array([np.nan, np.inf]), np.array([30.0, 30.0]), Datum.GCJ02)
    assert np.isnan(lon[0])
    assert np.isinf(lon[1])
    assert lat.tolist() == [30.0, 30.0]


def test_the_published_inverse_of_bd09_is_only_near() -> None:
    """The published BD-09 inverse is 0.3 m off at most, which `to_wgs84` corrects."""
    lon, lat = np.random.default_rng(1).uniform([73, 18], [135, 54], (10_000, 2)).T
    x, y = gcj02_to_bd09(*bd09_to_gcj02(lon, lat))
    error = np.hypot(x - lon, y - lat).max()
    assert 0.01 * METRE < error < 0.3 * METRE
