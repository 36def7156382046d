"""A rule's parameters in words: everything its author wrote, in the reader's language."""

import pytest

from alerts import default_rules
from dashboard.messages import Language, load_messages
from dashboard.rule_words import rule_blocks, words_of
from tests.engine_feed import GUIDANCE

TEXT = f"""
rules:
  - {{name: rain, kind: accumulation, for: {{kinds: [rain], metric: rain}}, unit: mm, gap: unknown, source: counter,
     windows: {{10min: {{4: 10, 1: 22.50}}, 1h: {{4: 20}}}}, realarm_after: 1h, {GUIDANCE}}}
  - {{name: smoke, kind: level, for: {{metric: smoke}}, unit: "%/m", deadband: 2, {GUIDANCE},
     limits: {{2: {{at: 6.5, on_delay: 5s}}, 1: 20}}}}
"""


def _said(rule: str, language: Language) -> dict[str, str]:
    return {word.label: word.value for word in words_of(TEXT, rule, language)}


def test_limits_have_their_units_and_priorities_their_names() -> None:
    """Numbers stand as they were written; a limit's own delay stands with it."""
    assert _said("smoke", Language.ZH) == {
        "适用": "指标 烟雾浓度",
        "回差": "2%/m",
        "限值": "橙色 6.5%/m (触发延时 5 秒)，红色 20%/m",
    }
    assert _said("smoke", Language.EN)["Limits"] == "Orange 6.5%/m (On-delay 5 s), Red 20%/m"


def test_windows_and_words_of_closed_lists_are_translated() -> None:
    """Durations, kinds, policies and sources are words; nothing is left as a key of the file."""
    assert _said("rain", Language.ZH) == {
        "适用": "设备类型 雨量站；指标 累计雨量",
        "延时中数据中断": "不计",
        "读数含义": "只增的累计数",
        "滚动时间窗": "10 分钟 蓝色 10 mm，红色 22.50 mm；1 小时 蓝色 20 mm",
        "确认后再次告警": "1 小时",
    }


def test_an_unknown_rule_has_no_words() -> None:
    """A rule of another version says nothing."""
    assert words_of(TEXT, "hail", Language.EN) == []


@pytest.mark.parametrize("rule", [rule.common.name for rule in default_rules().rules])
def test_every_key_of_the_rules_that_come_with_us_has_a_name(rule: str) -> None:
    """An officer reads no key of the file, but for numbers and spans."""
    known = load_messages(Language.ZH)
    keys = set(rule_blocks(default_rules().text)[rule]) - {"name", "kind", "guidance", "unit"}
    assert [key for key in keys if f"rules.key.{key}" not in known] == []
