"""The process of the worker: one event loop that ends after the batch under way. Started by the supervisor."""

import asyncio
import signal
from datetime import timedelta

import uvloop

from alerts.admission import AdmissionMode
from gridwatch import logs
from gridwatch.broker_log import BrokerLog
from gridwatch.data_dir import DataDirectory
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.home_assistant import HomeAssistant
from gridwatch.identity_watch import IdentityWatch
from gridwatch.runtime import Runtime, runtime_of_this_part
from gridwatch.trust import context_of
from gridwatch.weather_sources import sources_of
from gridwatch.worker import Worker
from incidents.cap import Sender, Status
from ingest.collector import BrokerAddress
from ingest.sources import EVERYTHING

NAME = "worker-1"


def worker_of(runtime: Runtime) -> Worker:
    """Build the worker of an instance."""
    broker = runtime.broker
    formats = DeclaredFormats(runtime.settings.ingest, runtime.data_dir)
    address = BrokerAddress(
        host=broker.host,
        port=broker.port,
        user=broker.worker.user,
        password=broker.worker.password,
        ssl=context_of(broker) if broker.tls else False,
    )
    return Worker(
        database_url=runtime.database_url,
        broker=address,
        home_assistant=_home_assistant_of(runtime, address),
        sources=formats.sources(),
        formats=formats,
        subscriptions=runtime.settings.ingest.subscriptions
        or (EVERYTHING if runtime.settings.ingest.mqtt_url is None else ()),
        rules=runtime.rules_file,
        admission=AdmissionMode(runtime.settings.alerts.rules_admission),
        name=NAME,
        client_id=runtime.client,
        readings_kept=timedelta(days=runtime.settings.database.retention_days),
        sender=_sender_of(runtime),
        weather=sources_of(runtime.settings, runtime.data_dir),
        identity=_identity_of(runtime),
        topic_rate=runtime.settings.ingest.topic_rate,
    )


def _identity_of(runtime: Runtime) -> IdentityWatch:
    directory, monitor = DataDirectory(path=runtime.data_dir), runtime.broker.monitor
    broker_log = BrokerLog(directory.logs / "broker.log", monitor=monitor) if monitor else None
    return IdentityWatch(runtime.database_url, gateways=directory.gateways, broker_log=broker_log)


def _home_assistant_of(runtime: Runtime, broker: BrokerAddress) -> HomeAssistant | None:
    prefix = runtime.settings.ingest.home_assistant_prefix
    if not prefix:
        return None
    return HomeAssistant(runtime.database_url, broker, prefix=prefix, centre=runtime.settings.dashboard.centre)


def _sender_of(runtime: Runtime) -> Sender:
    chosen = runtime.settings.dashboard
    return Sender(
        address=chosen.cap_sender,
        name=chosen.centre,
        status=Status(chosen.cap_status.value),
        zone=chosen.zone,
        contact=chosen.cap_contact,
        web=chosen.cap_web,
        exercise=chosen.cap_exercise,
    )


async def _run(worker: Worker) -> None:
    task = asyncio.ensure_future(worker.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


def main() -> None:
    """Work until a signal comes."""
    runtime = runtime_of_this_part()
    logs.set_up("worker", runtime.settings.log_level)
    uvloop.run(_run(worker_of(runtime)))


if __name__ == "__main__":
    main()
