"""Count rules: several devices of one place speak within a span. Pure: reads no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.correlation.nouns import Chart, Demand, Judged, Role, Sign, Span, Spoken, Target, Told
from alerts.correlation.reading import read_sign, read_span_us
from alerts.rule import Common, Rule
from alerts.rule_file import Entry, Fields

_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRule(Judged):
    """At least so many devices in one place; the alarm is the place's."""

    sign: Sign
    span: Span
    demand: Demand

    @property
    def conditions(self) -> frozenset[str]:
        """List the conditions that count."""
        return self.sign.conditions

    def tell(self, spoken: Spoken, chart: Chart) -> Sequence[Told]:
        """Count an alarm for the place it lies in."""
        if not self.sign.covers(spoken):
            return ()
        return [
            Told(target=Target(id=carrier.id, carrier=carrier), role=Role.FIRST, net=net)
            for carrier, net in chart.place(spoken, self.span)
        ]


@dataclass(frozen=True, slots=True)
class CountKind:
    """Reads `kind: count`."""

    name: str = "count"

    def read(self, common: Common, fields: Fields) -> Rule:
        """Read what counts, how many, within what span, and where."""
        devices = fields.need("devices")
        need = devices.number()
        if need < _FEWEST or need != int(need):
            devices.refuse("a whole number of devices from 2 on is needed: one device is a rule of its own")
        return CountRule(
            common=common,
            condition=fields.need("condition").name(),
            priority=fields.need("priority").priority(),
            sign=read_sign(fields, common.scope),
            span=fields.need("in").choice(Span),
            demand=Demand(
                needs=((Role.FIRST, int(need)),),
                within_us=read_span_us(fields),
                off_delay_us=fields.read("off_delay", Entry.duration_us, 0),
            ),
        )


KIND = CountKind()
