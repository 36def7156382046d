"""What a bridge does with frames while there is no broker, and when one comes."""

import asyncio

from gridwatch.bridge.publisher import Publisher, Where
from gridwatch.embedded import free_port
from tests.conftest import Broker


def where(broker: Broker) -> Where:
    """Name a broker for a bridge."""
    return Where(host=broker.host, port=broker.port, user=broker.user, password=broker.password)


async def test_without_a_broker_frames_wait_within_bounds() -> None:
    """So many frames and so many bytes; what is beyond is refused at once, and what waited is when we stop."""
    publisher = Publisher(Where(host="127.0.0.1", port=free_port()), client_id="bridge", most_frames=3, most_bytes=10)
    publisher.start()
    told = [publisher.publish("sl651/0/1", payload) for payload in (b"four", b"four", b"four", b"1", b"1")]
    assert [each.done() for each in told] == [False, False, True, False, True]
    assert publisher.unacknowledged == 3
    await publisher.stop(grace_s=0.1)
    assert [each.result() for each in told] == [False] * 5


async def test_a_frame_is_published_when_the_broker_has_it(mosquitto: Broker) -> None:
    """Also by another broker than ours; the future of each is told, in any number at once."""
    publisher = Publisher(where(mosquitto), client_id="bridge")
    told = [publisher.publish("sl651/0/1", b"%d" % number) for number in range(2_000)]
    publisher.start()
    async with asyncio.timeout(20):
        assert await asyncio.gather(*told) == [True] * 2_000
    assert publisher.unacknowledged == 0
    await publisher.stop(grace_s=1)


async def test_whom_the_broker_does_not_let_in_is_not_connected(broker: Broker) -> None:
    """A wrong password publishes nothing: no device is answered."""
    publisher = Publisher(
        Where(host=broker.host, port=broker.port, user=broker.user, password="wrong"), client_id="bridge"
    )
    publisher.start()
    told = publisher.publish("sl651/0/1", b"frame")
    await asyncio.wait([told], timeout=1)
    assert not told.done()
    assert not publisher.connected.is_set()
    await publisher.stop(grace_s=0.1)
    assert told.result() is False
