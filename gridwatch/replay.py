"""Send a recording through the broker as if its devices spoke now: SenML, QoS 1, in time order.

Pacing is by device time: `speed` 60 sends a minute of the recording each second, 0 sends as fast as the broker
acknowledges. Rows go out in the order of the file. A row that is older than one before it is sent where it stands: the
engine stores late readings and does not judge them again. Neighbouring rows of one device share a pack of up to 50; packs
of different devices are exchanged by no more than SPAN of device time (at a speed: by half a second of waiting).
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from gridwatch.recording import Directory, RecordingError, Row, Survey, read_rows, survey
from simulators.publisher import BrokerUrl, Publisher
from simulators.wire.senml import Record, pack, topic

PACK = 50  # records; about 2 kB of JSON
SPAN_S = 60.0  # of device time, at speed 0
HALF_SECOND = 0.5  # of waiting, at any other speed
UNREGISTERED = "unregistered"  # the area on the topic of a device nobody registered: it lands in the waiting list
_STEP = 500  # rows between two steps of the progress bar

Progress = Callable[[int, int, str], None]
"""Called with how many rows are sent, of how many, and of what time."""


class AsOf(StrEnum):
    """What the times of the readings become."""

    RECORDED = "recorded"  # they stay
    NOW = "now"  # all are moved by one span: the first to the present at speed 1, otherwise the last, so that none is from the future


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What was sent and acknowledged. `is_whole` is False where it was stopped before the end."""

    rows: int
    messages: int
    acknowledged: int
    is_whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journey:
    """How device times become sending times."""

    first_us: int
    shift_us: int
    opened: datetime
    speed: float
    now: Callable[[], datetime]
    stop: threading.Event

    def wait_for(self, time_us: int) -> bool:
        """Wait until a reading of this device time is due; False if it was stopped."""
        while self.speed > 0:
            passed = (self.now() - self.opened).total_seconds()
            left = (time_us - self.first_us) / 1e6 / self.speed - passed
            if left <= 0:
                break
            if self.stop.wait(left):
                return False
        return not self.stop.is_set()


def replay(  # noqa: PLR0913 -- what a command tells it
    path: Path,
    broker: BrokerUrl,
    directory: Directory,
    *,
    speed: float,
    now: Callable[[], datetime],
    as_of: AsOf = AsOf.RECORDED,
    progress: Progress = lambda _done, _total, _what: None,
    announce: Callable[[Survey], None] = lambda _survey: None,
    stop: threading.Event | None = None,
) -> Replayed:
    """Send every reading of the recording at `path` and wait until the broker has acknowledged them all.

    `directory` says which (device, metric) is registered, with its area and unit; `announce` is told what the recording
    holds, and what of it is unknown, before the first is sent. Unknown ones are sent too and wait for registration.

    Raises:
        RecordingError: the recording is faulty; nothing was sent.
        BrokerError: the broker cannot be reached or does not let us in.
    """
    found = survey(path, directory)
    announce(found)
    if found.first_us is None or found.last_us is None:
        return Replayed(rows=0, messages=0, acknowledged=0, is_whole=True)
    opened, ended = now(), stop or threading.Event()
    journey = _Journey(
        first_us=found.first_us,
        shift_us=_shift(found.first_us, found.last_us, opened, speed, as_of),
        opened=opened,
        speed=speed,
        now=now,
        stop=ended,
    )
    with Publisher(broker, client_id=f"gridwatch-replay-{os.getpid()}", stopped=ended.is_set) as publisher:
        rows, messages, is_whole = _send(path, publisher, directory, journey, lambda n, t: progress(n, found.rows, t))
        is_whole = publisher.flush() and is_whole
        progress(rows, found.rows, "")
        return Replayed(rows=rows, messages=messages, acknowledged=publisher.acknowledged, is_whole=is_whole)


def windows(rows: Iterable[Row], speed: float) -> Iterator[list[Row]]:
    """Cut rows into runs within which devices may be exchanged, in the order of the file.

    A run spans no more device time than the module says; at speed 0 rows of one device alone may run on to a full pack.
    """
    span_us = (speed * HALF_SECOND if speed > 0 else SPAN_S) * 1e6
    run: list[Row] = []
    devices: set[str] = set()
    reach = 0
    for row in rows:
        reach = max(reach, abs(row.time_us - run[0].time_us)) if run else 0
        is_alone = speed == 0 and devices == {row.device} and len(run) < PACK
        if run and reach > span_us and not is_alone:
            yield run
            run, devices, reach = [], set(), 0
        run.append(row)
        devices.add(row.device)
    if run:
        yield run


def packs(run: Iterable[Row]) -> Iterator[list[Row]]:
    """Gather the rows of a run by device, in the order in which the devices first appear, at most PACK in each."""
    by_device: dict[str, list[Row]] = {}
    for row in run:
        by_device.setdefault(row.device, []).append(row)
    for rows in by_device.values():
        for at in range(0, len(rows), PACK):
            yield rows[at : at + PACK]


def _send(
    path: Path, publisher: Publisher, directory: Directory, journey: _Journey, step: Callable[[int, str], None]
) -> tuple[int, int, bool]:
    areas = {device: area for (device, _), (area, _) in directory.items()}
    rows = messages = shown = 0
    for run in windows(read_rows(path), journey.speed):
        if not journey.wait_for(run[0].time_us):
            return rows, messages, False
        for rows_of_one in packs(run):
            device = rows_of_one[0].device
            payload = pack(_records(rows_of_one, directory, journey.shift_us))
            if not publisher.send(topic(areas.get(device, UNREGISTERED), device), payload):
                return rows, messages, False
            rows, messages = rows + len(rows_of_one), messages + 1
        if rows - shown >= _STEP or journey.speed > 0:
            shown = rows
            step(rows, datetime.fromtimestamp(run[-1].time_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%SZ"))
    return rows, messages, True


def _records(rows: list[Row], directory: Directory, shift_us: int) -> Iterator[Record]:
    first_us = rows[0].time_us
    for i, row in enumerate(rows):
        record: Record = {"n": row.metric, "v": row.value}
        if i == 0:
            record["bt"] = (first_us + shift_us) / 1e6
        if row.time_us != first_us:
            record["t"] = (row.time_us - first_us) / 1e6
        _, unit = directory.get((row.device, row.metric), ("", ""))
        if unit:
            record["u"] = unit
        yield record


def _shift(first_us: int, last_us: int, opened: datetime, speed: float, as_of: AsOf) -> int:
    present_us = round(opened.timestamp() * 1e6)
    match as_of:
        case AsOf.RECORDED:
            return 0
        case AsOf.NOW:
            return present_us - (first_us if speed == 1 else last_us)


__all__ = ["AsOf", "Directory", "RecordingError", "Replayed", "Survey", "replay"]
