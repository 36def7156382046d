"""Numbers in messages: little is not nothing, and no number is a line of digits."""

import pytest

from alerts.notification.message import number_text


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.004, "MPa", "0.004"),
        (-0.0042, "MPa", "-0.0042"),
        (3e-9, "MPa", "3.0e-09"),
        (-0.001, "m", "0.00"),
        (0, "Cel", "0"),
        (1e300, "m", "1.00e+300"),
        (1.25, "m", "1.25"),
    ],
)
def test_a_number_is_written_as_the_screens_do(value: float, unit: str, written: str):
    """What is below the decimals keeps its figures, zero has no sign, what is beyond measure is short."""
    assert number_text(value, unit) == written
