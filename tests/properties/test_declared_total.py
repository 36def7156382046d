"""Declared formats are decoders like any other: whatever arrives, the answer is a list, at once, and never an exception."""

import time

import pytest

from ingest.declared import examples
from ingest.readings import DeviceId, Enclosed
from tests.declared_payloads import PAYLOADS
from tests.fuzzing import RECEIVED, Outcome, ask, inputs
from tests.mutations import mebibytes

EXAMPLES = {one.name: one for one in examples()}
ROUNDS = 5_000
LONGEST_S = 2.0


@pytest.mark.parametrize("name", EXAMPLES)
def test_damaged_payloads_raise_nothing_and_take_no_time(name: str) -> None:
    """5,000 mutated and random payloads end as what a decoder can say, read by topic and read in an envelope."""
    outcome, declared = Outcome(name=name), EXAMPLES[name]
    for topic, payload in inputs(name, PAYLOADS[name], ROUNDS):
        ask(outcome, lambda topic, payload: declared.decode(topic, payload, RECEIVED), topic, payload)
        item = Enclosed(device=DeviceId("d"), payload=payload, time=RECEIVED, port=6)
        ask(outcome, lambda _, __, item=item: declared.codec(item), topic, payload)
        declared.storable(payload)
    assert not outcome.failures, "\n".join(outcome.failures.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_mebibyte_of_the_worst_is_refused_or_read_quickly(name: str) -> None:
    """Depth, width, length and repetition up to the size limit end within two seconds."""
    for what, topic, payload in mebibytes(PAYLOADS[name][:2]):
        began = time.process_time()
        EXAMPLES[name].decode(topic, payload, RECEIVED)
        assert time.process_time() - began < LONGEST_S, f"{name}: {what}"


@pytest.mark.parametrize("name", EXAMPLES)
def test_seeds_say_something(name: str) -> None:
    """An example whose payloads say nothing would be tested with noise alone."""
    assert any(EXAMPLES[name].decode(topic, payload, RECEIVED) for topic, payload in PAYLOADS[name]) or any(
        EXAMPLES[name].codec(Enclosed(device=DeviceId("d"), payload=payload, time=RECEIVED, port=6))
        for _, payload in PAYLOADS[name]
    )
