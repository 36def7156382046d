"""Official warnings in the table: what ends what, what never begins, what is refused, and what reaches the rules."""

import json
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from alerts.weather import fire_weather, in_force
from alerts.weather_intake import WeatherOptions
from database import connect
from database.connection import Cursor
from gridwatch.weather_desk import WeatherDesk
from tests.warning_messages import CAIYUN, NATIONAL, SENT, cap, cap_info, cited, jsonp
from tests.weather_hands import NOW, TOWN, make_grids, states, take, warnings_of

LATER = SENT + timedelta(minutes=1)


@pytest.fixture
def cur(database_url: str) -> Iterator[Cursor]:
    """A transaction over a county with grids."""
    make_grids(database_url)
    with connect(database_url) as connection, connection.cursor() as cursor:
        yield cursor


def test_an_alert_lowers_limits_where_it_is(cur: Cursor) -> None:
    """Its polygon is grid A; there it holds."""
    taken = take(cur, warnings_of(cap()))
    assert (taken.stored, len(taken.changes)) == (1, 1)
    assert in_force(cur, NOW) == {"A": (("rainstorm", 2),)}


def test_an_update_takes_its_place(cur: Cursor) -> None:
    """The newer one holds alone."""
    take(cur, warnings_of(cap()))
    update = cap("w-2", sent=LATER, kind="Update", references=cited("w-1"), infos=cap_info(headline="暴雨红色预警"))
    take(cur, warnings_of(update))
    assert states(cur) == {"met@county.example,w-1": "updated", "met@county.example,w-2": "holds"}
    assert in_force(cur, NOW) == {"A": (("rainstorm", 1),)}


def test_an_update_whose_alert_never_came_holds(cur: Cursor) -> None:
    """What it refers to is not needed."""
    take(cur, warnings_of(cap("w-2", kind="Update", references=cited("w-1"))))
    assert in_force(cur, NOW) == {"A": (("rainstorm", 2),)}


def test_a_cancellation_that_comes_first_keeps_its_alert_from_beginning(cur: Cursor) -> None:
    """The alert is stored, and never held."""
    take(cur, warnings_of(cap("w-2", sent=LATER, kind="Cancel", references=cited("w-1"))))
    taken = take(cur, warnings_of(cap()), now=NOW + timedelta(minutes=1))
    assert states(cur)["met@county.example,w-1"] == "cancelled"
    assert in_force(cur, NOW + timedelta(minutes=2)) == {}
    assert taken.changes[0].id.startswith("note:")
    assert fire_weather(cur, NOW + timedelta(days=2)) == []


def test_a_cancellation_ends_the_updates_too(cur: Cursor) -> None:
    """It cites the alert; the update of the alert is older than it and ends with it."""
    take(cur, warnings_of(cap(), cap("w-2", sent=LATER, kind="Update", references=cited("w-1"))))
    take(cur, warnings_of(cap("w-3", sent=LATER + timedelta(minutes=1), kind="Cancel", references=cited("w-1"))))
    assert in_force(cur, NOW) == {}


def test_the_word_of_another_sender_ends_nothing(cur: Cursor) -> None:
    """Nobody cancels what somebody else issued."""
    take(cur, warnings_of(cap(), cap("w-2", sender="other@example", kind="Cancel", references=cited("w-1"))))
    assert in_force(cur, NOW) == {"A": (("rainstorm", 2),)}


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_what_is_not_meant_does_nothing(cur: Cursor, status: str) -> None:
    """It is stored and seen; no limit changes, no worker reads anew, and no warning that is meant ends by it."""
    taken = take(cur, warnings_of(cap("w-1", status=status)))
    assert in_force(cur, NOW) == {}
    assert [change.id for change in taken.changes] == ["note:met@county.example,w-1"]
    take(cur, warnings_of(cap("w-2"), cap("w-3", sent=LATER, status=status, kind="Cancel", references=cited("w-2"))))
    assert in_force(cur, NOW) == {"A": (("rainstorm", 2),)}


def test_the_same_twice_is_one_and_another_content_is_refused(cur: Cursor) -> None:
    """A redelivery changes nothing; an identifier stands for one content."""
    take(cur, warnings_of(cap()))
    again = take(cur, warnings_of(cap()))
    assert (again.known, again.changes) == (1, [])
    other = take(cur, warnings_of(cap(infos=cap_info(headline="暴雨红色预警"))))
    assert (other.conflicts, other.changes) == (["met@county.example,w-1"], [])
    assert in_force(cur, NOW) == {"A": (("rainstorm", 2),)}


def test_what_is_over_when_it_comes_never_begins(cur: Cursor) -> None:
    """Stored for the record, ended at its own end."""
    take(cur, warnings_of(cap()), now=SENT + timedelta(hours=7))
    assert states(cur) == {"met@county.example,w-1": "ran"}
    assert in_force(cur, SENT + timedelta(hours=7)) == {}


def test_it_ends_by_itself(cur: Cursor) -> None:
    """Its end is a row with a due time; without one of its own it lasts as long as the settings say."""
    take(cur, warnings_of(cap()))
    fire_weather(cur, SENT + timedelta(hours=6))
    assert states(cur) == {"met@county.example,w-1": "ran"}
    endless = warnings_of(cap("w-2", infos=cap_info(expires=None)))
    take(cur, endless, options=WeatherOptions(lasts=timedelta(hours=1)))
    row = cur.execute("SELECT until_at FROM weather_warnings WHERE message = 'w-2'").fetchone()
    assert row == (SENT + timedelta(hours=1),)


def test_our_own_messages_are_not_taken_in(cur: Cursor) -> None:
    """A feed that repeats what we published does not warn us."""
    taken = take(cur, warnings_of(cap()), options=WeatherOptions(own_sender="met@county.example"))
    assert (taken.own, taken.stored, states(cur)) == (1, 0, {})


def test_what_nobody_can_place_is_kept_and_said(cur: Cursor) -> None:
    """Unknown is not everything; elsewhere is not unknown; both are stored."""
    unknown = cap_info(area="<areaDesc>沿江一带</areaDesc>")
    elsewhere = cap_info(area="<areaDesc>x</areaDesc><polygon>10,10 10,11 11,11</polygon>")
    take(cur, warnings_of(cap("w-1", infos=unknown), cap("w-2", infos=elsewhere)))
    cur.execute("SELECT message, placed, grids FROM weather_warnings ORDER BY 1")
    assert cur.fetchall() == [("w-1", "unknown", []), ("w-2", "elsewhere", [])]
    assert in_force(cur, NOW) == {}


def test_aliases_place_what_codes_do_not(cur: Cursor) -> None:
    """The settings say which grids an issuer's zone is."""
    area = "<areaDesc>x</areaDesc><geocode><valueName>UGC</valueName><value>MTZ014</value></geocode>"
    take(cur, warnings_of(cap(infos=cap_info(area=area))), options=WeatherOptions(aliases={"UGC:MTZ014": ("B",)}))
    assert in_force(cur, NOW) == {"B": (("rainstorm", 2),)}


def test_a_severity_nobody_tells_is_the_mildest(cur: Cursor) -> None:
    """It holds, as blue."""
    take(cur, warnings_of(cap(infos=cap_info(severity="Unknown", headline="x"))))
    assert in_force(cur, NOW) == {"A": (("rainstorm", 4),)}


def test_the_national_system_lifts_without_naming_what(cur: Cursor) -> None:
    """解除 of the same issuer and event ends what is older; a later warning of it does not end by it."""
    code = {**NATIONAL, "identifier": "33990041600000_20260601160000"}
    lifted = {
        **code,
        "head": "某县气象台解除暴雨橙色预警信号",
        "identifier": "33990041600000_20260601160300",
        "ISSUETIME": "2026-06-01 16:03:00",
        "references": "",
    }
    again = {**code, "identifier": "33990041600000_20260601160400", "ISSUETIME": "2026-06-01 16:04:00"}
    for page in (again, lifted, code):
        take(cur, warnings_of(jsonp(page), source="cma_warning"))
    assert states(cur) == {
        "33990041600000_20260601160000": "cancelled",
        "33990041600000_20260601160300": "a",
        "33990041600000_20260601160400": "holds",
    }
    assert in_force(cur, NOW) == {TOWN: (("rainstorm", 2),)}


def test_a_state_that_changes_ends_the_warning(cur: Cursor) -> None:
    """Caiyun gives the same id with another state."""
    take(cur, warnings_of(json.dumps([CAIYUN]).encode(), source="cma_warning"))
    assert in_force(cur, NOW) == {TOWN: (("rainstorm", 2),)}
    take(cur, warnings_of(json.dumps([{**CAIYUN, "status": "预警解除"}]).encode(), source="cma_warning"))
    assert in_force(cur, NOW) == {}


def test_a_fault_in_one_warning_loses_neither_it_nor_the_others(cur: Cursor) -> None:
    """What the database will not take is kept raw with the reason; the next is taken in."""
    good, other = warnings_of(cap("w-1"), cap("w-2"))
    bad = msgspec.structs.replace(other, description="a NUL: \x00")
    changes = WeatherDesk(WeatherOptions()).take(cur, [bad, good], actor="mqtt", now=NOW)
    assert (len(changes), list(states(cur))) == (1, ["met@county.example,w-1"])
    row = cur.execute(
        "SELECT reason, position('w-2' IN convert_from(payload, 'UTF8')) > 0 FROM rejected_messages"
    ).fetchone()
    assert row == ("fault", True)


def test_what_is_known_waits_for_nobody(cur: Cursor) -> None:
    """The same again takes no lock, changes nothing and is no conflict; another content under its name still is one."""
    desk = WeatherDesk(WeatherOptions())
    assert len(desk.take(cur, warnings_of(cap()), actor="mqtt", now=NOW)) == 1
    cur.connection.commit()
    assert desk.take(cur, warnings_of(cap()), actor="feed", now=NOW) == []
    assert cur.execute(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    ).fetchone() == (0,)
    desk.take(cur, warnings_of(cap(infos=cap_info(event="大风"))), actor="feed", now=NOW)
    assert cur.execute("SELECT reason FROM rejected_messages").fetchall() == [("conflict",)]
