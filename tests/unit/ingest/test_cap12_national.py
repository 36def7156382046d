"""CAP as China's national system writes it (12379, GB/T 35965.1-2018): each deviation from the standard; made from its elements."""

from datetime import timedelta

import pytest

from ingest.decoders import decoder
from ingest.decoders.cap12 import storable
from ingest.readings import Dropped, MessageKind, OfficialWarning, Reason, Rejection
from tests.warning_messages import FIRST, OFFICE, SENT, cap, cap_info, national

RECEIVED = SENT + timedelta(minutes=1)


def read(payload: bytes) -> OfficialWarning:
    """Decode what is expected to hold one warning, and personal fields."""
    warning, *rest = decoder("cap12")("cap/12379", payload, RECEIVED)
    assert isinstance(warning, OfficialWarning), warning
    assert all(isinstance(item, Dropped) for item in rest), rest
    return warning


def test_all_of_it_is_read() -> None:
    """`sendTime`, a colour for the severity, a certainty in one word, codes without a name; empty shapes are none."""
    warning = read(national())
    assert (warning.id, warning.sender, warning.sent, warning.kind) == (FIRST, "某省气象局", SENT, MessageKind.ALERT)
    assert (warning.event, warning.event_text, warning.priority) == ("typhoon", "台风", 4)
    assert (warning.from_at, warning.until_at) == (SENT, SENT + timedelta(hours=6))
    (area,) = warning.areas
    assert area.codes == (("GB2260", "330205004001"), ("GB2260", "330205004002"))
    assert (area.polygons, area.circles) == ((), ())


def test_who_signed_and_who_was_called_is_dropped() -> None:
    """`senderName` is the person who signed, not the office; telephones and single receivers go too."""
    warning, dropped = decoder("cap12")("cap/12379", national(), RECEIVED)
    assert isinstance(warning, OfficialWarning)
    assert warning.issuer == "某省气象局"
    assert dropped == Dropped(fields=("audiencePrt", "phone", "senderName"))
    kept = storable(national()).decode()
    assert not any(personal in kept for personal in ("张三", "李四", "13800000000"))
    assert "G01002" in kept
    spelt = national().replace(b"audiencePrt", b"audenceprt")
    assert decoder("cap12")("cap/12379", spelt, RECEIVED)[1] == Dropped(fields=("audenceprt", "phone", "senderName"))
    assert "李四" not in storable(spelt).decode()
    nobody = spelt.replace("李四".encode(), b",")
    assert decoder("cap12")("cap/12379", nobody, RECEIVED)[1] == Dropped(fields=("phone", "senderName"))


def test_an_update_cites_the_first_message_of_its_event() -> None:
    """By the identifier alone; without one it follows what the office said of the same event."""
    update = read(national(f"{OFFICE}_20260601180000", kind="Update", cited=FIRST))
    assert (update.kind, update.references) == (MessageKind.UPDATE, (("某省气象局", FIRST),))
    lifted = read(national(f"{OFFICE}_20260601200000", kind="Cancel", headline="某省气象局解除台风蓝色预警"))
    assert (lifted.kind, lifted.thread) == (MessageKind.CANCEL, read(national()).thread)


def test_a_radius_is_in_metres() -> None:
    """The standard has kilometres: a circle of 2.5 km would cover the province."""
    (area,) = read(national(area="<areaDesc>x</areaDesc><circle>30.5,120.5 2500</circle>")).areas
    assert area.circles == ((120.5, 30.5, 2.5),)


@pytest.mark.parametrize(
    "corners", ["81.2,43.1 81.4,43.1 81.4,43.3 81.2,43.1", "43.1,81.2 43.1,81.4 43.3,81.4 43.1,81.2"]
)
def test_a_longitude_of_the_far_west_is_no_latitude(corners: str) -> None:
    """81° is a longitude of China: its latitudes end at 54°."""
    (area,) = read(national(area=f"<areaDesc>x</areaDesc><polygon>{corners}</polygon>")).areas
    assert area.polygons == (((81.2, 43.1), (81.4, 43.1), (81.4, 43.3), (81.2, 43.1)),)


def test_an_open_polygon_is_a_line() -> None:
    """A river or a road, which the codes beside it place; in the standard form it is closed."""
    area = "<areaDesc>x</areaDesc><polygon>30,120 30,120.1 30.1,120.1</polygon><geocode>330205004001</geocode>"
    assert read(national(area=area)).areas[0].polygons == ()
    assert len(read(cap(FIRST, infos=cap_info(area=area))).areas[0].polygons) == 1


@pytest.mark.parametrize(
    ("kind", "word", "event"),
    [
        ("11B03", "暴雨", "rainstorm"),
        ("11B20", "雷雨大风", "gale"),
        ("11B31", "强对流", "thunderstorm"),
        ("11A01", "洪水", "flood"),
    ],
)
def test_event_types_have_words(kind: str, word: str, event: str) -> None:
    """The type says it where the headline does not."""
    warning = read(national(headline="某省气象局发布预警").replace(b"11B01", kind.encode()))
    assert (warning.event, warning.event_text) == (event, word)


def test_the_standard_form_of_the_weather_service_has_a_thread_too() -> None:
    """What it gives to the world is plain CAP with national identifiers: an update that cites nothing follows its office."""
    office = {"sender": "Some_County_Meteorological_Observatory"}
    first = read(cap(f"{OFFICE}_20260601160000", **office))
    update = read(cap(f"{OFFICE}_20260601180000", kind="Update", **office))
    assert first.thread == update.thread == f"{office['sender']}/rainstorm"
    assert first.issuer == "Some County Meteorological Observatory"
    assert read(cap("w-1", **office, infos=cap_info())).thread == ""


def test_who_signed_is_dropped_there_too() -> None:
    """Its `senderName` is the account of who was on duty."""
    signed = cap_info().replace("<headline>", "<senderName>zhang_san</senderName><headline>")
    body = cap(FIRST, infos=signed)
    warning, dropped = decoder("cap12")("cap/met", body, RECEIVED)
    assert isinstance(warning, OfficialWarning)
    assert warning.issuer == "met@county.example"
    assert dropped == Dropped(fields=("senderName",))
    assert b"zhang_san" not in storable(body)
    assert b"zhang_san" in storable(cap("w-1", infos=signed))


def test_a_national_identifier_means_the_time_of_beijing() -> None:
    """Also in plain CAP; of any other issuer a time without an offset is refused."""
    assert read(cap(FIRST).replace(b"2026-06-01T08:00:00-00:00", b"2026-06-01T16:00:00")).sent == SENT


def test_an_office_that_goes_on_warning_updates_whatever_the_type() -> None:
    """继续发布 as an Alert would let the older one stand beside it."""
    assert read(cap(FIRST, infos=cap_info(headline="县气象台更新暴雨黄色预警信号"))).kind is MessageKind.UPDATE
    assert read(cap("w-1", infos=cap_info(headline="县气象台更新暴雨黄色预警信号"))).kind is MessageKind.ALERT


def test_an_end_that_is_the_beginning_is_none() -> None:
    """Systems that know no end fill the element with the time of issue; an end before that is refused as ever."""
    filled = national().replace(b"<expires>2026-06-01 22", b"<expires>2026-06-01 16")
    assert read(filled).until_at is None
    (item,) = decoder("cap12")(
        "cap/12379", national().replace(b"<expires>2026-06-01 22", b"<expires>2026-06-01 15"), RECEIVED
    )
    assert isinstance(item, Rejection)
    assert item.reason is Reason.TIME
