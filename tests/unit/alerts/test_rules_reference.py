"""The reference of the rules names everything that can stand in a rule file."""

import re
from pathlib import Path

import pytest

from alerts.points import GapPolicy
from alerts.rules import default_rules, kinds

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "rules.md").read_text()
SOURCES = [path.read_text() for path in sorted((Path(__file__).parents[3] / "alerts" / "rules").glob("*.py"))]
KEYS = sorted({key for text in SOURCES for key in re.findall(r'\.(?:need|find|read)\(\s*"(\w+)"', text)})


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_explained(key):
    """A key that the reader knows stands in the reference."""
    assert f"`{key}`" in REFERENCE or f"{{{key}:" in REFERENCE or f"{key}:" in REFERENCE


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_its_chapter(kind):
    """A rule kind that exists is described."""
    assert f"## `kind: {kind}`" in REFERENCE


def test_every_default_rule_and_gap_policy_is_named():
    """The table of the rules that come with Gridwatch is complete."""
    names = [rule.common.name for rule in default_rules().rules] + [str(policy) for policy in GapPolicy]
    assert [name for name in names if f"`{name}`" not in REFERENCE] == []
    assert len(KEYS) > 10
