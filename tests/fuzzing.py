"""Put damaged payloads to a decoder and watch it: what it raises, how long it takes, how much memory it keeps."""

import gc
import random
import time
import traceback
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from ingest.decoders import decoder, memory
from ingest.readings import Decoded
from tests.mutations import mutations, noise
from tests.repairs import repaired

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
KINDS = frozenset(typing.get_args(Decoded))
SLOW_S = 0.050
"""No call may take longer."""
DOUBTFUL_S = 0.010
"""A machine that does something else looks slow, too: above this a call is asked three times more."""
KEPT_BYTES = 16 << 20
"""No decoder keeps more from its first tenth of inputs to its last: the caches are full by then."""
REPAIRED = 0.5

Say = Callable[[str, bytes], list[Decoded]]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of putting payloads to one decoder. `failures` are sentences that hold topic and payload in hex."""

    name: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    kept_bytes: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def fail(self, where: str, sentence: str) -> None:
        """Keep the first failure of each place."""
        self.failures.setdefault(where, sentence)


def ways(name: str) -> list[Say]:
    """Give the ways a decoder is asked: alone, and with its memory where it has one."""
    alone = decoder(name)
    found: list[Say] = [lambda topic, payload: alone(topic, payload, RECEIVED)]
    remembered = memory(name)
    if remembered is not None:
        found.append(lambda topic, payload: remembered(topic, payload, RECEIVED))
    return found


def inputs(name: str, seeds: list[tuple[str, bytes]], count: int) -> Iterator[tuple[str, bytes]]:
    """Give `count` inputs, the same each time: four fifths damaged seeds, half of them with a right checksum, one fifth noise."""
    rng = random.Random(f"damaged {name}")
    for topic, payload in mutations(rng, seeds, count - count // 5):
        yield topic, repaired(name, payload) if rng.random() < REPAIRED else payload
    yield from noise(rng, seeds, count // 5)


def ask(outcome: Outcome, say: Say, topic: str, payload: bytes) -> None:
    """Put one payload to a decoder and note what is wrong with its answer or its time."""
    began = time.perf_counter()
    try:
        decoded = say(topic, payload)
    except Exception as error:  # noqa: BLE001 -- that nothing is raised is what is tested
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
        outcome.fail(where, f"{outcome.name} raised {error!r} on {topic!r} for {payload[:400].hex()}")
        return
    took = time.perf_counter() - began
    outcome.inputs += 1
    outcome.seconds += took
    if took > DOUBTFUL_S:
        took = min(took, *(_again(say, topic, payload) for _ in range(3)))
    if took > SLOW_S:
        shown = f"{len(payload)} bytes {payload[:100].hex()}"
        outcome.fail("slow", f"{outcome.name} took {took * 1000:.0f} ms on {topic!r} for {shown}")
    outcome.slowest_s = max(outcome.slowest_s, took)
    if type(decoded) is not list or any(type(item) not in KINDS for item in decoded):
        outcome.fail("answer", f"{outcome.name} answered {decoded!r:.300} on {topic!r} for {payload[:400].hex()}")


def put(name: str, payloads: Iterable[tuple[str, bytes]], count: int) -> Outcome:
    """Put payloads to a decoder, `count` of them, and measure what it keeps of them after the first tenth."""
    outcome = Outcome(name=name)
    before = None
    asked = ways(name)
    for number, (topic, payload) in enumerate(payloads):
        for say in asked:
            ask(outcome, say, topic, payload)
        if number == count // 10:
            before = _resident()
    outcome.kept_bytes = _resident() - (before if before is not None else _resident())
    if outcome.kept_bytes > KEPT_BYTES:
        outcome.fail("memory", f"{name} kept {outcome.kept_bytes / 2**20:.1f} MiB of {outcome.inputs:,} inputs")
    return outcome


def _again(say: Say, topic: str, payload: bytes) -> float:
    """Measure a call once more, by the processor's time: what others take of the machine is not ours."""
    began = time.process_time()
    say(topic, payload)
    return time.process_time() - began


def _resident() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
