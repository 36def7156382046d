"""Zigbee2MQTT: sensors of smoke, gas and water, and their bridge, on `{base}/{friendly name}`. Pure. Refuses what is no report of a device.

The friendly name of the topic is the device; it may hold `/`, blanks and accents. The base is one level
(`zigbee2mqtt`, wherever it stands, otherwise the first level); its bridge is the device `{base}/bridge`.

What a message does not mention it says nothing about: a battery report clears no alarm. The bridge repeats the last
known state with every report and keeps messages for whoever subscribes later, so old news carries `last_seen`: that is
the time of everything in the message, and the engine does not judge what is older than what it knows. A test is told
beside the smoke, never instead of it. A bridge that is offline makes its devices unknown, not alarmed.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from sys import float_info
from typing import Final

from ingest.instants import settle, settle_instant
from ingest.readings import Decoded, Decoder, DeviceId, DeviceState, Fact, Quality, Reading, Reason, Rejection
from ingest.wire import RefusedError, is_picture, number, plain_text, read_json, text

BASE: Final = "zigbee2mqtt"

FACTS: Final = {
    "smoke": Fact.FIRE, "smoke_state": Fact.FIRE, "smoke_alarm_1": Fact.FIRE, "smoke_alarm_2": Fact.FIRE,
    "battery_low": Fact.BATTERY_LOW, "battery_state": Fact.BATTERY_LOW, "battery_level": Fact.BATTERY_LOW,
    "tamper": Fact.TAMPER,
    "test": Fact.TEST, "self_test": Fact.TEST, "self_test_result": Fact.TEST, "checking_result": Fact.TEST,
    "self_checking": Fact.TEST, "testing": Fact.TEST, "test_in_progress": Fact.TEST, "test_mode": Fact.TEST,
    "water_leak": Fact.WATER, "water_leak_alarm_1": Fact.WATER, "water_leak_alarm_2": Fact.WATER,
    "water_leakage_state": Fact.WATER,
    "gas": Fact.GAS_ALARM, "gas_alarm_1": Fact.GAS_ALARM, "gas_alarm_2": Fact.GAS_ALARM, "gas_sensor_state": Fact.GAS_ALARM,
    "carbon_monoxide": Fact.GAS_ALARM, "carbon_monoxide_alarm_1": Fact.GAS_ALARM, "carbon_monoxide_alarm_2": Fact.GAS_ALARM,
    "co_state": Fact.GAS_ALARM,
    "heat": Fact.HEAT,
    "fault": Fact.FAULT, "fault_alarm": Fact.FAULT, "device_fault": Fact.FAULT, "trouble": Fact.FAULT,
    "reliability": Fact.FAULT,
    "silence": Fact.SILENCED, "silence_siren": Fact.SILENCED, "hush": Fact.SILENCED, "hush_active": Fact.SILENCED,
    "temporary_mute": Fact.SILENCED, "smoke_alarm_silenced": Fact.SILENCED, "buzzer_manual_mute": Fact.SILENCED,
    "mains_power_connected": Fact.MAINS_LOST,
    "contact": Fact.OPEN,
    "occupancy": Fact.MOTION, "presence": Fact.MOTION,
    "alarm": Fact.OTHER, "alarm_1": Fact.OTHER, "alarm_2": Fact.OTHER, "alarm_status": Fact.OTHER,
}  # fmt: skip
"""What the properties of devices say. Several of one fact are one: it holds where any of them says so."""
_INVERTED: Final = frozenset({"contact", "mains_power_connected"})
_CLEAR: Final = frozenset({"smoke", "battery_low", "tamper", "water_leak", "carbon_monoxide"})
"""What is never anything but yes or no: another word is refused. The others are texts, numbers or commands on some devices."""
_LARGEST: Final = float_info.max
QUANTITIES: Final = {
    "battery": ("battery", "%EL", 0.0, 100.0),
    "voltage": ("voltage", "V", 0.0, _LARGEST),
    "linkquality": ("linkquality", "1", 0.0, 255.0),
    "smoke_density": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_concentration": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_value": ("smoke_density", "1", 0.0, _LARGEST),
    "smoke_level": ("smoke_density", "1", 0.0, _LARGEST),
    "temperature": ("temperature", "Cel", -100.0, 1000.0),
    "temperature_38": ("temperature", "Cel", -100.0, 1000.0),  # of Develco's detectors, whose endpoint 38 measures it
    "device_temperature": ("device_temperature", "Cel", -100.0, 1000.0),
    "humidity": ("humidity", "%RH", 0.0, 100.0),
    "pressure": ("pressure", "hPa", 0.0, 2000.0),
    "co": ("co", "ppm", 0.0, _LARGEST),
    "co_ppm": ("co", "ppm", 0.0, _LARGEST),
    "carbon_monoxide_value": ("co", "ppm", 0.0, _LARGEST),
    "co2": ("co2", "ppm", 0.0, _LARGEST),
    "pm25": ("pm2_5", "ug/m3", 0.0, _LARGEST),
    "soil_moisture": ("soil_moisture", "%", 0.0, 100.0),
}
"""Numeric properties: the metric, its unit, and the closed range outside which a number is a "no value" mark."""

_WORDS: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_ALARM_WORDS: Final = {"alarm": True, "normal": False, "none": False}
_CHARGE_WORDS: Final = {"low": True, "medium": False, "middle": False, "high": False}
_CHECK_WORDS: Final = _WORDS | {
    "checking": True, "check_success": False, "check_failure": False, "success": False, "failure": False, "others": False,
    "check success": False, "check failure": False,
}  # fmt: skip
_WORDS_OF: Final = {
    "smoke_state": _ALARM_WORDS,
    "gas_sensor_state": _ALARM_WORDS,
    "co_state": _ALARM_WORDS,
    "water_leakage_state": {"water_leakage_yes": True, "water_leakage_no": False},
    "battery_state": _CHARGE_WORDS,
    "battery_level": _CHARGE_WORDS,
    "self_test": _CHECK_WORDS,
    "self_test_result": _CHECK_WORDS,
    "checking_result": _CHECK_WORDS,
    "alarm": {},  # ON is a switch for the buzzer
    "alarm_status": _ALARM_WORDS,
    "reliability": {"no_fault_detected": False, "unreliable_other": True, "process_error": True},
}
"""Properties that tell a state by a word of their own. Of any other word, as "detecting" or "unknown", nothing is told."""
_COUNTERS: Final = frozenset({"gas", "battery_level"})
"""What is a number on a meter is no alarm when the number happens to be 1."""
_OFFLINE_WORDS: Final = {"online": False, "offline": True}
_MILLIVOLTS_FROM: Final = 1000.0
"""No radio runs on a cell below one volt, and no mains reaches a thousand: above are millivolts, below are volts."""
_KILOPASCALS_BELOW: Final = 200.0
"""Of the air on no mountain are there less hectopascals, and nowhere that many kilopascals. Makers write either."""
_GUESSED: Final = frozenset({"voltage", "pressure"})
_OF_A_PIPE: Final = frozenset({"bar", "Bar", "psi"})
"""Who measures the water in a pipe tells it in these beside; the pressure is in kilopascals then."""
_MILLISECONDS_FROM: Final = 1e11  # as seconds this were the year 5138
_LONGEST_KEPT: Final = 2048  # bytes of a report whose keys are remembered; 1,024 of them are 2 MB
_GOOD, _MISSING = Quality.GOOD, Quality.MISSING
_UNCERTAIN, _UNCERTAIN_TIME = Quality.UNCERTAIN, Quality.UNCERTAIN_TIME
_OFFLINE: Final = Fact.OFFLINE


_Address = tuple[DeviceId | None, DeviceId, str]
"""Whose availability a topic tells; or else which device reports there, and of which property (`output: attribute`)."""


def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    """Decode a message of a Zigbee2MQTT bridge that arrived on `topic` at `received` (aware UTC).

    Commands (`/set`, `/get`), lists, logs and events of the bridge, and deleted retained messages say nothing: [].
    """
    try:
        return _decode(topic, payload, received)
    except RefusedError as refused:
        return [refused.rejection]


TOPICS: Final = ("zigbee2mqtt/#",)
DECODER: Final[Decoder] = decode


@lru_cache(maxsize=4096)
def _address(topic: str) -> _Address | None:
    """Tell what a topic is for; None where it says nothing to us."""
    levels = topic.split("/")
    at = levels.index(BASE) if BASE in levels else 0
    base, levels = levels[at], levels[at + 1 :]
    if levels == ["bridge", "state"]:
        return DeviceId(f"{base}/bridge"), DeviceId(""), ""
    if levels[:1] == ["bridge"] or _is_command(levels):
        return None
    if len(levels) > 1 and levels[-1] == "availability":
        return DeviceId("/".join(levels[:-1])), DeviceId(""), ""
    attribute = levels[-1] if len(levels) > 1 and levels[-1] in FACTS | QUANTITIES else ""
    return None, DeviceId("/".join(levels)), attribute


def _is_command(levels: list[str]) -> bool:
    """Tell whether it is for a device: `…/set`, `…/get`, `…/set/{property}`. A device may be called `set`."""
    return len(levels) > 1 and (levels[-1] in ("set", "get") or (len(levels) > 2 and levels[-2] in ("set", "get")))  # noqa: PLR2004


def _decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
    address = _address(topic)
    is_object = payload.startswith(b"{")
    if address is None or not (is_object or payload.strip()):
        return []
    available, device, attribute = address
    if available is not None:
        return [_availability(available, payload, received)]
    if not is_object and is_picture(payload):
        raise RefusedError(Reason.UNSUPPORTED, "a picture")
    report = read_json(payload) if is_object or not attribute else _attribute(payload)
    if not isinstance(report, dict):
        if not attribute:
            raise RefusedError(Reason.UNSUPPORTED, "neither a report nor a known property")
        device, report = DeviceId(device.removesuffix(f"/{attribute}")), {attribute: report}
    device = device or _legacy_name(report)
    if not device:
        raise RefusedError(Reason.TOPIC, "no friendly name")
    return _report(device, report, len(payload), received)


def _legacy_name(report: Mapping[str, object]) -> DeviceId:
    """Give the name in the nested `device` of old versions, which matters only where there is no topic."""
    nested = report.get("device")
    name = nested.get("friendlyName") if isinstance(nested, dict) else None
    return DeviceId(text(name) if isinstance(name, str) else "")


def _availability(device: DeviceId, payload: bytes, received: datetime) -> DeviceState:
    if payload.lstrip()[:1] == b"{":
        answer = read_json(payload)
        state = answer.get("state") if isinstance(answer, dict) else None
        word = state.lower() if isinstance(state, str) else ""
    else:
        word = plain_text(payload)
    if word not in _OFFLINE_WORDS:
        raise RefusedError(Reason.MALFORMED, "neither online nor offline")
    return DeviceState(device=device, fact=_OFFLINE, active=_OFFLINE_WORDS[word], time=received, code="availability")


def _attribute(payload: bytes) -> object:
    """Read the value of one property: JSON, or a bare word."""
    try:
        return read_json(payload)
    except RefusedError:
        return plain_text(payload)


def _report(device: DeviceId, report: Mapping[str, object], length: int, received: datetime) -> list[Decoded]:
    said: list[Decoded] = []
    unreadable: list[str] = []
    time, quality = _seen(report["last_seen"], received) if "last_seen" in report else (received, _GOOD)
    known = _known if length <= _LONGEST_KEPT else _known.__wrapped__
    facts, quantities = known(tuple(report))
    for fact, plain, keys in facts:
        if plain and isinstance(value := report[plain], bool):
            key, active = plain, value
        elif (told := _told(report, keys, unreadable)) is None:
            continue
        else:
            key, active = told
        said.append(DeviceState(device=device, fact=fact, active=active, time=time, quality=quality, code=key))
    for key, metric, unit, low, high in quantities:
        if (raw := report[key]) is None:
            continue
        amount = raw if type(raw) is float or type(raw) is int else number(raw)
        told_as = quality
        if amount is None or not low <= amount <= high:
            amount, told_as = None, _MISSING
        elif key in _GUESSED:
            amount, told_as = _guessed(key, amount, report, quality)
        else:
            amount = float(amount)
        said.append(
            Reading(device=device, metric=metric, time=time, value=amount, unit=unit, quality=told_as, code=key)
        )
    if unreadable:
        said.append(Rejection(reason=Reason.MALFORMED, detail=f"neither true nor false: {', '.join(unreadable)}"))
    return said


def _told(report: Mapping[str, object], keys: tuple[str, ...], unreadable: list[str]) -> tuple[str, bool] | None:
    """Tell whether a fact holds by the properties that say so: the first that says yes, otherwise the first that says no."""
    told = None
    for key in keys:
        value = report[key]
        active = value if isinstance(value, bool) else _truth(key, value)
        if active is None:
            if value is not None and key in _CLEAR:
                unreadable.append(key)
            continue
        if active is not (key in _INVERTED):
            return key, True
        told = told or (key, False)
    return told


@lru_cache(maxsize=1024)
def _known(
    keys: tuple[str, ...],
) -> tuple[list[tuple[Fact, str, tuple[str, ...]]], list[tuple[str, str, str, float, float]]]:
    """Choose what we know of a report's keys, in our order. A device reports the same few keys again and again.

    Of a fact also the one key that says it as it is, "" where there are several or it says the contrary.
    """
    there = frozenset(keys)
    facts: dict[Fact, tuple[str, ...]] = {}
    for key, fact in FACTS.items():
        if key in there and not (key == "alarm" and "smoke" in there):  # beside smoke it is a switch, too
            facts[fact] = (*facts.get(fact, ()), key)
    return [
        (fact, told_by[0] if len(told_by) == 1 and told_by[0] not in _INVERTED else "", told_by)
        for fact, told_by in facts.items()
    ], [(key, *limits) for key, limits in QUANTITIES.items() if key in there]


def _guessed(key: str, value: float, report: Mapping[str, object], quality: Quality) -> tuple[float, Quality]:
    """Read a voltage or a pressure, whose unit is not on the wire; volts are a guess."""
    if key == "voltage":
        return (value / 1000.0, quality) if value >= _MILLIVOLTS_FROM else (float(value), max(quality, _UNCERTAIN))
    is_kilo = value < _KILOPASCALS_BELOW or not _OF_A_PIPE.isdisjoint(report)
    return value * 10.0 if is_kilo else float(value), quality


def _truth(key: str, value: object) -> bool | None:
    if isinstance(value, int | float) and value in (0, 1):
        return None if key in _COUNTERS else bool(value)
    return _WORDS_OF.get(key, _WORDS).get(value.strip().lower()) if isinstance(value, str) else None


def _seen(value: object, received: datetime) -> tuple[datetime, Quality]:
    """Read `last_seen`: ISO 8601 with a zone, or epoch milliseconds; ours where there is none.

    What is there and cannot be read, or has no zone, is a clock that was never set.
    """
    if value is None:
        return received, _GOOD
    # `2024-` is no number; to learn it from a failed conversion costs more than the rest.
    stamp = None if isinstance(value, str) and value[4:5] == "-" else number(value)
    if stamp is not None:
        return settle(stamp / 1000.0, received) if stamp >= _MILLISECONDS_FROM else (received, _UNCERTAIN_TIME)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return received, _UNCERTAIN_TIME
    return settle_instant(moment, received)
