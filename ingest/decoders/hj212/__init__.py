"""Decode HJ 212-2017 and HJ/T 212-2005 packets of environmental stations. Pure and total; a wrong checksum is no reading.

The device id is the station's MN. The topic `hj212/{area}/{MN}` names the only station that may speak on it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from ingest.decoders.hj212.factors import factor
from ingest.decoders.hj212.flags import facts, quality
from ingest.decoders.hj212.packet import Packet, packets
from ingest.device_clock import beijing_time, is_believable
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.speaker import speaker
from ingest.wire import number

__all__ = ["DECODER", "decode"]

EARLIEST: Final = datetime(2005, 12, 30, tzinfo=UTC)  # the first standard's date: an earlier clock was never set
_PERIODS: Final = {"2011": "", "2051": "_10min", "2061": "_1h", "2031": "_1d", "2072": ""}
_STATE, _RUN_TIME, _ALARM = "2021", "2041", "2072"
# suffix: what it adds to the metric's name, beside the period's
_VALUES: Final = {
    "RTD": "",
    "AVG": "",
    "MIN": "_min",
    "MAX": "_max",
    "COU": "_sum",
    "ZSRTD": "_converted",
    "ZSAVG": "_converted",
    "ZSMIN": "_converted_min",
    "ZSMAX": "_converted_max",
    "DATA": "",
    "DAYDATA": "_day",
    "NIGHTDATA": "_night",
    "ALA": "",
}
_EQUIPMENT: Final = {"RS": ("state", "1"), "RT": ("run_time", "h")}
_FROM_CENTRE: Final = frozenset({"9011", "9012", "9013", "9014"})  # both sides say them; they carry no data
_SILENT: Final = frozenset({"9015", "9021", "9022", "1013", "2081"})  # heartbeat and log-in of makers, clock, start
_SENTINELS: Final = frozenset({-9999.0, -999.0, -99.0, 9999999.0})
_STAMP, _STAMP_MS = 14, 17


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode every packet in `payload`. Each packet of several is complete in itself (6.3.4)."""
    allowed = speaker(topic, "hj212")
    decoded: list[Decoded] = []
    for found in packets(payload):
        if isinstance(found, Rejection):
            decoded.append(found)
        else:
            decoded += _packet(found, allowed, received)
    return decoded


TOPICS: Final = ("hj212/+/+",)
DECODER: Final[Decoder] = decode


def _packet(packet: Packet, allowed: str | None, received: datetime) -> Iterator[Decoded]:
    head = packet.head
    name, command = head.get("MN", ""), head.get("CN", "")
    if command in _FROM_CENTRE:
        if allowed is None or name.upper() != allowed:
            yield Rejection(reason=Reason.DOWNLINK, detail=f"command {command}")
    elif not name or not name.isprintable() or any(mark in name for mark in "/+#"):
        yield Rejection(reason=Reason.MALFORMED, detail="no MN that could be a device")
    elif allowed is not None and name.upper() != allowed:
        yield Rejection(reason=Reason.FOREIGN_DEVICE, detail=f"MN {name[:40]} on the topic of {allowed[:40]}")
    elif command in _PERIODS:
        yield from _Report(packet, name, received).factors(_PERIODS[command])
    elif command in (_STATE, _RUN_TIME):
        yield from _Report(packet, name, received).equipment()
    elif command not in _SILENT:
        yield Rejection(reason=Reason.UNSUPPORTED, detail=f"command {command[:10]}")


class _Report:
    """One packet with data: its device and times."""

    def __init__(self, packet: Packet, name: str, received: datetime) -> None:
        self._packet = packet
        self._received = received
        self._device = DeviceId(name)
        self._system = packet.head.get("ST", "")
        self._command = packet.head.get("CN", "")
        # Fields are parted by ; and within a factor by , and makers mix the two.
        self._fields = [field.partition("=") for field in packet.content.replace(",", ";").split(";")]
        stated = {key: value for key, _, value in self._fields if key in ("DataTime", "AlarmTime")}
        given = stated.get("DataTime") or stated.get("AlarmTime")
        # A packet without a time of its own has that of its sending.
        self._time, self._trust = self._stamp(packet.head.get("QN") if given is None else given)

    def factors(self, period: str) -> Iterator[Decoded]:
        """Give the readings of a report over `period` and what the flags say of the station."""
        flags, sampled, values = self._by_code()
        for code, suffix, text in values:
            known = factor(code, self._system)
            if known is None:
                continue
            time, trust = self._stamp(sampled[code]) if code in sampled else (self._time, self._trust)
            value = number(text)
            if value in _SENTINELS:
                value = None
            yield Reading(
                device=self._device,
                metric=known.metric + period + _VALUES[suffix],
                time=time,
                value=value,
                unit=known.sum_unit if suffix == "COU" else known.unit,
                quality=Quality.MISSING if value is None else quality(flags.get(code, ""), trust),
                code=code,
            )
        is_whole = self._packet.head.get("PNUM", "1").lstrip("0") in ("", "1")
        yield from facts(flags, is_whole=is_whole, device=self._device, time=self._time, trust=self._trust)
        if self._command == _ALARM:
            yield from self._alarm()

    def equipment(self) -> Iterator[Decoded]:
        """Give state and run time of what treats or makes the pollution (2021, 2041)."""
        for key, _, text in self._fields:
            code, _, suffix = key.rpartition("-")
            if suffix in _EQUIPMENT and factor(code, "") is not None:
                what, unit = _EQUIPMENT[suffix]
                value = number(text)
                yield Reading(
                    device=self._device,
                    metric=f"{code.lower()}_{what}",
                    time=self._time,
                    value=value,
                    unit=unit,
                    quality=Quality.MISSING if value is None else self._trust,
                    code=code,
                )

    def _by_code(self) -> tuple[dict[str, str], dict[str, str], list[tuple[str, str, str]]]:
        """Sort the fields: flags by code, times of sampling by code, and values as (code, suffix, text)."""
        flags: dict[str, str] = {}
        sampled: dict[str, str] = {}
        values: list[tuple[str, str, str]] = []
        for key, equals, text in self._fields:
            code, _, suffix = key.rpartition("-")
            upper = suffix.upper()
            if not equals or not code:
                continue
            if upper in _VALUES:
                values.append((code.strip(), upper, text))
            elif upper == "FLAG":
                flags[code.strip()] = text.strip()
            elif upper == "SAMPLETIME":
                sampled[code.strip()] = text
        return flags, sampled, values

    def _alarm(self) -> Iterator[DeviceState]:
        """State the station's own alarm (2072 of 2005): 1 begins, 0 ends it."""
        for key, _, text in self._fields:
            if key.rpartition("-")[2] == "AlarmType" and text in ("0", "1"):
                yield DeviceState(
                    device=self._device,
                    fact=Fact.VALUE_HIGH,
                    active=text == "1",
                    time=self._time,
                    quality=self._trust,
                    code=key[:40],
                )

    def _stamp(self, text: str | None) -> tuple[datetime, Quality]:
        """Read a local time of Beijing; ours, and flagged, where it cannot be."""
        digits = (text or "").strip()
        if len(digits) in (_STAMP, _STAMP_MS) and digits.isascii() and digits.isdecimal():
            parts = (int(digits[at : at + 2]) for at in range(4, _STAMP, 2))
            time = beijing_time(int(digits[:4]), *parts)
            if time is not None and is_believable(time, self._received, EARLIEST):
                return time, Quality.GOOD
        return self._received, Quality.UNCERTAIN_TIME
