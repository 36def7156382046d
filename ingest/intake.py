"""From messages to columns: decode, find the device, convert the unit. Pure: time is passed in, nothing is stored.

Every message ends in exactly one of: readings, a camera event, a rejection, the waiting list, or a heartbeat that says
nothing. None is dropped silently.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite, nan

from ingest import codecs, level
from ingest.decoders.senml import fast
from ingest.identifiers import is_id, with_plain_ids
from ingest.memories import Memories
from ingest.publish import Message
from ingest.readings import (
    CameraEvent,
    Decoded,
    DeviceState,
    Discovered,
    Dropped,
    Enclosed,
    Fact,
    OfficialWarning,
    Phase,
    Quality,
    Reading,
    Reason,
    Rejection,
    Request,
)
from ingest.registry import Device, Registry, Slot, is_learnable
from ingest.rows import NATIVE_PREFIX, Intake, Rows
from ingest.sources import Source, source_of

SELF_TOPIC = "gridwatch/self/"
OLDEST_US = 0  # 1970: before that no device of ours existed
NEWEST_US = 4_102_444_800_000_000  # 2100
FACT_OF_LABEL = {
    "smoke": Fact.SMOKE_SEEN,
    "fire": Fact.FIRE_SEEN,
    "fire_alarm": Fact.OTHER,  # heard: another device's alarm, which does not say what
    "smoke_detector": Fact.OTHER,
}
PANEL_RESET = "reset"
NOBODY = Source(topic_filter="", decoder="")
ROUTES_KEPT = 400_000  # one per topic heard; 170,000 detectors fit twice


@dataclass(slots=True)
class _Route:
    """What a topic leads to, worked out once."""

    source: Source | None
    device: str = ""  # of a native topic, when registered
    slots: dict[tuple[str, str], Slot] = field(default_factory=dict)


class Desk:
    """Takes messages in against one picture of the registry. Make a new one when the registry changes."""

    def __init__(self, registry: Registry, sources: tuple[Source, ...]) -> None:
        self.registry = registry
        self._sources = sources
        self._routes: dict[str, _Route] = {}
        self._parts: dict[str, list[str]] = {}  # components of a fire panel by "{source}-{system}"
        for device_id in registry.devices:
            system, dash, component = device_id.rpartition("-")
            if dash and component:
                self._parts.setdefault(system, []).append(device_id)

    def take_in(
        self,
        messages: Iterable[Message],
        *,
        received_us: int,
        memories: Memories,
        ended: Iterable[CameraEvent] = (),
    ) -> Intake:
        """Take in messages received at `received_us` (microseconds since 1970 UTC).

        `memories` is what decoders remember of earlier messages; it is not changed, the intake has the next one.
        `ended` are camera events whose end nobody told, because the recorder was restarted.
        """
        rows = Rows(received_us, memories.copy())
        for message in messages:
            before = rows.untimed_rows
            route = self._routes.get(message.topic) or self._route(message.topic)
            try:
                if not (route.device and self._take_fast(route, message, rows)):
                    self._take_full(route, message, rows)
            except Exception as error:  # noqa: BLE001 -- a fault of ours in one message must not stop all the others
                rows.reject(message, route.source.decoder if route.source else "", Reason.FAULT, repr(error))
            if rows.untimed_rows > before:
                rows.untimed.append(message)
        for event in ended:
            self._store_event(NOBODY, Message("", b"", 0, retained=False), event, rows)
        return rows.finish(self.registry)

    def _route(self, topic: str) -> _Route:
        if len(self._routes) >= ROUTES_KEPT:
            self._routes.clear()
        route = _Route(source_of(self._sources, topic))
        levels = topic.split("/")
        if route.source is not None and route.source.decoder == "senml" and levels[:2] == NATIVE_PREFIX:
            device = self.registry.devices.get(levels[3])
            # What hangs over water says more than its numbers: see `_take_reading`.
            if device is not None and device.may_speak_under(levels[2]) and device.mounting_height_m is None:
                route.device = device.id
        self._routes[topic] = route
        return route

    def _take_fast(self, route: _Route, message: Message, rows: Rows) -> bool:
        """Take in a common small SenML pack; False, and nothing taken, when it is anything else."""
        records = fast(message.payload, rows.received_us, route.device)
        if records is None:
            return False
        found = []
        for name, unit, time_us, value in records:
            slot = route.slots.get((name, unit)) or self._remember(route, name, unit)
            if slot is None or not OLDEST_US <= time_us < NEWEST_US:
                return False
            found.append((slot, time_us, value))
        for slot, time_us, value in found:
            rows.add(slot, time_us, value, Quality.GOOD)
        return True

    def _remember(self, route: _Route, name: str, unit: str) -> Slot | None:
        slot = self.registry.slot(route.device, name, unit)
        if slot is not None:
            route.slots[name, unit] = slot
        return slot

    def _take_full(self, route: _Route, message: Message, rows: Rows) -> None:
        if message.topic.startswith(SELF_TOPIC):
            rows.counts["pings"] += 1
            return
        if route.source is None:
            rows.reject(message, "", Reason.TOPIC, "no source takes this topic")
            return
        received = datetime.fromtimestamp(rows.received_us / 1e6, UTC)
        for item in with_plain_ids(rows.decode(route.source.decoder, message, received), self.registry.devices):
            self._take_item(route.source, message, item, rows)

    def _take_item(  # noqa: C901 -- one case a noun
        self, source: Source, message: Message, item: Decoded, rows: Rows
    ) -> None:
        match item:
            case Enclosed():
                self._open(source, message, item, rows)
            case Discovered():
                if item.device not in self.registry.devices:
                    rows.wait(item.device, source.decoder, message, announced=item)
            case OfficialWarning():
                rows.warnings.append(item)
            case Request():
                rows.requests.append(item)
            case Rejection():
                rows.reject(message, source.decoder, item.reason, item.detail)
            case Dropped():
                rows.counts["personal_fields_dropped"] += len(item.fields)
            case Reading():
                self._take_reading(source, message, item, rows)
            case DeviceState():
                if item.fact is Fact.OFFLINE and is_id(item.device):
                    rows.spoke_up.append((item.device, item.time))
                if item.code == PANEL_RESET and not item.active:
                    self._reset_parts(source, message, item, rows)
                value = float(item.active)
                self._store(source, message, rows, item.device, item.fact, "1", item.time, value, item.quality)
            case CameraEvent():
                self._store_event(source, message, item, rows)

    def _open(self, source: Source, message: Message, item: Enclosed, rows: Rows) -> None:
        """Read a payload by the codec its device is registered with."""
        device = self.registry.devices.get(item.device)
        if device is None:
            rows.wait(item.device, source.decoder, message)
        elif not device.codec:
            rows.reject(
                message, source.decoder, Reason.UNSUPPORTED, f"{item.device}: no codec is known for its payload"
            )
        else:
            for found in codecs.read(device.codec, item):
                self._take_item(source, message, found, rows)

    def _take_reading(self, source: Source, message: Message, item: Reading, rows: Rows) -> None:
        """Take in a number, and the level it means under a sensor whose mounting height is registered."""
        value = nan if item.value is None or not isfinite(item.value) else item.value
        self._store(
            *(source, message, rows, item.device, item.metric, item.unit, item.time, value, item.quality),
            relative=item.relative,
        )
        if item.metric == level.DISTANCE and (device := self.registry.devices.get(item.device)) is not None:
            height = device.mounting_height_m
            water = None if height is None else level.under(item, height)
            if water is not None:
                self._take_reading(source, message, water, rows)

    def _reset_parts(self, source: Source, message: Message, item: DeviceState, rows: Rows) -> None:
        """Pass a panel's reset on to its components: the frame names only the system, "{source}-{system}"."""
        for part in self._parts.get(item.device, ()):
            if self.registry.knows(part, item.fact):
                self._store(source, message, rows, part, item.fact, "1", item.time, 0.0, item.quality)

    def _store_event(self, source: Source, message: Message, item: CameraEvent, rows: Rows) -> None:
        device = self.registry.devices.get(item.device)
        if device is None:
            rows.wait(item.device, source.decoder, message)
            return
        rows.events.append((device.key, device.grid, item))
        fact = FACT_OF_LABEL.get(item.label)
        if fact is not None and item.severity == "alert":
            seen = float(item.phase is not Phase.END)
            self._store(source, message, rows, item.device, fact, "1", item.time, seen, Quality.GOOD)

    def _store(  # noqa: PLR0913, PLR0917 -- the fields of one reading; a noun for them would live for one line
        self,
        source: Source,
        message: Message,
        rows: Rows,
        device_id: str,
        metric: str,
        unit: str,
        time: datetime,
        value: float,
        quality: Quality,
        *,
        relative: bool = False,
    ) -> None:
        device = self.registry.devices.get(device_id)
        if device is None:
            rows.wait(device_id, source.decoder, message)
            return
        if not _may_speak(device, message.topic):
            rows.reject(message, source.decoder, Reason.FOREIGN_DEVICE, f"{device_id} belongs to area {device.area}")
            return
        slot = self.registry.slot(device_id, metric, unit, relative=relative)
        time_us = round(time.timestamp() * 1e6)
        if slot is None and not self.registry.knows(device_id, metric):
            if is_learnable(metric, unit, self.registry.metrics_of[device.key]):
                rows.learn.append((device_id, metric, unit))
            else:
                rows.reject(message, source.decoder, Reason.METRIC, f"{device_id}: no metric {metric!r} in {unit!r}")
        elif slot is None:
            rows.reject(message, source.decoder, Reason.UNIT, f"{device_id} {metric}: unit {unit!r}")
        elif not OLDEST_US <= time_us < NEWEST_US:
            rows.reject(message, source.decoder, Reason.TIME, f"{device_id} {metric}: {time.isoformat()}")
        else:
            missing = value != value or quality is Quality.MISSING  # noqa: PLR0124 -- NaN is the value unequal to itself
            rows.add(slot, time_us, nan if missing else value, Quality.MISSING if missing else quality)


def _may_speak(device: Device, topic: str) -> bool:
    """Tell whether a device may use a native topic; other formats' topics name no area of ours."""
    levels = topic.split("/")
    return levels[:2] != NATIVE_PREFIX or device.may_speak_under("".join(levels[2:3]))
