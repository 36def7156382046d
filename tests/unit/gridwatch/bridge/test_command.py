"""`gridwatch bridge` says in one sentence what it cannot do, before it listens."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("gridwatch")
URL = ("--mqtt", "mqtt://127.0.0.1:1883")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["modbus", "--listen", ":1", *URL], "'modbus' has no bridge; there are sl651, gb26875, hj212."),
        (["hj212", "--listen", ":1", "--udp", *URL], "hj212 is TCP only"),
        (["sl651", "--listen", ":1", "--area", "a/b", *URL], "--area 'a/b' cannot be one level of a topic."),
        (["sl651", "--listen", ":0", "--area", ">", *URL], "--area '>' cannot be one level of a topic."),
        (["sl651", "--listen", ":0", "--mqtt", "mqtt://broker:port"], "--mqtt is no URL like"),
        (["sl651", "--listen", ":0", "--mqtt", f"mqtt://{'a' * 64}.example"], "--mqtt is no URL like"),
        (["sl651", "--listen", "9651", *URL], "--listen '9651' is no HOST:PORT"),
        (["sl651", "--listen", ":0", "--mqtt", "127.0.0.1:1883"], "--mqtt is no URL like"),
        (
            ["gb26875", "--listen", ":0", "--bad-checksum", "shout", *URL],
            "--bad-checksum 'shout' is none of deny, silence.",
        ),
    ],
)
def test_a_wrong_option_is_one_sentence(arguments, sentence):
    """Exit code 1, nothing started."""
    told = subprocess.run([PROGRAM, "bridge", *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith(f"gridwatch: {sentence}")


def test_a_port_that_is_taken_for_datagrams_is_one_sentence():
    """Only the port for connections was looked at before."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        command = [PROGRAM, "bridge", "sl651", "--udp", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", *URL]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert "gridwatch: Address already in use (--listen, --metrics)." in told.stderr.splitlines()


def test_without_a_broker_named_an_instance_has_to_run(tmp_path):
    """The broker of --data-dir is the default."""
    command = [PROGRAM, "bridge", "sl651", "--listen", ":0", "--data-dir", tmp_path]
    told = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert told.returncode == 1
    assert "Nothing is running" in told.stderr
