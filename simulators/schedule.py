"""In which order a county's devices speak. Pure: the time to begin with is passed in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from simulators.county import DeviceSpec
from simulators.devices import models
from simulators.faults import Fault
from simulators.observation import Sending
from simulators.pulse import phase_s
from simulators.world import World

POWER_ON_S = 20.0


def schedule(
    devices: Sequence[DeviceSpec], world: World, faults: Mapping[str, Fault], start: datetime, until: datetime | None
) -> Iterator[Sending]:
    """Yield what the devices send after `start` and until `until` (inclusive; None: for ever), in the order of sending.

    Where the story begins, every device speaks within POWER_ON_S, as after its power came back: those that otherwise speak
    only when something happens are heard of, too.
    """
    queue: list[tuple[datetime, int]] = []
    for i, spec in enumerate(devices):
        due = models()[spec.kind].next_due(spec, start, world)
        if start <= world.began:
            first = start + timedelta(seconds=phase_s(f"power {spec.id}", POWER_ON_S))
            due = first if due is None else min(first, due)
        if due is not None:
            queue.append((due, i))
    heapify(queue)
    while queue:
        at, i = heappop(queue)
        if until is not None and at > until:
            return
        spec = devices[i]
        model, fault = models()[spec.kind], faults.get(spec.id)
        for report in model.observe(spec, at, world):
            sending = Sending(at=at, clock=at, report=report)
            yield from [sending] if fault is None else fault.pass_on(sending)
        due = model.next_due(spec, at, world)
        if due is not None:
            heappush(queue, (due, i))
