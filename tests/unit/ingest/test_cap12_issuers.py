"""What issuers make of CAP: cancellations, tests, envelopes, persons and codes as they write them."""

from datetime import timedelta

import pytest

from ingest.decoders import decoder
from ingest.decoders.cap12 import storable
from ingest.readings import Dropped, Meaning, MessageKind, OfficialWarning, Reason, Rejection, WarningArea
from tests.warning_messages import SENT, cap, cap_info, cited

RECEIVED = SENT + timedelta(minutes=1)


def read(payload: bytes) -> list[OfficialWarning]:
    """Decode what is expected to hold warnings alone."""
    found = decoder("cap12")("cap/met", payload, RECEIVED)
    assert all(isinstance(item, OfficialWarning) for item in found), found
    return [item for item in found if isinstance(item, OfficialWarning)]


def test_a_message_may_be_lifted_under_its_own_identifier() -> None:
    """Macao's cancellation has the identifier of what it cancels: it gets a name of its own, and cites it."""
    (lifted,) = read(cap(kind="Cancel", sent=SENT + timedelta(hours=1), references=cited("w-1")))
    assert (lifted.id, lifted.message) == ("w-1/20260601T090000Z", "w-1/20260601T090000Z")
    assert (lifted.kind, lifted.references) == (MessageKind.CANCEL, (("met@county.example", "w-1"),))


def test_an_update_that_is_over_when_it_comes_cancels() -> None:
    """Tsunami warnings are ended by an Update whose `expires` is its `sent`."""
    (ended,) = read(cap("w-2", kind="Update", references=cited("w-1"), infos=cap_info(expires=SENT)))
    assert (ended.kind, ended.from_at, ended.until_at) == (MessageKind.CANCEL, SENT, None)


@pytest.mark.parametrize("code", ["RMT", "RWT", "DMO"])
def test_a_required_test_is_one_whatever_its_status(code: str) -> None:
    """47 CFR 11.31: required tests are sent with the status Actual."""
    event = f"<event>Civil</event><eventCode><valueName>SAME</valueName><value>{code}</value></eventCode>"
    info = cap_info(headline="x", event="Civil").replace("<event>Civil</event>", event)
    assert read(cap(infos=info))[0].meaning is Meaning.TEST


def test_an_event_that_says_it_is_a_test_is_one() -> None:
    """Whatever the headline says."""
    assert read(cap(infos=cap_info(event="Required Monthly Test", headline="Alert")))[0].meaning is Meaning.TEST


@pytest.mark.parametrize(
    ("status", "meaning"), [("Exercise", Meaning.EXERCISE), ("Test", Meaning.TEST), ("Actual", "actual")]
)
def test_an_envelope_says_whether_it_is_meant(status: str, meaning: Meaning) -> None:
    """EDXL-DE distributionStatus: an actual message distributed as an exercise is one; the reverse changes nothing."""
    outer = f"<EDXLDistribution><distributionStatus>{status}</distributionStatus>%s</EDXLDistribution>".encode()
    assert read(outer % cap().partition(b"?>")[2])[0].meaning == meaning
    assert read(b"<Envelope><Body>%s</Body></Envelope>" % (outer % cap().partition(b"?>")[2]))[0].meaning == meaning
    assert read(outer % cap(status="Draft").partition(b"?>")[2])[0].meaning is Meaning.DRAFT


def test_a_description_does_not_name_the_event() -> None:
    """It speaks of more than is warned of."""
    info = cap_info(event="Fire", headline="Langs Rd", more="<description>Police and ice, wind, rain.</description>")
    assert read(cap(infos=info))[0].event == "other"


def test_meteoalarm_names_the_event_in_english() -> None:
    """`awareness_type`, where the event is in another language; green warns of nothing."""
    pair = "<parameter><valueName>awareness_{}</valueName><value>{}</value></parameter>"
    words = {"event": "Žuto upozorenje", "headline": "Orange or red", "severity": "Minor", "language": "hr"}
    kind = pair.format("type", "3; Thunderstorm")
    (warning,) = read(cap(infos=cap_info(**words, more=kind + pair.format("level", "2; yellow; Moderate"))))
    assert (warning.event, warning.priority, warning.kind) == ("thunderstorm", 3, MessageKind.ALERT)
    assert warning.priority == 3
    (green,) = read(cap(infos=cap_info(**words, more=kind + pair.format("level", "1; green; Minor"))))
    assert green.kind is MessageKind.CANCEL


def test_traditional_characters_name_event_and_colour() -> None:
    """The words stay as they are; what they mean is read."""
    info = cap_info(language="zh-MO", event="颱風", headline="氣象局發出紅色暴雨信號", severity="Moderate")
    (warning,) = read(cap(infos=info))
    assert (warning.event, warning.event_text, warning.priority) == ("typhoon", "颱風", 1)
    assert warning.headline == "氣象局發出紅色暴雨信號"


def test_a_blank_beside_a_comma_disturbs_nothing() -> None:
    """Some write "lat, lon": the shape is there, and the warning is placed."""
    area = (
        "<areaDesc>x</areaDesc><polygon>30, 120 30, 120.1 30.1 ,120.1 30, 120</polygon><circle>30.5, 120.5 2.5</circle>"
    )
    (found,) = read(cap(infos=cap_info(area=area)))[0].areas
    assert found.polygons == (((120.0, 30.0), (120.1, 30.0), (120.1, 30.1), (120.0, 30.0)),)
    assert found.circles == ((120.5, 30.5, 2.5),)


def test_the_first_version_cites_otherwise() -> None:
    """CAP 1.0: "identifier/sender"."""
    body = cap("w-2", kind="Update", references="w-1/met@county.example w-0", space="http://www.incident.com/cap/1.0")
    assert read(body)[0].references == (("met@county.example", "w-1"), ("met@county.example", "w-0"))


def test_a_place_without_a_name_is_a_place() -> None:
    """`areaDesc` must be there (§3.2.4), and may be empty: Argentina draws its areas and does not name them."""
    (area,) = read(cap(infos=cap_info(area="<areaDesc/><circle>30.5,120.5 2.5</circle>")))[0].areas
    assert (area.name, area.circles) == ("", ((120.5, 30.5, 2.5),))


def test_a_cancellation_may_leave_out_what_it_cancels() -> None:
    """What an Alert needs is refused without; a Cancel without it still ends what it cites."""
    bare = "<info><category>Met</category><event>Rain</event></info>"
    assert read(cap("w-2", kind="Cancel", references=cited("w-1"), infos=bare))[0].kind is MessageKind.CANCEL
    found = decoder("cap12")("cap/met", cap("w-2", kind="Update", references=cited("w-1"), infos=bare), RECEIVED)
    assert [item.reason for item in found if isinstance(item, Rejection)] == [Reason.MALFORMED]


def test_an_empty_shape_is_none() -> None:
    """`<polygon/>` is no fault."""
    area = "<areaDesc>x</areaDesc><polygon/><polygon> </polygon><circle/>"
    assert read(cap(infos=cap_info(area=area)))[0].areas == (WarningArea(name="x"),)


def test_a_hole_is_no_code() -> None:
    """The German weather service puts the corners of a hole where codes are."""
    pair = "<geocode><valueName>{}</valueName><value>{}</value></geocode>"
    area = f"<areaDesc>x</areaDesc>{pair.format('EXCLUDE_POLYGON', '54.37,10.07 54.36,10.11 54.38,10.13')}"
    assert read(cap(infos=cap_info(area=area)))[0].areas[0].codes == ()


def test_codes_of_neighbours_keep_their_system() -> None:
    """Six digits of Japan and nine of the Philippines look like divisions of China."""
    for name, code in (("JMA", "130010"), ("PSGC", "137404000")):
        area = f"<areaDesc>x</areaDesc><geocode><valueName>{name}</valueName><value>{code}</value></geocode>"
        assert read(cap(infos=cap_info(area=area)))[0].areas[0].codes == ((name, code),)


@pytest.mark.parametrize(
    ("event", "headline"), [("Child Abduction", "Amber Alert"), ("Civil", "Search for a suspicious person")]
)
def test_who_is_sought_is_not_taken_in(event: str, headline: str) -> None:
    """That there is such a message is told; whom it describes is in none of its words, and gone from what is kept."""
    more = "<description><![CDATA[J. Doe, 170 cm, <b>red hair</b>]]></description>"
    info = cap_info(event=event, headline=f"{headline} J. Doe", more=more).replace("<category>Met", "<category>Rescue")
    warning, dropped = decoder("cap12")("cap/met", cap(infos=info), RECEIVED)
    assert isinstance(warning, OfficialWarning)
    assert (warning.event_text, warning.headline, warning.description) == (event, event, "")
    assert dropped == Dropped(fields=("description", "headline"))
    assert b"Doe" not in storable(cap(infos=info))
    assert b"red hair" not in storable(cap(infos=info))
    spelt = cap(infos=info.replace(f"<event>{event}", f"<event><![CDATA[{event}]]>"))
    assert b"Doe" not in storable(spelt)


def test_an_amber_alert_of_the_weather_is_a_colour() -> None:
    """In the category Met nobody is sought."""
    info = cap_info(event="Rain", headline="Amber alert for rain", more="<description>Heavy rain.</description>")
    assert read(cap(infos=info))[0].description == "Heavy rain."
