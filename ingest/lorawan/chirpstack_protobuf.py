"""ChirpStack's events in Protocol Buffers, v3 and v4, as events like those of their JSON. Pure. Refuses what is no event.

The numbers are those of `api/integration/integration.proto` and `gw.proto` of ChirpStack v4, and of `as/integration` and `gw`
of chirpstack-api v3. Only fields we read are named; the library skips the others.
A list is gone through as its slice: the library's own iteration ends by an exception, which costs as much as three messages.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from google.protobuf.message import DecodeError

from ingest.instants import EPOCH
from ingest.lorawan.chirpstack_event import Event, Info, Radio
from ingest.protobuf_schema import ONE, Fields, message_types
from ingest.readings import Reason
from ingest.wire import RefusedError

Proto = Any
"""A generated message: its attributes are those of the tables below, which no type checker sees."""

_LATEST_S: Final = 32_503_680_000  # the year 3000; beyond it no datetime is needed to see that a clock is wrong
_V3: Final = 0x08  # field 1, a number: the application. In v4 field 1 is text, or a time, but in a txack
_PLACES: Final = 4  # decimals that a single-precision number of up to three digits has
_LORA: Final = (None, "lora")  # a message that does not say how it was sent is of LoRa
FSK: Final = 4
LR_FHSS: Final = 5

_COMMON: Final[dict[str, Fields]] = {
    "Timestamp": ((1, "seconds", "int64"), (2, "nanos", "int32")),
    "Pair": ((1, "key", "string"), (2, "value", "string")),
}
_V4_TABLE: Final[dict[str, Fields]] = {
    **_COMMON,
    "Member": ((1, "key", "string"), (2, "value", "Value")),
    "Struct": ((1, "fields", "repeated Member"),),
    "List": ((1, "values", "repeated Value"),),
    "Value": (
        (1, "null", "oneof int32"),
        (2, "number", "oneof double"),
        (3, "text", "oneof string"),
        (4, "truth", "oneof bool"),
        (5, "struct", "oneof Struct"),
        (6, "list", "oneof List"),
    ),
    "DeviceInfo": (
        (6, "device_profile_name", "string"),
        (7, "device_name", "string"),
        (8, "dev_eui", "string"),
        (9, "tags", "repeated Pair"),
    ),
    "Rx": ((6, "rssi", "int32"), (7, "snr", "float"), (17, "ns_time", "Timestamp")),
    "Lora": ((2, "spreading_factor", "uint32"),),
    "Modulation": ((3, "lora", "oneof Lora"), (FSK, "fsk", "oneof Lora"), (LR_FHSS, "lr_fhss", "oneof Lora")),
    "Tx": ((2, "modulation", "Modulation"),),
    "Relay": ((4, "snr", "int32"), (5, "rssi", "int32")),
    "up": (
        (2, "time", "Timestamp"),
        (3, "device_info", "DeviceInfo"),
        (7, "f_cnt", "uint32"),
        (8, "f_port", "uint32"),
        (10, "data", "bytes"),
        (11, "object", "Struct"),
        (12, "rx_info", "repeated Rx"),
        (13, "tx_info", "Tx"),
        (14, "relay_rx_info", "Relay"),
        (15, "join_server_context", "bytes"),  # a message; what matters is whether there is one
    ),
    "event": ((2, "time", "Timestamp"), (3, "device_info", "DeviceInfo")),
    "log": (
        (1, "time", "Timestamp"),
        (2, "device_info", "DeviceInfo"),
        (3, "level", "int32"),
        (4, "code", "int32"),
        (5, "description", "string"),
    ),
    "status": (
        (2, "time", "Timestamp"),
        (3, "device_info", "DeviceInfo"),
        (5, "margin", "int32"),
        (6, "external_power_source", "bool"),
        (7, "battery_level_unavailable", "bool"),
        (8, "battery_level", "float"),
    ),
}
_V3_TABLE: Final[dict[str, Fields]] = {
    **_COMMON,
    "Rx": ((2, "time", "Timestamp"), (5, "rssi", "int32"), (6, "lora_snr", "double")),
    "up": (
        (3, "device_name", "string"),
        (4, "dev_eui", "bytes"),
        (5, "rx_info", "repeated Rx"),
        (9, "f_cnt", "uint32"),
        (10, "f_port", "uint32"),
        (11, "data", "bytes"),
        (12, "object_json", "string"),
        (13, "tags", "repeated Pair"),
        (16, "published_at", "Timestamp"),
        (18, "device_profile_name", "string"),
    ),
    "event": ((3, "device_name", "string"), (4, "dev_eui", "bytes")),
    "log": ((4, "dev_eui", "bytes"), (5, "type", "int32"), (6, "error", "string")),
    "status": (
        (4, "dev_eui", "bytes"),
        (5, "margin", "int32"),
        (6, "external_power_source", "bool"),
        (7, "battery_level_unavailable", "bool"),
        (8, "battery_level", "float"),
        (10, "published_at", "Timestamp"),
    ),
}
V4: Final = message_types("gridwatch.chirpstack.v4", _V4_TABLE)
V3: Final = message_types("gridwatch.chirpstack.v3", _V3_TABLE)

LEVELS: Final = ("INFO", "WARNING", "ERROR")
CODES_V4: Final = (
    "UNKNOWN", "DOWNLINK_PAYLOAD_SIZE", "UPLINK_CODEC", "DOWNLINK_CODEC", "OTAA", "UPLINK_F_CNT_RESET", "UPLINK_MIC",
    "UPLINK_F_CNT_RETRANSMISSION", "DOWNLINK_GATEWAY", "RELAY_NEW_END_DEVICE", "F_CNT_DOWN", "EXPIRED",
)  # fmt: skip
CODES_V3: Final = (
    "UNKNOWN", "DOWNLINK_PAYLOAD_SIZE", "DOWNLINK_FCNT", "UPLINK_CODEC", "DOWNLINK_CODEC", "OTAA", "UPLINK_FCNT_RESET",
    "UPLINK_MIC", "UPLINK_FCNT_RETRANSMISSION", "DOWNLINK_GATEWAY",
)  # fmt: skip


def read_event(kind: str, payload: bytes) -> Event:
    """Read an event of `kind` ("up", "status", "log", others), with instants and bytes as such.

    Raises:
        RefusedError: it is no event of ChirpStack v3 or v4.
    """
    is_v3 = payload[0] == _V3 and (kind != "txack" or not _is_of_v4(payload))
    types, makers = (V3, _MAKERS_V3) if is_v3 else (V4, _MAKERS_V4)
    name = kind if kind in makers else "event"
    try:
        message = types[name].FromString(payload)
    except (DecodeError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, "neither JSON nor an event in Protocol Buffers") from error
    return makers[name](message)


def _is_of_v4(payload: bytes) -> bool:
    """Tell a txack of v4, whose first field is a number, too: its device has a DevEUI in text."""
    try:
        message: Proto = V4["event"].FromString(payload)
    except (DecodeError, RecursionError):
        return False
    return bool(message.device_info.dev_eui)


def _up_v4(up: Proto) -> Event:
    is_lora = up.tx_info.modulation.WhichOneof(ONE) in _LORA
    event = _event_v4(up)
    event.fPort, event.data = up.f_port, up.data
    event.rxInfo = [
        Radio(rssi=rx.rssi or None, snr=round(rx.snr, _PLACES) if is_lora else None) for rx in up.rx_info[:]
    ]
    event.joinServerContext = up.join_server_context
    if up.HasField("relay_rx_info"):
        event.relayRxInfo = Radio(rssi=up.relay_rx_info.rssi or None, snr=up.relay_rx_info.snr)
    if up.HasField("object"):
        event.object = _object(up.object)
    return event


def _event_v4(message: Proto) -> Event:
    info = message.device_info
    who = Info(
        devEui=info.dev_eui,
        deviceName=info.device_name,
        deviceProfileName=info.device_profile_name,
        tags=_tags(info.tags),
    )
    return Event(time=_instant(message, "time"), deviceInfo=who)


def _log_v4(log: Proto) -> Event:
    event = _event_v4(log)
    event.level, event.code = _named(LEVELS, log.level), _named(CODES_V4, log.code)
    event.description = log.description
    return event


def _status_v4(status: Proto) -> Event:
    return _battery(_event_v4(status), status)


def _up_v3(up: Proto) -> Event:
    return Event(
        devEUI=up.dev_eui,
        deviceName=up.device_name,
        deviceProfileName=up.device_profile_name,
        publishedAt=_instant(up, "published_at"),
        fPort=up.f_port,
        data=up.data,
        objectJSON=up.object_json,
        tags=_tags(up.tags),
        rxInfo=[Radio(rssi=rx.rssi or None, loRaSNR=rx.lora_snr, time=_instant(rx, "time")) for rx in up.rx_info[:]],
    )


def _event_v3(message: Proto) -> Event:
    return Event(devEUI=message.dev_eui, deviceName=message.device_name)


def _log_v3(log: Proto) -> Event:
    return Event(devEUI=log.dev_eui, type=_named(CODES_V3, log.type), error=log.error)


def _status_v3(status: Proto) -> Event:
    return _battery(Event(devEUI=status.dev_eui, publishedAt=_instant(status, "published_at")), status)


def _battery(event: Event, status: Proto) -> Event:
    event.margin = status.margin
    event.externalPowerSource = status.external_power_source
    event.batteryLevelUnavailable = status.battery_level_unavailable
    event.batteryLevel = round(status.battery_level, _PLACES)
    return event


def _instant(message: Proto, field: str) -> datetime | None:
    """Give the time in a field of the message; None where it has none, 1970 where it cannot be."""
    stamp = getattr(message, field)
    seconds, nanos = stamp.seconds, stamp.nanos
    if not 0 < seconds < _LATEST_S or not 0 <= nanos < 1_000_000_000:  # noqa: PLR2004
        return EPOCH if message.HasField(field) else None
    return EPOCH + timedelta(0, seconds, nanos // 1000)


def _tags(pairs: Sequence[Proto]) -> dict[str, object]:
    return {pair.key: pair.value for pair in pairs} if pairs else {}


def _object(struct: Proto) -> dict[str, object]:
    return {member.key: _value(member.value) for member in struct.fields[:]}


def _value(value: Proto) -> object:
    """Give what a google.protobuf.Value holds; the library reads no deeper than a hundred of them."""
    which = value.WhichOneof(ONE)
    if which is None or which == "null":
        return None
    held = getattr(value, which)
    if which == "struct":
        return _object(held)
    return [_value(each) for each in held.values[:]] if which == "list" else held


def _named(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


_Makers = Mapping[str, Callable[[Proto], Event]]
_MAKERS_V4: Final[_Makers] = {"up": _up_v4, "event": _event_v4, "log": _log_v4, "status": _status_v4}
_MAKERS_V3: Final[_Makers] = {"up": _up_v3, "event": _event_v3, "log": _log_v3, "status": _status_v3}
