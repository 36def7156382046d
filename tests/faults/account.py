"""Holds what was acknowledged and must have been raised against what the database has."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import psycopg

from alerts.projection import disagreements
from tests.faults.county import Expected, Planned

READINGS = """
SELECT d.id, (extract(epoch FROM r.time) * 1000000)::bigint, r.value
FROM readings r JOIN devices d ON d.key = r.device
"""
RAISES = """
SELECT d.id, a.priority, (extract(epoch FROM t.at) * 1000000)::bigint
FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm JOIN devices d ON d.key = a.device
WHERE t.cause = 'raised' AND a.condition = 'level-high' ORDER BY 1, 2, 3
"""

STATES = """
SELECT d.id, a.priority, a.state FROM alarms a JOIN devices d ON d.key = a.device
WHERE a.condition = 'level-high' ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is wrong; everything empty or zero is right."""

    lost: list[Planned]
    doubled: list[tuple[str, int]]
    invented: list[tuple[str, int]]
    not_raised: list[Expected]
    raised_twice: list[tuple[str, int, int]]
    wrong_at_the_end: list[tuple[str, int, str]]
    rows_that_lie: list[int]
    holes_in_changes: int
    rejected: int

    def wrong(self) -> dict[str, object]:
        """Name what is wrong, with the first of each sort."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: (len(what), what[:5]) if isinstance(what, list) else what for name, what in found.items() if what}


def settle_account(url: str, sent: Sequence[Planned], expected: Sequence[Expected]) -> Account:
    """Read everything and compare: `sent` are the acknowledged readings, `expected` the alarms they must raise."""
    with psycopg.connect(url) as connection:
        cur = connection.cursor()
        stored = Counter(cur.execute(READINGS).fetchall())
        raises = cur.execute(RAISES).fetchall()
        wanted = {(reading.device, reading.time, reading.value): reading for reading in sent}
        not_raised, raised_twice = _match(raises, expected)
        return Account(
            lost=[reading for key, reading in wanted.items() if key not in stored],
            doubled=[(device, time) for (device, time, _), count in stored.items() if count > 1],
            invented=[(device, time) for device, time, value in stored if (device, time, value) not in wanted],
            not_raised=not_raised,
            raised_twice=raised_twice,
            wrong_at_the_end=_wrong(cur.execute(STATES).fetchall(), sent, expected),
            rows_that_lie=disagreements(cur),
            holes_in_changes=_count(cur, "SELECT coalesce(max(seq), 0) - count(*) FROM changes"),
            rejected=_count(cur, "SELECT count(*) FROM rejected_messages"),
        )


def _match(
    raises: Sequence[tuple[str, int, int]], expected: Sequence[Expected]
) -> tuple[list[Expected], list[tuple[str, int, int]]]:
    """Pair each raise with the alarm it stands for; gives the alarms without, and the raises that are too many."""
    left = list(raises)
    missing = []
    for alarm in expected:
        found = [each for each in left if alarm.is_raised_by(*each)][: alarm.most]
        if not found:
            missing.append(alarm)
        for each in found:
            left.remove(each)
    return missing, left


def _wrong(
    states: Sequence[tuple[str, int, str]], sent: Sequence[Planned], expected: Sequence[Expected]
) -> list[tuple[str, int, str]]:
    """Name the alarms that are not active although the water stands high, or the other way round."""
    ends = {reading.device: reading.time for reading in sorted(sent, key=lambda reading: reading.time)}
    should = {
        (alarm.device, alarm.priority): "unack" if alarm.last == ends[alarm.device] else "rtnun" for alarm in expected
    }
    return [alarm for alarm in states if should.get(alarm[:2]) != alarm[2]]


def _count(cur: psycopg.Cursor, query: str) -> int:
    row = cur.execute(query).fetchone()
    assert row is not None
    return int(row[0])
