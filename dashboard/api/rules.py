"""`/api/v1/rules`: what is judged by, what it was before, and how a changed rule is proposed, tried and admitted."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts import admission
from alerts.admission import (
    InForce,
    NotAdmittedError,
    NothingChangesError,
    Reviewer,
    StaleProposalError,
    UnknownProposalError,
)
from alerts.admission.proposal import check_admission
from alerts.errors import RuleFileError
from alerts.explain import kind_of
from alerts.rule import RuleSet
from alerts.rules import load_rules
from dashboard import audit
from dashboard.api.filters import Several, record_id
from dashboard.api.paging import Page, Paged, cut, read_cursor, write_cursor
from dashboard.auth.permissions import Account, Action, Role
from dashboard.context import Reader, Web, WebParts, may
from dashboard.messages import choose_language
from dashboard.problem import FieldError, ProblemError, invalid, not_found
from dashboard.queries.grids import GridTable
from dashboard.queries.rules import (
    ProposalDetail,
    ProposalItem,
    ProposalStateWord,
    RuleCount,
    RuleInForce,
    VersionItem,
    read_proposal,
    read_proposals,
    read_text,
    read_versions,
    rule_counts,
)
from dashboard.rule_words import words_of
from database import Change, append_changes
from database.connection import Cursor

router = APIRouter(prefix="/rules", tags=["rules"])

LONGEST_TRIAL = timedelta(days=366)
LONGEST_TEXT = 1_000_000
Lang = Annotated[Literal["zh", "en"] | None, Query(description="Language of guidance and words; the centre's own.")]
Proposer = Annotated[Account, Depends(may(Action.PROPOSE_RULES))]
Admitter = Annotated[Account, Depends(may(Action.ADMIT_RULES))]


class RulesItem(VersionItem):
    """The rules in force, one by one."""

    text: str = Field(description="The rule file as it stands.")
    rules: list[RuleInForce] = Field(description="Its rules, in the order of the file.")


class RulesText(BaseModel):
    """The text of one version."""

    model_config = ConfigDict(frozen=True)

    version: int = Field(description="Version of the rules.")
    source: str = Field(description="Name of the file it came from, or the proposal.")
    text: str = Field(description="The rule file.")


class ProposalFilter(Paged):
    """Which proposals to list."""

    state: Several[ProposalStateWord] | None = Field(default=None, description="One or more, separated by commas.")


class ProposeBody(BaseModel):
    """A changed rule set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST_TEXT, description="The whole rule file, YAML.")
    note: str = Field(min_length=1, max_length=2000, description="Why; the reviewer reads it.")


class Versioned(BaseModel):
    """What every command carries."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    version: int = Field(ge=1, le=2**31 - 1, description="The version the officer saw.")


class TryBody(Versioned):
    """Over which stored readings to try it."""

    start: AwareDatetime = Field(alias="from", description="From this device time on, RFC 3339.")
    end: AwareDatetime = Field(alias="to", description="Before this device time, RFC 3339.")


class AdmitBody(Versioned):
    """Put it in force."""

    seen: str = Field(min_length=64, max_length=64, description="`comparison_sha256` of the table the officer saw.")
    reason: str = Field(default="", max_length=2000, description="What to write down with it.")


class RefuseBody(Versioned):
    """Turn it down."""

    reason: str = Field(min_length=1, max_length=2000, description="Why; the author reads it.")


class WithdrawBody(Versioned):
    """Take it back."""

    reason: str = Field(default="", max_length=2000, description="Why.")


@router.get("")
def in_force(web: WebParts, _: Reader, lang: Lang = None) -> RulesItem:
    """Give the rules in force, with how often each spoke in the last seven days."""
    with web.transaction() as cur:
        versions = read_versions(cur, before=None, limit=1)
        if not versions:
            raise not_found("rule set in force: the worker has never run")
        version = versions[0][1]
        text = (read_text(cur, version.version) or ("", ""))[1]
        rules = _rules_of(text, rule_counts(cur, now=web.clock()), lang or web.settings.language)
    return RulesItem(**version.model_dump(), text=text, rules=rules)


@lru_cache(maxsize=4)
def _parsed(text: str) -> RuleSet:
    return load_rules(text, source="in force")


def _rules_of(text: str, counts: dict[str, RuleCount], language: Literal["zh", "en"]) -> list[RuleInForce]:
    none = RuleCount(alarms=0, active=0)
    found = []
    for rule in _parsed(text).rules:
        common = rule.common
        guidance = common.guidance[language]
        found.append(
            RuleInForce(
                **counts.get(common.name, none).model_dump(),
                name=common.name,
                title=guidance.title or common.name,
                kind=kind_of(rule),
                line=common.line,
                means=guidance.means,
                do=guidance.do,
                words=words_of(text, common.name, choose_language(language)),
            )
        )
    return found


@router.get("/history")
def history(web: WebParts, _: Reader, asked: Annotated[Paged, Query()]) -> Page[VersionItem]:
    """List what came into force, newest first."""
    after = read_cursor(asked.cursor, tuple[int])
    with web.transaction() as cur:
        found = read_versions(cur, before=None if after is None else after[0], limit=asked.limit + 1)
    page = found[: asked.limit]
    following = write_cursor(page[-1][0]) if len(found) > asked.limit else None
    return Page(items=[item for _, item in page], next=following)


@router.get("/versions/{version}")
def version_text(web: WebParts, _: Reader, version: str) -> RulesText:
    """Give the text of one version."""
    number = record_id(version, lambda: not_found(f"version {version} of the rules"))
    with web.transaction() as cur:
        found = read_text(cur, number) if number < 2**31 else None
    if found is None:
        raise not_found(f"version {version} of the rules")
    return RulesText(version=number, source=found[0], text=found[1])


@router.get("/proposals")
def list_proposals(web: WebParts, _: Reader, asked: Annotated[ProposalFilter, Query()]) -> Page[ProposalItem]:
    """List proposals, newest first."""
    after = read_cursor(asked.cursor, tuple[int])
    with web.transaction() as cur:
        before = None if after is None else after[0]
        states = None if asked.state is None else [*asked.state]
        items = read_proposals(cur, states=states, before=before, limit=asked.limit + 1)
    page, following = cut(items, asked.limit, lambda item: (int(item.id),))
    return Page(items=page, next=following)


@router.post("/proposals", status_code=201)
def propose(web: WebParts, account: Proposer, body: ProposeBody) -> ProposalDetail:
    """Propose a changed rule set. 422 with the line and the reason where it is no rule file."""
    try:
        with web.transaction() as cur:
            number, changes = admission.propose(
                cur, body.text, author=account.name, note=body.note.strip(), now=web.clock()
            )
            _note(web, cur, account, "propose", number, {"note": body.note})
            append_changes(cur, changes)
    except RuleFileError as error:
        fault = FieldError(field="body.text", reason=error.reason)
        raise ProblemError(
            422, "rule-file", f"Line {error.line}: {error.reason}", errors=[fault], more={"line": error.line}
        ) from error
    except NothingChangesError as error:
        raise invalid("body.text", str(error)) from error
    except NotAdmittedError as error:
        raise ProblemError(409, error.hindrance, str(error)) from error
    return _detail(web, account, number)


@router.get("/proposals/{proposal_id}")
def get_proposal(web: WebParts, account: Reader, proposal_id: str) -> ProposalDetail:
    """Give one proposal with its text, its table, and what keeps the asking account from admitting it."""
    return _detail(web, account, _id(proposal_id))


@router.post("/proposals/{proposal_id}/try", status_code=202)
def try_out(web: WebParts, account: Proposer, proposal_id: str, body: TryBody) -> ProposalDetail:
    """Try it over stored readings, in the background; `trying_since` is null when the table is there."""
    if body.start >= body.end:
        raise invalid("body.from", "must be before `to`")
    if body.end - body.start > LONGEST_TRIAL:
        raise invalid("body.from", f"a trial covers at most {LONGEST_TRIAL.days} days")

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return admission.ask_trial(cur, number, version=body.version, start=body.start, end=body.end, now=now)

    detail = {"from": body.start.isoformat(), "to": body.end.isoformat()}
    answer = _act(web, account, proposal_id, "try", detail, command)
    web.trials.wake()
    return answer


@router.post("/proposals/{proposal_id}/admit")
def admit(web: WebParts, account: Admitter, proposal_id: str, body: AdmitBody) -> ProposalDetail:
    """Put it in force: another officer than its author, who saw its table against what is in force. 409 otherwise."""
    _needs_whole_county(account)

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        _, changes = admission.admit(
            cur,
            number,
            version=body.version,
            seen=body.seen,
            reviewer=_reviewer(account),
            reason=body.reason.strip(),
            now=now,
        )
        return changes

    return _act(web, account, proposal_id, "admit", {"seen": body.seen, "reason": body.reason}, command)


@router.post("/proposals/{proposal_id}/refuse")
def refuse(web: WebParts, account: Admitter, proposal_id: str, body: RefuseBody) -> ProposalDetail:
    """Turn it down, with a reason."""
    _needs_whole_county(account)

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return admission.refuse(
            cur, number, version=body.version, reviewer=_reviewer(account), reason=body.reason.strip(), now=now
        )

    return _act(web, account, proposal_id, "refuse", {"reason": body.reason}, command)


@router.post("/proposals/{proposal_id}/withdraw")
def withdraw(web: WebParts, account: Proposer, proposal_id: str, body: WithdrawBody) -> ProposalDetail:
    """Take it back: its author, or for a changed file an administrator."""

    def command(cur: Cursor, number: int, now: datetime) -> Sequence[Change]:
        return admission.withdraw(
            cur, number, version=body.version, actor=_reviewer(account), reason=body.reason.strip(), now=now
        )

    return _act(web, account, proposal_id, "withdraw", {"reason": body.reason}, command)


def _act(
    web: Web,
    account: Account,
    proposal_id: str,
    name: str,
    detail: dict[str, str],
    command: Callable[[Cursor, int, datetime], Sequence[Change]],
) -> ProposalDetail:
    """Run a command in one transaction with its audit row; the changes come last."""
    number = _id(proposal_id)
    try:
        with web.transaction() as cur:
            changes = command(cur, number, web.clock())
            _note(web, cur, account, name, number, detail)
            append_changes(cur, changes)
    except UnknownProposalError:
        raise not_found(f"proposal {proposal_id}") from None
    except StaleProposalError as error:
        raise _conflict(web, account, number, "stale-version", str(error)) from error
    except NotAdmittedError as error:
        raise _conflict(web, account, number, error.hindrance, str(error)) from error
    return _detail(web, account, number)


def _conflict(web: Web, account: Account, number: int, kind: str, detail: str) -> ProblemError:
    current = _detail(web, account, number)
    more = {"current": current.model_dump(mode="json"), "actor": current.reviewer or current.author}
    return ProblemError(409, kind, detail, more=more)


def _note(web: Web, cur: Cursor, account: Account, name: str, number: int, detail: dict[str, str]) -> None:
    row = cur.execute("SELECT sha256 FROM rule_proposals WHERE id = %s", (number,)).fetchone()
    audit.append(
        cur,
        actor=account.name,
        action=f"rules.{name}",
        target=f"rule proposal {number}",
        detail={**detail, "sha256": "" if row is None else str(row[0])},
        now=web.clock(),
    )


def _detail(web: Web, account: Account, number: int) -> ProposalDetail:
    with web.transaction() as cur:
        row = read_proposal(cur, number)
        grids = web.grids.table(cur)
        if row is None:
            raise not_found(f"proposal {number}")
        found = admission.find(cur, number)
        now_in_force = admission.rules_in_force(cur)
    assert now_in_force is not None  # a proposal needs rules that it changes
    more = {
        "hindrance": _hindrance(account, found, now_in_force),
        "place_names": _place_names(row["comparison"], grids),
    }
    return ProposalDetail.model_validate({**row, **more})


def _place_names(comparison: dict[str, Any] | None, grids: GridTable) -> dict[str, str]:
    """Name the grids of a table from the town down, each without the name of the one above that it may begin with."""
    codes = {place["place"] for place in (comparison or {}).get("places", [])}
    names = {}
    for item in grids.by_key.values():
        if item.code in codes:
            steps = [part.name for part in item.path if part.level != "county"] or [item.name]
            own = [step.removeprefix(above) or step for above, step in pairwise(["", *steps])]
            names[item.code] = " ".join(own)
    return names


def _hindrance(account: Account, found: admission.Proposal, in_force: InForce) -> str | None:
    try:
        check_admission(found, in_force, _reviewer(account), seen=found.comparison_hash or "")
    except NotAdmittedError as error:
        return error.hindrance
    if not account.may(Action.ADMIT_RULES):
        return "role"
    return "area" if account.areas else None


def _reviewer(account: Account) -> Reviewer:
    return Reviewer(name=account.name, keeps_files=account.role is Role.ADMIN)


def _needs_whole_county(account: Account) -> None:
    if account.areas:
        raise ProblemError(403, "area", "Rules hold for the whole county; your account is limited to areas.")


def _id(text: str) -> int:
    return record_id(text, lambda: not_found(f"proposal {text}"))
