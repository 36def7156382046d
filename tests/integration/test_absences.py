"""Row 3 of lessons: a time in which nobody could be heard is no device's silence, whatever happens to the worker afterwards."""

from datetime import timedelta

import pytest

from gridwatch.pipeline import Pipeline
from gridwatch.take_apart import take_apart
from ingest.publish import Message
from tests.alarm_county import alarms
from tests.engine_feed import GUIDANCE
from tests.integration.test_late_data import QUIET, Centre, centre  # noqa: F401 -- a fixture

RULES = f"""
rules:
  - {{name: quiet, kind: no-data, for: {{metric: smoke}}, priority: 3, without_interval: 2h, {GUIDANCE}}}
"""


@pytest.fixture
def watch(centre: Centre) -> Centre:  # noqa: F811
    """A worker that calls a detector silent after two hours, and two detectors that have just been heard."""
    made = Centre(centre.url, RULES)
    made.hear(QUIET)
    made.hear(QUIET, device="s-2")
    made.wait(seconds=1)
    return made


def silent(centre: Centre) -> list[object]:  # noqa: F811
    """Look once more and name the devices that are called silent."""
    centre.wait(seconds=1)
    return [device for (device,) in alarms(centre.url, "device") if device]


def listen(centre: Centre, **span: float) -> None:  # noqa: F811
    """Let time pass in which the broker is there: our own ping comes back, and nothing else."""
    until = centre.now + timedelta(**span)
    ping = Message("gridwatch/self/w", b"", 0, retained=False)
    while centre.now < until:
        centre.now += timedelta(seconds=4)
        centre.pipeline.judge([ping], received=centre.now.timestamp(), now=centre.now, tick=False, flush=False)


def fault(pipeline: Pipeline, centre: Centre) -> None:  # noqa: F811
    """Begin anew, as after a batch that could not be stored."""
    take_apart(pipeline, [], received=centre.now.timestamp(), now=centre.now)


@pytest.mark.parametrize("again", ["restart", "fault"])
@pytest.mark.parametrize("away", ["worker", "broker"])
def test_who_had_no_chance_to_speak_is_not_silent(watch: Centre, away: str, again: str) -> None:
    """After a night in which the worker or the broker was away, and a second start, only who then stays silent is."""
    if away == "worker":
        watch.restart(hours=10)
    else:
        watch.wait(hours=10)
    watch.hear(QUIET, device="s-2")
    for _ in range(3):
        if again == "restart":
            watch.restart(seconds=20)
        else:
            fault(watch.pipeline, watch)
        watch.hear(QUIET, device="s-2")
        assert silent(watch) == []
    listen(watch, hours=2, minutes=10)
    watch.hear(QUIET, device="s-2")
    assert len(silent(watch)) == 1
    watch.pipeline.close()
