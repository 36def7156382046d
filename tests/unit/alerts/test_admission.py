"""What keeps a changed rule out of force, and what a changed rule file means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.admission import NotAdmittedError
from alerts.admission.proposal import (
    AdmissionMode,
    FileMeans,
    InForce,
    Proposal,
    ProposalState,
    Reviewer,
    RulesOrigin,
    check_admission,
    hash_of,
    meaning_of_file,
)

T0 = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
IN_FORCE = InForce(rule_set=3, sha256="in force", since=T0, by_proposal=False)
TRIED = Proposal(
    id=1,
    state=ProposalState.TRIED,
    version=3,
    sha256="proposed",
    base=3,
    origin=RulesOrigin.OFFICER,
    author="officer",
    trial_asked_at=None,
    trial_against=3,
    comparison_hash="table",
)
COMMANDER = Reviewer(name="commander", keeps_files=False)
ADMIN = Reviewer(name="admin", keeps_files=True)


def test_a_second_officer_who_saw_the_table_may_admit() -> None:
    """A proposal tried against what is in force is admitted by another officer who names its table."""
    check_admission(TRIED, IN_FORCE, COMMANDER, seen="table")
    check_admission(TRIED, IN_FORCE, ADMIN, seen="table")


@pytest.mark.parametrize(
    ("proposal", "reviewer", "seen", "hindrance"),
    [
        (TRIED, Reviewer(name="officer", keeps_files=False), "table", "own-proposal"),
        (replace(TRIED, origin=RulesOrigin.FILE, author="file"), ADMIN, "table", "own-proposal"),
        (replace(TRIED, state=ProposalState.DRAFT, comparison_hash=None), COMMANDER, "", "not-tried"),
        (replace(TRIED, trial_asked_at=T0), COMMANDER, "table", "trying"),
        (replace(TRIED, trial_against=2), COMMANDER, "table", "tried-against-another"),
        (TRIED, COMMANDER, "another table", "not-seen"),
        (replace(TRIED, state=ProposalState.REFUSED), COMMANDER, "table", "decided"),
        (replace(TRIED, state=ProposalState.ADMITTED), COMMANDER, "table", "decided"),
        (replace(TRIED, state=ProposalState.WITHDRAWN), COMMANDER, "table", "decided"),
    ],
)
def test_whatever_is_missing_is_named(proposal: Proposal, reviewer: Reviewer, seen: str, hindrance: str) -> None:
    """Own proposals, untried ones, trials against older rules, unseen tables and decided ones are each refused by name."""
    with pytest.raises(NotAdmittedError) as refused:
        check_admission(proposal, IN_FORCE, reviewer, seen=seen)
    assert refused.value.hindrance == hindrance


def test_a_table_is_named_with_what_it_compares() -> None:
    """Another text, base or span gives another name to the same numbers."""
    given = {"sha256": "a", "against": 1, "start": T0, "end": T0 + timedelta(days=1)}
    names = {
        hash_of({"new": 0}, **changed)  # type: ignore[arg-type]
        for changed in (given, {**given, "sha256": "b"}, {**given, "against": 2}, {**given, "start": T0 - timedelta(1)})
    }
    assert len(names) == 4
    assert hash_of({"new": 1, "gone": 0}, **given) == hash_of({"gone": 0, "new": 1}, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "is_packaged", "by_proposal", "means"),
    [
        (AdmissionMode.FILE, False, False, FileMeans.IN_FORCE),
        (AdmissionMode.FILE, False, True, FileMeans.IN_FORCE),
        (AdmissionMode.FILE, True, False, FileMeans.IN_FORCE),
        (AdmissionMode.FILE, True, True, FileMeans.PROPOSAL),
        (AdmissionMode.REVIEWED, False, False, FileMeans.PROPOSAL),
        (AdmissionMode.REVIEWED, True, True, FileMeans.PROPOSAL),
    ],
)
def test_a_changed_file(mode: AdmissionMode, *, is_packaged: bool, by_proposal: bool, means: FileMeans) -> None:
    """A changed file is in force at once or waits for review; a new program never undoes what officers admitted."""
    in_force = replace(IN_FORCE, by_proposal=by_proposal)
    told = meaning_of_file("new", seen="old", in_force=in_force, mode=mode, is_packaged=is_packaged)
    assert told is means


@pytest.mark.parametrize("mode", AdmissionMode)
def test_a_file_that_is_known_means_nothing(mode: AdmissionMode) -> None:
    """A restart with the file as it was leaves an admitted rule set in force, and proposes nothing twice."""
    admitted = replace(IN_FORCE, by_proposal=True)
    assert meaning_of_file("old", seen="old", in_force=admitted, mode=mode, is_packaged=True) is FileMeans.NOTHING
    assert meaning_of_file("in force", seen="old", in_force=admitted, mode=mode, is_packaged=False) is FileMeans.NOTHING


@pytest.mark.parametrize("mode", AdmissionMode)
def test_the_first_file_is_in_force(mode: AdmissionMode) -> None:
    """Where nothing was ever in force the file is, for a centre that judges by nothing is worse."""
    assert meaning_of_file("new", seen=None, in_force=None, mode=mode, is_packaged=True) is FileMeans.IN_FORCE
