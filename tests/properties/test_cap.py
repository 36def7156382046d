"""Hypothesis: whatever an incident is called and wherever it lies, its messages are valid CAP 1.2."""

from datetime import UTC, datetime, timedelta

import shapely
from hypothesis import given
from hypothesis import strategies as st

from alerts.rule import Guidance
from incidents.cap import MsgType, Reference, Sender, Status, Step, Warned, active_document, message_document, steps_due
from incidents.cap.area import polygons_of
from incidents.cap.document import Envelope
from incidents.cap.message import CALM, LASTS, Last
from tests.cap_schema import NS, checked

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
# Everything that Python calls text: control characters, lone surrogates, noncharacters, markup.
TEXTS = (
    st.text() | st.text(alphabet=st.characters(), max_size=30) | st.sampled_from(["", "<&]]>", "\x00\x0b\ufffe", "&x;"])
)
INSTANTS = st.datetimes(datetime(1902, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
SENDERS = st.builds(
    Sender,
    address=st.just("gridwatch@centre.test"),
    name=TEXTS,
    status=st.sampled_from(Status),
    zone=st.sampled_from(["Asia/Shanghai", "UTC", "America/St_Johns", "Asia/Kathmandu"]),
    contact=TEXTS,
    web=st.sampled_from(["", "https://centre.test/warnings"]),
    exercise=TEXTS,
)
CORNERS = st.tuples(st.floats(70, 140), st.floats(-60, 60))
SHAPES = (
    st.none()
    | st.binary(max_size=20)
    | st.lists(CORNERS, min_size=4, max_size=300).map(lambda corners: shapely.to_wkb(shapely.Polygon(corners)))
)
WARNED = st.builds(
    Warned,
    incident=st.integers(1, 2**62),
    kind=st.sampled_from(["fire", "flood", "device", "other"]) | TEXTS,
    priority=st.integers(1, 4),
    is_open=st.booleans(),
    holds=st.booleans(),
    is_test=st.booleans(),
    certainty=st.sampled_from(["Observed", "Likely"]),
    onset=INSTANTS,
    code=st.none() | TEXTS,
    names=st.lists(TEXTS, max_size=5).map(tuple),
    shape=SHAPES,
    guidance=st.none()
    | st.dictionaries(st.sampled_from(["zh", "en", "x"]), st.builds(Guidance, means=TEXTS, do=TEXTS)),
    goes_on_in=st.none() | st.integers(1, 2**62),
)


def envelope(status: Status, msg_type: MsgType, sent: datetime) -> Envelope:
    """Make the envelope of a message that follows one other."""
    before = Reference(sender="old@centre.test", identifier="gridwatch-1-1", sent=sent - timedelta(hours=1))
    return Envelope(
        identifier="gridwatch-1-2",
        sent=sent,
        expires=sent + LASTS,
        status=status,
        msg_type=msg_type,
        references=() if msg_type is MsgType.ALERT else (before,),
    )


@given(WARNED, SENDERS, st.sampled_from(Status), st.sampled_from(MsgType), INSTANTS)
def test_any_warning_is_valid_cap(warned: Warned, sender: Sender, status: Status, msg_type: MsgType, sent: datetime):
    """Any text, shape, status and instant gives a message that schema and standard accept, in two languages."""
    alert = checked(message_document(warned, envelope(status, msg_type, sent), sender))
    assert [info.findtext(f"{NS}language") for info in alert.iter(f"{NS}info")] == ["zh-CN", "en"]
    assert (alert.findtext(f"{NS}scope") == "Public") == (status is Status.ACTUAL)


@given(st.lists(WARNED, max_size=4), SENDERS, st.sampled_from(Status))
def test_any_list_in_one_message_is_valid_cap(several: list[Warned], sender: Sender, status: Status):
    """The warnings in force, put into one message, are valid CAP with every `info` of theirs."""
    bodies = [message_document(one, envelope(status, MsgType.ALERT, NOW), sender) for one in several]
    text = active_document(bodies, sender=sender, status=status, number=7, sent=NOW, expires=NOW + LASTS)
    alert = checked(text)
    assert len(alert.findall(f"{NS}info")) == 2 * len(several)
    assert several or alert.findtext(f"{NS}note")


@given(st.lists(CORNERS, min_size=4, max_size=400))
def test_polygons_are_few_closed_and_valid(corners: list[tuple[float, float]]):
    """Any grid, even one that crosses itself, gives rings that enclose something and that receivers can hold."""
    for text in polygons_of(shapely.to_wkb(shapely.Polygon(corners))):
        pairs = text.split(" ")
        assert 4 <= len(pairs) <= 100
        assert pairs[0] == pairs[-1]
        ring = shapely.Polygon([tuple(map(float, pair.split(","))) for pair in pairs])
        assert ring.is_valid
        assert ring.area > 0


LASTS_OF = st.builds(
    lambda status, msg_type, age, basis: Last(
        status=status, msg_type=msg_type, sent=NOW - age, expires=NOW - age + LASTS, basis=basis
    ),
    st.sampled_from(Status),
    st.sampled_from(MsgType),
    st.timedeltas(timedelta(0), timedelta(hours=3)),
    st.builds(lambda warned: warned.basis, WARNED),
)


@given(WARNED, SENDERS, st.none() | LASTS_OF)
def test_what_is_due_never_mixes_statuses_and_comes_to_rest(warned: Warned, sender: Sender, last: Last | None):
    """An Update or Cancel has the status of what it follows, and once all is said the same look says nothing."""
    steps = steps_due(warned, last, sender, now=NOW)
    for step in steps:
        if step.msg_type is MsgType.ALERT:
            assert warned.is_warning
            assert step.status is warned.status(sender)
        else:
            assert last is not None
            assert step.status is last.status
    if steps:
        final = steps[-1]
        after = Last(status=final.status, msg_type=final.msg_type, sent=NOW, expires=NOW + LASTS, basis=warned.basis)
        assert steps_due(warned, after, sender, now=NOW) == ()


@given(WARNED, SENDERS)
def test_what_worsens_is_told_at_once_and_what_eases_in_calm(warned: Warned, sender: Sender):
    """A worse priority never waits; easing waits until five minutes have passed since the last message."""
    if not warned.is_warning:
        return
    status = warned.status(sender)
    update = (Step(msg_type=MsgType.UPDATE, status=status),)

    def last(age: timedelta, **basis: object) -> Last:
        return Last(
            status=status,
            msg_type=MsgType.ALERT,
            sent=NOW - age,
            expires=NOW - age + LASTS,
            basis=warned.basis | basis,
        )

    second = timedelta(seconds=1)
    assert steps_due(warned, last(second, priority=warned.priority + 1), sender, now=NOW) == update
    if not warned.holds:
        assert steps_due(warned, last(second, holds=True), sender, now=NOW) == ()
        assert steps_due(warned, last(CALM, holds=True), sender, now=NOW) == update
    assert steps_due(warned, last(second), sender, now=NOW) == ()
    assert steps_due(warned, last(LASTS / 2), sender, now=NOW) == update
