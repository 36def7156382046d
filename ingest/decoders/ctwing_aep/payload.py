"""Read what a message of CTWing / AEP carries: values by name, transparent bytes, the state of a fire panel's components. Pure.

Raises RefusedError for what is nothing of these.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.decoders.gb26875_3 import states
from ingest.enclosed_frames import from_base64, from_hex
from ingest.instants import settle
from ingest.maker_packets import opened_in
from ingest.readings import Decoded, DeviceId, DeviceState, Enclosed, Fact, Quality, Reason, Rejection
from ingest.thing_identity import is_name
from ingest.thing_personal import is_personal
from ingest.thing_report import read_properties
from ingest.thing_values import stamp, told
from ingest.wire import RefusedError, number, read_json, text

_NOBODY: Final = frozenset({"", "undefined", "null", "none"})
_LONGEST: Final = 64
_OPAQUE_FROM: Final = 20  # characters of the only value there is: no word, but a maker's bytes or text
_RAW: Final = ("rawData", "rawdata", "raw_data")
_TRANSMITTER_DIGITS: Final = 14  # of the id of a transmission device; its components' ids begin with it
_COMPONENTS, _GONE = 27, 92

_Moment = tuple[datetime, Quality]

# 力安: what Alarm_Status says; True and False are of the fact, None is over a second later.
_LIAN: Final[Mapping[int, tuple[tuple[Fact, bool | None], ...]]] = {
    1: ((Fact.FIRE, True),),
    2: ((Fact.SILENCED, True),),
    4: ((Fact.BATTERY_LOW, True),),
    5: ((Fact.FAULT, True),),
    6: ((Fact.FAULT, True),),
    7: ((Fact.FIRE, False), (Fact.FAULT, False), (Fact.BATTERY_LOW, False), (Fact.SILENCED, False)),
    8: ((Fact.SILENCED, True),),
    9: ((Fact.SILENCED, True),),
    10: ((Fact.TAMPER, True),),
    11: ((Fact.TAMPER, False),),
    12: ((Fact.OFFLINE, False),),
    13: ((Fact.FAULT, True),),
    14: ((Fact.TEST, None),),
}


@lru_cache(maxsize=1024)
def _claims(word: int) -> tuple[tuple[Fact, bool, str], ...]:
    return tuple((claim.fact, claim.active, claim.code) for claim in states.word_claims(word, states.COMPONENT))


def name_of(value: object) -> str:
    """Give the name of a device or product; "" where there is none, or a word for none."""
    if type(value) is int:
        value = str(value) if abs(value) < 1 << 62 else ""
    return _name(value) if type(value) is str and len(value) <= _LONGEST else ""


@lru_cache(maxsize=8192)
def _name(value: str) -> str:
    return value if is_name(value) and value.lower() not in _NOBODY else ""


class Data(Struct):
    """The payload of one message."""

    device: DeviceId
    product: object
    moment: _Moment
    received: datetime
    imei: str = ""

    def payload(self, payload: object) -> list[Decoded]:
        """Read it in whichever of the platform's forms it has."""
        if type(payload) is str:
            return self._transparent(payload)
        if type(payload) is dict:
            bare = payload["APPdata"] if "APPdata" in payload else payload.get("appdata", payload.get("appData"))
            if type(bare) is str:
                return self._transparent(bare)
            services = payload.get("services")
            if type(services) is not list:
                return self._values(payload.get("serviceData", payload))
            payload = services
        if type(payload) is not list:
            raise RefusedError(Reason.MALFORMED, "no payload")
        said: list[Decoded] = []
        for one in payload:
            said += self._values(one.get("serviceData", one.get("data", one)) if isinstance(one, dict) else None)
        return said

    def _transparent(self, bare: str) -> list[Decoded]:
        data = bare.encode() if bare.lstrip()[:1] == "{" else from_base64(bare)
        if data is None:
            raise RefusedError(Reason.MALFORMED, "APPdata is neither base64 nor hex")
        if data.lstrip()[:1] == b"{":
            inner = read_json(data)
            if type(inner) is dict:
                if "c" in inner and "b" in inner:
                    return self._components(inner)
                return self._values(inner.get("serviceData", inner))
        return self._bytes(data)

    def _bytes(self, data: bytes) -> list[Decoded]:
        """Open bytes that say themselves what they are; others are for a codec."""
        opened = opened_in(self.device, data, self.moment, self.received, self.imei)
        if opened is not None:
            return opened
        time, quality = self.moment
        product = name_of(self.product)
        return [Enclosed(device=self.device, payload=data, time=time, quality=quality, hint=product)]

    def _values(self, values: object) -> list[Decoded]:
        if type(values) is str and values.lstrip()[:1] == "{":
            values = read_json(values.encode())
        if type(values) is not dict:
            raise RefusedError(Reason.MALFORMED, "the values are no object")
        if len(values) == 1:
            ((name, only),) = values.items()
            if type(only) is str and len(only) >= _OPAQUE_FROM and not is_personal(name):
                return self._bytes((from_base64(only) if name in _RAW else from_hex(only)) or only.encode())
            if type(only) is dict and "value" not in only:  # a struct that is the whole of a service
                values = only
        own = stamp(values["time"] if "time" in values else values.get("timestamp"))
        moment = self.moment if own is None else settle(own, self.received)
        if "Alarm_Status" not in values:
            return read_properties(values, self.device, moment, self.received)
        said = self._lian(values.pop("Alarm_Status"), moment)
        said += read_properties(values, self.device, moment, self.received)
        return said

    def _lian(self, status: object, moment: _Moment) -> list[Decoded]:
        """Read the alarm code of 力安 smoke detectors: it states one change, and only 7 says that all is well."""
        code = number(status)
        claims = _LIAN.get(int(code)) if code is not None else None
        if claims is None:
            return [Rejection(reason=Reason.UNSUPPORTED, detail=text(f"Alarm_Status {status}"[:60]))]
        said: list[Decoded] = []
        time, quality = moment
        for fact, active in claims:
            if active is None:
                said += told(self.device, fact, time, quality, str(status))
                continue
            said.append(
                DeviceState(device=self.device, fact=fact, active=active, time=time, quality=quality, code=str(status))
            )
        return said

    def _components(self, message: Mapping[str, object]) -> list[Decoded]:
        """Read the JSON of a fire panel's transmission device: `c` 27 states of components, 92 a device that is gone."""
        kind, parts = message["c"], message["b"]
        if kind not in (_COMPONENTS, _GONE) or not isinstance(parts, list):
            raise RefusedError(Reason.UNSUPPORTED, text(f"c {kind}"[:40]))
        own = stamp(message.get("tm"))
        moment = self.moment if own is None else settle(own, self.received)
        said: list[Decoded] = []
        heard: set[str] = set()
        time, quality = moment
        for part in parts:
            name = name_of(part.get("id")) if type(part) is dict else ""
            word = number(part.get("v")) if name else None
            if word is None or not 0 <= word <= 0xFFFF:  # noqa: PLR2004 -- a state word has two bytes
                said.append(Rejection(reason=Reason.MALFORMED, detail="a component without id or state"))
                continue
            device = DeviceId(f"{self.device}-{name}")
            if kind == _GONE:
                said.append(_linked(device, moment, "92", is_offline=word != 0))
                continue
            for fact, active, code in _claims(int(word)):
                said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=code))
            if len(name) > _TRANSMITTER_DIGITS:
                heard.add(name[:_TRANSMITTER_DIGITS])
        there = (DeviceId(f"{self.device}-{name}") for name in sorted(heard))
        said += [_linked(device, moment, "27", is_offline=False) for device in there]
        return said


def _linked(device: DeviceId, moment: _Moment, code: str, *, is_offline: bool) -> DeviceState:
    return DeviceState(
        device=device, fact=Fact.OFFLINE, active=is_offline, time=moment[0], quality=moment[1], code=code
    )
