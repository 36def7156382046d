"""Which rules are judged by: the newest row of an append-only table, put there by a file or by an admitted proposal."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import structlog

from alerts.admission.proposal import FILE_AUTHOR, AdmissionMode, FileMeans, InForce, RulesOrigin, meaning_of_file
from alerts.errors import RuleFileError
from alerts.rule import RuleSet
from alerts.rule_store import save_rule_set
from alerts.rules import load_rules
from database import Change, ChangeKind, append_changes
from database.connection import Cursor

log = structlog.get_logger(__name__)

LOCK = 0x72756C65  # "rule": held by whoever changes what is in force, to the commit
PROPOSAL_MARK = "proposal:"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The rule file of an instance as it was last read. `is_packaged`: it comes with the program, nobody wrote it here."""

    rules: RuleSet
    mode: AdmissionMode = AdmissionMode.FILE
    is_packaged: bool = False


def rules_in_force(cur: Cursor) -> InForce | None:
    """Tell what is judged by; None before the first worker ever started."""
    row = cur.execute(
        "SELECT f.rule_set, s.sha256, f.since, f.origin = 'proposal' FROM rules_in_force f"
        " JOIN rule_sets s ON s.version = f.rule_set ORDER BY f.id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else InForce(rule_set=row[0], sha256=row[1], since=row[2], by_proposal=row[3])


def take_file(cur: Cursor, file: RuleFile, *, now: datetime) -> FileMeans:
    """Let a rule file that was read take effect: in force, as a proposal, or not at all where it is known.

    Call it at the start and whenever the file has changed, last in a transaction: it may append changes.
    """
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    in_force = rules_in_force(cur)
    sha256 = file.rules.sha256
    means = meaning_of_file(
        sha256, seen=_file_seen(cur), in_force=in_force, mode=file.mode, is_packaged=file.is_packaged
    )
    match means:
        case FileMeans.NOTHING:
            pass
        case FileMeans.IN_FORCE:
            # Of the first version there is nobody to tell.
            put_in_force(cur, file.rules, actor=FILE_AUTHOR, proposal=None, now=now, tell=in_force is not None)
        case FileMeans.PROPOSAL:
            assert in_force is not None
            proposal = write_proposal(
                cur,
                file.rules.text,
                sha256,
                base=in_force.rule_set,
                origin=RulesOrigin.FILE,
                author=FILE_AUTHOR,
                note=file.rules.source,
                now=now,
            )
            append_changes(cur, [proposal_change(proposal, 1)])
            log.warning("a changed rule file waits for review; the rules in force stay", proposal=proposal)
    return means


def put_in_force(
    cur: Cursor, rules: RuleSet, *, actor: str, proposal: int | None, now: datetime, tell: bool = True
) -> Change:
    """Make a rule set the one that is judged by, and tell the workers and screens (unless the caller does, last)."""
    version = save_rule_set(cur, rules)
    origin = "file" if proposal is None else "proposal"
    cur.execute(
        "INSERT INTO rules_in_force (rule_set, since, origin, actor, proposal) VALUES (%s, %s, %s, %s, %s)",
        (version, now, origin, actor, proposal),
    )
    change = Change(kind=ChangeKind.RULES, id=str(version), version=version)
    if tell:
        append_changes(cur, [change])
    return change


def load_in_force(cur: Cursor, fallback: RuleSet) -> tuple[RuleSet, int]:
    """Read the rules in force and their version; `fallback` where there are none, or this program refuses them.

    A centre judges by the rules of its file sooner than by none at all; that it does so is logged as an error.
    """
    row = cur.execute(
        "SELECT s.version, s.sha256, s.source, s.rules ->> 'text' FROM rules_in_force f"
        " JOIN rule_sets s ON s.version = f.rule_set ORDER BY f.id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return fallback, save_rule_set(cur, fallback)
    version, sha256, source, text = row
    if sha256 == fallback.sha256:
        return fallback, int(version)
    try:
        return _parsed(text, source), int(version)
    except RuleFileError as error:
        log.error(  # noqa: TRY400 -- the reason is all
            "the rules in force cannot be read by this program; judging by the file's", reason=str(error)
        )
        return fallback, save_rule_set(cur, fallback)


def write_proposal(  # noqa: PLR0913 -- one parameter a column
    cur: Cursor,
    text: str,
    sha256: str,
    *,
    base: int,
    origin: RulesOrigin,
    author: str,
    note: str,
    now: datetime,
) -> int:
    """Insert a proposal and give its id."""
    row = cur.execute(
        "INSERT INTO rule_proposals (text, sha256, base, origin, author, note, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (text, sha256, base, origin.value, author, note, now),
    ).fetchone()
    assert row is not None
    return int(row[0])


def proposal_change(proposal: int, version: int) -> Change:
    """Give what the screens are told of a proposal; a worker need not look."""
    return Change(kind=ChangeKind.RULES, id=f"{PROPOSAL_MARK}{proposal}", version=version)


def _file_seen(cur: Cursor) -> str | None:
    """Name the text of the rule file when it last meant something."""
    row = cur.execute(
        """
        SELECT sha256 FROM (
            SELECT s.sha256, f.since AS at FROM rules_in_force f JOIN rule_sets s ON s.version = f.rule_set
            WHERE f.origin = 'file'
            -- What a command proposed is of the machine as well, but never stood in the rule file.
            UNION ALL SELECT sha256, created_at FROM rule_proposals WHERE origin = 'file' AND author = %s
        ) seen ORDER BY at DESC LIMIT 1
        """,
        (FILE_AUTHOR,),
    ).fetchone()
    return None if row is None else str(row[0])


@lru_cache(maxsize=4)
def _parsed(text: str, source: str) -> RuleSet:
    return load_rules(text, source=source)
