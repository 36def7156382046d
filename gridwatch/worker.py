"""The worker process: collector, pipeline and the once-a-second look at silence, deadlines and rules."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import structlog

from alerts import DEFAULT_RULES, RuleFileError, load_rules
from alerts.admission import PROPOSAL_MARK, AdmissionMode, RuleFile
from alerts.weather import UNHEEDED_MARK
from database import ChangeKind, ChangeRow, follow
from gridwatch.clock import now
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.home_assistant import HomeAssistant
from gridwatch.housekeeping import enact, tidy
from gridwatch.identity_watch import IdentityWatch
from gridwatch.pipeline import Pipeline, Work
from gridwatch.publisher import Publisher
from gridwatch.requests import RequestLimit
from gridwatch.take_apart import take_apart
from gridwatch.weather_record import forget_others
from gridwatch.weather_sources import WeatherSources, reporters
from incidents.cap import Sender
from ingest.collector import BrokerAddress, Collector, Taken
from ingest.sources import Source

log = structlog.get_logger(__name__)

TICK_S = 1.0
FLUSH_S = 15.0
ENACT_S = 60.0
TIDY_EVERY = 60  # looks at the calendar, so an hour
SUBSCRIBED_WITHIN_S = 10.0
AGAIN_S = 5.0
STUCK_S = 30.0  # a commit that takes longer is said out loud


class Worker:
    """Runs one worker until it is cancelled."""

    def __init__(  # noqa: PLR0913 -- one parameter a setting
        self,
        *,
        database_url: str,
        broker: BrokerAddress,
        sources: tuple[Source, ...],
        subscriptions: tuple[str, ...] = (),
        rules: Path | None = None,
        admission: AdmissionMode = AdmissionMode.FILE,
        name: str,
        client_id: str = "",
        readings_kept: timedelta = timedelta(days=1095),
        sender: Sender | None = None,
        home_assistant: HomeAssistant | None = None,
        weather: WeatherSources | None = None,
        formats: DeclaredFormats | None = None,
        identity: IdentityWatch | None = None,
        topic_rate: int = 0,
    ) -> None:
        self._url = database_url
        self._readings_kept = readings_kept
        self._publisher = Publisher(database_url, sender) if sender is not None else None
        weather = weather or WeatherSources()
        self._reporters = reporters(database_url, weather)
        self._rules_path = rules or DEFAULT_RULES
        self._rules_seen = _stamp(self._rules_path)
        file = RuleFile(
            rules=load_rules(self._rules_path), mode=admission, is_packaged=self._rules_path == DEFAULT_RULES
        )
        self._pipeline = Pipeline(
            database_url, worker=name, rules=file, sources=sources, weather=weather.options, topic_rate=topic_rate
        )
        self._collector = Collector(
            broker,
            client_id=client_id or f"gridwatch-{name}",
            name=name,
            filters=subscriptions or tuple(source.topic_filter for source in sources),
            clock=lambda: now().timestamp(),
        )
        self._requests = RequestLimit()
        self._home_assistant = home_assistant
        self._identity = identity
        self._formats = formats
        self._registry_changed = False
        self._committing: tuple[asyncio.Task[None], Taken] | None = None

    async def run(self) -> None:
        """Open the pipeline, then take, judge, commit and acknowledge for ever."""
        await asyncio.to_thread(self._pipeline.open, now=now())
        try:
            with suppress(psycopg.Error):  # old rows at worst
                await asyncio.to_thread(forget_others, self._url, [reporter.name for reporter in self._reporters])
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._collector.run())
                tasks.create_task(self._work())
                for run in self._beside():
                    tasks.create_task(_for_ever(run))
        finally:
            self._pipeline.close()

    def _beside(self) -> Iterator[Callable[[], Awaitable[None]]]:
        """Name what goes on beside the alarms' way."""
        yield self._follow_registry
        yield self._tidy
        for part in (self._publisher, self._identity, self._home_assistant, *self._reporters):
            if part is not None:
                yield part.run

    async def _work(self) -> None:
        # We say that we are alive, and so ready, when nothing published is lost for want of a subscriber; a broker that
        # is away does not keep deadlines from being looked at, though.
        with suppress(TimeoutError):
            async with asyncio.timeout(SUBSCRIBED_WITHIN_S):  # not wait_for, which may swallow that we are told to stop
                await self._collector.subscribed.wait()
        loop = asyncio.get_running_loop()
        next_tick = next_flush = loop.time()
        connection = 0
        try:
            while True:
                taken = await self._collector.take(wait_s=max(next_tick - loop.time(), 0))
                if taken.connection != connection:
                    connection = taken.connection
                    self._pipeline.reconnected()
                tick, flush = loop.time() >= next_tick, loop.time() >= next_flush
                if not taken.messages and not tick:
                    continue
                if tick or self._registry_changed:
                    await self._settle()  # the session is ours alone while the registry or the rules are read
                    await self._keep_up()
                work = await self._judge(taken, tick=tick, flush=flush)
                if not await self._settle():
                    # It was judged after something that is not stored.
                    work = await self._judge(taken, tick=tick, flush=flush)
                if work is not None:
                    self._committing = asyncio.create_task(self._commit(work, taken)), taken
                next_tick = loop.time() + TICK_S if tick else next_tick
                next_flush = loop.time() + FLUSH_S if flush else next_flush
        finally:
            if self._committing is not None:
                # What was judged is written before we go; what was not is still the broker's.
                with suppress(asyncio.CancelledError):
                    await asyncio.shield(self._committing[0])

    async def _judge(self, taken: Taken, *, tick: bool, flush: bool) -> Work | None:
        """Judge what was taken; None where that failed and it was taken in otherwise."""
        try:
            return await asyncio.to_thread(
                self._pipeline.judge, taken.messages, received=taken.received, now=now(), tick=tick, flush=flush
            )
        except Exception as error:  # noqa: BLE001 -- one message must not blind the county
            await self._settle()
            await self._take_apart(taken, error)
            return None

    async def _settle(self) -> bool:
        """Wait until the last batch is committed; False where it cannot be and its messages were taken in otherwise."""
        if self._committing is None:
            return True
        committing, taken = self._committing
        try:
            await asyncio.shield(committing)
        except Exception as error:  # noqa: BLE001 -- one message must not blind the county
            self._committing = None
            await self._take_apart(taken, error)
            return False
        self._committing = None
        return True

    async def _take_apart(self, taken: Taken, error: Exception) -> None:
        log.error("a batch cannot be stored; it is halved", messages=len(taken.messages), error=repr(error))
        taking = asyncio.create_task(self._one_by_one(taken))
        try:
            await asyncio.shield(taking)
        finally:
            await asyncio.wait({taking})  # what is under way is written and acknowledged before we go

    async def _one_by_one(self, taken: Taken) -> None:
        at = now()
        await asyncio.to_thread(take_apart, self._pipeline, taken.messages, received=taken.received, now=at)
        self._collector.acknowledge(taken)
        # With such a message in every batch nobody would look for silence and deadlines, or write the newest readings.
        await asyncio.to_thread(self._look, taken.received, at)

    def _look(self, received: float, at: datetime) -> None:
        try:
            self._pipeline.commit(self._pipeline.judge((), received=received, now=at, tick=True, flush=True))
        except Exception:
            log.exception("the look at what is due failed; messages are taken in without it")
            self._pipeline.open(now=at)

    async def _commit(self, work: Work, taken: Taken) -> None:
        writing = asyncio.create_task(asyncio.to_thread(self._pipeline.commit, work))
        while not (await asyncio.wait({writing}, timeout=STUCK_S))[0]:
            log.error(
                "no progress: the database does not take the batch", batch=work.number, messages=len(taken.messages)
            )
        await writing
        self._collector.acknowledge(taken)
        for request in self._requests.due(work.intake.requests, work.now):
            if self._collector.send(request.topic, request.payload):
                self._pipeline.counters["requests_sent"] += 1

    async def _keep_up(self) -> None:
        """Take over a changed registry, rule file, version in force or format. A bad file is refused whole; the old stay."""
        if self._formats is not None and await asyncio.to_thread(self._formats.look):
            self._pipeline.listen_to(self._formats.sources())
        rules = None
        changed = _stamp(self._rules_path)
        if changed != self._rules_seen:
            self._rules_seen = changed
            try:
                rules = load_rules(self._rules_path)
            except RuleFileError as error:
                log.error("rules refused; the old ones stay in force", reason=str(error))  # noqa: TRY400 -- the reason is all
        if rules is not None or self._registry_changed:
            self._registry_changed = False
            try:
                await asyncio.to_thread(self._pipeline.reload, now=now(), rules=rules)
            except Exception:
                self._registry_changed = True  # looked at again with the next tick; what was known is judged meanwhile
                log.exception("the registry or the rules cannot be taken over; the old ones stay")

    async def _follow_registry(self) -> None:
        """Hear of devices, grids and rules that others changed."""
        async with contextlib.aclosing(follow(self._url, after=self._pipeline.followed_from)) as feed:
            async for rows in feed:
                if any(self._concerns_us(row) for row in rows):
                    self._registry_changed = True
                if self._identity is not None and any(row.kind is ChangeKind.DEVICE for row in rows):
                    self._identity.registry_changed()

    def _concerns_us(self, row: ChangeRow) -> bool:
        if row.kind is ChangeKind.RULES:
            return not row.id.startswith(PROPOSAL_MARK) and row.version != self._pipeline.rule_set
        if row.kind is ChangeKind.WEATHER:
            return not row.id.startswith(UNHEEDED_MARK)
        return row.kind in {ChangeKind.DEVICE, ChangeKind.GRIDS}

    async def _tidy(self) -> None:
        for look in itertools.count():
            try:
                await asyncio.to_thread(enact, self._url)
                if look % TIDY_EVERY == 1:
                    await asyncio.to_thread(tidy, self._url, now=now(), readings_kept=self._readings_kept)
            except psycopg.Error as error:
                log.warning("housekeeping failed; tried again later", error=str(error))
            await asyncio.sleep(ENACT_S)


async def _for_ever(run: Callable[[], Awaitable[None]]) -> None:
    """Run what must not end the alarms' way, and again where it fails."""
    while True:
        try:
            await run()
        except Exception as error:
            log.exception("a part of the worker failed; it begins again", part=run.__qualname__, error=repr(error))
        await asyncio.sleep(AGAIN_S)


def _stamp(path: Path) -> int:
    """Tell when a file was changed; 0 while somebody has it elsewhere, which reading it then says."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
