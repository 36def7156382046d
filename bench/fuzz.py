"""`make fuzz`: 1,000,000 damaged payloads to each decoder; nothing raised, nothing over 50 ms, nothing kept."""

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from ingest.declared import examples, install
from ingest.decoders import names
from tests.declared_payloads import PAYLOADS as DECLARED
from tests.fuzzing import Outcome, inputs, put
from tests.payloads import PAYLOADS as BUILT_IN

PAYLOADS = BUILT_IN | DECLARED
INPUTS = 1_000_000
SAMPLE = 2_000


def run(name: str, count: int) -> Outcome:
    """Put `count` damaged payloads to decoder `name`, the same each time."""
    install(examples())
    return put(name, inputs(name, PAYLOADS[name], count), count)


def estimate_s(chosen: list[str], count: int, jobs: int) -> float:
    """Tell from a small run of each how many seconds all will take."""
    began = time.perf_counter()
    for name in chosen:
        run(name, SAMPLE)
    return (time.perf_counter() - began) * count / SAMPLE / jobs


def _line(outcome: Outcome, took_s: float) -> str:
    each_us = outcome.seconds / max(outcome.inputs, 1) * 1e6
    return (
        f"{outcome.name:<22}{outcome.inputs:>12,}{each_us:>10.1f} µs{outcome.slowest_s * 1000:>10.1f} ms"
        f"{outcome.kept_bytes / 2**20:>10.1f} MiB{took_s:>9.0f} s   {'ok' if not outcome.failures else 'FAILED'}"
    )


def _timed(name: str, count: int) -> tuple[Outcome, float]:
    began = time.perf_counter()
    return run(name, count), time.perf_counter() - began


def main() -> int:
    """Fuzz the decoders that are named, or all that have seeds; 1 where one failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("decoders", nargs="*", help="names; none is all")
    options.add_argument("--inputs", type=int, default=INPUTS)
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    install(examples())
    chosen = given.decoders or [name for name in names() if name in PAYLOADS]
    if unknown := [name for name in chosen if name not in PAYLOADS]:
        options.error(f"no seeds in tests/payloads.py for {', '.join(unknown)}")
    seconds = estimate_s(chosen, given.inputs, given.jobs)
    print(f"{given.inputs:,} inputs to each of {len(chosen)} decoders, about {seconds / 60:.0f} min", flush=True)
    print(f"{'decoder':<22}{'calls':>12}{'each':>13}{'slowest':>13}{'kept':>14}{'took':>11}", flush=True)
    failed = []
    # A process for each decoder, started afresh: what one keeps is not seen as another's.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.jobs, mp_context=context, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(_timed, name, given.inputs) for name in chosen]):
            outcome, took = done.result()
            print(_line(outcome, took), flush=True)
            failed += outcome.failures.values()
    for sentence in failed:
        print(sentence)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
