"""Reading refusals off the broker's log."""

import re

import pytest

from gridwatch.broker_log import BrokerLog, topic_of
from gridwatch.embedded import BrokerAccount, NatsServer, free_port
from gridwatch.embedded.nats import subjects
from tests.brokers import Visitor

LINE = '[1] 2026/11/22 05:03:33.869280 [ERR] 127.0.0.1:35321 - mid:5 - "gw-x" - Publish Violation - Subject "{}"\n'


@pytest.mark.parametrize("topic", ["a/b", "a/b.c/d", "/a", "a//b", "a/", "x"])
def test_a_subject_is_the_topic_it_was_made_of(topic):
    """Dots within a level and empty levels come back as they were."""
    assert topic_of(subjects(topic)[-1]) == topic


def test_only_what_is_new_and_whole_is_counted(tmp_path):
    """What stood there before is not counted again, half a line waits for its end, a log begun anew is read from its start."""
    log = tmp_path / "broker.log"
    log.write_text(LINE.format("old"))
    reader = BrokerLog(log, monitor=free_port())  # nobody listens there: the client's own name stands for the account
    assert reader.violations() == []
    with log.open("a") as file:
        file.write(LINE.format("a.b") * 3 + LINE.format("a.c") + LINE.format("a.d")[:40])
    assert sorted((one.speaker, one.victim, one.messages) for one in reader.violations()) == [
        ("gw-x", "a/b", 3),
        ("gw-x", "a/c", 1),
    ]
    with log.open("a") as file:
        file.write(LINE.format("a.d")[40:])
    assert [one.victim for one in reader.violations()] == ["a/d"]
    log.write_text(LINE.format("new"))
    assert [one.victim for one in reader.violations()] == ["new"]


def test_a_restarted_broker_accuses_nobody_of_before(tmp_path):
    """It counts its connections anew: the account of connection 27 is asked for again, and is not the one that had that number."""
    accounts = tuple(BrokerAccount(user=name, password="p", publish=("own",)) for name in ("gw-0", "gw-a", "gw-b"))
    broker = NatsServer(tmp_path, host="127.0.0.1", port=free_port(), accounts=accounts, monitor=free_port())
    broker.start()
    reader = BrokerLog(broker.log, monitor=broker.monitor)
    for account in accounts:
        visitor = Visitor(account.user, "p", client_id="same").connect(broker.port)
        visitor.publish("foreign", b"")
        assert [one.speaker for one in reader.violations()] == [account.user]
        visitor.leave()
        broker.stop()
        broker.start()
    broker.stop()
    numbers = re.findall(r"mid:(\d+) .* Publish Violation", broker.log.read_text())
    assert numbers[1] == numbers[2]  # the first one also made the broker's own streams
