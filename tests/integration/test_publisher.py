"""The publisher against a real broker that comes and goes."""

import threading
from pathlib import Path

import pytest

from gridwatch.embedded import BrokerAccount, NatsServer, free_port
from simulators.publisher import BrokerError, BrokerUrl, Publisher


def test_a_restarted_broker_gets_everything(tmp_path: Path):
    """Messages sent while the broker is away are kept, at most a window of them, and acknowledged when it is back."""
    account = BrokerAccount(user="test", password="secret")
    server = NatsServer(tmp_path, host="127.0.0.1", port=free_port(), accounts=(account,), sync_always=False)
    server.start()
    url = BrokerUrl(host=server.host, port=server.port, user=account.user, password=account.password)
    with Publisher(url, client_id="p", window=50) as publisher:
        for k in range(100):
            assert publisher.send("gridwatch/v1/a/d/senml", b"%d" % k)
        assert publisher.flush()
        server.stop()
        sent = threading.Thread(target=lambda: [publisher.send("gridwatch/v1/a/d/senml", b"x") for _ in range(80)])
        sent.start()
        sent.join(1)
        assert sent.is_alive(), "the window has to hold the sender back"
        assert publisher.unacknowledged == 50
        server.start()
        sent.join(20)
        assert publisher.flush()
        assert publisher.acknowledged == 180
    server.stop()


def test_nobody_there_is_an_error_soon():
    """A broker that does not answer is one clear sentence after the time to connect."""
    url = BrokerUrl(host="127.0.0.1", port=free_port())
    with pytest.raises(BrokerError, match="no MQTT broker answers at"), Publisher(url, client_id="p", connect_s=0.3):
        pass
