"""Proposals as rows: written, tried, decided. Every step is one row update under its version; rights are the caller's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from alerts.admission.errors import (
    NotAdmittedError,
    NothingChangesError,
    StaleProposalError,
    UnknownProposalError,
)
from alerts.admission.in_force import LOCK, proposal_change, put_in_force, rules_in_force, write_proposal
from alerts.admission.proposal import (
    InForce,
    Proposal,
    ProposalState,
    Reviewer,
    RulesOrigin,
    check_admission,
    check_open,
    check_second,
    hash_of,
)
from alerts.rules import load_rules
from database import Change
from database.connection import Cursor

_COLUMNS = "id, state, version, sha256, base, origin, author, trial_asked_at, trial_against, comparison_hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTrial:
    """A trial somebody asked for: `text` against the rules in force then, over device times [start, end)."""

    proposal: int
    asked_at: datetime
    against: int
    text: str
    against_text: str
    start: datetime
    end: datetime


def propose(
    cur: Cursor, text: str, *, author: str, note: str, now: datetime, origin: RulesOrigin = RulesOrigin.OFFICER
) -> tuple[int, list[Change]]:
    """Write a proposal after reading it as the engine does.

    Raises:
        RuleFileError: the text is no rule file; with line and reason.
        NothingChangesError: it is what is in force.
        NotAdmittedError: no rules are in force yet that it could replace.
    """
    rules = load_rules(text, source="proposal")
    in_force = _in_force(cur)
    if rules.sha256 == in_force.sha256:
        raise NothingChangesError("These are the rules that are in force.")
    proposal = write_proposal(
        cur, text, rules.sha256, base=in_force.rule_set, origin=origin, author=author, note=note, now=now
    )
    return proposal, [proposal_change(proposal, 1)]


def find(cur: Cursor, proposal: int, *, lock: bool = False) -> Proposal:
    """Read a proposal, for this transaction alone if `lock` says so.

    Raises:
        UnknownProposalError: there is none.
    """
    query = f"SELECT {_COLUMNS} FROM rule_proposals WHERE id = %s" + " FOR UPDATE" * lock  # noqa: S608 - all ours
    row = cur.execute(query.encode(), (proposal,)).fetchone()
    if row is None:
        raise UnknownProposalError(f"no proposal {proposal}")
    return Proposal(
        id=row[0],
        state=ProposalState(row[1]),
        version=row[2],
        sha256=row[3],
        base=row[4],
        origin=RulesOrigin(row[5]),
        author=row[6],
        trial_asked_at=row[7],
        trial_against=row[8],
        comparison_hash=row[9],
    )


def ask_trial(
    cur: Cursor, proposal: int, *, version: int, start: datetime, end: datetime, now: datetime
) -> list[Change]:
    """Ask for a trial over stored readings of the device times [start, end), against what is in force now.

    Raises:
        UnknownProposalError, StaleProposalError: as for `find`; somebody else was quicker.
        NotAdmittedError: it is decided, or a trial is under way.
    """
    found = _lock(cur, proposal, version)
    check_open(found)
    if found.trial_asked_at is not None:
        raise NotAdmittedError("trying", "A trial is under way already.")
    against = _in_force(cur).rule_set
    return _step(
        cur,
        proposal,
        "trial_asked_at = %s, trial_against = %s, trial_from = %s, trial_to = %s, trial_fault = ''",
        (now, against, start, end),
    )


def wanted_trial(cur: Cursor) -> WantedTrial | None:
    """Read the trial that waits longest; None where none does."""
    row = cur.execute(
        """
        SELECT p.id, p.trial_asked_at, p.trial_against, p.text, s.rules ->> 'text', p.trial_from, p.trial_to
        FROM rule_proposals p JOIN rule_sets s ON s.version = p.trial_against
        WHERE p.trial_asked_at IS NOT NULL ORDER BY p.trial_asked_at, p.id LIMIT 1
        """
    ).fetchone()
    if row is None:
        return None
    return WantedTrial(
        proposal=row[0],
        asked_at=row[1],
        against=row[2],
        text=row[3],
        against_text=row[4],
        start=row[5],
        end=row[6],
    )


def save_trial(cur: Cursor, wanted: WantedTrial, comparison: dict[str, Any], *, now: datetime) -> list[Change]:
    """Keep the table of a trial; a trial that is not wanted any more changes nothing."""
    found = find(cur, wanted.proposal, lock=True)
    if found.trial_asked_at != wanted.asked_at:
        return []
    name = hash_of(comparison, sha256=found.sha256, against=wanted.against, start=wanted.start, end=wanted.end)
    return _step(
        cur,
        wanted.proposal,
        "trial_asked_at = NULL, tried_at = %s, comparison = %s, comparison_hash = %s, state = 'tried'",
        (now, Jsonb(comparison), name),
    )


def fail_trial(cur: Cursor, wanted: WantedTrial, fault: str) -> list[Change]:
    """Write down why a trial came to nothing; the table of an earlier one is void, because its base was another."""
    if find(cur, wanted.proposal, lock=True).trial_asked_at != wanted.asked_at:
        return []
    return _step(
        cur,
        wanted.proposal,
        "trial_asked_at = NULL, trial_fault = %s, comparison = NULL, comparison_hash = NULL, state = 'draft'",
        (fault,),
    )


def admit(
    cur: Cursor, proposal: int, *, version: int, seen: str, reviewer: Reviewer, reason: str, now: datetime
) -> tuple[int, list[Change]]:
    """Put a proposal in force; gives the version of its rules and what the feed is told.

    Raises:
        UnknownProposalError, StaleProposalError: as for `ask_trial`.
        NotAdmittedError: something is missing of: a second officer, who saw the table, of a trial against what is in force.
    """
    # In this order everywhere: what is in force, then the proposal.
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    in_force = _in_force(cur)
    found = _lock(cur, proposal, version)
    check_admission(found, in_force, reviewer, seen=seen)
    row = cur.execute("SELECT text FROM rule_proposals WHERE id = %s", (proposal,)).fetchone()
    assert row is not None
    rules = load_rules(row[0], source=f"proposal {proposal}")
    told = put_in_force(cur, rules, actor=reviewer.name, proposal=proposal, now=now, tell=False)
    decided = _decide(cur, proposal, ProposalState.ADMITTED, reviewer.name, reason, now)
    return told.version, [*decided, told]


def refuse(cur: Cursor, proposal: int, *, version: int, reviewer: Reviewer, reason: str, now: datetime) -> list[Change]:
    """Turn a proposal down; its author withdraws it instead.

    Raises:
        UnknownProposalError, StaleProposalError, NotAdmittedError: as for `admit`.
    """
    found = _lock(cur, proposal, version)
    check_open(found)
    check_second(found, reviewer)
    return _decide(cur, proposal, ProposalState.REFUSED, reviewer.name, reason, now)


def withdraw(cur: Cursor, proposal: int, *, version: int, actor: Reviewer, reason: str, now: datetime) -> list[Change]:
    """Take a proposal back: its author, or for a file's text whoever keeps the machine.

    Raises:
        UnknownProposalError, StaleProposalError, NotAdmittedError: as for `admit`.
    """
    found = _lock(cur, proposal, version)
    check_open(found)
    owns = found.author == actor.name or (found.origin is RulesOrigin.FILE and actor.keeps_files)
    if not owns:
        raise NotAdmittedError("not-the-author", "Only its author takes a proposal back; refuse it instead.")
    return _decide(cur, proposal, ProposalState.WITHDRAWN, actor.name, reason, now)


def _decide(cur: Cursor, proposal: int, state: ProposalState, actor: str, reason: str, now: datetime) -> list[Change]:
    return _step(
        cur,
        proposal,
        "state = %s, reviewer = %s, reason = %s, decided_at = %s, trial_asked_at = NULL",
        (state.value, actor, reason, now),
    )


def _step(cur: Cursor, proposal: int, assignments: str, values: Sequence[object]) -> list[Change]:
    query = f"UPDATE rule_proposals SET {assignments}, version = version + 1 WHERE id = %s RETURNING version"  # noqa: S608 - ours
    row = cur.execute(query.encode(), (*values, proposal)).fetchone()
    assert row is not None
    return [proposal_change(proposal, int(row[0]))]


def _lock(cur: Cursor, proposal: int, version: int) -> Proposal:
    found = find(cur, proposal, lock=True)
    if found.version != version:
        raise StaleProposalError(f"The proposal has changed meanwhile: it is at version {found.version}.")
    return found


def _in_force(cur: Cursor) -> InForce:
    found = rules_in_force(cur)
    if found is None:
        raise NotAdmittedError("nothing-in-force", "No rules are in force yet: the worker has never run.")
    return found
