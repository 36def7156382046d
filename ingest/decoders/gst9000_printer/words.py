"""What the words of a fire panel's printer mean, as facts. Pure table; the first row that is found decides.

A test stands before everything: it is never a fire. Kinds of parts and rooms are no words of an event: a manual call point (手动报警按钮)
that was registered is no alarm, and a fire in the test room (测试室) no test.
"""

import re
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
_RESET: Final = ((Fact.FIRE, False), (Fact.FAULT, False), (Fact.OTHER, False), (Fact.SILENCED, False))
_FIRE: Final = ((Fact.FIRE, True),)
_ENDS: Final = re.compile("撤消|撤销|恢复|解除|消除|排除|消失|取消|释放|结束|正常")
_NOUNS: Final = re.compile(
    "(?:火灾|声光|光|声)?(?:声光|光|声)?(?:报警|警报|探测)(?:按钮|器|控制器|阀|主机|装置|系统|开关|模块|接口|铃)|声光(?:报警|警报)|火灾显示盘|火警传输|隔离器|隔离模块|屏蔽门|模拟量|模拟感|试验阀"
    "|(?:测试|试验|调试|模拟|恢复|隔离|电池)(?:室|区|间|车间|中心|楼|台|站|房)"
)
_STRETCHED: Final = re.compile(
    r"\u3000+|(?<=(?<![\u4e00-\u9fff])[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff](?![\u4e00-\u9fff]))"
)
"""The gap in 火　　警, which some print as wide as their other words."""
_SAID: Final[tuple[tuple[re.Pattern[str], tuple[tuple[Fact, bool], ...], str], ...]] = tuple(
    (re.compile(words), facts, code)
    for words, facts, code in (
        ("复位|复原", _RESET, "reset"),
        ("模拟|测试|试验|自检|巡检|调试", ((Fact.TEST, True),), "test"),
        ("消音", ((Fact.SILENCED, True),), "silenced"),
        ("首警|首次火警|火警后续|报火警", _FIRE, "fire"),
        ("^(?!.*火警).*(?:主电|交流)", ((Fact.MAINS_LOST, True), (Fact.FAULT, True)), "mains"),
        ("^(?!.*火警).*(?:备电|电池)", ((Fact.BATTERY_LOW, True), (Fact.FAULT, True)), "backup power"),
        (
            "故障|短路|断路|开路|丢失|掉线|离线|欠压|接地|报脏|污染|无(?:响应|应答|回答)|通[讯信]中断",
            ((Fact.FAULT, True),),
            "fault",
        ),
        ("屏蔽|隔离", ((Fact.SHIELDED, True),), "shielded"),
        ("预警|预报警", ((Fact.OTHER, True),), "pre-alarm"),
        ("监管", ((Fact.OTHER, True),), "supervised"),
        ("火警|火灾|手动报警", _FIRE, "fire"),
        ("允许|禁止", (), "mode"),  # of the panel or of extinguishing: nothing has happened
        (r"(?<!电)气体?\s*(?:[高低]限)?\s*报警|燃气体?\s*(?:[高低]限|泄漏)", ((Fact.GAS_ALARM, True),), "gas"),
        ("停动|停止|关闭", ((Fact.OTHER, False),), "stopped"),
        ("反馈|回答|应答", ((Fact.OTHER, True),), "feedback"),
        ("启动|请求|延时|动作|联动|喷洒|喷放", ((Fact.OTHER, True),), "started"),
        ("报警", _FIRE, "alarm"),
        ("释放", ((Fact.SHIELDED, True),), "shielded"),  # a word of an end that some print alone
    )
)


def claims(line: str) -> tuple[Claim, ...] | None:
    """State the facts of one printed line: none for a change of mode, None for a line without a word of ours."""
    return _remembered(line) if len(line) <= _LENGTH_KEPT else _read(line)


def _read(line: str) -> tuple[Claim, ...] | None:
    bare = _NOUNS.sub("", _STRETCHED.sub("", line))
    for words, facts, code in _SAID:
        if words.search(bare):
            return _stated(facts, code, is_over=code != "reset" and _ENDS.search(bare) is not None)
    return None


_remembered: Final = lru_cache(maxsize=1_024)(_read)


def _stated(facts: tuple[tuple[Fact, bool], ...], code: str, *, is_over: bool) -> tuple[Claim, ...]:
    return tuple(
        Claim(fact=fact, active=True, code=code, is_momentary=True)
        if fact is Fact.TEST
        else Claim(fact=fact, active=active and not is_over, code=code)
        for fact, active in facts
    )
