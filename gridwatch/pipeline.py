"""From messages to one committed transaction: take in, judge, write. The way of a reading, without the broker.

Thread-safe by order, not by locks: `judge` runs in the worker's loop, `commit` in a thread, one commit at a time and in
the order of judging. The engine is never rolled back: a commit whose outcome is unknown is settled by the batch number.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
import psycopg
import stamina
import structlog
from numpy.typing import NDArray

import alerts
from alerts import Detection, Engine, RuleSet, StoredState, Tag
from alerts.admission import RuleFile, load_in_force, take_file
from alerts.backfill import mark
from alerts.carriers import Carrier, CarrierKind, ensure_carriers, service_keys
from alerts.weather_intake import WeatherOptions
from database import append_changes, connect, newest_change
from database.connection import STATEMENT_S, Connection, Cursor, may_pass
from gridwatch.absences import Absence, excused_us, load_absences, put_off, write_absence
from gridwatch.batch_number import Progress
from gridwatch.follow_up import FollowUp
from gridwatch.newcomers import Newcomers
from gridwatch.own_outages import OwnOutages
from gridwatch.tags import load_tags
from gridwatch.weather_desk import WeatherDesk
from ingest.clock_store import load_clocks, write_clocks
from ingest.decoders.frigate import close_running
from ingest.instants import to_us
from ingest.intake import Desk
from ingest.memories import Memories
from ingest.newest import Newest
from ingest.publish import Message
from ingest.rate import RateGate
from ingest.readings import CameraEvent, Reason
from ingest.registry import Registry
from ingest.registry_store import learn, load_registry
from ingest.rows import Intake, Rows, refuse_excess
from ingest.set_back import SetBack
from ingest.sources import Source, source_of
from ingest.store import ReadingsWriter, events_running_behind, forget_registered, read_last, write_intake, write_last
from ingest.taken_in_store import load_taken_in, write_taken_in

log = structlog.get_logger(__name__)

LONGEST_STATEMENT_S = 480  # 170,000 alarms in one batch, on a slow machine
BROKER_AWAY = timedelta(seconds=5)  # two pings of the collector and a bit
LEARN_ROUNDS = 3  # looks again: after new devices were found, after their metrics were added, and for a race of the two

T = TypeVar("T")

# For whatever waits for the database: for ever, with growing pauses.
_patiently = stamina.retry(on=may_pass, attempts=None, timeout=None, wait_initial=0.05, wait_max=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one transaction writes."""

    number: int
    now: datetime
    heard: datetime | None  # when anything, our own ping at least, last came through the broker
    intake: Intake
    detections: Sequence[Detection]
    last: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    clocks: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    marks: bytes = b""  # fingerprints of the messages that bear no time of their own
    tick: bool = False
    absence: Absence | None = None  # the time before it in which nobody could be heard


class Pipeline:
    """Judges and writes batches for one worker. Call `open` first; every instant is passed in."""

    def __init__(
        self,
        url: str,
        *,
        worker: str,
        rules: RuleSet | RuleFile,
        sources: tuple[Source, ...],
        weather: WeatherOptions | None = None,
        topic_rate: int = 0,
    ) -> None:
        self._url = url
        self._weather = WeatherDesk(weather or WeatherOptions())
        self._worker = worker
        self._progress = Progress(worker)
        self._sources = sources
        self._file = rules if isinstance(rules, RuleFile) else RuleFile(rules=rules)
        self._gate = RateGate(topic_rate)
        self._connection: Connection | None = None
        self._statement_s = STATEMENT_S
        self._newcomers = Newcomers(url, name=f"gridwatch {worker} newcomers")
        self._writer = ReadingsWriter()
        self._number = 0
        self._kept = Memories()  # what decoders remember of all that is stored
        self._tally: dict[str, int] = {}
        self._fact = Detection()  # what is to be told of ourselves with the next batch
        self.counters: Counter[str] = Counter()

    @_patiently
    def open(self, *, now: datetime) -> None:
        """Take up what is stored, where the last run of this worker ended, waiting for the database while it is away."""
        try:
            self._settle_rules(self._session().cursor(), now)
            self._session().commit()  # the feed is locked no longer than that
            self._take_up(self._session().cursor(), now)
            self._session().commit()
        except psycopg.Error as error:
            self._give_time(error)
            self._end_session()
            raise

    def _settle_rules(self, cur: Cursor, now: datetime) -> None:
        """Find out what is judged by. What changes after this look, the feed tells."""
        self.followed_from = newest_change(cur)
        take_file(cur, self._file, now=now)
        self._judge_by(cur)

    def _judge_by(self, cur: Cursor) -> None:
        """Take the rules in force, the file's and the admitted ones."""
        self._rules, self.rule_set = load_in_force(cur, self._file.rules)
        self._follow_up = FollowUp(
            rules=self._rules,
            rule_set=self.rule_set,
            url=self._url,
            weather=self._weather,
            counters=self.counters,
        )

    def _take_up(self, cur: Cursor, now: datetime) -> None:
        """Read registry, engine state, delays and newest readings."""
        self._number, heard = self._progress.read(cur, now)
        self._memories = self._kept
        self._gate.reconnected()  # what was counted is counted again
        self._heard, self._has_heard = now, False
        registry = load_registry(cur)
        self._set_registry(registry, load_tags(cur, registry, now=now))
        self._engine = Engine(self._rules, self._tags)
        self._say_unjudged()
        stored = read_last(cur)
        self._newest.restore(stored)
        self._clocks = load_clocks(cur)
        self._set_back = SetBack(stored)
        self._taken_in = load_taken_in(cur, self._worker)
        self._engine.recall(alerts.load_history(cur, self._engine.history_wanted))
        state = self._find_own_outages(cur, alerts.load_state(cur, now=now))
        # Our own downtime is not the device's: what was heard last is moved by as long as we were away, now and before.
        earlier = load_absences(cur, self._worker, before=heard)
        last = {**stored, "received": put_off(stored["received"].astype(np.int64), earlier)}
        self._engine.restore(state, last=last, downtime_us=excused_us(now - heard))
        if now - heard > BROKER_AWAY:
            write_absence(cur, self._worker, (heard, now))
        self._fact = self._own.after_downtime(
            self._engine.outage,
            heard_us=to_us(heard),
            now_us=to_us(now),
            devices=len(registry.devices),
        )

    def _find_own_outages(self, cur: Cursor, state: StoredState) -> StoredState:
        """Take our own absences out of what the engine goes on from: it knows devices and what they are heard through."""
        broker, worker = (
            Carrier(id="service:broker", kind=CarrierKind.SERVICE, name="消息服务"),
            Carrier(id=f"service:{self._worker}", kind=CarrierKind.SERVICE, name=f"接收服务 {self._worker}"),
        )
        keys = ensure_carriers(cur, [broker, worker])
        active = {point.device for point in state.active}
        self._own = OwnOutages(
            broker=keys[broker.id],
            worker=keys[worker.id],
            broker_is_out=keys[broker.id] in active,
            worker_is_out=keys[worker.id] in active,
        )
        services = service_keys(cur)
        return replace(state, active=tuple(point for point in state.active if point.device not in services))

    def close(self) -> None:
        """Give up the database sessions."""
        self._newcomers.close()
        self._end_session()

    def _end_session(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @_patiently
    def reload(self, *, now: datetime, rules: RuleSet | None = None) -> None:
        """Take a new picture of the registry and of the rules in force; the state of unchanged points is kept.

        `rules` is what the rule file holds now, where it changed.
        """
        # A session of its own: a commit may be under way on ours.
        with connect(self._url, name=f"gridwatch {self._worker} registry") as connection:
            cur = connection.cursor()
            if rules is not None:
                self._file = replace(self._file, rules=rules)
                take_file(cur, self._file, now=now)
                connection.commit()
            self._judge_by(cur)
            registry = load_registry(cur)
            tags = load_tags(cur, registry, now=now)
            wanted = self._engine.history_wanted
            engine = self._engine.with_rules(self._rules, tags)  # before anything is taken over: it may not be possible
            stored = self._newest.columns()
            self._set_registry(registry, tags)
            self._newest.restore(stored)
            self._engine = engine
            # What a new rule measures begins with what is stored, not with the next reading.
            fresh = {tag: span for tag, span in self._engine.history_wanted.items() if span > wanted.get(tag, 0)}
            self._engine.recall(alerts.load_history(cur, fresh))
            connection.commit()
        self._say_unjudged()
        log.info("registry loaded", devices=len(registry.devices), channels=len(registry.channels), at=now.isoformat())

    def judge(self, messages: Sequence[Message], *, received: float, now: datetime, tick: bool, flush: bool) -> Work:
        """Take messages in and judge them; a `tick` also looks for silence, a `flush` also writes newest readings."""
        received_us = round(received * 1e6)
        heard, messages = len(messages), self._taken_in.fresh(messages)
        self.counters["messages_redelivered"] += heard - len(messages)
        passed = self._gate.let_through(messages, received_us=received_us)
        intake = self._take_in(passed.messages, received_us=received_us, now=now)
        refuse_excess(intake, passed)
        intake.batch = self._set_back.righted(intake.batch, self._clocks)
        intake.batch = self._engine.screen(intake.batch)  # what cannot be is stored as such, and shown to nobody
        self._newest.note(intake.slots, intake.batch)
        self._engine.forget_what_is_not_yet(intake.batch)
        absence = self._note_broker(messages, now)
        detected = mark(
            self._engine.detect(intake.batch), lambda device, time: self._clocks.is_late(device, time, received_us)
        )
        self._clocks.note(intake.batch, intake.ahead)
        detections, self._fact = [self._fact, detected], Detection()
        if tick:
            detections.append(self._look_at_broker(now))
            # As of when we last heard anybody: while the broker is away nobody can be, and that is no device's silence.
            detections.append(self._engine.check_silence(to_us(self._heard)))
        self._count(messages, intake)
        return replace(
            self._work(intake, now, [d for d in detections if d]),
            last=self._newest.changed() if flush else {},
            clocks=self._clocks.changed() if flush else {},
            tick=tick,
            absence=absence,
        )

    def refuse(self, message: Message, fault: str, *, received: float, now: datetime) -> Work:
        """Make work of a message that only a fault of ours keeps from being taken in: it is kept raw."""
        rows = Rows(round(received * 1e6), self._memories)
        source = source_of(self._sources, message.topic)
        rows.reject(message, source.decoder if source else "", Reason.FAULT, fault)
        intake = rows.finish(self._registry)
        self._count([message], intake)
        return self._work(intake, now, [])

    def _work(self, intake: Intake, now: datetime, detections: Sequence[Detection]) -> Work:
        self._number += 1
        return Work(
            number=self._number,
            now=now,
            heard=self._heard if self._has_heard else None,
            intake=intake,
            detections=detections,
            marks=self._taken_in.note(self._number, intake.untimed),
        )

    def reconnected(self) -> None:
        """Hear that the broker begins to send what it has kept for us."""
        self._gate.reconnected()

    @_patiently
    def commit(self, work: Work) -> None:
        """Write the work in one transaction, trying for ever while the database is away."""
        try:
            connection = self._session()
            with connection.cursor() as cur:
                if not self._progress.has(cur, work.number):
                    self._tally = self._write(cur, work)
                connection.commit()
                # Only now: a batch that is written again after a failure counts once.
                dict.update(self.counters, self._tally)
                self._statement_s, self._kept = STATEMENT_S, work.intake.memories
        except psycopg.Error as error:
            self._writer.forget()
            self._give_time(error)
            self._end_session()
            raise

    def _give_time(self, error: psycopg.Error) -> None:
        """Let statements take longer the next time where one was too slow: tried again as it was, it would be for ever."""
        if isinstance(error, psycopg.errors.QueryCanceled):
            self._statement_s = min(2 * self._statement_s, LONGEST_STATEMENT_S)

    def _write(self, cur: Cursor, work: Work) -> dict[str, int]:
        """Write all of it and give the running totals of what was written."""
        written = self._writer.write(cur, work.intake.batch)
        write_intake(cur, work.intake, received=work.now)
        transitions = [
            transition
            for detection in work.detections
            for transition in alerts.save(cur, detection, now=work.now, rule_set=self.rule_set)
        ]
        changes = self._follow_up.follow(cur, transitions, warnings=work.intake.warnings, tick=work.tick, now=work.now)
        if work.absence is not None:
            write_absence(cur, self._worker, work.absence)
        if work.tick:
            forget_registered(cur)
        if work.last:
            write_last(cur, work.last)
        if work.clocks:
            write_clocks(cur, work.clocks, now=work.now)
        if work.marks:
            write_taken_in(cur, self._worker, work.number, work.marks, oldest=self._taken_in.oldest)
        tally = {
            "readings_written": self.counters["readings_written"] + written,
            "readings_duplicate": self.counters["readings_duplicate"] + len(work.intake.batch) - written,
            "transitions": self.counters["transitions"] + len(transitions),
        }
        times, counters = work.intake.batch.time, {**self.counters, **tally}
        self._progress.note(cur, work.number, times, now=work.now, heard=work.heard, counters=counters)
        append_changes(cur, changes)
        return tally

    def _look_at_broker(self, now: datetime) -> Detection:
        return self._own.look(
            self._engine.outage,
            heard_us=to_us(self._heard),
            now_us=to_us(now),
            devices=len(self._registry.devices),
        )

    def _note_broker(self, messages: Sequence[Message], now: datetime) -> Absence | None:
        """Leave out of every silence a time in which nobody could be heard: the broker was away, or we stood still."""
        if not messages:
            return None
        since, self._heard, self._has_heard = self._heard, now, True
        if now - since <= BROKER_AWAY:
            return None
        self._engine.excuse(excused_us(now - since))
        return since, now

    def _take_in(self, messages: Sequence[Message], *, received_us: int, now: datetime) -> Intake:
        intake = self._desk.take_in(messages, received_us=received_us, memories=self._memories)
        for _ in range(LEARN_ROUNDS):
            if intake.learn:
                self._learn(intake.learn, now)
            elif self._newcomers.are_among(intake.waiting):
                self.reload(now=now)
            else:
                break
            intake = self._desk.take_in(messages, received_us=received_us, memories=self._memories)
        if intake.spoke_up and (running := self._running_events(intake.spoke_up)):
            intake = self._desk.take_in(messages, received_us=received_us, memories=self._memories, ended=running)
        self._memories = intake.memories
        return intake

    @_patiently
    def _running_events(self, spoke_up: list[tuple[str, datetime]]) -> list[CameraEvent]:
        """End what runs on the cameras of recorders that went or came back: the end itself may never be told."""
        with connect(self._url, name=f"gridwatch {self._worker} cameras") as connection:
            return [
                event
                for recorder, at in spoke_up
                for event in close_running(events_running_behind(connection.cursor(), recorder), at)
            ]

    @_patiently
    def _learn(self, heard: list[tuple[str, str, str]], now: datetime) -> None:
        with connect(self._url, name=f"gridwatch {self._worker} registry") as connection:
            learn(connection, self._registry, heard)
        self.reload(now=now)

    def listen_to(self, sources: tuple[Source, ...]) -> None:
        """Take messages from other sources from now on: declared formats were read again."""
        self._sources = sources
        self._desk = Desk(self._registry, sources)

    def _set_registry(self, registry: Registry, tags: list[Tag]) -> None:
        self._registry = registry
        self._desk = Desk(registry, self._sources)
        self._newest = Newest(registry)
        self._tags = tags

    def _say_unjudged(self) -> None:
        for reason in self._engine.unjudged:
            log.warning("a rule covers what it cannot judge", reason=reason)

    def _count(self, messages: Sequence[Message], intake: Intake) -> None:
        self.counters["messages"] += len(messages)
        self.counters["readings"] += len(intake.batch)
        self.counters.update(intake.counts)

    def _session(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, name=f"gridwatch {self._worker}", statement_s=self._statement_s)
        return self._connection
