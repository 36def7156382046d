"""The process of the worker: one event loop that ends after the batch under way. Started by the supervisor."""

import asyncio
import signal
from datetime import timedelta

import uvloop

from alerts.admission import AdmissionMode
from gridwatch import logs
from gridwatch.declared_formats import DeclaredFormats
from gridwatch.runtime import Runtime, runtime_of_this_part
from gridwatch.trust import context_of
from gridwatch.weather_sources import sources_of
from gridwatch.worker import Worker
from incidents.cap import Sender, Status
from ingest.collector import BrokerAddress
from ingest.sources import EVERYTHING

NAME = "worker-1"  # of the session at the broker too: another name would leave the old session's messages behind


def worker_of(runtime: Runtime) -> Worker:
    """Build the worker of an instance."""
    broker = runtime.broker
    formats = DeclaredFormats(runtime.settings, runtime.data_dir)
    return Worker(
        database_url=runtime.database_url,
        broker=BrokerAddress(
            host=broker.host,
            port=broker.port,
            user=broker.worker.user,
            password=broker.worker.password,
            ssl=context_of(broker) if broker.tls else False,
        ),
        sources=formats.sources(),
        formats=formats,
        subscriptions=runtime.settings.ingest.subscriptions
        or (EVERYTHING if runtime.settings.ingest.mqtt_url is None else ()),
        rules=runtime.rules_file,
        admission=AdmissionMode(runtime.settings.alerts.rules_admission),
        name=NAME,
        readings_kept=timedelta(days=runtime.settings.database.retention_days),
        sender=_sender_of(runtime),
        weather=sources_of(runtime.settings, runtime.data_dir),
    )


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
