"""Datums: a round trip is exact for every point of China, and nothing happens elsewhere."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.datum import Datum, from_wgs84, is_in_china, to_wgs84

# A point within a kilometre of the box's edge may be shifted across it, from where there is no way back.
china = st.tuples(st.floats(72.03, 137.81), st.floats(0.86, 55.80))
world = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
datums = st.sampled_from(Datum)


@given(china, datums)
def test_there_and_back_is_where_we_were(place: tuple[float, float], datum: Datum) -> None:
    """What was shifted from WGS 84 comes back to within 1e-9 degrees, a tenth of a millimetre."""
    back = to_wgs84(*from_wgs84(*place, datum), datum)
    assert np.allclose(back, place, rtol=0, atol=1e-9)


@given(china, datums)
def test_back_and_there_is_what_was_declared(place: tuple[float, float], datum: Datum) -> None:
    """What was converted to WGS 84 is shifted to the very coordinates that were declared."""
    again = from_wgs84(*to_wgs84(*place, datum), datum)
    assert np.allclose(again, place, rtol=0, atol=1e-9)


@given(world, datums)
def test_no_shift_is_more_than_a_few_kilometres(place: tuple[float, float], datum: Datum) -> None:
    """Anywhere in the world a conversion moves a point by less than 0.03 degrees, outside China by nothing."""
    moved = to_wgs84(*place, datum)
    assert np.allclose(moved, place, rtol=0, atol=0.03)
    if not is_in_china(*place):
        assert moved == place
