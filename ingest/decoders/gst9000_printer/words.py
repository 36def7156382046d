"""What the words of a fire panel's printer mean, as facts. Pure table; the first word that is found decides.

A word of an end stands before the word it contains (火警撤消 before 火警), a test before everything: it is never a fire.
"""

from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.readings import Fact


class Claim(Struct, frozen=True, kw_only=True, gc=False):
    """A fact a record states. A momentary one is over a second later: nothing will ever say that it ended."""

    fact: Fact
    active: bool
    code: str
    is_momentary: bool = False


_LENGTH_KEPT: Final = 32
"""Characters of the longest line that is remembered, the paper's width: panels print the same few words."""
_RESET: Final = (Fact.FIRE, Fact.FAULT, Fact.OTHER, Fact.SILENCED)
_ENDS: Final = ("撤消", "撤销", "恢复", "解除", "消除", "消失", "取消", "释放", "结束", "正常")
_SAID: Final[tuple[tuple[tuple[str, ...], tuple[tuple[Fact, bool], ...], str], ...]] = (
    (("系统复位", "复位"), tuple((fact, False) for fact in _RESET), "reset"),
    (("模拟", "测试", "试验", "自检", "巡检", "调试"), ((Fact.TEST, True),), "test"),
    (("消音",), ((Fact.SILENCED, True),), "silenced"),
    (("主电", "交流"), ((Fact.MAINS_LOST, True), (Fact.FAULT, True)), "mains"),
    (("备电", "电池"), ((Fact.BATTERY_LOW, True), (Fact.FAULT, True)), "backup power"),
    (("故障", "短路", "断路", "丢失"), ((Fact.FAULT, True),), "fault"),
    (("屏蔽", "隔离"), ((Fact.SHIELDED, True),), "shielded"),
    (("预警", "预报警"), ((Fact.OTHER, True),), "pre-alarm"),
    (("监管",), ((Fact.OTHER, True),), "supervised"),
    (("火警", "火灾", "手动报警", "首警"), ((Fact.FIRE, True),), "fire"),
    (("可燃气", "燃气报警", "气体报警"), ((Fact.GAS_ALARM, True),), "gas"),
    (("停动", "停止", "关闭"), ((Fact.OTHER, False),), "stopped"),
    (("反馈", "回答", "应答"), ((Fact.OTHER, True),), "feedback"),
    (("启动", "请求", "延时", "动作", "联动", "喷洒"), ((Fact.OTHER, True),), "started"),
    (("报警",), ((Fact.FIRE, True),), "alarm"),
)


def claims(line: str) -> tuple[Claim, ...]:
    """State the facts of one printed line; none for a line without a word of ours."""
    return _remembered(line) if len(line) <= _LENGTH_KEPT else _read(line)


def _read(line: str) -> tuple[Claim, ...]:
    for words, facts, code in _SAID:
        for word in words:
            if word in line:
                return _stated(facts, code, is_over=code != "reset" and any(end in line for end in _ENDS))
    return ()


_remembered: Final = lru_cache(maxsize=1_024)(_read)


def _stated(facts: tuple[tuple[Fact, bool], ...], code: str, *, is_over: bool) -> tuple[Claim, ...]:
    return tuple(
        Claim(fact=fact, active=True, code=code, is_momentary=True)
        if fact is Fact.TEST
        else Claim(fact=fact, active=active and not is_over, code=code)
        for fact, active in facts
    )
