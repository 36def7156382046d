"""Try rules out on files alone: the devices of `import devices`, a recording of `replay`; no server, no data directory."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alerts.answer import instant
from alerts.comparison import Comparison, Seen, compare
from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.trial import Told, Trial, TrialRow, TrialStep, TrialTag, declare
from gridwatch.errors import FrontDoorError
from gridwatch.recording import read_rows
from ingest.device_file import read_devices

HEADER = ("time", "device", "metric", "condition", "priority", "from", "to", "value")


class TransitionsFileError(FrontDoorError):
    """The file of transitions cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came of a trial: its steps in order of time, what was read, and how other rules would have differed."""

    steps: list[TrialStep]
    told: Told
    unjudged: tuple[str, ...]  # what a rule covers and cannot judge, and why
    comparison: Comparison


def tags_of(path: Path) -> list[TrialTag]:
    """Read what devices measure from a CSV of devices.

    Raises:
        DeviceFileError: the file is faulty.
    """
    return declare(
        (
            device.id,
            Tag(
                device=1,
                metric=1,
                kind=device.kind,
                metric_name=channel.metric,
                unit=channel.unit,
                limits=channel.limits,
                interval_s=channel.interval_s,
            ),
        )
        for device in read_devices(path)
        for channel in device.channels
    )


def rows_of(path: Path) -> Iterator[TrialRow]:
    """Read a recording as it stands.

    Raises:
        RecordingError: it cannot be read, or a row cannot be right.
    """
    for row in read_rows(path):
        yield TrialRow(row.time_us, row.device, row.metric, row.value, row.received_us)


def backtest(rules: RuleSet, against: RuleSet, tags: list[TrialTag], rows: Iterable[TrialRow]) -> Backtest:
    """Run the rules and those they are compared with over one reading of the rows."""
    trial, other = Trial(rules, tags), Trial(against, tags)
    steps: list[TrialStep] = []
    had: list[TrialStep] = []
    is_same = rules.text == against.text
    for part in _parts(rows):
        steps += trial.run(part)
        had += [] if is_same else other.run(part)
    steps.sort(key=lambda step: step.time)
    had.sort(key=lambda step: step.time)
    told = trial.told
    seen = Seen(
        start=None if told.first_us is None else instant(told.first_us),
        end=None if told.last_us is None else instant(told.last_us),
        rows=told.rows,
        devices=len({named.device for named in tags}),
    )
    return Backtest(
        steps=steps,
        told=told,
        unjudged=trial.engine.unjudged,
        comparison=compare(steps if is_same else had, steps, seen=seen, tags=tags),
    )


def _parts(rows: Iterable[TrialRow]) -> Iterator[list[TrialRow]]:
    """Cut a stream, so that two trials read it once and nobody holds all of it."""
    part: list[TrialRow] = []
    for row in rows:
        part.append(row)
        if len(part) == 50_000:  # noqa: PLR2004 -- some megabytes
            yield part
            part = []
    if part:
        yield part


def write_transitions(path: Path, steps: Iterable[TrialStep]) -> None:
    """Write a row a transition in order of time; times are RFC 3339 UTC, a value nobody measured is blank.

    Raises:
        TransitionsFileError: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(_cells(step) for step in steps)
    except OSError as error:
        raise TransitionsFileError(f"{path} cannot be written: {error.strerror}.") from error


def _cells(step: TrialStep) -> tuple[str, ...]:
    return (
        step.time.isoformat().replace("+00:00", "Z"),
        step.device,
        step.metric,
        step.condition,
        str(step.priority),
        step.from_state.value,
        step.to_state.value,
        "" if step.value is None else format(step.value, ".10g"),
    )
