"""Keeps Home Assistant told, beside the worker's own way: whatever fails here, no reading and no alarm waits for it."""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator

import aiomqtt
import psycopg
import structlog

from database import connect, follow
from gridwatch.clock import now
from gridwatch.home_assistant.entities import ROOT, STATUS, Site, configurations, messages
from gridwatch.home_assistant.reading import DEVICES_MOST, read_site
from ingest.collector import BrokerAddress

log = structlog.get_logger(__name__)

GATHER_S = 0.3  # a storm is told in steps, not alarm by alarm
LOOK_ANYWAY_S = 60.0  # an override that runs out is no change of anything
AGAIN_S = 5.0
RETAINED_WITHIN_S = 5.0
GOODBYE_S = 2.0


class HomeAssistant:
    """One MQTT client that tells the state of the site, retained, and only what differs from what was told.

    `prefix` is Home Assistant's discovery prefix. When this client goes, the broker says so (last will on `gridwatch/ha/status`).
    """

    def __init__(self, url: str, broker: BrokerAddress, *, prefix: str, centre: str) -> None:
        self._url = url
        self._broker = broker
        self._prefix = prefix
        self._centre = centre
        self._told: dict[str, bytes] = {}
        self._changed = asyncio.Event()
        self._seen = 0

    async def run(self) -> None:
        """Tell for ever; a broker or database that is away is tried again every five seconds."""
        while True:
            try:
                await self._tell()
            except* (aiomqtt.MqttError, psycopg.Error, OSError) as group:
                log.warning("Home Assistant is not told; tried again", error=str(group.exceptions[0]))
            except* Exception as group:  # the outermost loop: what fails here must not end the worker
                log.exception("Home Assistant is not told; tried again", error=str(group.exceptions[0]))
            await asyncio.sleep(AGAIN_S)

    async def _tell(self) -> None:
        async with self._client() as client:
            self._told = await self._left_behind(client)
            await client.publish(STATUS, b"online", qos=1, retain=True)
            try:
                await self._tell_changes(client, await asyncio.to_thread(self._read))
                _heed_the_end()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._notice_loss(client))
                    tasks.create_task(self._follow())
                    tasks.create_task(self._keep_told(client))
            finally:
                with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                    async with asyncio.timeout(GOODBYE_S):
                        await client.publish(STATUS, b"offline", qos=1, retain=True)

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncIterator[aiomqtt.Client]:
        chosen = self._broker.ssl
        tls = chosen if isinstance(chosen, ssl.SSLContext) else ssl.create_default_context() if chosen else None
        async with aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.user or None,
            password=self._broker.password or None,
            identifier="gridwatch-home-assistant",
            tls_context=tls,
            will=aiomqtt.Will(STATUS, b"offline", qos=1, retain=True),
        ) as client:
            yield client

    async def _left_behind(self, client: aiomqtt.Client) -> dict[str, bytes]:
        """Read what the broker keeps of us from before, so that what is gone since can be taken away."""
        mark, kept = f"{ROOT}/mark/{secrets.token_hex(8)}", dict[str, bytes]()
        filters = (configurations(self._prefix), f"{ROOT}/#")
        for one in filters:
            await client.subscribe(one, qos=1)
        await client.publish(mark, b"1", qos=1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETAINED_WITHIN_S):
                async for message in client.messages:
                    if message.topic.value == mark:
                        break
                    if message.retain and message.payload and message.topic.value != STATUS:
                        kept[message.topic.value] = bytes(message.payload)
        for one in filters:
            await client.unsubscribe(one)
        return kept

    @staticmethod
    async def _notice_loss(client: aiomqtt.Client) -> None:
        """Raise at once when the connection is lost."""
        async for _ in client.messages:
            pass

    async def _follow(self) -> None:
        """Notice every change of the county."""
        async with contextlib.aclosing(follow(self._url, after=self._seen)) as feed:
            async for _ in feed:
                self._changed.set()

    async def _keep_told(self, client: aiomqtt.Client) -> None:
        while True:
            _heed_the_end()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_ANYWAY_S):
                    await self._changed.wait()
            self._changed.clear()
            await self._tell_changes(client, await asyncio.to_thread(self._read))
            await asyncio.sleep(GATHER_S)

    async def _tell_changes(self, client: aiomqtt.Client, site: Site) -> None:
        wanted = messages(site, self._prefix)
        for topic in self._told.keys() - wanted.keys():
            await client.publish(topic, b"", qos=1, retain=True)
            del self._told[topic]
        # Discovery first: a state that comes before its entity would be lost on Home Assistant.
        for topic, payload in sorted(wanted.items(), key=lambda told: not told[0].endswith("/config")):
            if self._told.get(topic) != payload:
                await client.publish(topic, payload, qos=1, retain=True)
                self._told[topic] = payload

    def _read(self) -> Site:
        with connect(self._url, name="gridwatch home assistant") as connection:
            site, self._seen = read_site(connection.cursor(), centre=self._centre, now=now())
        if len(site.devices) >= DEVICES_MOST:
            log.warning("Home Assistant is told of the devices registered first only", devices=DEVICES_MOST)
        return site


def _heed_the_end() -> None:
    """End this task if it was told to end: aiomqtt waits by `wait_for`, which swallows that in Python 3.11 now and then."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
