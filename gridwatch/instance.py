"""One run of an instance from lock to unlock: what is started in which order, and what is written about it."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from gridwatch import data_dir, leftovers, logs
from gridwatch.addresses import settle
from gridwatch.clock import now
from gridwatch.embedded import NatsServer, PostgresServer, free_port
from gridwatch.keys import Keys, load_keys
from gridwatch.own_broker import OwnBroker
from gridwatch.parts import Part, answers, python_part
from gridwatch.runtime import Broker, Listen, Runtime, notify_file, rules_file
from gridwatch.settings import Settings
from gridwatch.settings_reading import hide_password, masked
from gridwatch.stop_signals import StopSignals
from gridwatch.supervisor import Supervisor

log = structlog.get_logger(__name__)

READY_WITHIN_S = 120.0
OUTSIDE_WITHIN_S = 20.0

Tell = Callable[[str, str], None]
"""Called with what is being done now, in Chinese and in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The embedded services of this run; None where the settings name another by URL."""

    postgres: PostgresServer | None
    broker: NatsServer | None


class Instance:
    """Everything between `gridwatch run` and its end. Use as `with Instance(...) as instance: instance.serve()`."""

    def __init__(self, path: Path, settings: Settings, *, demo: bool, signals: StopSignals) -> None:
        self._settings = settings
        self._demo = demo
        self._signals = signals
        self.directory = data_dir.prepare(path, min_free_mb=settings.min_free_mb)
        self._lock = data_dir.Lock(self.directory)
        self._is_ready = False
        self.runtime: Runtime | None = None
        self._own_broker: OwnBroker | None = None
        self._supervisor = Supervisor(signals, on_change=self._note)

    def __enter__(self) -> Self:
        """Take the data directory for ourselves."""
        self._lock.take()
        return self

    def __exit__(self, *_: object) -> None:
        """End every process and leave the directory to the next."""
        self._is_ready = False
        self._supervisor.stop()
        for file in (self.directory.run, self.directory.runtime, self.directory.parts):
            with suppress(OSError):
                file.unlink(missing_ok=True)
        self._lock.release()
        log.info("stopped")

    def start(self, tell: Tell) -> None:
        """Start everything and return when it is ready.

        Raises:
            FrontDoorError: something could not be started; the message says what and why.
            StopRequested: the operator asked us to end.
        """
        logs.set_up("supervisor", self._settings.log_level, file=self.directory.logs / "supervisor.log")
        log.info("starting", settings=masked(self._settings), data_dir=str(self.directory.path))
        self._judge_files()
        self.directory.run.unlink(missing_ok=True)
        if left := leftovers.end(self.directory.parts, self.directory.postgres / "cluster"):
            log.warning("ended what the last run left behind", processes=left)
        keys = load_keys(self.directory.secrets)
        http = self._settle_http()
        services, broker = self._services(keys)
        tell("启动消息服务与数据库", "starting the broker and the database")
        self._supervisor.start(_service_parts(services))
        database_url = self._prepare_database(services, tell)
        self.runtime = Runtime(
            data_dir=self.directory.path,
            settings=self._settings,
            database_url=database_url,
            broker=broker,
            http=http,
            secret=keys.session,
            client=keys.client,
            demo=self._demo,
        )
        data_dir.write_private(self.directory.runtime, self.runtime.model_dump_json(indent=1))
        if self._demo:
            tell("启动处理、网页与模拟设备", "starting the worker, the web server and the simulators")
        else:
            tell("启动处理与网页", "starting the worker and the web server")
        self._supervisor.start(self._own_parts(http))
        self._wait_until_ready(http, has_own_broker=services.broker is not None)
        self._is_ready = True
        self._note()
        log.info("ready", http=http.url, mqtt=broker.url, database=hide_password(database_url))

    def serve(self) -> None:
        """Watch over the parts until a signal asks us to end."""
        self._supervisor.watch(self._own_broker.look_after if self._own_broker is not None else None)

    def _wait_until_ready(self, http: Listen, *, has_own_broker: bool) -> None:
        """Wait until every part works. Only an outside broker that is away keeps nobody from the pages for long."""
        patience = time.monotonic() + OUTSIDE_WITHIN_S

        def lacks() -> str | None:
            insists = has_own_broker or time.monotonic() < patience
            return answers(f"{http.url}/{'readyz' if insists else 'healthz'}")

        self._supervisor.wait_for(lacks, what="The web server", seconds=READY_WITHIN_S)

    def _judge_files(self) -> None:
        """Refuse rules, notify file and decoder names that a part would refuse, before anything is started."""
        from alerts.notification.notify_file import load_notify
        from alerts.rules import load_rules
        from gridwatch.declared_formats import DeclaredFormats
        from ingest.decoders import decoder

        load_rules(rules_file(self._settings, self.directory.path))
        if (notify := notify_file(self._settings, self.directory.path)) is not None:
            load_notify(notify)
        DeclaredFormats(self._settings.ingest, self.directory.path)
        for source in self._settings.ingest.sources:
            decoder(source.decoder)

    def _settle_http(self) -> Listen:
        wanted = self._settings.dashboard
        listen = Listen(host=wanted.host, port=wanted.port, tls=wanted.tls_certificate is not None)
        return settle(listen, purpose="the web server", option="--http")

    def _beside(self, path: Path | None) -> Path | None:
        """Name a file whose setting is relative to the data directory."""
        return None if path is None else self.directory.path / path

    def _services(self, keys: Keys) -> tuple[Services, Broker]:
        ingest = self._settings.ingest
        postgres = None
        if self._settings.database.url is None:
            log_file = self.directory.logs / "postgres.log"
            postgres = PostgresServer(self.directory.postgres, port=free_port(), log=log_file)
        if ingest.mqtt_url is not None:
            outside = Broker.from_url(
                ingest.mqtt_url, ca=self._beside(ingest.mqtt_ca), certificate=self._beside(ingest.mqtt_certificate)
            )
            return Services(postgres=postgres, broker=None), outside
        listen = settle(
            Listen(host=ingest.mqtt_host, port=ingest.mqtt_port), purpose="the MQTT broker", option="--mqtt"
        )
        self._own_broker = OwnBroker(self.directory, ingest, keys, listen)
        return Services(postgres=postgres, broker=self._own_broker.server), self._own_broker.described

    def _prepare_database(self, services: Services, tell: Tell) -> str:
        """Migrate, make the first accounts and, for the demo, the county; cut short by a signal, none of it is half done."""
        from gridwatch import demo
        from gridwatch.first_run import make_accounts, migrate_database

        with self._signals.interruptible():
            if services.postgres is not None:
                services.postgres.make_database()
            url = services.postgres.url if services.postgres is not None else str(self._settings.database.url)
            if applied := migrate_database(url):
                log.info("migrated", files=applied)
            make_accounts(url, self.directory.credentials, now=now())
            if self._demo and demo.is_wanted(url):
                tell("首次运行：生成演示县", "first run: making the demo county")
                demo.make(url, self._settings.demo, now=now())
        return url

    def _own_parts(self, http: Listen) -> list[Part]:
        runtime, folder = self.directory.runtime, self.directory.logs
        parts = [
            python_part("worker", "gridwatch.worker_process", runtime=runtime, log=folder / "worker.log"),
            python_part(
                "web",
                "gridwatch.web",
                runtime=runtime,
                log=folder / "web.log",
                is_ready=lambda: answers(f"{http.url}/healthz") is None,
            ),
        ]
        if self._settings.alerts.notify is not None:
            parts.append(python_part("notifier", "gridwatch.notifier", runtime=runtime, log=folder / "notifier.log"))
        if self._demo:
            parts.append(
                python_part("simulators", "gridwatch.simulate", runtime=runtime, log=folder / "simulators.log")
            )
        return parts

    def _note(self) -> None:
        """Write down who runs: for the next start always, for other programs once everything is ready."""
        try:
            leftovers.note(self.directory.parts, self._supervisor.pids)
            if self._is_ready and self.runtime is not None:
                data_dir.write_private(self.directory.run, _run_json(self.runtime, self._supervisor.pids))
        except OSError as error:
            log.error("run.json not written", error=data_dir.cannot_write(self.directory.path, error))  # noqa: TRY400


def _service_parts(services: Services) -> list[Part]:
    import signal

    parts = []
    if services.broker is not None:
        broker = services.broker
        parts.append(
            Part(name="broker", launch=broker.launch, is_ready=broker.is_ready, log=broker.log, is_service=True)
        )
    if services.postgres is not None:
        postgres = services.postgres
        parts.append(
            Part(
                name="postgres",
                launch=postgres.launch,
                is_ready=postgres.is_ready,
                log=postgres.log,
                end_signal=signal.SIGINT,  # fast shutdown
                is_service=True,
            )
        )
    return parts


def _run_json(runtime: Runtime, pids: dict[str, int]) -> str:
    return json.dumps(
        {
            "http": runtime.http.url,
            "mqtt": runtime.broker.url,
            "mqtt_user": runtime.broker.gateway.user,
            "mqtt_password": runtime.broker.gateway.password,
            **({"ca": str(runtime.broker.ca)} if runtime.broker.ca is not None else {}),
            "database_url": runtime.database_url,
            "pids": pids,
        },
        indent=1,
    )
