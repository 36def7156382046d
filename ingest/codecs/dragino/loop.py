"""Dragino's PS-LB: a probe of depth or pressure on a loop of 4 to 20 mA. Pure.

The second byte pair says which probe: 00 a depth and its range in m, 01 a pressure and the number of its range. A current
that no sound transmitter sends is no value (NAMUR NE 43: 3.8 to 20.5 mA measure, below 3.6 and above 21 the loop is broken).
"""

from collections.abc import Mapping
from typing import Final

from ingest.codecs.dragino.model import uint, voltage
from ingest.codecs.told import Told
from ingest.readings import Reason

_BYTES: Final = 9
_DEPTH, _PRESSURE = 0, 1
_SOUND_UA: Final = range(3600, 21001)
_NONE_UA, _SPAN_UA = 4000, 16000
_CM: Final = 100
_RANGES_KPA: Final[Mapping[int, tuple[int, int]]] = {
    1: (0, 600), 2: (0, 1000), 3: (0, 1600), 4: (0, 2500), 5: (0, 10_000), 6: (0, 40_000), 7: (0, 60_000),
    8: (0, -100), 9: (-100, 100), 10: (0, 5), 11: (0, 50), 12: (0, 100),
}  # fmt: skip


def loop(said: Told, payload: bytes) -> None:
    """Read battery, probe, current in uA, a voltage, and the levels of inputs."""
    voltage(said, payload)
    if len(payload) < _BYTES:
        said.reject(Reason.TRUNCATED, f"{len(payload)} bytes, a PS-LB sends {_BYTES}")
        return
    kind, which, current = payload[2], payload[3], uint(payload, 4, 6)
    if kind == _DEPTH:
        said.value("depth", _scaled(current, 0, which * _CM), "cm", "water_deep_cm")
    elif kind == _PRESSURE and which in _RANGES_KPA:
        said.value("pressure", _scaled(current, *_RANGES_KPA[which]), "kPa", "water_pressure")
    else:
        said.value("current", current / 1000, "mA", "idc_input_ma")


def _scaled(current: int, low: int, high: int) -> float | None:
    if current not in _SOUND_UA:
        return None
    return low + max(current - _NONE_UA, 0) * (high - low) / _SPAN_UA
