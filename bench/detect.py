"""How many readings a second the engine judges, against looking the same limits up and comparing, and no more.

50 rules on 20,000 devices, batches of 5,000 readings. The best case is a quiet county; the worst, every reading of a
batch crossing a limit. The answers are checked before anything is timed.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

from alerts.engine import Engine
from alerts.points import Tag
from alerts.rule import RuleSet
from alerts.rules import load_rules
from ingest.batch import Batch

DEVICES, RULES, ROWS, BATCHES = 20_000, 50, 5_000, 40
KINDS = 5  # device kinds; each has ten rules, on ten metrics
GUIDANCE = "guidance: {zh: {means: 甲, do: 乙}, en: {means: a, do: b}}"


def make_rules() -> RuleSet:
    """Make 50 level rules, each with four limits."""
    lines = [
        f"  - {{name: rule-{n}, kind: level, for: {{kinds: [kind-{n % KINDS}], metric: metric-{n // KINDS}}}, unit: m,"
        f" limits: {{4: 1, 3: 2, 2: 3, 1: 4}}, deadband: 0.1, on_delay: {0 if n % 2 else 60}s, {GUIDANCE}}}"
        for n in range(RULES)
    ]
    return load_rules("rules:\n" + "\n".join(lines))


def make_tags() -> list[Tag]:
    """Make 20,000 devices with the ten metrics of their kind: 200,000 tags, 800,000 points."""
    return [
        Tag(device=d, kind=f"kind-{d % KINDS}", metric=m + 1, metric_name=f"metric-{m}", unit="m", interval_s=60.0)
        for d in range(1, DEVICES + 1)
        for m in range(RULES // KINDS)
    ]


def make_batches(value: Sequence[float], *, batches: int = BATCHES) -> list[Batch]:
    """Make batches of random devices; `value` is taken in turn, one a batch."""
    random = np.random.default_rng(1)
    made = []
    for n in range(batches):
        stamp = np.full(ROWS, (1_700_000_000 + 60 * n) * 1_000_000, np.int64)
        made.append(
            Batch(
                device=random.permutation(np.arange(1, DEVICES + 1, dtype=np.int32))[:ROWS],
                metric=random.integers(1, 11, ROWS).astype(np.int16),
                time=stamp,
                value=random.uniform(0.0, 0.9, ROWS) + value[n % len(value)],
                quality=np.zeros(ROWS, np.int16),
                grid=np.zeros(ROWS, np.int32),
                received=stamp,
            )
        )
    return made


def best(run: Callable[[], int], times: int = 7) -> float:
    """Give the readings a second of the best of some runs; `run` answers how many readings it did."""
    rates = []
    for _ in range(times):
        begun = time.perf_counter()
        count = run()
        rates.append(count / (time.perf_counter() - begun))
    return max(rates)


def bare(batches: Sequence[Batch]) -> Callable[[], int]:
    """Look up a limit for each reading in an array as large as the engine's, and compare: what no engine can beat."""
    limit = np.full(DEVICES * 10 + 11, 1.0)

    def run() -> int:
        for batch in batches:
            where = batch.device * np.int64(10) + batch.metric
            if (batch.value >= limit.take(where)).any():
                raise AssertionError("the quiet batches are not quiet")
        return ROWS * len(batches)

    return run


def main() -> None:
    """Print the rates and their ratios."""
    rules, tags = make_rules(), make_tags()
    begun = time.perf_counter()
    engine = Engine(rules, tags)
    print(f"{len(tags):,} tags, {RULES} rules laid out in {time.perf_counter() - begun:.2f} s")
    quiet, storm = make_batches([0.0]), make_batches([5.0], batches=1)
    check = Engine(rules, tags)
    raised = check.detect(storm[0])
    without_delay = int(((storm[0].metric - 1) * KINDS + storm[0].device % KINDS & 1).sum())  # odd rules have none
    if len(raised.changes) != 4 * without_delay or len(raised.delays) != 4 * (ROWS - without_delay):
        raise AssertionError("the storm did not raise what it must")

    def judge_quiet() -> int:
        told = sum(len(engine.detect(batch).changes) for batch in quiet)
        if told:
            raise AssertionError("a quiet batch changed something")
        return ROWS * len(quiet)

    floor, calm = best(bare(quiet)), best(judge_quiet)
    stormy_engine = Engine(rules, tags)
    begun = time.perf_counter()
    stormy_engine.detect(storm[0])
    stormy = ROWS / (time.perf_counter() - begun)
    print(f"bare take and compare  {floor:>14,.0f} readings/s")
    print(f"engine, all quiet      {calm:>14,.0f} readings/s   {calm / floor:.2f} of bare")
    print(f"engine, all crossing   {stormy:>14,.0f} readings/s   {stormy / floor:.4f} of bare")


if __name__ == "__main__":
    main()
