"""`/api/v1/performance`: how the alarm system itself performs, by the figures and bounds of ISA-18.2 and EEMUA 191."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from alerts import performance as room
from dashboard.context import Reader, WebParts
from dashboard.problem import invalid

router = APIRouter(prefix="/performance", tags=["performance"])

SHIFT = timedelta(hours=8)
LONGEST = timedelta(days=31)


class Range(BaseModel):
    """Which time to look at."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    start: AwareDatetime | None = Field(default=None, alias="from", description="RFC 3339; 8 h before `to`.")
    end: AwareDatetime | None = Field(default=None, alias="to", description="RFC 3339; now.")


class BoundItem(BaseModel):
    """What a standard recommends; shares are of 1."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    value: float = Field(description="The number not to be passed, or to be near.")
    source: str = Field(description="The standard.")


class FloodItem(BaseModel):
    """A time with more alarms than an officer can take."""

    model_config = ConfigDict(frozen=True)

    start: datetime = Field(description="RFC 3339, to the minute.")
    end: datetime = Field(description="RFC 3339, to the minute; the end of the range if it was not over then.")
    peak: int = Field(description="Most alarms of ten minutes, of the whole room.")
    alarms: int = Field(description="All its alarms.")


class TagItem(BaseModel):
    """One alarm of one device that sounded often."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    device: str = Field(description="Id of the device.")
    name: str = Field(description="Its name.")
    condition: str = Field(description="For example level-high.")
    metric: str | None = Field(description="The metric; null: the device as a whole.")
    alarms: int = Field(description="How often it sounded.")
    chatters: bool = Field(description="Whether it was raised three times within a minute.")


class AnswerItem(BaseModel):
    """How long alarms waited for their acknowledgement."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    priority: int = Field(description="1 red, 2 orange, 3 yellow, 4 blue.")
    alarms: int = Field(description="How many were acknowledged.")
    p50_s: float = Field(description="Half of them within, seconds.")
    p95_s: float = Field(description="19 of 20 within, seconds.")


class PerformanceItem(BaseModel):
    """The figures of a range. An alarm counts when it was raised or sounded again while nothing overrode it."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    start: datetime = Field(alias="from", description="RFC 3339.")
    end: datetime = Field(alias="to", description="RFC 3339.")
    seats: int = Field(description="Officers' seats the alarms are shared among (setting dashboard.seats).")
    alarms: int = Field(description="All alarms of the range.")
    period_s: int = Field(description="Length of a period, seconds.")
    periods: list[int] = Field(description="Alarms of each period from the start, of the whole room.")
    average: float = Field(description="Alarms of an officer in ten minutes, on average.")
    peak: float = Field(description="Most alarms of an officer in one period.")
    floods: list[FloodItem] = Field(description="Floods, oldest first.")
    flood_share: float = Field(description="Share of the time that was flood.")
    priorities: dict[str, int] = Field(description="Alarms by priority, keys 1 to 4.")
    again: dict[str, int] = Field(description="Of the alarms, those that sounded again, by reason.")
    tags: list[TagItem] = Field(description="The ten that sounded most, most first.")
    top_ten_share: float = Field(description="Their share of all alarms.")
    chattering: int = Field(description="Alarms that were raised three times within a minute.")
    acknowledgement: list[AnswerItem] = Field(description="Time to acknowledge, by priority.")
    standing: int = Field(description="Active alarms nothing overrides, now.")
    stale: int = Field(description="Of those, active for more than 24 h.")
    overrides: dict[str, int] = Field(description="Overrides in force now, by kind.")
    bounds: dict[str, BoundItem] = Field(description="What the standards recommend.")


@router.get("", response_model_by_alias=True)
def get_performance(web: WebParts, _: Reader, asked: Annotated[Range, Query()]) -> PerformanceItem:
    """Give the figures of a range, of at most 31 days; what stands is as of now."""
    now = web.clock()
    end = asked.end or now
    start = asked.start or end - SHIFT
    if start >= end:
        raise invalid("query.from", "must be before `to`")
    if end - start > LONGEST:
        raise invalid("query.from", "at most 31 days before `to`")
    with web.transaction() as cur:
        figures = room.measure(cur, start=start, end=end)
        standing = room.measure_now(cur, now)
    return _item(figures, standing, web.settings.seats)


def _item(figures: room.Figures, now: room.Now, seats: int) -> PerformanceItem:
    rate = room.rate_of(figures, seats=seats)
    often = sum(tag.alarms for tag in figures.tags)
    return PerformanceItem(  # by its alias: `from` is no name in Python
        **{"from": figures.start, "to": figures.end},
        seats=seats,
        alarms=figures.alarms,
        period_s=600,
        periods=list(rate.periods),
        average=rate.average,
        peak=rate.peak,
        floods=[_flood(flood, figures) for flood in rate.floods],
        flood_share=rate.flood_share,
        priorities={str(priority): count for priority, count in figures.by_priority.items()},
        again=dict(figures.again),
        tags=[TagItem.model_validate(tag) for tag in figures.tags],
        top_ten_share=often / figures.alarms if figures.alarms else 0.0,
        chattering=figures.chattering,
        acknowledgement=[AnswerItem.model_validate(answer) for answer in figures.answers],
        standing=now.standing,
        stale=now.stale,
        overrides=dict(now.overrides),
        bounds={name: BoundItem.model_validate(bound) for name, bound in room.BOUNDS.items()},
    )


def _flood(flood: room.Flood, figures: room.Figures) -> FloodItem:
    return FloodItem(
        start=figures.start + timedelta(minutes=flood.start),
        end=min(figures.start + timedelta(minutes=flood.end), figures.end),
        peak=flood.peak,
        alarms=flood.alarms,
    )
