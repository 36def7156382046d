"""`/api/v1/devices/{id}/explain`: why a device had, or had not, an alarm at a time."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts.errors import RuleFileError, UnknownAlarmError
from alerts.explained import Reason
from alerts.rule import RuleSet
from alerts.rules import load_rules
from alerts.trial_history import explain_stored
from dashboard.context import Reader, Web, WebParts
from dashboard.messages import choose_language
from dashboard.problem import ProblemError, invalid, not_found
from dashboard.queries.rules import read_text, version_at
from dashboard.queries.why import RuleItem
from dashboard.rule_words import words_of

router = APIRouter(prefix="/devices", tags=["devices"])


class NewestItem(BaseModel):
    """The last reading of a metric before the time that is asked about."""

    model_config = ConfigDict(frozen=True)

    metric: str = Field(description="Name of the metric.")
    unit: str = Field(description="Its unit.")
    time: datetime = Field(description="Device time, RFC 3339.")
    value: float | None = Field(description="Value; null where there is none.")
    quality: str = Field(description="good, …, missing, implausible.")
    age_s: float = Field(description="How old it was, seconds.")


class VerdictItem(BaseModel):
    """How one rule stood on one metric at one priority."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="Name of the rule.")
    kind: str = Field(description="Kind of the rule.")
    condition: str = Field(description="What its alarms are called.")
    priority: int | None = Field(description="1 to 4; null where the rule does not judge the device.")
    metric: str = Field(description="The metric; empty for the device as a whole.")
    unit: str = Field(description="Unit of the numbers here.")
    limit: float | None = Field(description="Raised at or beyond this.")
    clear: float | None = Field(description="Normal again only beyond this.")
    measured: float | None = Field(description="What was held against the limit.")
    holds: bool = Field(description="Whether the condition held.")
    since: datetime | None = Field(description="Since when the running delay runs, or the condition held.")
    on_delay_s: float = Field(description="Readings must be beyond the limit for so long, seconds.")
    off_delay_s: float = Field(description="Readings must be normal for so long, seconds.")
    reason: Reason = Field(description="Why it stood so.")
    is_silenced: bool = Field(description="Whether an override covered it.")


class OverrideHeld(BaseModel):
    """An override in force at that time."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="shelved, suppressed or out_of_service.")
    ends_at: datetime = Field(description="Its end, RFC 3339.")
    reason: str = Field(description="Why.")
    actor: str = Field(description="Who.")
    condition: str | None = Field(description="The condition it covers; null: all.")
    metric: str | None = Field(description="The metric it covers; null: all.")
    priority: int | None = Field(description="This priority and lesser ones; null: all.")


class ExplainItem(BaseModel):
    """Every rule's verdict on a device at a time."""

    model_config = ConfigDict(frozen=True)

    device: str = Field(description="Id of the device.")
    kind: str = Field(description="Its kind.")
    at: datetime = Field(description="The time that was asked about.")
    rules_version: int = Field(description="Version of the rules that were in force then.")
    newest: list[NewestItem] = Field(description="The last reading of each metric before that time.")
    silent_for_s: float | None = Field(description="Since anything new was heard, seconds; null: nothing ever was.")
    points: list[VerdictItem] = Field(description="Every rule's verdict; those that judge the device first.")
    overrides: list[OverrideHeld] = Field(description="Overrides in force then.")
    rules: list[RuleItem] = Field(description="The rules that judge the device, in words.")


UNJUDGED = frozenset(
    {Reason.OTHER_KIND, Reason.OTHER_METRIC, Reason.NO_LIMIT, Reason.UNIT, Reason.NO_INTERVAL, Reason.OTHER_STAGE}
)


@router.get("/{device_id}/explain")
def explain(
    web: WebParts,
    _: Reader,
    device_id: str,
    at: Annotated[AwareDatetime | None, Query(description="When, RFC 3339; now.")] = None,
    metric: Annotated[str | None, Query(max_length=64, description="Only what is about this metric.")] = None,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language of the rules' words.")] = None,
) -> ExplainItem:
    """Tell of every rule why there was, or was not, an alarm: stored readings are judged again up to that time."""
    now = web.clock()
    when = at or now
    if when > now:
        raise invalid("query.at", "lies in the future")
    version, text, told = _told(web, device_id, when, metric)
    points = sorted(told["points"], key=lambda point: (point["reason"] in UNJUDGED, not point["holds"]))
    told |= {"points": points}
    judging = list(dict.fromkeys(point["rule"] for point in points if point["reason"] not in UNJUDGED))
    kinds = {point["rule"]: point["kind"] for point in points}
    language = choose_language(lang or web.settings.language)
    rules = [
        RuleItem(name=name, version=version, kind=kinds[name], words=words_of(text, name, language)) for name in judging
    ]
    return ExplainItem.model_validate({**told, "rules_version": version, "rules": rules})


@lru_cache(maxsize=4)
def _parsed(text: str, source: str) -> RuleSet:
    return load_rules(text, source=source)


def _told(web: Web, device_id: str, at: datetime, metric: str | None) -> tuple[int, str, dict[str, Any]]:
    with web.transaction() as cur:
        if cur.execute("SELECT FROM devices WHERE id = %s", (device_id,)).fetchone() is None:
            raise not_found(f"device {device_id}")
        version = version_at(cur, at)
        source, text = (None if version is None else read_text(cur, version)) or ("", "")
        if version is None or not text:
            raise not_found("rule set that was in force then")
        try:
            told = explain_stored(cur.connection, _parsed(text, source), device_id, at, metric=metric)
        except UnknownAlarmError as error:
            raise not_found(f"metric of device {device_id}") from error
        except RuleFileError as error:
            detail = f"Version {version} of the rules cannot be read any more: {error}"
            raise ProblemError(409, "old-rules", detail) from error
    return version, text, told.to_json()
