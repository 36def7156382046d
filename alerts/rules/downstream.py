"""Downstream rules: a gauge in alarm announces the flood to the next gauge below it. Pure: reads no clock."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alerts.correlation.nouns import Chart, Demand, Judged, Net, Role, Sign, Spoken, Target, Told
from alerts.correlation.reading import read_sign
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields

# Any span would do: one gauge upstream is enough, and the demand is met the moment it is raised.
_AT_ONCE_US = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DownstreamRule(Judged):
    """The alarm is the lower gauge's; its value is the travel time in minutes, none if unknown. It is over when the flood has come."""

    sign: Sign
    demand: Demand

    @property
    def conditions(self) -> frozenset[str]:
        """List the conditions that announce, which are those that end the announcement below."""
        return self.sign.conditions

    def tell(self, spoken: Spoken, chart: Chart) -> Sequence[Told]:
        """Announce to the gauge below, and answer what was announced from above."""
        if not self.sign.covers(spoken):
            return ()
        told = []
        below = chart.downstream(spoken.device)
        if below is not None:
            gauge, minutes = below
            told.append(_told(gauge, Role.FIRST, chart, math.nan if minutes is None else minutes))
        if chart.upstream(spoken.device):
            told.append(_told(spoken.device, Role.ANSWER, chart))
        return told


def _told(gauge: int, role: Role, chart: Chart, minutes: float | None = None) -> Told:
    return Told(
        target=Target(id=f"device:{gauge}", device=gauge, unit="min"),
        role=role,
        net=Net(devices=frozenset({gauge, *chart.upstream(gauge)})),
        value=minutes,
    )


@dataclass(frozen=True, slots=True)
class DownstreamKind:
    """Reads `kind: downstream`."""

    name: str = "downstream"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read what announces, and the priority of the announcement."""
        return DownstreamRule(
            common=common,
            condition=fields.need("condition").name(),
            priority=fields.need("priority").priority(),
            sign=read_sign(fields, common.scope),
            demand=Demand(
                needs=((Role.FIRST, 1),),
                within_us=_AT_ONCE_US,
                off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
            ),
        )


KIND = DownstreamKind()
