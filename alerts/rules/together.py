"""Together rules: two kinds of evidence in the same or a neighbouring grid within a span. Pure: reads no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.carrier import Carrier
from alerts.correlation.nouns import Chart, Demand, Judged, Net, Role, Sign, Span, Spoken, Target, Told
from alerts.correlation.reading import read_other_sign, read_sign, read_span_us
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class TogetherRule(Judged):
    """Evidence under `for` and evidence under `with`; the alarm is that of the grid where the first was."""

    sign: Sign
    other: Sign
    demand: Demand

    @property
    def conditions(self) -> frozenset[str]:
        """List the conditions of both."""
        return self.sign.conditions | self.other.conditions

    def tell(self, spoken: Spoken, chart: Chart) -> Sequence[Told]:
        """Hold an alarm against its own grid; what only supports counts for the grids beside it too."""
        own = chart.place(spoken, Span.GRID)
        told = [_told(place, Role.FIRST, chart) for place in own if self.sign.covers(spoken)]
        if self.other.covers(spoken):
            near = [beside for carrier, _ in own for beside in chart.neighbours(carrier.id)]
            told += [_told(place, Role.SECOND, chart) for place in (*own, *near)]
        return told


def _told(place: tuple[Carrier, Net], role: Role, chart: Chart) -> Told:
    carrier, net = place
    for _, beside in chart.neighbours(carrier.id):
        net |= beside
    return Told(target=Target(id=carrier.id, carrier=carrier), role=role, net=net)


@dataclass(frozen=True, slots=True)
class TogetherKind:
    """Reads `kind: together`."""

    name: str = "together"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read both kinds of evidence and the span."""
        return TogetherRule(
            common=common,
            condition=fields.need("condition").name(),
            priority=fields.need("priority").priority(),
            sign=read_sign(fields, common.scope),
            other=read_other_sign(fields.need("with")),
            demand=Demand(
                needs=((Role.FIRST, 1), (Role.SECOND, 1)),
                within_us=read_span_us(fields),
                off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
            ),
        )


KIND = TogetherKind()
