"""The elements of SL 651-2014 annex C: guide byte, ASCII name, our metric and its unit. Pure table; holds no values."""

from functools import cache

from msgspec import Struct


class Element(Struct, frozen=True, kw_only=True):
    """One quantity a station can report. `code` is the guide in upper-case hex, `unit` a SenML or UCUM unit.

    `guide` is the guide byte, which rules about single elements ask; 0 for what has none (event counters).
    `is_level`: a level above the station's own base (39-43, and F5-FC).
    """

    code: str
    metric: str
    unit: str
    guide: int
    is_level: bool = False


_TABLE = """
01 AC cross_section m2
02 AI temperature Cel
03 C water_temperature Cel
05 DT period min
06 ED evaporation_1d mm
07 EJ evaporation mm
08 FL air_pressure hPa
09 GH gate_opening m
0A GN gate_group 1
0B GS gate_kind 1
0C GT gates_open 1
0D GTP ground_temperature Cel
0E H groundwater_depth m
0F HW wave_height m
10 M10 soil_moisture_10cm %
11 M20 soil_moisture_20cm %
12 M30 soil_moisture_30cm %
13 M40 soil_moisture_40cm %
14 M50 soil_moisture_50cm %
15 M60 soil_moisture_60cm %
16 M80 soil_moisture_80cm %
17 M100 soil_moisture_100cm %
18 MST humidity %RH
19 NS pumps_running 1
1A P1 rain_1h mm
1B P2 rain_2h mm
1C P3 rain_3h mm
1D P6 rain_6h mm
1E P12 rain_12h mm
1F PD rain_1d mm
20 PJ rain_today mm
21 PN01 rain_1min mm
22 PN05 rain_5min mm
23 PN10 rain_10min mm
24 PN30 rain_30min mm
25 PR rain_storm mm
26 PT rain mm
27 Q flow m3/s
28 Q1 flow_1 m3/s
29 Q2 flow_2 m3/s
2A Q3 flow_3 m3/s
2B Q4 flow_4 m3/s
2C Q5 flow_5 m3/s
2D Q6 flow_6 m3/s
2E Q7 flow_7 m3/s
2F Q8 flow_8 m3/s
30 QA flow_out m3/s
31 QZ flow_gate m3/s
32 SW sediment 10kt
33 UC wind_direction 1
34 UE wind_force 1
35 US wind_speed m/s
36 VA velocity_mean m/s
37 VJ velocity m/s
38 VT voltage V
39 Z stage m
3A ZB stage_lower m
3B ZU stage_upper m
3C Z1 stage_1 m
3D Z2 stage_2 m
3E Z3 stage_3 m
3F Z4 stage_4 m
40 Z5 stage_5 m
41 Z6 stage_6 m
42 Z7 stage_7 m
43 Z8 stage_8 m
44 SQ sediment_content kg/m3
46 PH ph pH
47 DO dissolved_oxygen mg/L
48 COND conductivity uS/cm
49 TURB turbidity NTU
4A CODMN permanganate_index mg/L
4B REDOX redox mV
4C NH4N ammonia_nitrogen mg/L
4D TP phosphorus mg/L
4E TN nitrogen mg/L
4F TOC organic_carbon mg/L
50 CU copper mg/L
51 ZN zinc mg/L
52 SE selenium mg/L
53 AS arsenic mg/L
54 THG mercury mg/L
55 CD cadmium mg/L
56 PB lead mg/L
57 CHLA chlorophyll_a mg/L
58 WP1 pressure_1 kPa
59 WP2 pressure_2 kPa
5A WP3 pressure_3 kPa
5B WP4 pressure_4 kPa
5C WP5 pressure_5 kPa
5D WP6 pressure_6 kPa
5E WP7 pressure_7 kPa
5F WP8 pressure_8 kPa
60 SYL1 water_left_1 m3
61 SYL2 water_left_2 m3
62 SYL3 water_left_3 m3
63 SYL4 water_left_4 m3
64 SYL5 water_left_5 m3
65 SYL6 water_left_6 m3
66 SYL7 water_left_7 m3
67 SYL8 water_left_8 m3
68 SBL1 water_per_hour_1 m3/h
69 SBL2 water_per_hour_2 m3/h
6A SBL3 water_per_hour_3 m3/h
6B SBL4 water_per_hour_4 m3/h
6C SBL5 water_per_hour_5 m3/h
6D SBL6 water_per_hour_6 m3/h
6E SBL7 water_per_hour_7 m3/h
6F SBL8 water_per_hour_8 m3/h
70 VTA voltage_a V
71 VTB voltage_b V
72 VTC voltage_c V
73 VIA current_a A
74 VIB current_b A
75 VIC current_c A
F4 DRP rain_5min mm
F5 DRZ1 stage_5min m
F6 DRZ2 stage_2_5min m
F7 DRZ3 stage_3_5min m
F8 DRZ4 stage_4_5min m
F9 DRZ5 stage_5_5min m
FA DRZ6 stage_6_5min m
FB DRZ7 stage_7_5min m
FC DRZ8 stage_8_5min m
"""

_ROWS = [line.split() for line in _TABLE.split("\n") if line]
BY_GUIDE = {
    int(code, 16): Element(
        code=code, metric=metric, unit=unit, guide=int(code, 16), is_level=metric.split("_")[0] == "stage"
    )
    for code, _, metric, unit in _ROWS
}
BY_ASCII = {name: BY_GUIDE[int(code, 16)] for code, name, _, _ in _ROWS}

LEVELS = frozenset(range(0x39, 0x44))  # guides of instantaneous water levels
RAIN_BLOCK = 0xF4
EXTENDED = 0xFF
LEVEL_BLOCKS = frozenset(range(0xF5, 0xFD))
BLOCKS = LEVEL_BLOCKS | {RAIN_BLOCK}  # an hour in twelve values; every other element is a value by itself
PLAIN_BY_GUIDE = {guide: element for guide, element in BY_GUIDE.items() if guide not in BLOCKS}
PLAIN_BY_ASCII = {name: element for name, element in BY_ASCII.items() if element.guide not in BLOCKS}

# Event counters of function 50 (table 82), by number; 19-32 are spare.
_COUNTED = {
    1: "events_history_cleared",
    2: "events_settings_changed",
    3: "events_state_changed",
    4: "events_sensor_fault",
    5: "events_password_changed",
    6: "events_terminal_fault",
    7: "events_mains_lost",
    8: "events_battery_low",
    9: "events_box_opened",
    10: "events_pump_fault",
    11: "events_water_quota",
    12: "events_level_over_limit",
    13: "events_pressure_over_limit",
    14: "events_quality_over_limit",
    15: "events_bad_data",
    16: "events_frames_sent",
    17: "events_frames_received",
    18: "events_send_errors",
}
EVENT_COUNTERS = tuple(
    Element(code=f"ERC{number}", metric=metric, unit="1", guide=0) for number, metric in _COUNTED.items()
)


@cache
def extended(identifier: int) -> Element:
    """Name a user-defined element `FF` + `identifier` (a byte): no table can know it, so its metric is its own code."""
    code = f"FF{identifier:02X}"
    return Element(code=code, metric=code.lower(), unit="1", guide=EXTENDED)
