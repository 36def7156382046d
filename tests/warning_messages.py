"""Official warnings to test with, written after CAP 1.2 and after the names that each source of Chinese warnings uses."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
SENT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
RING = "30.00,120.00 30.00,120.10 30.10,120.10 30.10,120.00 30.00,120.00"


def cap_info(
    *,
    event: str = "暴雨",
    severity: str = "Severe",
    headline: str = "县气象台发布暴雨橙色预警信号",
    language: str = "zh-CN",
    expires: datetime | None = SENT + timedelta(hours=6),
    area: str = f"<areaDesc>某县</areaDesc><polygon>{RING}</polygon>",
    more: str = "",
) -> str:
    """Write an info block; `more` stands after the times, where CAP has the words and parameters."""
    until = "" if expires is None else f"<expires>{time_of(expires)}</expires>"
    return (
        f"<info><language>{language}</language><category>Met</category><event>{event}</event><urgency>Immediate</urgency>"
        f"<severity>{severity}</severity><certainty>Likely</certainty>{until}<headline>{headline}</headline>{more}"
        f"<area>{area}</area></info>"
    )


def cap(
    identifier: str = "w-1",
    *,
    sender: str = "met@county.example",
    sent: datetime = SENT,
    status: str = "Actual",
    kind: str = "Alert",
    references: str = "",
    infos: str | None = None,
    space: str = CAP_12,
    scope: str = "<scope>Public</scope>",
) -> bytes:
    """Write a CAP message."""
    cited = f"<references>{references}</references>" if references else ""
    body = cap_info() if infos is None else infos
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{space}"><identifier>{identifier}</identifier>'
        f"<sender>{sender}</sender><sent>{time_of(sent)}</sent><status>{status}</status><msgType>{kind}</msgType>"
        f"{scope}{cited}{body}</alert>"
    ).encode()


def cited(identifier: str, *, sender: str = "met@county.example", sent: datetime = SENT) -> str:
    """Write a reference."""
    return f"{sender},{identifier},{time_of(sent)}"


def time_of(instant: datetime) -> str:
    """Write a time as CAP wants it."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


OFFICE = "33000041600000"
FIRST = f"{OFFICE}_20260601160000"
AREA = "<areaDesc>某省北部</areaDesc><polygon></polygon><circle></circle><geocode>330205004001,330205004002</geocode>"


def national(
    identifier: str = FIRST,
    *,
    kind: str = "Alert",
    cited: str = "",
    headline: str = "某省气象局发布台风蓝色预警",
    area: str = AREA,
) -> bytes:
    """Write a message with every element of the national form."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="http://com.icss.amp"><identifier>{identifier}</identifier>'
        f"<sender>某省气象局</sender><senderCode>{OFFICE}</senderCode><phone>13800000000</phone>"
        f"<sendTime>2026-06-01 16:00:00+08:00</sendTime><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope>"
        "<code><method><methodName>SMS</methodName><message>台风蓝色预警</message><audienceGrp>G01002,G02003</audienceGrp>"
        "<audiencePrt>李四</audiencePrt></method></code><secClassification>None</secClassification><note></note>"
        f"<references>{cited}</references><info><language>zh-CN</language><eventType>11B01</eventType><urgency>Unknown</urgency>"
        "<severity>Blue</severity><certainty>VeryLikely</certainty><effective>2026-06-01 16:00:00+08:00</effective><onset></onset>"
        "<expires>2026-06-01 22:00:00+08:00</expires><senderName>某省气象局张三</senderName>"
        f"<headline>{headline}</headline><description>请注意防范。</description><area>{area}</area></info></alert>"
    ).encode()


NATIONAL: Mapping[str, str] = {
    "head": "浙江省某县气象台发布暴雨橙色预警信号",
    "SIGNALTYPE": "暴雨",
    "SIGNALLEVEL": "橙色",
    "TYPECODE": "02",
    "LEVELCODE": "03",
    "ISSUETIME": "2026-06-01 16:00:00",
    "RELIEVETIME": "2026-06-01 22:00:00",
    "ISSUECONTENT": "某县气象台2026年6月1日16时发布暴雨橙色预警信号：预计未来3小时有50毫米以上降雨。",
    "UNDERWRITER": "",
    "msgType": "Alert",
    "identifier": "33990041600000_20260601160000",
    "references": "33990041600000_20260601160000",
}
"""The detail page of weather.com.cn, without its shell."""

CAIYUN: Mapping[str, Any] = {
    "status": "预警中",
    "code": "0203",
    "title": "某县气象台发布暴雨橙色预警[II/严重]",
    "description": "某县气象台1日16时0分发布暴雨橙色预警，请注意防范。",
    "pubtimestamp": 1780300800,
    "latlon": [30.05, 120.05],
    "alertId": "33990041600000_20260601160000",
    "adcode": "339900",
    "location": "浙江省某县",
}
ROW: tuple[Any, ...] = (
    "浙江省某县",
    "101219900-20260601160000-0203.html",
    "120.05",
    "30.05",
    "33990041600000_20260601160000",
    "33990041600000_20260601160000",
    "浙江省某县发布暴雨橙色预警信号",
    {"coordinates": [[[120.0, 30.0], [120.1, 30.0], [120.1, 30.1]]]},
)
TENCENT: Mapping[str, Any] = {
    "type_name": "暴雨",
    "type_code": "02",
    "level_name": "橙色",
    "level_code": "03",
    "province": "浙江省",
    "city": "",
    "county": "某县",
    "detail": "某县气象台2026年6月1日16时0分发布暴雨橙色预警信号：请注意防范。",
    "info": "202606011600001234暴雨橙色",
    "update_time": "2026-06-01 16:00",
    "url": "101219900-20260601160000-0203.html",
}
QWEATHER: Mapping[str, Any] = {
    "id": "202606011600001234567890",
    "senderName": "某县气象台",
    "issuedTime": "2026-06-01T16:00+08:00",
    "messageType": {"code": "update", "supersedes": ["202606011500001234567890"]},
    "eventType": {"name": "暴雨", "code": "1003"},
    "severity": "severe",
    "color": {"code": "orange", "red": 255},
    "expireTime": "2026-06-01T22:00+08:00",
    "headline": "某县气象台更新暴雨橙色预警信号",
    "description": "某县气象台1日16时继续发布暴雨橙色预警信号：请注意防范。",
}


def jsonp(detail: Mapping[str, Any]) -> bytes:
    """Put a detail page into its shell."""
    return f"var alarminfo={json.dumps(detail, ensure_ascii=False)};".encode()


CAP_SEEDS = [
    ("cap/met", cap()),
    ("cap/met", cap("w-2", kind="Update", references=cited("w-1"), space="urn:oasis:names:tc:emergency:cap:1.1")),
    (
        "cap/met",
        cap(
            infos=cap_info(language="en-US", event="Rainstorm", headline="Orange rainstorm warning")
            + cap_info(
                area="<areaDesc>x</areaDesc><circle>30.05,120.05 5</circle>"
                "<geocode><valueName>CPEAS Geographic Code</valueName><value>339900000000</value></geocode>",
                more="<parameter><valueName>awareness_level</valueName><value>3; orange</value></parameter>",
            )
        ),
    ),
    ("cap/feed", b"<feed><entry><content>" + cap().partition(b"?>")[2] + b"</content></entry></feed>"),
    ("cap/met", cap().decode().replace("UTF-8", "GB2312").encode("gb18030")),
    ("cap/12379", national()),
]
CMA_SEEDS = [
    ("cma/detail", jsonp(NATIONAL)),
    ("cma/row", json.dumps(ROW).encode()),
    ("cma/caiyun", json.dumps([CAIYUN]).encode()),
    ("cma/tencent", json.dumps({"status": 200, "data": {"alarm": {"0": TENCENT}}}).encode()),
    ("cma/qweather", json.dumps({"metadata": {}, "alerts": [QWEATHER]}).encode()),
]
