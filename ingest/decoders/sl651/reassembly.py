"""Join the packets of multi-packet SL 651 reports (mode M3). Pure: time is passed in, memory is bounded.

Refuses pictures: their packets are told as UNSUPPORTED one by one and never kept.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from ingest.decoders.sl651 import decode_frame
from ingest.decoders.sl651.frame import Frame, frames
from ingest.readings import Decoded, Reason, Rejection

_PICTURE = 0x36
_Key = tuple[str, str, int, int]  # topic, station, function, total


@dataclass(slots=True, kw_only=True)
class _Pending:
    """The packets of one report so far, by number."""

    begun: datetime
    packets: dict[int, Frame] = field(default_factory=dict)

    def size(self) -> int:
        return sum(len(packet.body) for packet in self.packets.values())


class Reassembler:
    """Decode payloads as `decode` does, but keep the packets of unfinished reports and decode the whole.

    At most `max_reports` reports are pending, each of at most `max_bytes`; the oldest gives way, and its loss is told as a
    TRUNCATED rejection with the next payload. A report not whole within `patience` is given up likewise.
    """

    def __init__(
        self,
        *,
        max_reports: int = 1_000,
        max_bytes: int = 65_536,  # 16 packets of the longest 12-bit length
        patience: timedelta = timedelta(minutes=10),
    ) -> None:
        self._max_reports = max_reports
        self._max_bytes = max_bytes
        self._patience = patience
        self._pending: dict[_Key, _Pending] = {}
        self.kept = 0  # packets kept so far, for whoever must not lose them with our memory

    def copy(self) -> "Reassembler":
        """Make one that goes on from here on its own."""
        other = Reassembler(max_reports=self._max_reports, max_bytes=self._max_bytes, patience=self._patience)
        other.kept = self.kept
        other._pending = {
            key: _Pending(begun=pending.begun, packets=dict(pending.packets)) for key, pending in self._pending.items()
        }
        return other

    def __len__(self) -> int:
        """Count the unfinished reports."""
        return len(self._pending)

    def __call__(self, topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        """Decode `payload`; a packet that completes its report gives the whole report, the others give nothing."""
        decoded: list[Decoded] = list(self._give_up(received))
        for found in frames(payload):
            if isinstance(found, Rejection):
                decoded.append(found)
            elif found.is_up and 1 <= found.number <= found.total > 1 and found.function != _PICTURE:
                decoded += self._keep(topic, found, received)
            else:
                decoded += decode_frame(topic, found, received)
        return decoded

    def _give_up(self, received: datetime) -> list[Rejection]:
        # Reports are in the order they began, so the overdue ones are in front.
        lost: list[Rejection] = []
        for key, pending in list(self._pending.items()):
            if received - pending.begun <= self._patience:
                break
            lost.append(self._drop(key))
        return lost

    def _drop(self, key: _Key) -> Rejection:
        pending = self._pending.pop(key)
        _, station, function, total = key
        detail = f"station {station} function {function:02X}: {len(pending.packets)} of {total} packets came"
        return Rejection(reason=Reason.TRUNCATED, detail=detail)

    def _keep(self, topic: str, frame: Frame, received: datetime) -> list[Decoded]:
        key = (topic, frame.station, frame.function, frame.total)
        decoded: list[Decoded] = []
        if key not in self._pending and len(self._pending) >= self._max_reports:
            decoded.append(self._drop(next(iter(self._pending))))
        pending = self._pending.setdefault(key, _Pending(begun=received))
        known = pending.packets.get(frame.number)
        if known is not None and known.body != frame.body:
            # The same number with other contents: the station has begun another report of the same shape.
            decoded.append(self._drop(key))
            pending = self._pending.setdefault(key, _Pending(begun=received))
        pending.packets[frame.number] = frame
        self.kept += 1
        if pending.size() > self._max_bytes:
            self._pending.pop(key)
            detail = f"report of more than {self._max_bytes} bytes"
            return [*decoded, Rejection(reason=Reason.TOO_LARGE, detail=detail)]
        if len(pending.packets) == frame.total:
            self._pending.pop(key)
            self.kept -= 1
            body = b"".join(pending.packets[number].body for number in range(1, frame.total + 1))
            decoded += decode_frame(topic, replace(frame, body=body, total=1, number=1), received)
        return decoded
