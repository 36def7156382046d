"""Dragino's LHT65 and LHT65N (temperature, humidity, a probe) and LLMS01 (leaf moisture). Pure."""

from typing import Final

from ingest.codecs.dragino.model import MILLIVOLTS, is_configuration, rows, sint, uint, voltage
from ingest.codecs.told import Told, stored
from ingest.readings import Fact, Reason

_BYTES: Final = 11
_NO_PROBE: Final = 0x7FFF
_PROBE_DS, _PROBE_TMP, _LIGHT, _VOLTS, _COUNT, _COUNT_LONG = 1, 2, 5, 6, 7, 8
_CLOCK_DS, _CLOCK_TMP, _SHT31, _MOVES = 9, 10, 11, 14
_KINDS: Final = 0x3F
_SIMPLE: Final = 0x0F  # without the bit of a pressed button
_IDENTITIES: Final = frozenset((0x0F, 0x10, 0x20))
"""Where a built-in temperature would be there is the number of a probe, or nothing."""
_NOT_CONNECTED: Final = 0x80  # of what is measured now; of a stored row that it is sent again, unasked
_STORED: Final = 0x40
_LOW: Final = 1
_BATTERY_LOW: Final = Fact.BATTERY_LOW


def lht65(said: Told, payload: bytes) -> None:
    """Read 11 bytes: battery, temperature, humidity, what is plugged in, four bytes of it; or as many stored rows."""
    if len(payload) < _BYTES:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, an LHT65 sends {_BYTES}")
        return
    if not any(payload):
        return  # asked for stored rows, it has none
    if payload[6] & _STORED or (payload[6] & _NOT_CONNECTED and stored(said.item, uint(payload, 7, 11)) is not None):
        _rows(said, payload)
        return
    kind = payload[6] & _SIMPLE
    has_clock = kind in (_CLOCK_DS, _CLOCK_TMP)
    if has_clock:
        _probe(said, payload, 0)
    else:
        said.value("voltage", float(uint(payload, 0, 2) & MILLIVOLTS), "mV", "bat_v")
    said.fact(_BATTERY_LOW, "bat_status", active=payload[4 if has_clock else 0] >> 6 <= _LOW)
    if payload[6] & _KINDS not in _IDENTITIES:
        _inner(said, payload)
        _outer(said, payload, kind)


def _inner(said: Told, payload: bytes) -> None:
    temperature = sint(payload, 2)
    said.value("temperature", None if temperature == _NO_PROBE else temperature / 100, "Cel", "temp_c_sht")
    said.value("humidity", (uint(payload, 4, 6) & 0xFFF) / 10, "%RH", "hum_sht")


def _outer(said: Told, payload: bytes, kind: int) -> None:
    if kind in (_PROBE_DS, _PROBE_TMP):
        _probe(said, payload, 7)
    elif kind == _LIGHT:
        said.value("illuminance", float(uint(payload, 7, 9)), "lux", "ill_lx")
    elif kind == _VOLTS:
        said.value("input_voltage", float(uint(payload, 7, 9)), "mV", "adc_v")
    elif kind in (_COUNT, _COUNT_LONG):
        said.value("count", float(uint(payload, 7, 9 if kind == _COUNT else 11)), "1", "exit_count")
    elif kind == _MOVES:  # LHT65N-PIR
        said.fact(Fact.MOTION, "exti_pin_level", active=bool(payload[7] & 1))
        said.value("count", float(uint(payload, 8, 11)), "1", "move_count")
    elif kind == _SHT31:
        _probe(said, payload, 7)
        said.value("probe_humidity", (uint(payload, 9, 11) & 0xFFF) / 10, "%RH", "ext_hum_sht")


def _probe(said: Told, payload: bytes, at: int) -> None:
    raw = sint(payload, at)
    is_off = raw == _NO_PROBE or bool(payload[6] & _NOT_CONNECTED)
    said.value("probe_temperature", None if is_off else raw / 100, "Cel", "temp_c_ds")


def _rows(said: Told, payload: bytes) -> None:
    for past, row in rows(said, payload):
        _inner(past, row)
        if row[6] & _SIMPLE in (_PROBE_DS, _PROBE_TMP, _CLOCK_DS, _CLOCK_TMP):
            raw = sint(row, 0)
            past.value("probe_temperature", None if raw == _NO_PROBE else raw / 100, "Cel", "temp_c_ds")


def llms01(said: Told, payload: bytes) -> None:
    """Read battery, an optional probe, leaf moisture in per cent, leaf temperature, an interrupt, the kind of message."""
    if is_configuration(said, payload):
        return
    voltage(said, payload)
    if len(payload) < 9:  # noqa: PLR2004 -- up to the interrupt
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, an LLMS01 sends {_BYTES}")
        return
    probe = sint(payload, 2)
    said.value("probe_temperature", None if probe == _NO_PROBE else probe / 10, "Cel", "temp_c_ds18b20")
    said.value("leaf_moisture", float(uint(payload, 4, 6)) / 10, "%", "leaf_moisture")
    said.value("leaf_temperature", sint(payload, 6) / 10, "Cel", "leaf_temperature")
