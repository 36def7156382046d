"""Rules in force, their versions, and proposals as the screens and the REST API see them. Writes nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from psycopg import sql
from pydantic import BaseModel, ConfigDict, Field

from dashboard.queries.rows import rows_as_dicts
from dashboard.queries.why import WordItem
from database.connection import Cursor

ProposalStateWord = Literal["draft", "tried", "admitted", "refused", "withdrawn"]
COUNTED = timedelta(days=7)


class VersionItem(BaseModel):
    """A rule set that came into force."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(description="Version of the rules; the same text has the same version for ever.")
    since: datetime = Field(description="When it came into force, RFC 3339.")
    until: datetime | None = Field(description="When another came into force; null: it is in force.")
    origin: Literal["file", "proposal"] = Field(description="The rule file, or an admitted proposal.")
    actor: str = Field(description="Officer who admitted it; `file` for the rule file.")
    proposal: str | None = Field(description="Id of the proposal.")
    sha256: str = Field(description="Hash of its text.")
    source: str = Field(description="Name of the file, or the proposal.")


class RuleCount(BaseModel):
    """How often a rule spoke lately."""

    model_config = ConfigDict(frozen=True)

    alarms: int = Field(description="Alarms it raised within the last seven days.")
    active: int = Field(description="Its alarms that want an officer now.")


class RuleInForce(RuleCount):
    """One rule in force."""

    name: str = Field(description="Name of the rule.")
    title: str = Field(description="What it is called; the name where the file gives no title.")
    kind: str = Field(description="Kind of the rule: level, rate, no-data, …")
    line: int = Field(description="Line of the text it begins on.")
    means: str = Field(description="What its alarms mean.")
    do: str = Field(description="What an officer does then.")
    words: list[WordItem] = Field(description="Its parameters in words.")


class ProposalItem(BaseModel):
    """A changed rule set on its way into force."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(description="Id of the proposal.")
    state: ProposalStateWord = Field(description="draft, tried, admitted, refused or withdrawn.")
    author: str = Field(description="Who proposed it; `file` for a changed rule file.")
    origin: Literal["officer", "file"] = Field(description="An officer, or a changed rule file.")
    note: str = Field(description="Why, in the author's words.")
    sha256: str = Field(description="Hash of the text.")
    base: int = Field(description="Version of the rules that were in force when it was proposed.")
    created_at: datetime = Field(description="When it was proposed, RFC 3339.")
    trying_since: datetime | None = Field(description="When the trial that is under way was asked for; null: none is.")
    trial_fault: str = Field(description="Why the last trial came to nothing; empty if it did not.")
    trial_against: int | None = Field(description="Version of the rules the trial compares with.")
    trial_from: datetime | None = Field(description="Readings from this device time on.")
    trial_to: datetime | None = Field(description="Readings before this device time.")
    tried_at: datetime | None = Field(description="When the table was made.")
    comparison_sha256: str | None = Field(description="Names the table; send it back as `seen` to admit.")
    reviewer: str | None = Field(description="Who admitted, refused or withdrew it.")
    reason: str = Field(description="Why, in the reviewer's words.")
    decided_at: datetime | None = Field(description="When.")
    version: int = Field(description="Goes up with every step; send it back with a command.")


class ProposalDetail(ProposalItem):
    """A proposal with its text, what it would replace, and its table."""

    text: str = Field(description="The proposed rule file.")
    base_text: str = Field(description="The rules in force now, or for a decided proposal those it was held against.")
    comparison: dict[str, Any] | None = Field(description="What it would change; null until it was tried.")
    in_force: int = Field(description="Version of the rules in force.")
    place_names: dict[str, str] = Field(description="Names of the grids in the table, by code.")
    hindrance: str | None = Field(
        description="What keeps the asking account from admitting it, for programs (own-proposal, not-tried, …, role);"
        " null: nothing does."
    )


_PROPOSAL = """
    SELECT p.id::text AS id, p.state, p.author, p.origin, p.note, p.sha256, p.base, p.created_at,
           p.trial_asked_at AS trying_since, p.trial_fault, p.trial_against, p.trial_from, p.trial_to, p.tried_at,
           p.comparison_hash AS comparison_sha256, p.reviewer, p.reason, p.decided_at, p.version
"""


def read_proposals(cur: Cursor, *, states: Sequence[str] | None, before: int | None, limit: int) -> list[ProposalItem]:
    """Read proposals, newest first; `before` is the id of the last one seen."""
    rows = rows_as_dicts(
        cur,
        sql.SQL(_PROPOSAL)
        + sql.SQL("""
            FROM rule_proposals p
            WHERE (%(states)s::text[] IS NULL OR p.state = ANY(%(states)s))
              AND (%(before)s::bigint IS NULL OR p.id < %(before)s)
            ORDER BY p.id DESC LIMIT %(limit)s
        """),
        {"states": None if states is None else list(states), "before": before, "limit": limit},
    )
    return [ProposalItem.model_validate(row) for row in rows]


def read_proposal(cur: Cursor, proposal: int) -> dict[str, Any] | None:
    """Read a proposal with its text and table as the fields of ProposalDetail, but `hindrance` and `place_names`; None if there is none."""
    rows = rows_as_dicts(
        cur,
        sql.SQL(_PROPOSAL)
        + sql.SQL("""
               , p.text, p.comparison, s.rules ->> 'text' AS base_text, f.rule_set AS in_force
            FROM rule_proposals p
            CROSS JOIN (SELECT rule_set FROM rules_in_force ORDER BY id DESC LIMIT 1) f
            JOIN rule_sets s ON s.version = CASE WHEN p.state IN ('draft', 'tried') THEN f.rule_set
                                                 ELSE coalesce(p.trial_against, p.base) END
            WHERE p.id = %(proposal)s
        """),
        {"proposal": proposal},
    )
    return rows[0] if rows else None


def read_versions(cur: Cursor, *, before: int | None, limit: int) -> list[tuple[int, VersionItem]]:
    """Read what came into force, newest first, each with the number of its row; `before` is the last number seen."""
    rows = rows_as_dicts(
        cur,
        sql.SQL("""
            SELECT * FROM (
                SELECT f.id, f.rule_set AS version, f.since, lead(f.since) OVER (ORDER BY f.id) AS until, f.origin,
                       f.actor, f.proposal::text AS proposal, s.sha256, s.source
                FROM rules_in_force f JOIN rule_sets s ON s.version = f.rule_set
            ) x WHERE %(before)s::bigint IS NULL OR x.id < %(before)s ORDER BY x.id DESC LIMIT %(limit)s
        """),
        {"before": before, "limit": limit},
    )
    return [(row["id"], VersionItem.model_validate(row)) for row in rows]


def read_text(cur: Cursor, version: int) -> tuple[str, str] | None:
    """Read name and text of a rule set; None if there is none of the version."""
    row = cur.execute("SELECT source, rules ->> 'text' FROM rule_sets WHERE version = %s", (version,)).fetchone()
    return None if row is None else (row[0], row[1])


def version_at(cur: Cursor, at: datetime) -> int | None:
    """Tell what was in force at an instant; before the first, the first; None where nothing ever was."""
    row = cur.execute(
        "SELECT rule_set FROM rules_in_force ORDER BY since <= %s DESC,"
        " CASE WHEN since <= %s THEN id ELSE -id END DESC LIMIT 1",
        (at, at),
    ).fetchone()
    return None if row is None else int(row[0])


def rule_counts(cur: Cursor, *, now: datetime) -> dict[str, RuleCount]:
    """Count the alarms of each rule, by its name."""
    rows = cur.execute(
        "SELECT rule, count(*) FILTER (WHERE raised_at > %(since)s), count(*) FILTER (WHERE state <> 'norm')"
        " FROM alarms WHERE raised_at > %(since)s OR state <> 'norm' GROUP BY rule",
        {"since": now - COUNTED},
    ).fetchall()
    return {rule: RuleCount(alarms=alarms, active=active) for rule, alarms, active in rows}
