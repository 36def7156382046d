"""Give the items of one report their device, time and quality. Pure: times are judged against the receive time.

Rules of time, all from real stations (docs/reference/formats/sl651.md):
the observation time holds if the send time is believable and not before it; otherwise everything is at the receive time.
A block of an hour starts at the observation time by the standard; where that would end after the report was sent, the
observation time is the block's end.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ingest.decoders.sl651 import status
from ingest.decoders.sl651.elements import LEVEL_BLOCKS
from ingest.decoders.sl651.items import Item, Observed, Series, Station, Value
from ingest.device_clock import is_believable
from ingest.readings import Decoded, DeviceId, Quality, Reading, Reason, Rejection

EARLIEST = datetime(2014, 1, 1, tzinfo=UTC)  # the standard is of 2014: an earlier clock was never set
_SLACK = timedelta(minutes=2)  # observation times have no seconds
_LEVEL_JUMP_M = 0.10  # more than this between the end of a block and the level beside it: the block ends elsewhere
_GOOD, _MISSING, _UNCERTAIN_TIME = Quality.GOOD, Quality.MISSING, Quality.UNCERTAIN_TIME
_TRIGGER_LEVELS = {"F5": ("39", "3B"), "F6": ("3A",)}


class Report:
    """The state of one walk over a report's items.

    `sent` is the station's send time (None where it is no time); `allowed` is the only station the topic lets speak
    (None: any).
    """

    def __init__(self, *, station: str, sent: datetime | None, received: datetime, allowed: str | None) -> None:
        self._received = received
        self._allowed = allowed
        self._sent = sent if sent is not None and is_believable(sent, received, EARLIEST) else None
        self._latest = None if self._sent is None else self._sent + _SLACK
        self._device = DeviceId(station)
        self.time, self.quality = self._stamp(self._sent)

    def decoded(self, items: Sequence[Item]) -> list[Decoded]:
        """Turn the items of one report into readings and facts, in order."""
        said: list[Decoded] = []
        is_muted = False  # a station that may not speak here
        for item in items:
            if isinstance(item, Value):
                if is_muted:
                    continue
                element, value = item.element, item.value
                said.append(
                    Reading(
                        device=self._device,
                        metric=element.metric,
                        time=self.time,
                        value=value,
                        unit=element.unit,
                        quality=_MISSING if value is None else self.quality,
                        code=element.code,
                        relative=element.is_level,
                    )
                )
            elif isinstance(item, Observed):
                self.time, self.quality = self._stamp(item.time)
            elif isinstance(item, Station):
                is_muted = self._allowed is not None and item.station != self._allowed
                self._speak_for(item.station)
                if is_muted:
                    detail = f"station {item.station} on the topic of {self._allowed}"
                    said.append(Rejection(reason=Reason.FOREIGN_DEVICE, detail=detail))
            elif isinstance(item, Rejection):
                said.append(item)
            elif is_muted:
                pass
            elif isinstance(item, Series):
                self._readings(item, items, said)
            else:
                said += status.facts(item.word, device=self._device, time=self.time, quality=self.quality)
        return said

    def _speak_for(self, station: str) -> None:
        self._device = DeviceId(station)
        self.time, self.quality = self._stamp(self._sent)  # the next station states its own observation time

    def _stamp(self, time: datetime | None) -> tuple[datetime, Quality]:
        """Accept a stated time, or fall back to the receive time."""
        if self._latest is None or time is None or not EARLIEST <= time <= self._latest:
            return self._received, _UNCERTAIN_TIME
        return time, _GOOD

    def _readings(self, series: Series, items: Sequence[Item], said: list[Decoded]) -> None:
        time, quality = self._place(series, items)
        device, step, element = self._device, series.step, series.element
        metric, unit, code, is_level = element.metric, element.unit, element.code, element.is_level
        for value in series.values:
            said.append(
                Reading(
                    device=device,
                    metric=metric,
                    time=time,
                    value=value,
                    unit=unit,
                    quality=_MISSING if value is None else quality,
                    code=code,
                    relative=is_level,
                )
            )
            time += step

    def _place(self, series: Series, items: Sequence[Item]) -> tuple[datetime, Quality]:
        """Find the time of the first value, and how far the series can be trusted."""
        length = series.step * max(len(series.values) - 1, 0)
        if self._latest is None or self.quality is not _GOOD:
            return self._received - length, _UNCERTAIN_TIME
        if self.time + length <= self._latest:
            return self.time, _GOOD
        is_doubtful = not series.is_hour or self.time.minute != 0 or _is_contradicted(series, items)
        return self.time - length, Quality.UNCERTAIN if is_doubtful else _GOOD


def _is_contradicted(series: Series, items: Sequence[Item]) -> bool:
    """Tell whether a block said to end now may be the current hour so far, filled up with zeros or with nothing.

    One station was seen sending seven levels and five zeros at half past: not a fall of the river to zero.
    """
    values = series.values
    if values and values[-1] is None and any(value is not None for value in values):
        return True
    if series.element.guide not in LEVEL_BLOCKS:
        return False
    if values and values[-1] == 0 and any(values):
        return True
    now = [
        item.value
        for item in items
        if isinstance(item, Value)
        and item.element.code in _TRIGGER_LEVELS.get(series.element.code, ())
        and item.value is not None
    ]
    last = values[-1] if values else None
    return last is not None and bool(now) and min(abs(last - level) for level in now) > _LEVEL_JUMP_M
