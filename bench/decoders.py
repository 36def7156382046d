"""`make bench-decoders`: messages a second of each decoder, as a share of a bare parse of the same bytes in the same run."""

import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.bare import Bare, bare_parse
from ingest.declared import examples, install
from ingest.decoders import decoder, names
from ingest.readings import Decoded, Dropped, Rejection
from tests.declared_payloads import PAYLOADS as DECLARED
from tests.payloads import PAYLOADS as BUILT_IN

RECEIVED = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
PAYLOADS = BUILT_IN | DECLARED
ROUNDS = 15
SLICE_S = 0.010  # of each, in each round: three of 35 decoders and 15 rounds are 16 s
AT_ONCE = 100  # messages between two looks at the clock, or looking would be what is measured
WANTED = 0.3
LONGEST = 1 << 14
"""Longer payloads, such as the device list of a bridge, come once a day; a table of messages a second is not theirs."""


@dataclass(slots=True, kw_only=True)
class Subject:
    """A decoder with payloads that say something, and what each round measured in seconds a message."""

    name: str
    messages: list[tuple[str, bytes]]
    bare: list[Bare]
    kinds: str
    said: list[tuple[type[Decoded], dict[str, object]]]
    ours_s: list[float] = field(default_factory=list)
    said_s: list[float] = field(default_factory=list)
    bare_s: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Give our messages a second as a share of the bare parse's, the median of the rounds."""
        return statistics.median(bare / ours for bare, ours in zip(self.bare_s, self.ours_s, strict=True))

    @property
    def bound(self) -> float:
        """Give the share of a decoder that did nothing but the bare parse, and make what it says: no Python does better."""
        return statistics.median(bare / (bare + said) for bare, said in zip(self.bare_s, self.said_s, strict=True))


def subjects() -> list[Subject]:
    """Gather payloads of each decoder: the seeds of the tests, and the recorded samples where they are."""
    recorded = Path(os.environ.get("GRIDWATCH_RECORDINGS", "../shared")) / "samples"
    found = []
    for name in names():
        topics = _topics(recorded, name)
        payloads = PAYLOADS.get(name, []) + [
            (topics.get(file.name) or PAYLOADS[name][0][0], file.read_bytes())
            for file in sorted((recorded / name).glob("*"))
            if name in PAYLOADS and file.is_file()
        ]
        parsed = [
            (message, bare)
            for message in payloads
            if _says_something(name, *message) and (bare := bare_parse(name, message[1])) is not None
        ]
        if parsed:
            messages, chosen = [message for message, _ in parsed], [bare for _, bare in parsed]
            kinds = Counter(kind for kind, _ in chosen)
            described = " ".join(f"{kind} {count}" for kind, count in kinds.most_common())
            said = [
                (type(item), {field: getattr(item, field) for field in item.__struct_fields__})
                for topic, payload in messages
                for item in decoder(name)(topic, payload, RECEIVED)
            ]
            bare = [parse for _, parse in chosen]
            found.append(Subject(name=name, messages=messages, bare=bare, kinds=described, said=said))
    return found


def measure(chosen: list[Subject], rounds: int = ROUNDS) -> None:
    """Measure all in turn, round after round, so that what else the machine does falls on each alike."""
    for subject in chosen:
        _warm_up(subject)
    for _ in range(rounds):
        for subject in chosen:
            again = -(-AT_ONCE // len(subject.messages))
            parses = list(zip(subject.bare, (payload for _, payload in subject.messages), strict=True)) * again
            messages, said, decode = subject.messages * again, subject.said * again, decoder(subject.name)
            subject.bare_s.append(
                _seconds_each(len(messages), lambda parses=parses: [parse(data) for parse, data in parses])
            )
            subject.said_s.append(
                _seconds_each(len(messages), lambda said=said: [kind(**fields) for kind, fields in said])
            )
            subject.ours_s.append(
                _seconds_each(
                    len(messages),
                    lambda decode=decode, messages=messages: [decode(t, p, RECEIVED) for t, p in messages],
                )
            )


def _warm_up(subject: Subject) -> None:
    for _ in range(20):
        for (topic, payload), parse in zip(subject.messages, subject.bare, strict=True):
            decoder(subject.name)(topic, payload, RECEIVED)
            parse(payload)


def _seconds_each(messages: int, work: Callable[[], object]) -> float:
    count, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < SLICE_S:
        work()
        count += 1
    return took / (count * messages)


def _topics(recorded: Path, name: str) -> dict[str, str]:
    """Give the topics the index of the recordings has, by file; one with a place holder is none."""
    index = recorded / "INDEX.jsonl"
    if not index.exists():
        return {}
    rows = [json.loads(line) for line in index.read_text("utf-8").splitlines() if line]
    return {
        row["file"].rpartition("/")[2]: row["topic"].partition(" (")[0].removeprefix("MQT: ")
        for row in rows
        if row["fmt"] == name and row.get("topic") and not set("<{%…") & set(row["topic"]) and ".." not in row["topic"]
    }


def _says_something(name: str, topic: str, payload: bytes) -> bool:
    """Tell whether a payload is worth a measurement: what is refused or means nothing is quick for the wrong reason."""
    decoded: list[Decoded] = decoder(name)(topic, payload, RECEIVED) if len(payload) <= LONGEST else []
    return any(not isinstance(item, Rejection | Dropped) for item in decoded)


def main() -> None:
    """Print the table and its median."""
    install(examples())  # the declared formats that come with Gridwatch are measured beside the built-in decoders
    chosen = subjects()
    measure(chosen)
    print(f"{'decoder':<22}{'messages/s':>12}{'bare/s':>12}{'share':>8}{'bound':>8}   payloads by bare parse")
    for subject in sorted(chosen, key=lambda one: one.ratio):
        ours, bare = statistics.median(subject.ours_s), statistics.median(subject.bare_s)
        print(
            f"{subject.name:<22}{1 / ours:>12,.0f}{1 / bare:>12,.0f}{subject.ratio:>8.2f}{subject.bound:>8.2f}   {subject.kinds}"
        )
    median = statistics.median(subject.ratio for subject in chosen)
    bound = statistics.median(subject.bound for subject in chosen)
    print(f"median share {median:.2f} of {len(chosen)} decoders, bound {bound:.2f}; wanted {WANTED}")
    print("bound: the share of the bare parse and making what is said, with nothing between them")


if __name__ == "__main__":
    main()
