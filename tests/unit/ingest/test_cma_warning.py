"""Chinese warnings in each form that sources give them: what they say is the same, whoever says it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.decoders import decoder
from ingest.decoders.cma_warning import storable
from ingest.readings import Dropped, Meaning, MessageKind, OfficialWarning, Reason, Rejection
from tests.warning_messages import CAIYUN, NATIONAL, QWEATHER, ROW, SENT, TENCENT, jsonp

RECEIVED = SENT + timedelta(minutes=1)
ID = "33990041600000_20260601160000"
CODE = ("GB2260", "339900")
CAIYUN_3 = {
    "id": f"ALERT_CN_{ID}",
    "area_code": "339900",
    "alert_type": 156110202,
    "publish_time": 1780300800,
    "color": {"red": 250, "green": 150},
    "data": [
        {"language_code": "en-US", "title": "Orange rainstorm warning", "text": "Rain.", "level": "orange"},
        {"language_code": "zh-CN", "title": "某县气象台发布暴雨橙色预警[II级/严重]", "text": "雨。", "level": "orange"},
    ],
}
NMC = {
    "alertid": ID,
    "issuetime": "2026/06/01 16:00",
    "title": "某县气象台发布暴雨橙色预警信号",
    "url": f"/publish/alarm/{ID}.html",
}
SITE = {
    "description": "某县气象台2026年6月1日16时发布暴雨橙色预警信号：请注意防范。",
    "headline": "某县气象局发布暴雨橙色预警/II/严重",
    "identifier": ID,
    "sendTime": "2026-06-01 16:00:00",
}
MAP = {
    "id": ID,
    "headline": "某县气象台发布暴雨橙色预警[Ⅱ级/严重]",
    "effective": "2026/06/01 16:00",
    "description": "请注意防范。",
    "longitude": 120.05,
    "latitude": 30.05,
    "type": "p0002002",
    "title": "浙江省某县发布暴雨橙色预警",
}
PORTAL = {
    "identifier": ID,
    "sender": "某县气象台",
    "eventTypeCN": "暴雨事件",
    "severity": "ORANGE",
    "headline": "某县气象台发布暴雨橙色预警信号",
    "description": "请注意防范。",
    "effective": "2026-06-01 16:00:00",
    "expires": "2026-06-01 22:00:00",
    "msgType": "Alert",
    "referencesInfo": "",
}
FORMS = {
    "weather.com.cn page": jsonp(NATIONAL),
    "weather.com.cn row": json.dumps(ROW).encode(),
    "weather.com.cn list": json.dumps({"status": "success", "result": {"count": "1", "data": [ROW]}}).encode(),
    "nmc.cn": json.dumps({"code": 0, "data": {"page": {"list": [NMC]}, "provinceAlarms": []}}).encode(),
    "caiyun": json.dumps([CAIYUN]).encode(),
    "caiyun whole": json.dumps({"status": "ok", "result": {"alert": {"status": "ok", "content": [CAIYUN]}}}).encode(),
    "caiyun v3": json.dumps({"alerts": [CAIYUN_3]}).encode(),
    "12379 portal": json.dumps([PORTAL]).encode(),
    "12379.cn": json.dumps({"alertData": [SITE]}).encode(),
    "weather.cma.cn": json.dumps({"msg": "success", "code": 0, "data": [MAP]}).encode(),
    "pushed": json.dumps({"source": "cma", "type": "weather", "action": "new", "payload": MAP}).encode(),
}


def read(payload: bytes) -> list[OfficialWarning]:
    """Decode what is expected to hold warnings alone."""
    found = decoder("cma_warning")("cma/x", payload, RECEIVED)
    assert all(isinstance(item, OfficialWarning) for item in found), found
    return [item for item in found if isinstance(item, OfficialWarning)]


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_national_system_says_the_same(name: str) -> None:
    """Id, event, colour, time and county are the same by whoever the warning is repeated."""
    (warning,) = read(FORMS[name])
    assert (warning.id, warning.sender) == (ID, "12379")
    assert (warning.event, warning.priority, warning.kind) == ("rainstorm", 2, MessageKind.ALERT)
    assert warning.sent == SENT
    assert CODE in warning.areas[0].codes
    assert warning.references == ()
    assert warning.thread == "33990041600000/rainstorm"


def test_relievetime_is_the_end_and_not_a_lifting() -> None:
    """RELIEVETIME says until when it holds, in local time."""
    (warning,) = read(jsonp(NATIONAL))
    assert (warning.until_at, warning.kind) == (SENT + timedelta(hours=6), MessageKind.ALERT)


def test_tencent_has_neither_code_nor_national_id() -> None:
    """Its `info` is the id; the place is a name, and a code of the weather service."""
    body = json.dumps({"status": 200, "data": {"alarm": {"0": TENCENT, "1": {**TENCENT, "info": "2"}}}}).encode()
    first, second = read(body)
    assert (first.id, second.id, first.event, first.priority) == ("202606011600001234暴雨橙色", "2", "rainstorm", 2)
    assert (first.areas[0].name, first.areas[0].codes) == ("浙江省某县", (("weather.com.cn", "101219900"),))


def test_qweather_names_what_it_supersedes() -> None:
    """An update with a list of older ids, whose times have zones."""
    (warning,) = read(json.dumps({"alerts": [QWEATHER]}).encode())
    assert warning.kind is MessageKind.UPDATE
    assert warning.references == (("12379", "202606011500001234567890"),)
    assert (warning.sent, warning.until_at) == (SENT, SENT + timedelta(hours=6))
    assert (warning.priority, warning.issuer) == (2, "某县气象台")


@pytest.mark.parametrize(
    "spelt",
    [
        "2026/06/01 16:00",
        "2026年6月1日16:00",
        "2026-06-01T16:00+08:00",
        "2026-06-01T08:00:00Z",
        "20260601160000",
        "202606011600",
        1780300800,
        "1780300800",
        1780300800000,
    ],
)
def test_a_time_is_read_however_it_is_spelt(spelt: object) -> None:
    """Local times are China's; digits alone are a time of day unless they can be seconds or milliseconds of our age."""
    (warning,) = read(json.dumps([{**NMC, "alertid": "7", "issuetime": spelt}]).encode())
    assert warning.sent == SENT


@pytest.mark.parametrize(
    "spelt", ["", "soon", 0, 16, 5e12, 1e300, "1e300", None, "2026-13-01 00:00", "2101-01-01 00:00"]
)
def test_a_warning_that_does_not_say_when_is_refused(spelt: object) -> None:
    """What cannot be read as a time of our age is none."""
    found = decoder("cma_warning")(
        "cma/x", json.dumps([{**NMC, "alertid": "7", "issuetime": spelt}]).encode(), RECEIVED
    )
    assert [item.reason for item in found if isinstance(item, Rejection)] == [Reason.TIME]


@pytest.mark.parametrize("spell", [str.upper, str.title, "_".join])
def test_names_count_in_any_spelling(spell: Callable[[str], str]) -> None:
    """Sources spell one name in many ways; a shape with more names than are remembered is read alike."""
    item = {spell(name): value for name, value in PORTAL.items()}
    assert read(json.dumps([item]).encode()) == read(json.dumps([PORTAL]).encode())
    assert read(json.dumps([{**item, **{f"x{i}": i for i in range(100)}}]).encode()) == read(
        json.dumps([PORTAL]).encode()
    )


@pytest.mark.parametrize(
    ("words", "kind", "priority"),
    [
        ("某县气象台发布暴雨橙色预警信号", MessageKind.ALERT, 2),
        ("某县气象台继续发布暴雨橙色预警信号", MessageKind.UPDATE, 2),
        ("某县气象台更新暴雨橙色预警信号", MessageKind.UPDATE, 2),
        ("某县气象台将暴雨黄色预警信号升级为橙色", MessageKind.UPDATE, 2),
        ("某县气象台将暴雨橙色预警信号降级为蓝色预警", MessageKind.UPDATE, 4),
        ("某县气象台解除暴雨橙色预警信号", MessageKind.CANCEL, 2),
        ("某县气象台变更发布暴雨红色预警信号", MessageKind.UPDATE, 1),
    ],
)
def test_the_words_say_what_it_does(words: str, kind: MessageKind, priority: int) -> None:
    """继续发布, 更新, 升级 and 降级 update; 解除 cancels; the colour it became counts."""
    (warning,) = read(json.dumps([{**NMC, "title": words}]).encode())
    assert (warning.kind, warning.priority) == (kind, priority)


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("山洪灾害气象风险", "flash-flood"),
        ("地质灾害气象风险", "geological"),
        ("雷电", "lightning"),
        ("雷雨大风", "gale"),
        ("强对流", "thunderstorm"),
        ("森林（草原）火险", "wildfire"),
        ("台风", "typhoon"),
        ("大雾", "fog"),
        ("高温", "heat"),
        ("寒潮", "cold-wave"),
        ("道路结冰", "road-ice"),
        ("持续低温", "cold"),
        ("中小河流洪水", "flood"),
        ("暴雪", "snowstorm"),
        ("沙尘暴", "sandstorm"),
        ("干旱", "drought"),
        ("霾", "haze"),
        ("霜冻", "frost"),
        ("冰雹", "hail"),
        ("某种新事", "other"),
    ],
)
def test_the_words_say_what_is_warned_of(words: str, event: str) -> None:
    """The Chinese text decides, whatever the type code says; a place called 洪湖 is no flood."""
    (warning,) = read(json.dumps([{**NMC, "title": f"洪湖市气象台发布{words}黄色预警信号", "TYPECODE": "02"}]).encode())
    assert (warning.event, warning.priority) == (event, 3)
    assert warning.event_text in words


def test_codes_count_where_no_words_do() -> None:
    """The oldest rows have a place and a file name; 1302 is haze, yellow."""
    body = 'var alarminfo={"count":"1","data":[["辽宁省盘锦市","1010713-20151110062200-1302.html"]]}'.encode()
    (warning,) = read(body)
    assert (warning.event, warning.priority) == ("haze", 3)
    assert warning.sent == datetime(2015, 11, 9, 22, 22, tzinfo=UTC)
    assert warning.areas[0].codes == (("weather.com.cn", "1010713"),)


def test_the_same_warning_in_another_state_is_lifted() -> None:
    """Caiyun keeps the id and changes `status`: the lifting gets an id of its own and cites it."""
    (warning,) = read(json.dumps([{**CAIYUN, "status": "预警解除"}]).encode())
    assert (warning.id, warning.kind) == (f"{ID}/lifted", MessageKind.CANCEL)
    assert warning.references == (("12379", ID),)


def test_what_an_update_refers_to_is_kept_and_itself_is_not() -> None:
    """weather.com.cn cites the warning itself where there is none before it."""
    (warning,) = read(jsonp({**NATIONAL, "msgType": "Update", "references": "33990041600000_20260601120000"}))
    assert (warning.kind, warning.references) == (MessageKind.UPDATE, (("12379", "33990041600000_20260601120000"),))


def test_a_drill_is_no_warning_that_is_meant() -> None:
    """演练 in the headline."""
    assert read(jsonp({**NATIONAL, "head": "某县发布暴雨红色预警信号（演练）"}))[0].meaning is Meaning.EXERCISE


def test_the_point_of_a_warning_is_not_its_area() -> None:
    """A point lies somewhere in the county: the code says how far it reaches."""
    (area,) = read(json.dumps([CAIYUN]).encode())[0].areas
    assert (area.polygons, area.circles) == ((), ())


def test_who_signed_is_dropped() -> None:
    """UNDERWRITER is a person: not taken in, and gone from what is kept."""
    body = jsonp({**NATIONAL, "UNDERWRITER": "李四"})
    found = decoder("cma_warning")("cma/x", body, RECEIVED)
    assert found[1:] == [Dropped(fields=("UNDERWRITER",))]
    assert "李四".encode() not in storable(body)
    escaped = json.dumps({**NATIONAL, "UNDERWRITER": "李四"}).encode()
    assert rb"\u674e" not in storable(escaped)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"code":"204"}',
        b'{"status":"success","result":{"count":"0","data":[]}}',
        b'{"alerts":[]}',
        b'{"data":{"alarm":{}}}',
    ],
)
def test_no_warnings_are_nothing(body: bytes) -> None:
    """An answer without warnings says nothing."""
    assert decoder("cma_warning")("cma/x", body, RECEIVED) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"7", Reason.MALFORMED),
        (b"var alarminfo=", Reason.MALFORMED),
        (b"<html>", Reason.MALFORMED),
        (b'{"error":{"status":403,"title":"Invalid Host"}}', Reason.MALFORMED),
        (b'{"code":"402"}', Reason.MALFORMED),
        (b'{"type":"FeatureCollection","features":[{"properties":{"event":"Flood Warning"}}]}', Reason.MALFORMED),
        (json.dumps([{"title": "暴雨橙色预警", "pubTime": "2026-06-01T16:00+08:00"}]).encode(), Reason.MALFORMED),
        (json.dumps([{"title": "暴雨橙色预警", "id": "x"}]).encode(), Reason.TIME),
        (jsonp({**NATIONAL, "RELIEVETIME": "2026-06-01 10:00:00"}), Reason.TIME),
    ],
)
def test_what_is_no_warning_is_refused(body: bytes, reason: Reason) -> None:
    """The reason is the right one."""
    (item,) = decoder("cma_warning")("cma/x", body, RECEIVED)
    assert isinstance(item, Rejection), item
    assert item.reason is reason


def test_a_list_has_an_end() -> None:
    """A thousand warnings of one answer are read."""
    rows: list[Any] = [[*ROW[:4], f"33990041600000_2026060116{n:04d}", "", *ROW[6:]] for n in range(1001)]
    found = decoder("cma_warning")("cma/x", json.dumps(rows).encode(), RECEIVED)
    assert len(found) == 1001
    assert isinstance(found[-1], Rejection)
    assert found[-1].reason is Reason.TOO_LARGE


def test_what_no_database_can_hold_is_a_blank() -> None:
    """JSON can spell a NUL; nothing that comes out has one."""
    odd = {**NATIONAL, "ISSUECONTENT": "雨\x00大", "EFFECT": "1\x00", "adcode": "33\x009900", "identifier": "a\x00b"}
    (warning,) = read(jsonp(odd))
    assert "\x00" not in repr(warning)
    assert "\\x00" not in repr(warning)


def test_qweather_names_what_an_update_follows_by_either_key() -> None:
    """`relatedAlertIds` in one version, `messageType.supersedes` in the next."""
    item = {**QWEATHER, "msgType": "Update", "relatedAlertIds": ["202606011500001234567890"], "event": "暴雨"}
    del item["messageType"], item["eventType"]
    (warning,) = read(json.dumps({"alerts": [item]}).encode())
    assert (warning.kind, warning.references) == (MessageKind.UPDATE, (("12379", "202606011500001234567890"),))
    assert warning.event_text == "暴雨"


def test_a_cancellation_with_an_identifier_of_its_own_keeps_it() -> None:
    """It cites what it lifts."""
    item = {**PORTAL, "identifier": f"{ID[:-2]}59", "msgType": "Cancel", "referencesInfo": ID}
    (warning,) = read(json.dumps([item]).encode())
    assert (warning.id, warning.kind, warning.references) == (f"{ID[:-2]}59", MessageKind.CANCEL, (("12379", ID),))


@pytest.mark.parametrize("status", ["Test", "Exercise", "Draft", "System"])
def test_a_status_that_is_not_actual_counts(status: str) -> None:
    """12379 tests its ways with messages of status Test."""
    assert read(json.dumps([{**PORTAL, "status": status}]).encode())[0].meaning == status.lower()
    assert read(json.dumps([{**PORTAL, "status": "Actual"}]).encode())[0].meaning is Meaning.ACTUAL


def test_the_names_of_the_national_form_are_known() -> None:
    """`sendTime` with an offset, and an event type where no words say it."""
    item = {
        "identifier": "x-1",
        "sendTime": "2026-06-01 16:00:00+08:00",
        "eventType": "11B03",
        "severity": "Red",
        "title": "预警",
    }
    (warning,) = read(json.dumps([item]).encode())
    assert (warning.sent, warning.event, warning.event_text, warning.priority) == (SENT, "rainstorm", "暴雨", 1)


def test_two_of_one_second_are_two() -> None:
    """GB/T 35965.1: an office numbers what it issues in one second; the first number says nothing."""
    ids = [read(json.dumps([{**PORTAL, "identifier": f"{ID}{tail}"}]).encode())[0].id for tail in ("", "_0", "_1")]
    assert ids == [ID, ID, f"{ID}_1"]


def test_a_description_does_not_name_the_event() -> None:
    """A new kind of warning is no gale because gales come with it."""
    item = {
        **PORTAL,
        "headline": "某县气象台发布某种新事黄色预警信号",
        "eventTypeCN": "某种新事",
        "description": "伴有大风。",
    }
    (warning,) = read(json.dumps([item]).encode())
    assert (warning.event, warning.event_text) == ("other", "某种新事")


def test_an_update_that_is_over_when_it_comes_lifts() -> None:
    """An Alert that ends before it begins is refused; an Update ends what it cites."""
    item = {
        **PORTAL,
        "identifier": f"{ID[:-2]}59",
        "msgType": "Update",
        "referencesInfo": ID,
        "expires": PORTAL["effective"],
    }
    (warning,) = read(json.dumps([item]).encode())
    assert (warning.kind, warning.until_at) == (MessageKind.CANCEL, None)


def test_the_office_is_the_issuer_and_not_who_signed() -> None:
    """In the national form `senderName` is a person; where it stands alone it is the office."""
    item = {
        **PORTAL,
        "headline": "暴雨橙色预警",
        "senderCode": "33990041600000",
        "senderName": "张三",
        "phone": "13800000000",
    }
    body = json.dumps([item], ensure_ascii=False).encode()
    assert read(body)[0].issuer == "某县气象台"
    assert not any(personal.encode() in storable(body) for personal in ("张三", "13800000000"))
    assert (
        read(json.dumps({"alerts": [{**QWEATHER, "headline": "x", "description": ""}]}).encode())[0].issuer
        == "某县气象台"
    )
