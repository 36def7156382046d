"""Collects what one payload says of its device, for codecs. Pure. Knows no format."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct

from ingest.instants import settle
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Quality, Reading, Reason, Rejection

_SECOND = timedelta(seconds=1)
_GOOD, _MISSING, _HISTORY = Quality.GOOD, Quality.MISSING, Quality.HISTORY


class Told(Struct):
    """A list of what is said, all at one time and of one quality until `at` says otherwise."""

    item: Enclosed
    items: list[Decoded]

    @property
    def device(self) -> DeviceId:
        """The device the payload is of."""
        return self.item.device

    def value(self, metric: str, value: float | None, unit: str, code: str = "") -> None:
        """Add a number in `unit` (UCUM or SenML); None is a device that has none just now."""
        item = self.item
        quality = item.quality if value is not None else _MISSING
        self.items.append(
            Reading(
                device=item.device, metric=metric, time=item.time, value=value, unit=unit, quality=quality, code=code
            )
        )

    def fact(self, fact: Fact, code: str, *, active: bool) -> None:
        """Add a fact that is now true or now false."""
        item = self.item
        self.items.append(
            DeviceState(device=item.device, fact=fact, active=active, time=item.time, quality=item.quality, code=code)
        )

    def momentary(self, fact: Fact, code: str) -> None:
        """Add a fact that is over a second later: nothing will ever say that it ended."""
        item = self.item
        self.fact(fact, code, active=True)
        self.items.append(
            DeviceState(
                device=item.device, fact=fact, active=False, time=item.time + _SECOND, quality=item.quality, code=code
            )
        )

    def reject(self, reason: Reason, detail: str) -> None:
        """Add why a part was not taken in."""
        self.items.append(Rejection(reason=reason, detail=f"{self.item.device}: {detail}"))

    def extend(self, items: Iterable[Decoded]) -> None:
        """Add what was collected elsewhere."""
        self.items.extend(items)


def stored(item: Enclosed, epoch_s: int) -> Told | None:
    """Collect what the device stored at `epoch_s` (seconds since 1970 UTC); None where that was never a time."""
    time, quality = settle(float(epoch_s), item.time)
    if quality is not _GOOD:
        return None
    return Told(
        Enclosed(device=item.device, payload=b"", time=time, port=item.port, quality=_HISTORY, hint=item.hint),
        [],
    )
