"""The pure parts of the interface: pages, steps, filters, the backlog and the frames of the feed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.api.paging import read_cursor, write_cursor
from dashboard.api.readings import read_step
from dashboard.live.backlog import Backlog
from dashboard.live.frames import beat_frame, change_frame, grid_changes
from dashboard.problem import ProblemError
from dashboard.queries.counters import Worker
from dashboard.settings import WebSettings
from database import ChangeKind, ChangeRow

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**63 - 1))
def test_a_cursor_comes_back_as_it_was(time: datetime, number: int) -> None:
    """The key of an item survives being a cursor, to the microsecond."""
    assert read_cursor(write_cursor(time, number), tuple[datetime, int]) == (time, number)


@given(st.text())
def test_a_made_up_cursor_is_refused_not_an_error(text: str) -> None:
    """Whatever stands there, it is a 400 or a key of the right types."""
    try:
        key = read_cursor(text, tuple[datetime, int])
    except ProblemError as problem:
        assert problem.status == 400  # noqa: PT017 - both ends are right
    else:
        assert key is not None
        assert isinstance(key[0], datetime)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("5min", 300), ("5m", 300), ("1h", 3600), ("1d", 86400), ("300", 300), ("0.5s", 0.5), ("PT5M", 300),
     ("pt1h30m", 5400), ("P1D", 86400), ("P1DT1S", 86401), ("250ms", 0.25)],
)  # fmt: skip
def test_a_step_is_read(text: str, seconds: float) -> None:
    """All the ways to write a length of time mean what they say."""
    assert read_step(text) == timedelta(seconds=seconds)


@given(st.text(max_size=30))
def test_any_other_step_is_refused(text: str) -> None:
    """A step is longer than nothing and at most 366 days, or a 422."""
    try:
        assert timedelta(0) < read_step(text) <= timedelta(days=366)
    except ProblemError as problem:
        assert problem.status == 422  # noqa: PT017 - both ends are right


def test_the_backlog_gives_what_follows_or_says_that_it_cannot() -> None:
    """Frames after a number come in order; before the oldest, or beyond the newest, there is only None."""
    backlog = Backlog(3, newest=10)
    assert backlog.after(10, limit=9) == []
    assert backlog.after(9, limit=9) is None
    backlog.append(["11", "12"])
    assert backlog.after(10, limit=9) == ["11", "12"]
    assert backlog.after(10, limit=1) == ["11"]
    backlog.append(["13", "14"])
    assert backlog.after(10, limit=9) is None
    assert backlog.after(11, limit=9) == ["12", "13", "14"]
    assert backlog.after(15, limit=9) is None
    backlog.restart(5)
    assert (backlog.after(14, limit=9), backlog.after(5, limit=9)) == (None, [])


@given(st.lists(st.integers(1, 5)), st.integers(1, 7))
def test_the_backlog_never_skips(batches: list[int], capacity: int) -> None:
    """Reading on from where one is gives consecutive frames, or None, however they were added."""
    backlog, at, number = Backlog(capacity), 0, 0
    for size in batches:
        backlog.append([str(number + n + 1) for n in range(size)])
        number += size
        frames = backlog.after(at, limit=3)
        if frames is None:
            assert number - at > capacity
            at = number
        else:
            assert frames == [str(n) for n in range(at + 1, min(number, at + 3) + 1)]
            at += len(frames)


def test_grid_changes_say_only_what_is_new() -> None:
    """A colour that stays is not told; one that is gone is null."""
    assert grid_changes({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "d": 4}) == {"b": 1, "d": 4, "c": None}
    assert grid_changes({"a": 1}, {"a": 1}) == {}


def test_frames_are_small_and_leave_out_what_is_not_known() -> None:
    """A change without a record has a null item; a beat before the first look has no counters."""
    row = ChangeRow(seq=7, kind=ChangeKind.RULES, id="3", version=1)
    frame: dict[str, Any] = json.loads(change_frame(row, None, grids={}))
    assert frame == {"type": "change", "seq": 7, "kind": "rules", "id": "3", "version": 1, "item": None}
    beat = json.loads(beat_frame(at=NOW, seq=7, worker=Worker(alive_at=None, newest_reading=NOW), counters=None))
    assert (beat["at"], beat["newest_reading"]) == ("2026-06-01T08:00:00Z", "2026-06-01T08:00:00Z")


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"secret": "short"},
        {"colour": "red"},
        {"beat_s": 60},
        {"cap_sender": "a, b"},
        {"cap_web": "javascript:x"},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    """A zone nobody knows, a weak secret, an unknown key and a beat slower than stale are errors at the start."""
    right = {"database_url": "postgresql:///x", "secret": "s" * 32, "data_dir": "/x"}
    WebSettings.model_validate(right)
    with pytest.raises(ValidationError):
        WebSettings.model_validate(right | wrong)


def test_every_setting_says_what_it_is() -> None:
    """Each field has a description."""
    assert all(field.description for field in WebSettings.model_fields.values())
