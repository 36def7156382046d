"""`gridwatch doctor`: look at everything that can be wrong. Changes nothing; each finding says what to do."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import psycopg
from rich.table import Table

from database import connect
from database.migrate import is_at_head
from gridwatch.addresses import settle
from gridwatch.certificates import AUTHORITY, RENEW_BEFORE, Authority
from gridwatch.clock import now
from gridwatch.data_dir import DataDirectory, Lock
from gridwatch.errors import AddressError, FrontDoorError
from gridwatch.page import page
from gridwatch.parts import answers
from gridwatch.runtime import Listen, Runtime, read_runtime
from gridwatch.settings import Settings
from gridwatch.settings_reading import hide_password, read_settings

WORKER_SILENT = timedelta(seconds=10)
CLOCK_SKEW = timedelta(seconds=2)


class Verdict(StrEnum):
    """What a finding comes to."""

    GOOD = "好"
    NOTE = "注意"
    BAD = "坏"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at. `remedy` is what to do; empty where nothing is to be done."""

    verdict: Verdict
    subject: str
    seen: str
    remedy: str = ""

    @property
    def is_bad(self) -> bool:
        """Tell whether something has to be done."""
        return self.verdict is Verdict.BAD


def examine(data_dir: Path, config: Path | None) -> list[Finding]:
    """Look at the instance in a data directory."""
    directory = DataDirectory(path=data_dir.expanduser().absolute())
    findings = [_python(), *_programs()]
    try:
        settings = read_settings(config or directory.settings, must_exist=config is not None)
    except FrontDoorError as error:
        return [*findings, _bad("设置 settings", str(error), "correct the settings file or the variable")]
    findings += [_good("设置 settings", str(directory.settings if directory.settings.exists() else "defaults"))]
    findings += _disk(directory, settings)
    findings += _certificates(directory)
    if not directory.path.exists() or not Lock(directory).is_held_by_another():
        return [*findings, *_ports(settings), _bad("运行 running", "nothing runs here", "gridwatch run")]
    try:
        runtime = read_runtime(directory.runtime)
    except FrontDoorError as error:
        return [*findings, _bad("运行 running", str(error), "wait until the start is over, or start again")]
    return [*findings, _broker(runtime), *_database(runtime), _web(runtime)]


def print_findings(findings: list[Finding]) -> None:
    """Print them as a table."""
    colours = {Verdict.GOOD: "green", Verdict.NOTE: "yellow", Verdict.BAD: "bold red"}
    table = Table("", "项目 subject", "所见 seen", "处理 what to do")
    for each in findings:
        table.add_row(f"[{colours[each.verdict]}]{each.verdict}[/]", each.subject, each.seen, each.remedy)
    page().print(table)


def _good(subject: str, seen: str) -> Finding:
    return Finding(verdict=Verdict.GOOD, subject=subject, seen=seen)


def _note(subject: str, seen: str, remedy: str) -> Finding:
    return Finding(verdict=Verdict.NOTE, subject=subject, seen=seen, remedy=remedy)


def _bad(subject: str, seen: str, remedy: str) -> Finding:
    return Finding(verdict=Verdict.BAD, subject=subject, seen=seen, remedy=remedy)


def _python() -> Finding:
    return _good("Python", f"{sys.version.split()[0]} ({sys.executable})")


def _programs() -> Iterator[Finding]:
    if shutil.which("setpriv") is None:
        yield _bad("setpriv", "missing", "install Debian's package util-linux")


def _disk(directory: DataDirectory, settings: Settings) -> Iterator[Finding]:
    place = directory.path
    while not place.exists():
        place = place.parent
    free_mb = shutil.disk_usage(place).free // 2**20
    if free_mb < settings.min_free_mb:
        yield _bad("磁盘 disk", f"{free_mb} MB free", f"make room: {settings.min_free_mb} MB are needed")
    else:
        yield _good("磁盘 disk", f"{free_mb} MB free at {place}")
    if not os.access(place, os.W_OK):
        yield _bad("数据目录 data", f"{place} cannot be written", "give the right to, or choose another by --data-dir")


def _certificates(directory: DataDirectory) -> Iterator[Finding]:
    try:
        for one in Authority(directory.certificates).every():
            if one.ends_within(RENEW_BEFORE, now()):
                remedy = "gridwatch certs make --force" if one.name == AUTHORITY else "gridwatch certs renew"
                remedy = remedy if one.is_ours else "renew it where it was made"
                yield _bad(f"证书 {one.name}", f"ends {one.ends_at.date()}", remedy)
            elif not one.is_ours:
                yield _note(f"证书 {one.name}", "not of the authority beside it", "if that is not meant: delete it")
            else:
                yield _good(f"证书 {one.name}", f"until {one.ends_at.date()}")
    except FrontDoorError as error:
        yield _bad("证书 certificates", str(error), "restore it, or delete it and gridwatch certs make")


def _ports(settings: Settings) -> Iterator[Finding]:
    web = Listen(host=settings.dashboard.host, port=settings.dashboard.port)
    mqtt = Listen(host=settings.ingest.mqtt_host, port=settings.ingest.mqtt_port)
    for listen, purpose, option in ((web, "the web server", "--http"), (mqtt, "the MQTT broker", "--mqtt")):
        try:
            settle(listen, purpose=purpose, option=option)
            yield _good(f"端口 port {listen.port}", f"free for {purpose}")
        except AddressError as error:
            yield _bad(f"端口 port {listen.port}", str(error), f"choose another with {option}")


def _broker(runtime: Runtime) -> Finding:
    broker = runtime.broker
    try:
        with closing(socket.create_connection((broker.host, broker.port), timeout=2)):
            return _good("消息服务 broker", broker.url)
    except OSError as error:
        remedy = f"see {runtime.data_dir / 'logs' / 'broker.log'}"
        return _bad("消息服务 broker", f"{broker.url}: {error.strerror or error}", remedy)


def _database(runtime: Runtime) -> Iterator[Finding]:
    try:
        connection = connect(runtime.database_url, name="gridwatch doctor")
    except psycopg.OperationalError as error:
        seen = " ".join(str(error).split())
        yield _bad("数据库 database", f"{hide_password(runtime.database_url)}: {seen}", "see logs/postgres.log")
        return
    with connection:
        yield from _schema(connection)
        yield from _flow(connection)


def _schema(connection: psycopg.Connection) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT current_setting('server_version'), clock_timestamp(),"
        " (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb')"
    ).fetchone()
    assert row is not None
    kind = f"TimescaleDB {row[2]}" if row[2] else "native partitions"
    yield _good("数据库 database", f"PostgreSQL {row[0]}, {kind}")
    if is_at_head(connection):
        yield _good("结构 schema", "of this version")
    else:
        yield _bad("结构 schema", "older than this version", "gridwatch migrate")
    skew = abs(now() - row[1])
    if skew > CLOCK_SKEW:
        yield _bad(
            "时钟 clock", f"the database's differs by {skew.total_seconds():.1f} s", "set up NTP on both machines"
        )
    else:
        yield _good("时钟 clock", f"the database's differs by {skew.total_seconds():.3f} s")


def _flow(connection: psycopg.Connection) -> Iterator[Finding]:
    row = connection.execute("SELECT max(alive_at), max(newest_reading) FROM worker_progress").fetchone()
    alive, newest = row if row is not None else (None, None)
    if alive is None or now() - alive > WORKER_SILENT:
        yield _bad("处理进程 worker", f"last sign of life: {alive or 'never'}", "see logs/worker.log")
    else:
        yield _good("处理进程 worker", f"alive; newest reading {newest or 'none yet'}")
    counted = connection.execute(
        "SELECT (SELECT count(*) FROM waiting_devices WHERE hidden_at IS NULL),"
        " (SELECT count(*) FROM rejected_messages WHERE received > now() - interval '1 day')"
    ).fetchone()
    waiting, rejected = counted if counted is not None else (0, 0)
    if waiting:
        yield _note("待登记 waiting", f"{waiting} devices", "register them: gridwatch import devices")
    if rejected:
        yield _note("拒收 rejected", f"{rejected} messages in 24 h", "look at rejected_messages: reason and payload")


def _web(runtime: Runtime) -> Finding:
    reason = answers(f"{runtime.http.url}/readyz")
    if reason is None:
        return _good("网页 web", runtime.http.url)
    return _bad("网页 web", reason[:300], f"see {runtime.data_dir / 'logs' / 'web.log'}")
