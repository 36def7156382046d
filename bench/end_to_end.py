"""Messages per second from publication to commit, against a raw QoS 1 subscriber on the same broker in the same run.

One SenML reading a message, QoS 1, committed before its PUBACK, 20,000 devices, 4,000 grids, 50 rules. Both sides are
measured live: one publisher at full speed, from its first publication until the last message was counted (raw) or is in
the table (Gridwatch).
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.instance import Bench, bench_instance, part
from bench.raw_mqtt import drain, end_session, make_session

DEVICES = 20_000
RULES = 50
COUNT = 300_000
WARM_UP = 20_000
FILTER = "gridwatch/v1/+/+/senml"
GIVE_UP_S = 120.0


@contextmanager
def publisher(bench: Bench, count: int) -> Iterator[subprocess.Popen[str]]:
    """Start a publisher that is ready to go; writing a line to it lets it go."""
    arguments = [str(bench.where.port), bench.where.user, str(count), str(bench.devices)]
    with subprocess.Popen(
        [sys.executable, "-m", "bench.publisher", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(bench.where.password + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdout.read()  # until it has ended by itself


def go(process: subprocess.Popen[str]) -> None:
    """Let a publisher go."""
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def raw_rate(bench: Bench, count: int) -> float:
    """Measure a subscriber that only counts and acknowledges, in messages per second."""
    make_session(bench.where, "raw", FILTER)
    with publisher(bench, count) as process:
        draining = threading.Thread(target=drain, args=(bench.where, "raw", count))
        draining.start()
        begun = time.perf_counter()
        go(process)
        draining.join()
        seconds = time.perf_counter() - begun
    end_session(bench.where, "raw")
    return count / seconds


def gridwatch_rate(bench: Bench, count: int) -> float:
    """Measure the worker until every reading is committed, in messages per second; checks that each is there once."""
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        before = _stored(connection)
        with publisher(bench, count) as process:
            begun = time.perf_counter()
            go(process)
            _wait_written(connection, before + count)
            seconds = time.perf_counter() - begun
        assert _stored(connection) == before + count, "a reading is missing or there twice"
    return count / seconds


def wait_subscribed(bench: Bench) -> None:
    """Wait until the worker has heard its own ping: from then on the broker keeps messages for it."""
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        deadline = time.monotonic() + GIVE_UP_S
        while (
            connection.execute(
                "SELECT FROM worker_progress WHERE broker_heard_at > now() - interval '20 s' AND (counters->>'pings')::int > 0"
            ).fetchone()
            is None
        ):
            assert time.monotonic() < deadline, "the worker did not subscribe"
            time.sleep(0.05)


def _stored(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute("SELECT count(*) FROM readings").fetchone()
    assert row is not None
    return int(str(row[0]))


def _wait_written(connection: psycopg.Connection[tuple[object, ...]], count: int) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while True:
        row = connection.execute(
            "SELECT coalesce(sum((counters->>'readings_written')::bigint), 0) FROM worker_progress"
        ).fetchone()
        if row is not None and int(str(row[0])) >= count:
            return
        assert time.monotonic() < deadline, f"only {row} of {count} readings were written in {GIVE_UP_S} s"
        time.sleep(0.005)


def run(count: int = COUNT) -> dict[str, float]:
    """Measure raw, Gridwatch, raw again; the limit is the mean of the two raw runs around ours."""
    with bench_instance(devices=DEVICES, rules=RULES) as bench:
        before = raw_rate(bench, count)
        with part(bench, "gridwatch.worker_process"):
            wait_subscribed(bench)
            gridwatch_rate(bench, WARM_UP)
            ours = gridwatch_rate(bench, count)
        after = raw_rate(bench, count)
    limit = (before + after) / 2
    return {"raw_per_s": limit, "gridwatch_per_s": ours, "ratio": ours / limit}


if __name__ == "__main__":
    for name, value in run().items():
        print(f"{name:>18} {value:>12,.2f}")
