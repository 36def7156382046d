"""Units: exact where they can be, refused where they cannot be compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.units import UnknownUnitError, convert, is_known, is_linear


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "expected"),
    [
        (1234.0, "mm", "m", 1.234),
        (3.1, "m", "cm", 310.0),
        (5.0, "ft", "m", 1.524),
        (5.0, "[ft_i]", "ft", 5.0),
        (20.0, "Cel", "degF", 68.0),
        (68.0, "[degF]", "Cel", 20.0),
        (0.1, "1/m", "dB/m", 1.0),
        (1500.0, "l/s", "m3/s", 1.5),
        (7.0, "furlong", "furlong", 7.0),
        (85.0, "%", "%EL", 85.0),
        (60.1, "lat", "deg", 60.1),
        (12.0, "/100", "%", 12.0),
    ],
)
def test_known_pairs(value, from_unit, to_unit, expected):
    """A value in one unit is the value of the other, to the last bit where the numbers allow."""
    assert convert(value, from_unit, to_unit) == expected


def test_obscuration_follows_beer_and_lambert():
    """Two per cent a foot are 6.4 per cent a metre, because light is lost by a share, not by an amount."""
    assert convert(2.0, "%/ft", "%/m") == pytest.approx(6.41, abs=0.01)
    assert convert(20.0, "%/m", "1/m") == pytest.approx(0.0969, abs=0.0001)
    assert convert(100.0, "%/m", "1/m") == float("inf")


def test_obscuration_is_the_only_unit_that_is_no_factor():
    """Per cent a metre to optical density needs the power law; everything else is a factor and an offset."""
    assert is_linear("Cel", "degF")
    assert is_linear("1/m", "dB/m")
    assert is_linear("%/ft", "%/[ft_i]")
    assert not is_linear("%/m", "1/m")
    assert not is_linear("%/m", "%/ft")


def test_what_cannot_be_compared_is_nothing():
    """Metres are not degrees."""
    assert convert(1.0, "m", "Cel") is None


def test_an_unknown_unit_is_named():
    """A unit nobody knows is an error that says which."""
    assert not is_known("furlong")
    with pytest.raises(UnknownUnitError, match="furlong"):
        convert(1.0, "furlong", "m")


@given(st.floats(-1e6, 1e6), st.sampled_from(["mm", "cm", "[ft_i]", "[in_i]", "km"]))
def test_there_and_back(value, unit):
    """A length that went to metres and back is the length it was."""
    there = convert(value, unit, "m")
    assert there is not None
    assert convert(there, "m", unit) == pytest.approx(value, rel=1e-12, abs=1e-12)
