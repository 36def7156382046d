"""docs/reference/glossary.md explains every word of the closed lists that people meet in the API and on the screens."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from alerts import Cause, State, default_rules
from alerts.admission import ProposalState
from alerts.overrides import OverrideKind
from alerts.reasons import Why
from dashboard.auth.permissions import Role
from dashboard.messages import Language, load_messages
from database import ChangeKind
from geo import Datum, Level
from incidents import Dispatch, Kind
from ingest.readings import Fact, Quality, Reason

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "glossary.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"`([^`]+)`", PAGE))
LISTS: tuple[type[StrEnum], ...] = (
    Fact, Reason, State, Cause, Why, OverrideKind, ChangeKind, Level, Datum, Dispatch, Kind, Role, ProposalState,
)  # fmt: skip


@pytest.mark.parametrize("closed", LISTS, ids=lambda closed: closed.__name__)
def test_every_word_of_a_closed_list_is_explained(closed):
    """A new fact, reason, state, … comes into the glossary with the commit that makes it."""
    assert {member.value for member in closed} <= WORDS


def test_the_qualities_are_explained():
    """Quality is stored as a number and shown as a word."""
    assert {quality.name.lower() for quality in Quality} <= WORDS


def test_every_condition_of_the_rules_that_come_with_us_is_explained():
    """An officer can look up whatever a default rule calls an alarm."""
    assert {rule.condition for rule in default_rules().rules} <= WORDS


def test_the_chinese_words_are_those_of_the_screens():
    """An officer who reads a word on a screen finds the same word here."""
    chinese = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", PAGE, re.MULTILINE))
    shown = {
        word: text
        for key, text in load_messages(Language.ZH).items()
        for room, _, word in [key.rpartition(".")]
        if room in {"state", "condition", "incident.dispatch"} and word in WORDS
    }
    shown = {word: text for word, text in shown.items() if word not in {kind.value for kind in OverrideKind}}
    assert len(shown) > 15
    assert {word: chinese.get(word) for word in shown} == shown


def test_a_word_has_one_meaning_in_its_table():
    """No table explains a word twice."""
    for table in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        first = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
        assert len(first) == len(set(first)), first
