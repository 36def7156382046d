"""Work in a thread that a signal ends: it always comes back, however early or often it is told to."""

import os
import signal
import subprocess
import sys

import pytest

from gridwatch.simulate import until_signalled

# Numpy's threads do not block signals: one that comes while nobody waits goes to them.
PROGRAM = """
import numpy
import sys
from gridwatch.simulate import until_signalled

def work(stop):
    print("begun", flush=True)
    stop.wait()
    sys.stdin.readline()
    print("ended", flush=True)

until_signalled(work)
"""


def test_it_comes_back_when_the_work_ends_at_once():
    """Work that is over before anybody waits is over, a hundred times."""
    for _ in range(100):
        until_signalled(lambda _stop: None)


def test_what_the_work_raised_is_raised():
    """The error of the work is that of the call, and the handlers are those from before."""
    before = signal.getsignal(signal.SIGTERM)

    def work(_stop):
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        until_signalled(work)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("often", [1, 5])
def test_signals_end_the_work_and_nothing_else(often):
    """One signal or several: the work is told to stop, finishes what it does, and the exit code is 0."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    for _ in range(often):
        os.kill(process.pid, signal.SIGTERM)
    assert process.communicate("\n", timeout=20)[0] == "ended\n"  # what it does takes until all were sent
    assert process.returncode == 0
