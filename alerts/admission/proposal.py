"""A changed rule set on its way into force, and what keeps it out. Pure: reads no clock, knows no database."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.admission.errors import NotAdmittedError


class ProposalState(StrEnum):
    """How far a proposal has come."""

    DRAFT = "draft"  # nobody knows yet what it would do
    TRIED = "tried"  # a trial over stored history shows it
    ADMITTED = "admitted"  # put in force
    REFUSED = "refused"  # a second officer did not want it
    WITHDRAWN = "withdrawn"  # its author does not want it any more


class RulesOrigin(StrEnum):
    """Where rules come from."""

    OFFICER = "officer"
    FILE = "file"  # the rule file of the settings, or the one that comes with the program


class AdmissionMode(StrEnum):
    """What a changed rule file means; the setting `alerts.rules_admission`."""

    FILE = "file"  # the file's writer is trusted: it is in force at once
    REVIEWED = "reviewed"  # it is a proposal like any other


OPEN_STATES = frozenset({ProposalState.DRAFT, ProposalState.TRIED})
FILE_AUTHOR = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal without its text and table. Instants are aware UTC; rule sets are named by version."""

    id: int
    state: ProposalState
    version: int
    sha256: str
    base: int
    origin: RulesOrigin
    author: str
    trial_asked_at: datetime | None
    trial_against: int | None
    comparison_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The rules that are judged by. `sha256` is of their text."""

    rule_set: int
    sha256: str
    since: datetime
    by_proposal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who wants to decide. `keeps_files`: whoever administers the machine can have written a file's text."""

    name: str
    keeps_files: bool


class FileMeans(StrEnum):
    """What the text that the rule file holds now comes to."""

    NOTHING = "nothing"  # it is known
    IN_FORCE = "in-force"
    PROPOSAL = "proposal"


def meaning_of_file(
    sha256: str, *, seen: str | None, in_force: InForce | None, mode: AdmissionMode, is_packaged: bool
) -> FileMeans:
    """Tell what a rule file means that may have changed since it was last looked at.

    `seen` names the text of the file when it last meant something. Without rules in force the file is the first version,
    whatever the mode: a centre that judges by nothing is worse. The file that comes with the program is nobody's
    decision: its changes never replace what officers admitted.
    """
    if in_force is None:
        return FileMeans.IN_FORCE
    if sha256 in (seen, in_force.sha256):
        return FileMeans.NOTHING
    if mode is AdmissionMode.REVIEWED or (is_packaged and in_force.by_proposal):
        return FileMeans.PROPOSAL
    return FileMeans.IN_FORCE


def hash_of(comparison: object, *, sha256: str, against: int, start: datetime, end: datetime) -> str:
    """Name a table together with what it compares and over which span: who has seen it has seen just this."""
    named = [sha256, against, start.isoformat(), end.isoformat(), comparison]
    return hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_open(proposal: Proposal) -> None:
    """Refuse a step of a proposal that has been decided.

    Raises:
        NotAdmittedError: it has.
    """
    if proposal.state not in OPEN_STATES:
        raise NotAdmittedError("decided", f"The proposal is {proposal.state} already.")


def check_admission(proposal: Proposal, in_force: InForce, reviewer: Reviewer, *, seen: str) -> None:
    """Refuse to put a proposal in force unless a second officer saw what it changes against what is in force now.

    Raises:
        NotAdmittedError: for the first of the reasons that holds.
    """
    check_open(proposal)
    check_second(proposal, reviewer)
    if proposal.trial_asked_at is not None:
        raise NotAdmittedError("trying", "The trial is not over yet; look at its table first.")
    if proposal.state is not ProposalState.TRIED or proposal.comparison_hash is None:
        raise NotAdmittedError("not-tried", "Nobody knows what it would change: try it first.")
    if proposal.trial_against != in_force.rule_set:
        raise NotAdmittedError(
            "tried-against-another",
            f"It was tried against version {proposal.trial_against}; in force is {in_force.rule_set}. Try it again.",
        )
    if seen != proposal.comparison_hash:
        raise NotAdmittedError("not-seen", "The table has changed since you looked; look at it again.")


def check_second(proposal: Proposal, reviewer: Reviewer) -> None:
    """Refuse a decision by whoever may have written the proposal.

    Raises:
        NotAdmittedError: the reviewer is the author, or keeps the machine whose file it is.
    """
    if reviewer.name == proposal.author:
        raise NotAdmittedError("own-proposal", "A proposal is decided by another officer than its author.")
    if proposal.origin is RulesOrigin.FILE and reviewer.keeps_files:
        raise NotAdmittedError(
            "own-proposal", "Its text comes from the machine, which an administrator keeps: a commander decides."
        )
