"""The way from a message to the database is total: nothing that a device says keeps the worker from taking in the next."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from alerts import DEFAULT_RULES, load_rules
from database import connect
from gridwatch.pipeline import Pipeline
from ingest.decoders import names
from ingest.publish import Message
from ingest.registration import NewDevice, register
from ingest.sources import Source
from tests.mutations import mutations
from tests.payloads import PAYLOADS
from tests.poison import poisoned

MOST = 400
"""Of each kind and format; all of them, 55,000 and as many damaged ones, are no different."""
TOGETHER = 20
KINDS = ("smoke", "gauge", "rain", "camera", "weather", "heat", "gas", "panel", "gateway")
START = datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", names())
def test_nothing_that_decodes_is_more_than_the_database_holds(name: str, database_url: str) -> None:
    """Row 6 of lessons: odd text, times and numbers in every place are stored, refused or left out; none of them raises."""
    rng = random.Random(name)
    seeds = PAYLOADS[name]
    spoilt = list(poisoned(name, seeds))
    said = [*rng.sample(spoilt, min(MOST, len(spoilt))), *mutations(rng, seeds, MOST)]
    pipeline = Pipeline(
        database_url, worker="w", rules=load_rules(DEFAULT_RULES), sources=(Source(topic_filter="#", decoder=name),)
    )
    pipeline.open(now=START)
    try:
        for n, batch in enumerate([seeds, seeds, *(said[at : at + TOGETHER] for at in range(0, len(said), TOGETHER))]):
            now = START + timedelta(seconds=n)
            messages = [Message(topic, payload, 1, retained=False) for topic, payload in batch]
            work = pipeline.judge(messages, received=now.timestamp(), now=now, tick=True, flush=True)
            pipeline.commit(work)
            if n in {0, 5}:  # from now on they are judged
                _register_all(database_url, rng, now)
        assert pipeline.counters["rejected_fault"] == 0
        assert pipeline.counters["messages"] == 2 * len(seeds) + len(said)
    finally:
        pipeline.close()


def _register_all(url: str, rng: random.Random, now: datetime) -> None:
    with connect(url) as connection, connection.cursor() as cur:
        waiting = cur.execute("SELECT id FROM waiting_devices ORDER BY id").fetchall()
        register(
            cur, [NewDevice(id=id_, kind=rng.choice(KINDS), name="", lon=None, lat=None) for (id_,) in waiting], now=now
        )
