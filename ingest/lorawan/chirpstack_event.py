"""An event of ChirpStack and its relatives as it is on the wire, in all their spellings. Pure. Leaves are of any type."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct

from ingest.readings import Reason
from ingest.wire import RefusedError


class Info(Struct, gc=False):
    """Who speaks, in v4."""

    devEui: Any = None  # noqa: N815 -- names of the wire
    deviceName: Any = None  # noqa: N815
    deviceProfileName: Any = None  # noqa: N815
    tags: Any = None


class Radio(Struct, gc=False):
    """How one gateway heard it. A zero is left out of JSON that was made of Protocol Buffers: UNSET."""

    rssi: Any = None
    snr: Any = UNSET
    loRaSNR: Any = UNSET  # noqa: N815 -- v3
    time: Any = None
    nsTime: Any = None  # noqa: N815
    gwTime: Any = None  # noqa: N815


class Modulation(Struct, gc=False):
    """By what it was sent."""

    lora: Any = UNSET


class Sent(Struct, gc=False):
    """How it was sent. `modulation` is a word in old versions."""

    modulation: Modulation | str | None = None


class Event(Struct, gc=False):
    """Any event; what a version does not have is UNSET. `result` is the packet in the stream of a Milesight gateway."""

    deviceInfo: Info | None = None  # noqa: N815
    devEUI: Any = None  # noqa: N815 -- v3
    devEui: Any = None  # noqa: N815
    deviceName: Any = None  # noqa: N815
    deviceProfileName: Any = None  # noqa: N815
    tags: Any = None
    time: Any = None
    publishedAt: Any = None  # noqa: N815
    gatewayTime: Any = None  # noqa: N815 -- Milesight
    timestamp: Any = None  # RAK: seconds since 1970
    data: Any = UNSET
    data_encode: Any = None  # RAK: "hexstring" or base64
    payloadBase64: Any = UNSET  # noqa: N815 -- Milesight
    payloadHex: Any = UNSET  # noqa: N815
    fPort: Any = UNSET  # noqa: N815
    fCnt: Any = UNSET  # noqa: N815
    object: Any = UNSET
    objectJSON: Any = UNSET  # noqa: N815
    rxInfo: list[Radio] | msgspec.UnsetType | None = UNSET  # noqa: N815
    txInfo: Sent | None = None  # noqa: N815
    relayRxInfo: Radio | None = None  # noqa: N815 -- how the relay heard it, where one did
    joinServerContext: Any = None  # noqa: N815 -- names the key the network does not have
    rssi: Any = None
    loRaSNR: Any = UNSET  # noqa: N815
    loraSNR: Any = UNSET  # noqa: N815
    margin: Any = UNSET
    batteryLevel: Any = UNSET  # noqa: N815
    batteryLevelUnavailable: Any = None  # noqa: N815
    externalPowerSource: Any = None  # noqa: N815
    battery: Any = UNSET
    level: Any = None
    code: Any = None
    type: Any = None
    description: Any = UNSET
    error: Any = UNSET
    acknowledged: Any = UNSET
    queueItemId: Any = UNSET  # noqa: N815
    location: Any = UNSET
    devAddr: Any = UNSET  # noqa: N815
    result: Any = None
    status: Any = None  # Milesight: whether the device is there


_parse: Final = msgspec.json.Decoder(Event).decode


def read_event_json(payload: bytes) -> Event:
    """Read JSON as an event, skipping what it does not name; what is nested in an output is looked into six levels deep.

    Raises:
        RefusedError: it is not JSON, nests without end, or a part of it has the wrong type.
    """
    try:
        return _parse(payload.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, f"not JSON of an event: {error}") from error
