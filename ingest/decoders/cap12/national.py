"""CAP as China's national system writes it (12379, 国家突发事件预警信息发布系统; GB/T 35965.1-2018). Pure.

It differs from the standard: `sendTime` for `sent`, times of Beijing, colours for severities, event types for events, codes of
divisions without a name, radii in metres, and `senderName` is the person who signed.
"""

import re
from typing import Final

from ingest.decoders.cap12.persons import CONTENT
from ingest.xml_tree import Element

COLOURS: Final = {"red": 1, "orange": 2, "yellow": 3, "blue": 4, "红色": 1, "橙色": 2, "黄色": 3, "蓝色": 4}
"""It puts the colour where CAP has the severity."""
_ID: Final = re.compile(r"\d{14}_\d{14}(?:_\d)?")
_WEATHER: Final = (
    "台风 龙卷风 暴雨 暴雪 寒潮 大风 沙尘暴 低温冻害 高温 热浪 干热风 下击暴流 雪崩 雷电 冰雹 霜冻 大雾 低空风切变 霾 雷雨大风 "
    "道路结冰 干旱 海上大风 高温中暑 森林火险 草原火险 冰冻 空间天气 重污染 低温雨雪冰冻 强对流 臭氧 大雪 寒冷 连阴雨 渍涝风险 "
    "地质灾害气象风险 强降雨 强降温 雪灾 森林（草原）火险 医疗气象 雷暴"
)
EVENT_TYPES: Final = {f"11B{number:02}": word for number, word in enumerate(_WEATHER.split(), 1)} | {
    "11A01": "洪水",
    "11D02": "泥石流",
}
"""Its event types, read only where no words say it."""
_WRITTEN_ID: Final = re.compile(rb"identifier>\s*\d{14}_\d{14}")
PERSONAL: Final = ("senderName", "phone", "audiencePrt", "audenceprt")
"""Who signed, a telephone, and single receivers, which most systems spell the second way; a comma alone is nobody."""
_PERSONAL: Final = re.compile(
    rb"<((?:[A-Za-z_][\w.-]{0,30}:)?(?:senderName|phone|(?i:audi?enceprt)))>" + CONTENT, re.DOTALL
)


def is_national(alert: Element) -> bool:
    """Tell by the elements that only this form has."""
    return alert.first("senderCode") is not None or any(info.first("eventType") for info in alert.every("info"))


def has_national_id(identifier: str) -> bool:
    """Tell an identifier of the national system (office, time): what the weather service gives to the world is else plain CAP."""
    return _ID.fullmatch(identifier) is not None


def event_words(info: Element) -> str:
    """Give the event, or the words of its type."""
    kind = info.word("eventType")
    return info.word("event") or EVENT_TYPES.get(kind.upper(), kind)


def without_persons(payload: bytes) -> bytes:
    """Take out who signed and who was called."""
    return _PERSONAL.sub(rb"<\1><", payload) if b"senderCode>" in payload or _WRITTEN_ID.search(payload) else payload


def told_of_persons(alert: Element) -> tuple[str, ...]:
    """Name the personal elements of a message."""
    infos, methods = alert.every("info"), [method for code in alert.every("code") for method in code.every("method")]
    holders = (alert, *infos, *methods)
    return tuple(name for name in PERSONAL if any(holder.word(name).strip(", ") for holder in holders))
