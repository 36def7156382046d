"""The monitored factors of HJ 212-2017 (annex B), of HJ/T 212-2005 and of makers: our metric and its unit. Pure table.

Units are the default ones of annex B. But what ambient air is judged by (ST 22, 27, 39) is in micrograms per cubic metre, save carbon
monoxide: so GB 3095 counts, and so stations do; of a stack it is in milligrams. Codes of 2005 have the units of 2005.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A metric, the unit of its values, and that of its sums (Cou), "1" where none is defined."""

    metric: str
    unit: str
    sum_unit: str = "1"


_AIR = "air"  # the unit depends on the system
_TABLE: Final = """
w00000 B01 flow L/s m3
w01001 001 ph pH
w01002 002 colour 1
w01003 - turbidity NTU
w01006 - dissolved_solids mg/L kg
w01009 - dissolved_oxygen mg/L
w01010 - water_temperature Cel
w01012 003 suspended_solids mg/L kg
w01014 - conductivity uS/cm
w01017 010 bod5 mg/L kg
w01018 011 cod mg/L kg
w01019 - permanganate_index mg/L kg
w01020 015 organic_carbon mg/L kg
w02003 550 coliforms 1
w20111 - mercury ug/L g
w20115 - cadmium ug/L g
w20116 023 chromium mg/L kg
w20117 - chromium_6 ug/L g
w20119 - arsenic ug/L g
w20120 - lead ug/L g
020 - mercury mg/L kg
022 - cadmium mg/L kg
024 - chromium_6 mg/L kg
026 - arsenic mg/L kg
027 - lead mg/L kg
w20121 028 nickel mg/L kg
w20122 029 copper mg/L kg
w20123 030 zinc mg/L kg
w21001 065 nitrogen mg/L kg
w21003 060 ammonia_nitrogen mg/L kg
w21011 101 phosphorus mg/L kg
w21016 070 cyanide mg/L kg
w21017 072 fluoride mg/L kg
w21019 071 sulfide mg/L kg
w22001 080 oil mg/L kg
w23002 110 phenol mg/L kg
a00000 B02 gas_flow m3/s m3
a01001 TEM temperature Cel
a01002 RH humidity %RH
a01006 PA air_pressure kPa
a01007 WS wind_speed m/s
a01008 WD wind_direction deg
a01010 37 ringelmann 1
a01011 S02 gas_velocity m/s
a01012 S03 gas_temperature Cel
a01013 - gas_pressure kPa
S08 - gas_pressure MPa
a01014 S05 gas_humidity %
a01015 S06 cooler_temperature Cel
a01016 S07 duct_area m2
a01017 - gas_dynamic_pressure kPa
S04 - gas_dynamic_pressure MPa
a05001 30 co2 mg/m3 kg
a05002 - methane mg/m3
a05024 O3 o3 air
a19001 S01 oxygen %
a21001 10 ammonia air
a21002 03 nox air
a21003 NO nitric_oxide air
a21004 NO2 no2 air
a21005 CO carbon_monoxide mg/m3
a21017 07 cyanides mg/m3 kg
a21018 06 fluorides air
a21022 11 chlorine mg/m3 kg
a21024 08 hydrogen_chloride air
a21026 SO2 so2 air
a21028 05 hydrogen_sulfide air
a24046 29 vinyl_chloride mg/m3 kg
a24088 - nmhc mg/m3
a25002 - benzene air
a25003 17 toluene air
a25005 18 xylene air
a25038 - styrene mg/m3 kg
a30001 28 methanol mg/m3 kg
a30022 13 mercaptans mg/m3 kg
a31001 19 formaldehyde air
a34001 TSP tsp air
a34002 PM10 pm10 air
a34004 PM25 pm2_5 air
a34005 PM1 pm1 air
a34013 01 dust mg/m3 kg
a34039 14 sulfuric_acid mg/m3 kg
a99010 - acrylonitrile mg/m3 kg
a99049 24 phosgene mg/m3 kg
a99051 12 carbon_disulfide mg/m3 kg
LA NOIS noise dB
Leq B03 noise_leq dB
L5 - noise_l5 dB
L10 - noise_l10 dB
L50 - noise_l50 dB
L90 - noise_l90 dB
L95 - noise_l95 dB
Ldn - noise_ldn dB
Ld - noise_day dB
Ln - noise_night dB
LMx - noise_max dB
LMn - noise_min dB
RAIN RF rain mm
PM2.5 - pm2_5 air
"""
_OTHER_STACK: Final = {
    "02": ("so2", "mg/m3"),
    "04": ("carbon_monoxide", "mg/m3"),
}  # of 2005; two digits, like those of the table
_AMBIENT: Final = frozenset({"22", "27", "39"})


@lru_cache(maxsize=4_096)
def factor(code: str, system: str) -> Factor | None:
    """Name the factor of `code` in system `system` (ST); one we do not know keeps its code and has no unit.

    None for what can be no code: makers write anything.
    """
    known = _FACTORS.get(code.upper())
    if known is None:
        if not (0 < len(code) <= 20 and code.isascii() and code.replace("_", "").isalnum()):  # noqa: PLR2004
            return None
        return Factor(metric=code.lower(), unit="1")
    if known.unit != _AIR:
        return known
    unit = "ug/m3" if system in _AMBIENT else "mg/m3"
    return Factor(metric=known.metric, unit=unit, sum_unit="1" if system in _AMBIENT else "kg")


def _read(table: str) -> dict[str, Factor]:
    factors = {code: Factor(metric=metric, unit=unit, sum_unit="kg") for code, (metric, unit) in _OTHER_STACK.items()}
    for line in table.split("\n"):
        if line:
            code, other, metric, unit, *sums = line.split()
            factors |= dict.fromkeys(
                (code.upper(), other.upper()), Factor(metric=metric, unit=unit, sum_unit=sums[0] if sums else "1")
            )
    factors.pop("-", None)
    return factors


_FACTORS: Final = _read(_TABLE)
