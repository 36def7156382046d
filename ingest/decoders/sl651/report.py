"""Give the items of one report their device, time and quality. Pure: times are judged against the receive time.

Rules of time, all from real stations (docs/reference/formats/sl651.md):
the observation time holds if the send time is believable and not before it; otherwise everything is at the receive time.
A block of an hour starts at the observation time by the standard; where that would end after the report was sent, the
observation time is the block's end.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from ingest.decoders.sl651 import status
from ingest.decoders.sl651.elements import LEVEL_BLOCKS
from ingest.decoders.sl651.items import Item, Observed, Series, Station, StatusWord, Value
from ingest.device_clock import is_believable
from ingest.readings import Decoded, DeviceId, Quality, Reading, Reason, Rejection

EARLIEST = datetime(2014, 1, 1, tzinfo=UTC)  # the standard is of 2014: an earlier clock was never set
_SLACK = timedelta(minutes=2)  # observation times have no seconds
_LEVEL_JUMP_M = 0.10  # more than this between the end of a block and the level beside it: the block ends elsewhere
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
        self._device = DeviceId(station)
        self._is_muted = False
        self.time, self.quality = self._stamp(self._sent)

    def decoded(self, items: Sequence[Item]) -> Iterator[Decoded]:
        """Turn the items of one report into readings and facts, in order."""
        for item in items:
            match item:
                case Rejection():
                    yield item
                case Station():
                    yield from self._speak_for(item.station)
                case Observed():
                    self.time, self.quality = self._stamp(item.time)
                case Value() if not self._is_muted:
                    yield self._reading(item)
                case Series() if not self._is_muted:
                    yield from self._readings(item, items)
                case StatusWord() if not self._is_muted:
                    yield from status.facts(item.word, device=self._device, time=self.time, quality=self.quality)
                case _:
                    pass  # a station that may not speak here

    def _speak_for(self, station: str) -> Iterator[Rejection]:
        self._device = DeviceId(station)
        self.time, self.quality = self._stamp(self._sent)  # the next station states its own observation time
        self._is_muted = self._allowed is not None and station != self._allowed
        if self._is_muted:
            yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"station {station} on the topic of {self._allowed}")

    def _stamp(self, time: datetime | None) -> tuple[datetime, Quality]:
        """Accept a stated time, or fall back to the receive time."""
        if self._sent is None or time is None or not EARLIEST <= time <= self._sent + _SLACK:
            return self._received, Quality.UNCERTAIN_TIME
        return time, Quality.GOOD

    def _reading(self, item: Value) -> Reading:
        return Reading(
            device=self._device,
            metric=item.element.metric,
            time=self.time,
            value=item.value,
            unit=item.element.unit,
            quality=Quality.MISSING if item.value is None else self.quality,
            code=item.element.code,
            relative=item.element.is_level,
        )

    def _readings(self, series: Series, items: Sequence[Item]) -> Iterator[Reading]:
        first, quality = self._place(series, items)
        for number, value in enumerate(series.values):
            yield Reading(
                device=self._device,
                metric=series.element.metric,
                time=first + number * series.step,
                value=value,
                unit=series.element.unit,
                quality=Quality.MISSING if value is None else quality,
                code=series.element.code,
                relative=series.element.is_level,
            )

    def _place(self, series: Series, items: Sequence[Item]) -> tuple[datetime, Quality]:
        """Find the time of the first value, and how far the series can be trusted."""
        length = series.step * max(len(series.values) - 1, 0)
        if self._sent is None or self.quality is not Quality.GOOD:
            return self._received - length, Quality.UNCERTAIN_TIME
        if self.time + length <= self._sent + _SLACK:
            return self.time, Quality.GOOD
        is_doubtful = not series.is_hour or self.time.minute != 0 or _is_contradicted(series, items)
        return self.time - length, Quality.UNCERTAIN if is_doubtful else Quality.GOOD


def _is_contradicted(series: Series, items: Sequence[Item]) -> bool:
    """Tell whether a block said to end now may be the current hour so far, filled up with zeros or with nothing.

    One station was seen sending seven levels and five zeros at half past: not a fall of the river to zero.
    """
    values = series.values
    if values and values[-1] is None and any(value is not None for value in values):
        return True
    if int(series.element.code, 16) not in LEVEL_BLOCKS:
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
