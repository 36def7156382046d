"""A rule's parameters in words, from its text in the rule file: what the author wrote, in the reader's language. Pure."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml

from dashboard.messages import Language, load_messages
from dashboard.queries.why import WordItem

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|h|d)")
# Said elsewhere: the name above, guidance in its own block.
_ELSEWHERE = frozenset({"name", "kind", "guidance", "unit"})
# Under which part of the catalogue the words of a key are.
_CATALOGUED = {
    "metric": "metric",
    "kinds": "kind",
    "condition": "condition",
    "conditions": "condition",
    "priority": "priority",
    "from_priority": "priority",
    "gap": "rules.gap",
    "direction": "rules.direction",
    "source": "rules.source",
    "in": "rules.in",
    "events": "rules.event",
}
_PRIORITIES = frozenset({"1", "2", "3", "4"})


@lru_cache(maxsize=8)
def rule_blocks(text: str) -> dict[str, Mapping[str, Any]]:
    """Give each rule of a rule file as it is written, by name; texts and numbers are left as texts."""
    # Texts as they stand: 5min is one, 6.50 stays 6.50, and no date becomes an object.
    tree = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - the base loader makes texts, lists and mappings only
    return {str(block["name"]): block for block in tree.get("rules", [])}


def words_of(text: str, rule: str, language: Language) -> list[WordItem]:
    """Say a rule's parameters; empty where the file has no such rule."""
    block = rule_blocks(text).get(rule)
    if block is None:
        return []
    voice = _Voice(language, str(block.get("unit", "")))
    return [
        WordItem(key=key, label=voice.label(key), value=voice.value(key, value))
        for key, value in block.items()
        if key not in _ELSEWHERE and value not in ({}, "")
    ]


class _Voice:
    """Says values in one language; numbers without a unit of their own get the rule's."""

    def __init__(self, language: Language, unit: str) -> None:
        self._messages = load_messages(language)
        self._is_chinese = language is Language.ZH
        self._unit = self._messages.get(f"unit.{unit}", unit)

    def label(self, key: str) -> str:
        return self._messages.get(f"rules.key.{key}", key)

    def value(self, key: str, value: Any) -> str:
        match value:
            case list():
                return ("、" if self._is_chinese else ", ").join(self.value(key, item) for item in value)
            case dict() if _PRIORITIES.issuperset(value):
                limits = (f"{self._name('priority', p)} {self.value('limit', v)}" for p, v in value.items())
                return ("，" if self._is_chinese else ", ").join(limits)
            case {"at": at, "on_delay": delay, **rest} if not rest:
                return f"{self.value('limit', at)} ({self.label('on_delay')} {self.value('on_delay', delay)})"
            case dict():
                return self._join(f"{self._inner(k)} {self.value(k, v)}" for k, v in value.items())
            case _:
                return self._word(key, value)

    def _inner(self, key: str) -> str:
        return self._duration(key) or self.label(key)

    def _word(self, key: str, value: Any) -> str:
        word = str(value)
        if key in _CATALOGUED:
            return self._name(_CATALOGUED[key], word)
        if (duration := self._duration(word)) is not None:
            return duration
        return self._with_unit(word) if key in _IN_UNIT and self._unit else word

    def _duration(self, word: str) -> str | None:
        match = _DURATION.fullmatch(word)
        return None if match is None else f"{match[1]} {self._messages[f'rules.unit.{match[2]}']}"

    def _with_unit(self, number: str) -> str:
        return number + ("" if self._unit[0] in "%℃°" else " ") + self._unit

    def _name(self, prefix: str, word: str) -> str:
        return self._messages.get(f"{prefix}.{word}", word)

    def _join(self, parts: Iterable[str]) -> str:
        return ("；" if self._is_chinese else "; ").join(parts)


_IN_UNIT = frozenset({"limit", "at", "deadband", "from", "to", "low", "high", "tolerance", "height", "lower_by"})
