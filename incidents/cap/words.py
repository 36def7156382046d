"""The tables from our words to those of CAP 1.2 and of its readers. Pure: docs/reference/cap.md shows them."""

from incidents.cap.message import MsgType, Status, Warned
from incidents.kinds import WORDS_ZH, Kind

LANGUAGES = {"zh-CN": "zh", "en": "en"}  # of `info`, and of our guidance

CATEGORY = {Kind.FIRE: "Fire", Kind.FLOOD: "Met", Kind.DEVICE: "Infra"}
OTHER_CATEGORY = "Safety"
SEVERITY = {1: "Extreme", 2: "Severe", 3: "Moderate", 4: "Minor"}
URGENCY = {1: "Immediate", 2: "Expected", 3: "Future", 4: "Future"}
RESPONSE = {1: "Execute", 2: "Prepare", 3: "Monitor", 4: "Monitor"}
COLOUR = {
    "zh-CN": {1: "红色", 2: "橙色", 3: "黄色", 4: "蓝色"},
    "en": {1: "Red", 2: "Orange", 3: "Yellow", 4: "Blue"},
}
EVENT_EN = {Kind.FIRE: "Fire", Kind.FLOOD: "Flood", Kind.DEVICE: "Facility fault"}
OTHER_EVENT_EN = "Emergency"
MARK = {
    "zh-CN": {Status.EXERCISE: "【演练】", Status.TEST: "【测试】", Status.SYSTEM: "【系统】"},
    "en": {Status.EXERCISE: "[EXERCISE] ", Status.TEST: "[TEST] ", Status.SYSTEM: "[SYSTEM] "},
}
_TURNS = {
    "zh-CN": {
        "holds": "预警",
        "eases": "预警：险情缓解，尚未解除",
        "cancelled": "预警解除",
        "wider": "预警：险情未解除，已并入所在乡镇的预警",
    },
    "en": {
        "holds": "",
        "eases": "easing, still in force",
        "cancelled": "cancelled",
        "wider": "not over: now part of the warning of its town",
    },
}
NOTHING = "当前无生效预警 / No warning is active"


def category_of(kind: str) -> str:
    """Give the category; what is neither fire nor flood is public safety."""
    return CATEGORY.get(_kind(kind), OTHER_CATEGORY)


def event_of(kind: str, language: str) -> str:
    """Name the hazard."""
    known = _kind(kind)
    return WORDS_ZH[known] if language == "zh-CN" else EVENT_EN.get(known, OTHER_EVENT_EN)


def urgency_of(warned: Warned, msg_type: MsgType) -> str:
    """Say how soon: what has passed or is called off is past, but not what goes on in a wider warning."""
    holds = warned.goes_on_in is not None or (warned.holds and msg_type is not MsgType.CANCEL)
    return URGENCY[warned.priority] if holds else "Past"


def response_of(warned: Warned, msg_type: MsgType) -> str:
    """Say what is asked of the reader."""
    if warned.goes_on_in is not None:
        return "Monitor"
    if msg_type is MsgType.CANCEL:
        return "AllClear"
    return RESPONSE[warned.priority] if warned.holds else "Monitor"


def headline_of(warned: Warned, language: str, *, status: Status, msg_type: MsgType) -> str:
    """Write one line that says what, where and how bad."""
    place, event = "".join(warned.names[-2:]), event_of(warned.kind, language)
    colour, mark = COLOUR[language][warned.priority], MARK[language].get(status, "")
    turn = _TURNS[language][_turn(warned, msg_type)]
    if language == "zh-CN":
        return f"{mark}{place}{event}{colour}{turn}"
    where = f", {place}" if place else ""
    return f"{mark}{colour} warning: {event}{where}" + (f" ({turn})" if turn else "")


def _turn(warned: Warned, msg_type: MsgType) -> str:
    if msg_type is MsgType.CANCEL:
        return "cancelled" if warned.goes_on_in is None else "wider"
    return "holds" if warned.holds else "eases"


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        return Kind.OTHER
