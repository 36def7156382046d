"""What the type byte of a MEOKON report means: quantities, their scale, and what its alarm bits tell. Pure tables."""

import struct
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from msgspec import Struct

from ingest.readings import Fact


class Channel(NamedTuple):
    """One quantity: its metric, unit, how many counts make one of the unit, and the factor to that unit."""

    metric: str
    unit: str
    counts: float
    factor: float
    void: tuple[int, ...]  # counts that mean "no value"


class Kind(Struct, frozen=True):
    """One type of meter: the layout of a record and its channels."""

    layout: struct.Struct
    channels: tuple[Channel, ...]


_BITS: Final = {
    0: Fact.VALUE_LOW, 1: Fact.VALUE_HIGH, 2: Fact.BATTERY_LOW, 3: Fact.FAULT, 4: Fact.FAULT,
    5: Fact.VALUE_LOW, 6: Fact.VALUE_HIGH, 7: Fact.OTHER,
}  # fmt: skip
_TILT: Final = {5: Fact.TAMPER, 6: Fact.TAMPER}  # knocked over, knocked against
_IMMERSED: Final = {0: Fact.WATER, 1: Fact.WATER}
_LID: Final = {0: Fact.OPEN, 1: Fact.OPEN}
_RELEASE: Final = {7: Fact.OPEN}  # the hydrant is open: water runs
_GAS: Final = {1: Fact.GAS_ALARM}
_AIR: Final = {2: Fact.FAULT, 7: Fact.OPEN}  # it is on mains: bit 2 is the device, 7 its cover
_OWN_BITS: Final[Mapping[int, Mapping[int, Fact]]] = {
    20: _IMMERSED, 23: {0: Fact.TAMPER, 1: Fact.TAMPER}, 24: _TILT | _RELEASE, 31: _GAS, 34: _RELEASE,
    36: _IMMERSED | {5: Fact.TAMPER, 6: Fact.OPEN}, 37: _LID, 39: {5: Fact.TAMPER}, 40: {7: Fact.OPEN}, 49: _TILT,
    58: _TILT | _RELEASE, 59: _LID, 67: _IMMERSED | _TILT, 77: _GAS, 79: _AIR, 81: _GAS, 96: _AIR, 99: _GAS, 105: _AIR,
}  # fmt: skip

_OF_CHANNEL: Final = {5: 2, 6: 2, 7: 3}  # bits of the second and the third channel

# Units the wire counts in that ours are made of: (unit, factor).
_MADE: Final = {
    "psi": ("kPa", 6.894757),
    "kgf/cm2": ("kPa", 98.0665),
    "mmHg": ("kPa", 0.133322),
    "umol/mol": ("ppm", 1.0),
}
_VOID: Final = {
    "h": (0x7FFF, -0x8000), "H": (0xFFFF,), "i": (0x7FFFFFFF, -0x80000000), "I": (0xFFFFFFFF,), "f": (), "d": (0,),
}  # fmt: skip

# type: metric unit code/counts, ... (h and H are two bytes, i and I four, f and d floating point; all big-endian)
_TABLE: Final = """
0: pressure kPa h/10
1: pressure MPa h/1000
2: pressure bar h/100
3: pressure psi h/10
4: pressure Pa h/1
5: pressure hPa h/1
6: pressure kgf/cm2 h/100
7: pressure mmHg h/100
8: level m h/100
9: level cm h/10
10: level mm h/1
11: temperature Cel h/10
12: temperature [degF] h/10
13: humidity %RH h/10
14: current A h/10
15: voltage V h/10
16: pressure MPa h/1000, differential_pressure kPa h/10
17: pressure MPa h/1000, temperature Cel h/10
18: humidity %RH h/10, temperature Cel h/10
19: vibration mm/s h/10
20: water_immersion 1 h/1
21: inlet_pressure kPa h/1, return_pressure kPa h/1
22: pressure Pa h/0.1
23: tilt deg h/1
24: pressure MPa h/1000, tilt deg h/1
25: temperature Cel h/10, temperature_2 Cel h/10
26: force kN h/1
27: flow m3/h f/1, velocity m/s f/1, volume m3 I/1, net_volume m3 I/1
28: inputs 1 H/1
29: probe_level m h/100, ultrasonic_level m h/100, level m h/100
30: level m h/100
31: gas %LEL H/10
32: longitude deg d/1, latitude deg d/1
33: level m h/100, pressure MPa h/1000
34: pressure MPa h/1000
35: differential_pressure kPa h/10
36: water_contact 1 h/1, cover_contact 1 h/1
37: cover_contact 1 h/1
38: level m h/100, temperature Cel h/10
39: temperature Cel h/10, movement_contact 1 h/1
40: level m h/100
41: noise dB h/1
42: distance m h/100
43: inputs 1 I/1
44: differential_pressure Pa h/1, wind_speed m/s h/100, air_flow m3/min h/1
46: level mm h/1000
47: ph pH h/100
48: conductivity uS/cm h/10
49: level m h/100, tilt deg h/1
50: pressure MPa h/1000, pressure_2 MPa h/1000, temperature Cel h/10, temperature_2 Cel h/10, flow m3/h h/100
51: orp mV h/1
52: force kN i/1
53: volume m3 I/100
54: ammonia mg/L h/10, ph pH h/10, temperature Cel h/10
55: cod mg/L h/10, turbidity NTU h/10, temperature Cel h/10
57: turbidity NTU h/10
58: pressure MPa h/1000, tilt deg h/1, flow L/s h/100, temperature Cel h/10
59: passages 1 H/1
61: pressure MPa H/100
63: level m H/1000
65: temperature Cel h/10, temperature_2 Cel h/10, temperature_3 Cel h/10
66: pressure MPa h/1000, pressure_2 kPa h/100
67: water_immersion 1 h/1, tilt deg h/1
68: ph pH h/100, temperature Cel h/10
69: conductivity uS/cm i/10, temperature Cel i/10
70: displacement mm i/100
72: temperature Cel h/10, humidity %RH h/10, pm1 ug/m3 h/1, pm2_5 ug/m3 h/1, pm10 ug/m3 h/1, co2 ppm h/1, formaldehyde mg/m3 h/1000, tvoc mg/m3 h/100
74: velocity m/s h/1000, level m h/1000, temperature Cel h/10
75: illuminance lux h/1
76: illuminance lux H/1
77: ethanol ppm h/1
78: temperature Cel h/10, humidity %RH h/10, pm1 ug/m3 h/1, pm2_5 ug/m3 h/1, pm10 ug/m3 h/1, co2 ppm h/1, oxygen % h/10, tvoc mg/m3 h/100
79: temperature Cel h/10, humidity %RH h/10, pm1 ug/m3 h/1, pm2_5 ug/m3 h/1, pm10 ug/m3 h/1, h2s ppm h/100, nh3 ppm h/10, so2 ppm h/100
80: temperature Cel h/100
81: gas umol/mol h/1
84: level m i/1000
87: chlorine mg/L h/100, temperature Cel h/10
88: pressure MPa h/1000, pressure_2 MPa h/1000, pressure_3 MPa h/1000, temperature Cel h/10, flow m3/h h/100
90: level m h/100, level_2 m h/100
91: temperature Cel h/10, temperature_2 Cel h/10, temperature_3 Cel h/10, temperature_4 Cel h/10, temperature_5 Cel h/10, temperature_6 Cel h/10, temperature_7 Cel h/10, temperature_8 Cel h/10
92: temperature Cel h/10, temperature_2 Cel h/10, temperature_3 Cel h/10, temperature_4 Cel h/10
93: level m h/100, humidity %RH h/10, temperature Cel h/10
96: temperature Cel h/10, humidity %RH h/10, pm1 ug/m3 h/1, pm2_5 ug/m3 h/1, pm10 ug/m3 h/1, co2 ppm h/1, co ppm h/1, so2 ppm h/100
105: temperature Cel h/10, humidity %RH h/10, pm1 ug/m3 h/1, pm2_5 ug/m3 h/1, pm10 ug/m3 h/1, co2 ppm h/1, co ppm h/1, nh3 ppm h/10
"""


@cache
def kind_of(code: int) -> Kind | None:
    """Give the kind of type byte `code`, None for one that is not in the table."""
    channels = _rows().get(code)
    if channels is None:
        return None
    parts = [channel.split() for channel in channels.split(",")]
    codes = [part[2].partition("/") for part in parts]
    return Kind(
        struct.Struct(">" + "".join(letter for letter, _, _ in codes)),
        tuple(
            _channel(metric, unit, letter, float(counts))
            for (metric, unit, _), (letter, _, counts) in zip(parts, codes, strict=True)
        ),
    )


@cache
def bits_of(code: int) -> Mapping[Fact, tuple[int, ...]]:
    """Give the alarm bits of each fact; a type that is not in the table has the usual ones."""
    bits = {**_BITS, **_OWN_BITS.get(code, {})}
    kind = kind_of(code)
    own = _OWN_BITS.get(code, {})
    for bit, channel in _OF_CHANNEL.items():
        if kind is not None and len(kind.channels) < channel and bit not in own:
            del bits[bit]  # of a channel that is not there
    return {fact: tuple(bit for bit, of in bits.items() if of is fact) for fact in dict.fromkeys(bits.values())}


@lru_cache(maxsize=4096)
def claims_of(code: int, word: int) -> tuple[tuple[Fact, bool, str], ...]:
    """Give every fact that the alarm byte `word` of type `code` states: true or false, and the bits that say so."""
    claims = []
    for fact, bits in bits_of(code).items():
        found = [bit for bit in bits if word >> bit & 1]
        claims.append((fact, bool(found), "+".join(f"bit {bit}" for bit in found) or "normal"))
    return tuple(claims)


def _channel(metric: str, unit: str, letter: str, counts: float) -> Channel:
    made, factor = _MADE.get(unit, (unit, 1.0))
    return Channel(metric, made, counts, factor, _VOID[letter])


@cache
def _rows() -> dict[int, str]:
    return {int(code): rest for code, _, rest in (line.partition(":") for line in _TABLE.strip().splitlines())}
