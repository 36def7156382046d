"""CAP 1.2 (OASIS CAP-V1.2) read: each behaviour by its clause; made from the standard."""

import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from ingest.decoders import decoder
from ingest.decoders.cap12 import storable
from ingest.readings import Dropped, Meaning, MessageKind, OfficialWarning, Reason, Rejection, WarningArea
from tests.warning_messages import CAP_12, SENT, cap, cap_info, cited, time_of

RECEIVED = SENT + timedelta(minutes=1)
TWO_CODES = (
    "<areaDesc>x</areaDesc><geocode><valueName>SAME</valueName><value>006109</value></geocode>"
    "<geocode><valueName>UGC</valueName><value>MTZ014 MTZ015</value></geocode>"
)


def read(payload: bytes) -> list[OfficialWarning]:
    """Decode what is expected to hold warnings alone."""
    found = decoder("cap12")("cap/met", payload, RECEIVED)
    assert all(isinstance(item, OfficialWarning) for item in found), found
    return [item for item in found if isinstance(item, OfficialWarning)]


def refused(payload: bytes) -> Rejection:
    """Decode what is expected to be refused whole."""
    (item,) = decoder("cap12")("cap/met", payload, RECEIVED)
    assert isinstance(item, Rejection), item
    return item


def test_a_message_says_all_of_this() -> None:
    """Times, words, place and colour of an alert."""
    (warning,) = read(cap(infos=cap_info(more="<description>大雨\n将至</description>")))
    assert (warning.id, warning.sender, warning.kind, warning.meaning) == (
        "w-1",
        "met@county.example",
        MessageKind.ALERT,
        Meaning.ACTUAL,
    )
    assert (warning.sent, warning.from_at, warning.until_at) == (SENT, SENT, SENT + timedelta(hours=6))
    assert (warning.event, warning.event_text, warning.priority) == ("rainstorm", "暴雨", 2)
    assert warning.description == "大雨\n将至"
    (area,) = warning.areas
    assert area.polygons == (((120.0, 30.0), (120.1, 30.0), (120.1, 30.1), (120.0, 30.1), (120.0, 30.0)),)


@pytest.mark.parametrize("space", [CAP_12, "urn:oasis:names:tc:emergency:cap:1.1", "http://www.incident.com/cap/1.0"])
def test_each_version_is_read(space: str) -> None:
    """1.2, 1.1 and 1.0 differ in what this needs by their namespace."""
    assert read(cap(space=space))[0].id == "w-1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2026-06-01T08:00:00-00:00", SENT),
        ("2026-06-01T08:00:00Z", SENT),
        ("2026-06-01T16:00:00+08:00", SENT),
        ("2026-06-01T01:00:00.250-07:00", SENT + timedelta(milliseconds=250)),
    ],
)
def test_times_have_an_offset(words: str, expected: datetime) -> None:
    """§3.3.2: an offset; Z, though forbidden, is taken."""
    (warning,) = read(cap().replace(time_of(SENT).encode(), words.encode(), 1))
    assert warning.sent == expected


@pytest.mark.parametrize("words", ["2026-06-01T08:00:00", "yesterday", "0001-01-01T00:00:00+14:00", ""])
def test_a_time_without_an_offset_is_refused(words: str) -> None:
    """Whoever guesses a zone is wrong by hours."""
    assert refused(cap().replace(time_of(SENT).encode(), words.encode(), 1)).reason in {Reason.TIME, Reason.MALFORMED}


@pytest.mark.parametrize(
    "name",
    [
        "identifier",
        "sender",
        "sent",
        "status",
        "msgType",
        "scope",
        "event",
        "urgency",
        "severity",
        "certainty",
        "category",
        "areaDesc",
    ],
)
def test_what_the_standard_requires_is_required(name: str) -> None:
    """§3.2: the refusal names the element."""
    whole = cap().decode()
    start, end = whole.index(f"<{name}>"), whole.index(f"</{name}>") + len(name) + 3
    answer = refused((whole[:start] + whole[end:]).encode())
    assert (answer.reason, name in answer.detail) == (Reason.MALFORMED, True)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("status", "Real"),
        ("msgType", "Warn"),
        ("scope", "All"),
        ("urgency", "Now"),
        ("severity", "Bad"),
        ("certainty", "Sure"),
        ("category", "Rain"),
    ],
)
def test_words_the_standard_does_not_know_are_refused(name: str, word: str) -> None:
    """The refusal names the element and the word."""
    whole = cap().decode()
    start, end = whole.index(f"<{name}>") + len(name) + 2, whole.index(f"</{name}>")
    answer = refused((whole[:start] + word + whole[end:]).encode())
    assert (answer.reason, name in answer.detail, word in answer.detail) == (Reason.MALFORMED, True, True)


@pytest.mark.parametrize("kind", ["Ack", "Error"])
def test_an_answer_warns_of_nothing(kind: str) -> None:
    """An Ack or Error is well-formed and nothing for us."""
    assert refused(cap(kind=kind)).reason is Reason.UNSUPPORTED


@pytest.mark.parametrize("status", ["Actual", "Exercise", "System", "Test", "Draft"])
def test_the_status_is_what_it_means(status: str) -> None:
    """§3.2.1."""
    assert read(cap(status=status))[0].meaning == status.lower()


def test_an_actual_message_that_says_it_is_a_drill_is_one() -> None:
    """A headline with 演练 weighs more than a status somebody forgot to set."""
    assert read(cap(infos=cap_info(headline="【演练】暴雨红色预警")))[0].meaning is Meaning.EXERCISE


@pytest.mark.parametrize(
    ("severity", "headline", "priority"),
    [
        ("Extreme", "x", 1),
        ("Severe", "x", 2),
        ("Moderate", "x", 3),
        ("Minor", "x", 4),
        ("Unknown", "x", None),
        ("Minor", "暴雨红色预警信号", 1),
        ("Severe", "将暴雨橙色预警信号降级为黄色预警信号", 3),
        ("Severe", "暴雨预警[Ⅳ级/一般]", 4),
    ],
)
def test_a_colour_weighs_more_than_the_severity(severity: str, headline: str, priority: int | None) -> None:
    """Extreme to Minor are red to blue, unless the words name the colour; of an up- or downgrade the new one."""
    assert read(cap(infos=cap_info(severity=severity, headline=headline, event="Storm")))[0].priority == priority


def test_a_parameter_may_tell_the_colour() -> None:
    """As MeteoAlarm's awareness_level and the colours of Chinese centres do."""
    pair = "<parameter><valueName>{}</valueName><value>{}</value></parameter>"
    for name, value in (("awareness_level", "3; orange; Severe"), ("预警等级", "橙色")):
        info = cap_info(event="Wind", headline="x", severity="Minor", more=pair.format(name, value))
        assert read(cap(infos=info))[0].priority == 2


def test_of_several_languages_the_chinese_is_read() -> None:
    """Languages are one warning; without Chinese the first is read."""
    english = cap_info(language="en-US", event="Rainstorm", headline="Orange rainstorm warning")
    french = cap_info(language="fr-FR", event="Pluie", headline="Pluie")
    assert [w.headline for w in read(cap(infos=english + cap_info() + french))] == ["县气象台发布暴雨橙色预警信号"]
    assert [w.headline for w in read(cap(infos=english + french))] == ["Orange rainstorm warning"]


def test_several_parts_are_several_warnings() -> None:
    """Blocks of one language are parts, each with an id of its own and the message's id in common."""
    parts = read(cap(infos=cap_info() + cap_info(event="大风", headline="大风蓝色预警")))
    assert [(w.id, w.message, w.event) for w in parts] == [("w-1", "w-1", "rainstorm"), ("w-1#2", "w-1", "gale")]


def test_references_name_sender_and_identifier() -> None:
    """§3.2.1: groups of three with blanks between; an identifier may hold commas."""
    (warning,) = read(cap("w-3", kind="Update", references=f"{cited('w-1')} {cited('w,2')}"))
    assert warning.references == (("met@county.example", "w-1"), ("met@county.example", "w,2"))


@pytest.mark.parametrize("kind", ["Update", "Alert"])
def test_an_all_clear_is_a_cancellation(kind: str) -> None:
    """§3.2.2 responseType: the event poses no threat any more. Beside another response it is advice."""
    info = cap_info().replace("<urgency>", "<responseType>AllClear</responseType><urgency>")
    assert read(cap("w-2", kind=kind, references=cited("w-1"), infos=info))[0].kind is MessageKind.CANCEL
    both = info.replace("<urgency>", "<responseType>Avoid</responseType><urgency>")
    assert read(cap("w-2", kind=kind, references=cited("w-1"), infos=both))[0].kind == kind.lower()


def test_a_headline_that_lifts_is_a_cancellation() -> None:
    """解除 in the words weighs more than msgType."""
    assert read(cap(infos=cap_info(headline="县气象台解除暴雨橙色预警信号")))[0].kind is MessageKind.CANCEL


def test_a_cancellation_may_repeat_times_that_are_over() -> None:
    """Its own times are nobody's; an alert that ends before it begins is refused."""
    info = cap_info(expires=SENT - timedelta(hours=1))
    assert read(cap("w-2", kind="Cancel", references=cited("w-1"), infos=info))[0].until_at is None
    assert refused(cap(infos=info)).reason is Reason.TIME


def test_it_holds_from_its_onset() -> None:
    """Onset, else effective, else sent."""
    effective, onset = SENT + timedelta(hours=1), SENT + timedelta(hours=2)
    one = f"<effective>{time_of(effective)}</effective>"
    two = f"{one}<onset>{time_of(onset)}</onset>"
    for times, expected in ((one, effective), (two, onset)):
        assert read(cap(infos=cap_info().replace("<expires>", f"{times}<expires>")))[0].from_at == expected


def test_codes_of_chinas_divisions_are_one_system() -> None:
    """Whatever their valueName: CPEAS Geographic Code, 行政区划代码, adcode; codes of others keep their system."""
    for name in ("CPEAS Geographic Code", "国家行政区划代码", "GB/T 2260", "adcode"):
        area = f"<areaDesc>x</areaDesc><geocode><valueName>{name}</valueName><value>339900000000</value></geocode>"
        assert read(cap(infos=cap_info(area=area)))[0].areas[0].codes == (("GB2260", "339900000000"),)
    foreign = read(cap(infos=cap_info(area=TWO_CODES)))[0].areas[0].codes
    assert foreign == (("SAME", "006109"), ("UGC", "MTZ014"), ("UGC", "MTZ015"))


def test_a_shape_that_cannot_be_read_is_left_out_and_told() -> None:
    """The warning stays, and a rejection says what was left out."""
    area = "<areaDesc>x</areaDesc><polygon>30,120 30,x 31,121</polygon><circle>95,200 5</circle>"
    warning, *rest = decoder("cap12")("cap/met", cap(infos=cap_info(area=area)), RECEIVED)
    assert isinstance(warning, OfficialWarning)
    assert warning.areas == (WarningArea(name="x"),)
    assert [item.reason for item in rest if isinstance(item, Rejection)] == [Reason.MALFORMED] * 2


def test_longitude_first_is_noticed_where_it_must_be() -> None:
    """A latitude above 90 is none; an open ring is closed."""
    area = "<areaDesc>x</areaDesc><polygon>120,30 120.1,30 120.1,30.1</polygon><circle>30.5,120.5 2.5</circle>"
    (found,) = read(cap(infos=cap_info(area=area)))[0].areas
    assert found.polygons == (((120.0, 30.0), (120.1, 30.0), (120.1, 30.1), (120.0, 30.0)),)
    assert found.circles == ((120.5, 30.5, 2.5),)


@pytest.mark.parametrize("encoding", ["GB2312", "GBK", "gb18030"])
def test_chinese_encodings_are_read(encoding: str) -> None:
    """Stations write GB2312 and its descendants."""
    body = cap().decode().replace("UTF-8", encoding).encode("gb18030")
    assert read(body)[0].headline == "县气象台发布暴雨橙色预警信号"


def test_other_encodings_and_marks_are_read() -> None:
    """A byte order mark, UTF-16, ISO-8859-1, blanks before the declaration, and GB that calls itself UTF-8."""
    whole = cap().decode()
    latin = cap(infos=cap_info(headline="Crue à venir", event="Flood", language="fr")).decode()
    for body in (
        b"\xef\xbb\xbf" + cap(),
        b"\r\n " + cap(),
        whole.replace("UTF-8", "UTF-16").encode("utf-16"),
        whole.encode("gb18030"),
    ):
        assert read(body)[0].event == "rainstorm"
    body = latin.replace("UTF-8", "ISO-8859-1").replace("暴雨", "").replace("某县", "x").encode("latin-1")
    assert read(body)[0].headline == "Crue à venir"


def test_a_signature_is_passed_over() -> None:
    """XML-DSig is not verified and does not disturb."""
    signature = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/><SignatureValue>AA==</SignatureValue></Signature>'
    assert read(cap().replace(b"</alert>", signature + b"</alert>"))[0].id == "w-1"


def test_the_national_form_is_read() -> None:
    """12379 writes colours for severities, event types, local times and bare codes."""
    body = (
        "<?xml version='1.0' encoding='UTF-8'?><alert><identifier>33990041600000_20260601160000</identifier>"
        "<sender>某县气象台</sender><senderCode>33990041600000</senderCode><sent>2026-06-01 16:00:00</sent><status>Actual</status>"
        "<msgType>Alert</msgType><scope>Public</scope><info><language>zh-CN</language><eventType>11B03</eventType>"
        "<urgency>Immediate</urgency><severity>Orange</severity><certainty>Likely</certainty><headline>暴雨预警</headline>"
        "<area><areaDesc>某县</areaDesc><geocode>339900000000,339901000000</geocode></area></info></alert>"
    )
    (warning,) = read(body.encode())
    assert (warning.sent, warning.priority, warning.event) == (SENT, 2, "rainstorm")
    assert warning.areas[0].codes == (("GB2260", "339900000000"), ("GB2260", "339901000000"))


def test_feeds_and_envelopes_are_split() -> None:
    """Messages inside of Atom, RSS or EDXL are messages; an index alone is refused as one."""
    inner = cap().partition(b"?>")[2]
    second = inner.replace(b">w-1<", b">w-2<")
    for outer in (
        b"<feed><entry><content>%s</content></entry><entry>%s</entry></feed>",
        b"<EDXLDistribution><a>%s</a>%s</EDXLDistribution>",
    ):
        assert [w.id for w in read(outer % (inner, second))] == ["w-1", "w-2"]
    index = refused(b'<feed><entry><link href="http://x/1.xml"/></entry></feed>')
    assert (index.reason, "addresses" in index.detail) == (Reason.UNSUPPORTED, True)


def test_who_is_to_be_called_is_dropped() -> None:
    """`contact` is often a person: it is not taken in, and is gone from what is kept."""
    body = cap(infos=cap_info(more="<contact>张三 13800000000</contact>"))
    assert decoder("cap12")("cap/met", body, RECEIVED)[1:] == [Dropped(fields=("contact",))]
    assert "张三".encode() not in storable(body)


BOMBS = {
    "billion laughs": "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY a{i} '&a{i - 1 if i else ''};&a{i - 1 if i else ''};'>" for i in range(30))
    + "]><alert>&a29;</alert>",
    "quadratic": f"<!DOCTYPE x [<!ENTITY a '{'a' * 50_000}'>]><alert>{'&a;' * 50_000}</alert>",
    "external entity": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><alert>&a;</alert>",
    "external type": "<!DOCTYPE x SYSTEM 'http://127.0.0.1:9/x.dtd'><alert/>",
    "parameter entity": "<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x.dtd'> %p;]><alert/>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_document_type_is_refused_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bombs and foreign entities end within 50 ms, with no file opened and no address asked."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("asked the network or a file")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr("builtins.open", forbidden)
    began = time.process_time()
    answer = refused(f"<?xml version='1.0'?>{BOMBS[name]}".encode())
    assert time.process_time() - began < 0.05
    assert (answer.reason, "DTD" in answer.detail) == (Reason.UNSUPPORTED, True)


def test_depth_and_width_are_limited() -> None:
    """What nests too deeply or has too many elements is refused while it is read."""
    assert refused(b"<a>" * 40 + b"</a>" * 40).reason is Reason.MALFORMED
    assert refused(b"<a>" + b"<b/>" * 70_000 + b"</a>").reason is Reason.TOO_LARGE


def test_utc_is_what_comes_out() -> None:
    """Every instant is aware UTC."""
    assert read(cap())[0].sent.tzinfo is UTC


def test_shapes_beyond_all_measure_are_left_out_and_said() -> None:
    """A thousand circles are read of one part; 1 MiB holds thirty thousand, and to join those takes seconds."""
    circles = "".join(f"<circle>30.{number:04},120.1 5</circle>" for number in range(1_200))
    body = cap(infos=cap_info(area=f"<areaDesc>x</areaDesc>{circles}"))
    warning, *refused = decoder("cap12")("cap/x", body, SENT)
    assert isinstance(warning, OfficialWarning)
    assert len(warning.areas[0].circles) == 1_000
    assert {item.detail for item in refused if isinstance(item, Rejection)} == {
        "<circle> is beyond the 20000 corners that are read"
    }
