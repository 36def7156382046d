"""In whatever order and however often Alert, Update and Cancel come, what holds in the end is the same."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.weather import in_force
from database import connect
from database.connection import Connection
from ingest.readings import OfficialWarning
from tests.warning_messages import SENT, cap, cap_info, cited
from tests.weather_hands import NOW, make_grids, states, take, warnings_of

KINDS = ("Alert", "Update", "Update", "Cancel")


@st.composite
def stories(draw: st.DrawFn) -> list[OfficialWarning]:
    """Make up to six messages of one issuer, each citing some that were sent before it; some are exercises."""
    messages = []
    for n in range(draw(st.integers(1, 6))):
        kind = "Alert" if n == 0 else draw(st.sampled_from(KINDS))
        cites = [] if kind == "Alert" else draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=2, unique=True))
        messages.append(
            cap(
                f"m{n}",
                sent=SENT + timedelta(seconds=n),
                kind=kind,
                status=draw(st.sampled_from(("Actual", "Actual", "Actual", "Exercise"))),
                references=" ".join(cited(f"m{i}", sent=SENT + timedelta(seconds=i)) for i in cites),
                infos=cap_info(expires=SENT + timedelta(hours=6)),
            )
        )
    return warnings_of(*messages)


@pytest.fixture
def county(database_url: str) -> Iterator[Connection]:
    """A session over a county with grids."""
    make_grids(database_url)
    connection = connect(database_url)
    yield connection
    connection.close()


def _outcome(county: Connection, order: list[OfficialWarning]) -> tuple[dict[str, bool], object]:
    """Take messages in one by one, in transactions of their own, and take all of it back."""
    with county.cursor() as cur:
        for at, warning in enumerate(order):
            take(cur, [warning], now=NOW + timedelta(seconds=at))
        found = {id_: state == "holds" for id_, state in states(cur).items()}
        holding = in_force(cur, NOW + timedelta(minutes=1))
    county.rollback()
    return found, holding


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), story=stories())
def test_order_and_repetition_change_nothing(
    county: Connection, data: st.DataObject, story: list[OfficialWarning]
) -> None:
    """As sent, or shuffled with repetitions: the same messages hold, and the same lowers limits."""
    doubled = story + data.draw(st.lists(st.sampled_from(story), max_size=4))
    shuffled = data.draw(st.permutations(doubled))
    assert _outcome(county, list(shuffled)) == _outcome(county, story)
