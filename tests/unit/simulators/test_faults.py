"""Faults on purpose: what goes out instead of what was measured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.county import DeviceKind, DeviceSpec, MetricSpec, WireFormat
from simulators.faults import (
    Chain,
    Chattering,
    Drifting,
    Duplicate,
    Fault,
    OutOfOrder,
    Says,
    Silent,
    Stuck,
    Within,
    WrongClock,
)
from simulators.observation import Observation, Sending, Value

BEGAN = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
SPEC = DeviceSpec(
    id="gauge-1",
    kind=DeviceKind.GAUGE,
    area="339900101",
    name="gauge",
    lon=119.0,
    lat=28.0,
    format=WireFormat.SENML,
    metrics=(MetricSpec(name="stage", unit="m", interval_s=60.0),),
)


def sendings(count: int) -> list[Sending]:
    """A stage that rises a metre a minute, and a fact that is false."""
    return [
        Sending(
            at=BEGAN + timedelta(minutes=k),
            clock=BEGAN + timedelta(minutes=k),
            report=Observation(
                spec=SPEC,
                time=BEGAN + timedelta(minutes=k),
                values=(Value(metric="stage", value=float(k), unit="m"), Value(metric="fire", value=0.0, unit="1")),
            ),
        )
        for k in range(count)
    ]


def through(fault: Fault, count: int) -> list[Sending]:
    """What goes out of a fault."""
    return [after for before in sendings(count) for after in fault.pass_on(before)]


def stages(found: list[Sending]) -> list[float | None]:
    """The stages in what goes out."""
    return [item.report.value("stage") for item in found if isinstance(item.report, Observation)]


def test_stuck_repeats_the_first_value():
    """A stuck sensor repeats the first value it had."""
    assert stages(through(Stuck(), 4)) == [0.0, 0.0, 0.0, 0.0]


def test_drifting_runs_away_with_time():
    """A drifting metric is off by its rate times the time since the drift began."""
    assert stages(through(Drifting(metric="stage", per_hour=30.0), 3)) == [0.0, 1.5, 3.0]


def test_chattering_jumps_every_second_report():
    """A chattering metric jumps at every second report; a chattering fact turns round."""
    assert stages(through(Chattering(metric="stage", by=5.0), 4)) == [0.0, 6.0, 2.0, 8.0]
    turned = through(Chattering(metric="fire", by=1.0), 3)
    assert [item.report.value("fire") for item in turned] == [0.0, 1.0, 0.0]


def test_silent_says_nothing():
    """A silent device sends nothing at all."""
    assert through(Silent(), 3) == []


def test_a_wrong_clock_moves_the_devices_times_and_not_the_true_one():
    """The device's own times move; when the message is sent does not."""
    [moved] = through(WrongClock(by=timedelta(hours=26)), 1)
    assert moved.at == BEGAN
    assert moved.clock == moved.report.time == BEGAN + timedelta(hours=26)


def test_duplicate_repeats_the_same_report():
    """A duplicate is the same report, byte for byte."""
    found = through(Duplicate(times=3), 1)
    assert len(found) == 3
    assert found[0] == found[1] == found[2]


def test_out_of_order_exchanges_neighbours_and_loses_none():
    """Of each two reports the second comes first, both are sent no earlier than measured."""
    found = through(OutOfOrder(), 4)
    assert stages(found) == [1.0, 0.0, 3.0, 2.0]
    assert all(item.at >= item.report.time for item in found)


def test_says_adds_a_fact_and_takes_it_back_when_it_ends():
    """A fact that is said on purpose is true while the fault lasts, and false in the first report after it."""
    fault = Within(
        since=BEGAN + timedelta(minutes=1), until=BEGAN + timedelta(minutes=3), make=lambda: Says(fact="battery_low")
    )
    found = through(fault, 5)
    assert [item.report.value("battery_low") for item in found] == [None, 1.0, 1.0, 0.0, None]


def test_what_is_held_back_goes_out_when_the_fault_ends():
    """A report that out-of-order holds back when its time is over is not lost."""
    fault = Within(since=BEGAN, until=BEGAN + timedelta(minutes=3), make=OutOfOrder)
    assert stages(through(fault, 5)) == [1.0, 0.0, 2.0, 3.0, 4.0]


def test_faults_compose():
    """Several faults of one device act one after the other, the first nearest to the sensor."""
    assert stages(through(Chain(faults=[Stuck(), Duplicate()]), 2)) == [0.0] * 4


@pytest.mark.parametrize("fault", [Stuck(), Drifting(metric="stage", per_hour=1), Says(fact="fault")])
def test_a_heartbeat_passes_unchanged(fault):
    """A report without values has nothing to be wrong about."""
    [sending] = sendings(1)
    assert isinstance(sending.report, Observation)
    beat = replace(sending, report=replace(sending.report, values=()))
    assert fault.pass_on(beat) == [beat]
