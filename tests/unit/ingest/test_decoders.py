"""The registry of decoders and the limits they share."""

from datetime import UTC, datetime

import pytest

from ingest.decoders import MAX_BYTES, UnknownDecoderError, decoder, names
from ingest.readings import Reason, Rejection

RECEIVED = datetime(2024, 5, 1, tzinfo=UTC)


def test_decoders_are_found_by_their_files() -> None:
    """A module with DECODER is a decoder, named as its file."""
    assert {"senml", "zigbee2mqtt", "frigate"} <= set(names())


def test_unknown_name_is_told_the_nearest() -> None:
    """Whoever mistypes a decoder is told what they may have meant."""
    with pytest.raises(UnknownDecoderError, match="did you mean 'zigbee2mqtt'") as caught:
        decoder("zigbeemqtt")
    assert caught.value.nearest == "zigbee2mqtt"


@pytest.mark.parametrize("name", names())
def test_too_large_a_payload_is_refused_unread(name: str) -> None:
    """No decoder is handed more than the limit."""
    (item,) = decoder(name)("x", b"0" * (MAX_BYTES + 1), RECEIVED)
    assert isinstance(item, Rejection)
    assert item.reason is Reason.TOO_LARGE
