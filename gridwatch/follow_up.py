"""What hangs on alarms, in the transaction that writes them: suppression, stage 2, incidents, deadlines. A fault in it costs only itself."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import psycopg
import structlog

import alerts
import incidents
from alerts import RuleSet, Transition
from alerts.backfill import sound_standing
from alerts.by_design import Suppression
from alerts.correlation.correlator import Correlator
from alerts.weather import fire_weather
from database import Change
from database.connection import Cursor
from gridwatch.weather_desk import WeatherDesk
from ingest.readings import OfficialWarning

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class FollowUp:
    """Follows alarms up by one set of rules; make a new one when the rules change.

    `url` is the database where shapes of grids are read, `counters` is told of faults.
    """

    rules: RuleSet
    rule_set: int
    url: str
    weather: WeatherDesk
    counters: Counter[str]
    _correlator: Correlator = field(init=False)
    _suppressions: tuple[Suppression, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._correlator = Correlator(self.rules, self.url)
        self._suppressions = alerts.suppressions_of(self.rules)

    def follow(
        self,
        cur: Cursor,
        transitions: list[Transition],
        *,
        warnings: Sequence[OfficialWarning],
        tick: bool,
        now: datetime,
    ) -> list[Change]:
        """Do what hangs on `transitions`; those that stage 2 raises are put behind them. Gives what screens are to be told."""
        changes: list[Change] = []
        if warnings:  # before those that are due: their rows are locked in one order everywhere
            changes += self._aside(cur, lambda: self.weather.take(cur, warnings, actor="mqtt", now=now))
        if transitions:
            current = [transition for transition in transitions if not transition.backfilled]
            changes += self._aside(
                cur, lambda: alerts.suppress_by_design(cur, self._suppressions, transitions, now=now)
            )
            transitions += self._aside(
                cur, lambda: self._correlator.correlate(cur, current, now=now, rule_set=self.rule_set)
            )
        if tick:
            transitions += self._aside(cur, lambda: sound_standing(cur, now=now))
            transitions += self._aside(cur, lambda: self._correlator.due(cur, now=now, rule_set=self.rule_set))
        changes += [transition.change for transition in transitions]
        if transitions:
            changes += self._aside(cur, lambda: incidents.join(cur, transitions, now=now))
        return changes + self._due(cur, now) if tick else changes

    def _due(self, cur: Cursor, now: datetime) -> list[Change]:
        """Do what only time brings."""
        return [
            *self._aside(cur, lambda: alerts.fire_deadlines(cur, now, answered=incidents.answered)),
            *self._aside(cur, lambda: fire_weather(cur, now)),
            *self._aside(cur, lambda: alerts.release_by_design(cur, self._suppressions, now=now)),
            *self._aside(cur, lambda: incidents.adopt(cur, now=now)),
        ]

    def _aside(self, cur: Cursor, act: Callable[[], list[T]]) -> list[T]:
        """Do one thing that hangs on alarms; a fault of ours in it keeps neither readings nor alarms from being written.

        Whatever it had written is taken back. What the database itself says (away, deadlock) is for the whole batch.
        """
        try:
            with cur.connection.transaction():
                return act()
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:
            self.counters["faults"] += 1
            log.exception("a follow-up of alarms failed; readings and alarms are written without it")
            return []
