"""What mutation tests put right is right: a whole payload stays what it is, and a damaged one gets behind its checksum."""

import pytest

from ingest.decoders import decoder
from ingest.readings import Reason, Rejection
from tests.fuzzing import RECEIVED
from tests.payloads import PAYLOADS
from tests.repairs import repaired


@pytest.mark.parametrize("name", ["sl651", "gb26875_3", "meokon_a55a", "sl427", "hj212"])
def test_damage_behind_a_right_checksum_is_no_checksum_fault(name: str) -> None:
    """A frame whose body was changed is refused for its checksum before, and not after it was put right."""
    topic, payload = PAYLOADS[name][0]
    at = len(payload) // 2
    damaged = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]

    def reasons(data: bytes) -> list[Reason]:
        return [item.reason for item in decoder(name)(topic, data, RECEIVED) if isinstance(item, Rejection)]

    assert Reason.CHECKSUM in reasons(damaged)
    assert Reason.CHECKSUM not in reasons(repaired(name, damaged))
    assert decoder(name)(topic, repaired(name, payload), RECEIVED) == decoder(name)(topic, payload, RECEIVED)
