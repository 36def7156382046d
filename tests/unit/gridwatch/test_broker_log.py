"""Reading refusals off the broker's log."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gridwatch.broker_log import BrokerLog, topic_of
from gridwatch.embedded import free_port
from gridwatch.embedded.nats import subjects

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
    """It counts its connections anew: who has connection 5 is asked again, and nobody is asked about one of the process before."""
    accounts = ["gw-a"]

    class Monitor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"connections": [{"authorized_user": accounts[-1]}]}).encode())

        def log_message(self, *_told: object) -> None:
            pass

    log = tmp_path / "broker.log"
    with ThreadingHTTPServer(("127.0.0.1", 0), Monitor) as monitor:
        threading.Thread(target=monitor.serve_forever).start()
        reader = BrokerLog(log, monitor=monitor.server_address[1])
        log.write_text(LINE.format("a"))
        assert [one.speaker for one in reader.violations()] == ["gw-a"]
        accounts.append("gw-b")
        with log.open("a") as file:
            file.write(LINE.format("a") + LINE.replace("[1]", "[2]").format("b"))
        assert {one.victim: one.speaker for one in reader.violations()} == {"a": "gw-x", "b": "gw-b"}
        monitor.shutdown()
