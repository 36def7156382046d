"""What the words of a fire panel's printer mean, as facts. Pure table; the first word that is found decides.

A word of an end stands before the word it contains (火警撤消 before 火警), a test before everything: it is never a fire.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingest.readings import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A fact a record states. A momentary one is over a second later: nothing will ever say that it ended."""

    fact: Fact
    active: bool
    code: str
    is_momentary: bool = False


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


def claims(line: str) -> Iterator[Claim]:
    """State the facts of one printed line; none for a line without a word of ours."""
    for words, facts, code in _SAID:
        if not any(word in line for word in words):
            continue
        is_over = code != "reset" and any(word in line for word in _ENDS)
        for fact, active in facts:
            if fact is Fact.TEST:
                yield Claim(fact=fact, active=True, code=code, is_momentary=True)
            else:
                yield Claim(fact=fact, active=active and not is_over, code=code)
        return
