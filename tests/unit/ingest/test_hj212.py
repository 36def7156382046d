"""HJ 212: what the fields, flags and times of a packet become. Packets are made from the standard."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decoders.hj212 import decode
from ingest.decoders.hj212.packet import checksum
from ingest.readings import DeviceState, Fact, Quality, Reading, Reason, Rejection
from tests.hj212_frames import counting, crc, packet, report

NOW = datetime(2026, 7, 1, 0, 0, tzinfo=UTC)
TOPIC = "hj212/4401/A110000_0001"


def readings(raw, topic=TOPIC):
    """(metric, value, unit, quality) of every reading."""
    return [(r.metric, r.value, r.unit, r.quality) for r in decode(topic, raw, NOW) if isinstance(r, Reading)]


def facts(raw):
    """Fact: active, of every state."""
    return {s.fact: s.active for s in decode(TOPIC, raw, NOW) if isinstance(s, DeviceState)}


def reasons(raw, topic=TOPIC):
    """The reasons of all rejections."""
    return [r.reason for r in decode(topic, raw, NOW) if isinstance(r, Rejection)]


def test_ambient_air_is_in_micrograms_and_noise_in_decibels():
    """ST 22, as the examples of annex C count; the time is Beijing's."""
    raw = report("a34004-Rtd=207,a34004-Flag=N;a21005-Rtd=1.1,a21005-Flag=N;LA-Rtd=50.1,LA-Flag=N;a01006-Rtd=101.02")
    assert readings(raw) == [
        ("pm2_5", 207.0, "ug/m3", Quality.GOOD),
        ("carbon_monoxide", 1.1, "mg/m3", Quality.GOOD),
        ("noise", 50.1, "dB", Quality.GOOD),
        ("air_pressure", 101.02, "kPa", Quality.GOOD),
    ]
    (first, *_) = decode(TOPIC, raw, NOW)
    assert (first.device, first.time, first.code) == (
        "A110000_0001",
        datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
        "a34004",
    )


def test_a_stack_is_in_milligrams():
    """ST 31: also in the codes of 2005."""
    assert readings(report("a21026-Rtd=35;02-Rtd=36;a34013-Cou=1.5", st="31")) == [
        ("so2", 35.0, "mg/m3", Quality.GOOD),
        ("so2", 36.0, "mg/m3", Quality.GOOD),
        ("dust_sum", 1.5, "kg", Quality.GOOD),
    ]


@pytest.mark.parametrize(("cn", "period"), [("2051", "_10min"), ("2061", "_1h"), ("2031", "_1d")])
def test_a_report_over_a_period_names_it(cn, period):
    """Mean, least, greatest and sum are metrics of their own: they are no real-time values."""
    raw = report("w01018-Min=1,w01018-Avg=2,w01018-Max=3,w01018-Cou=4,w01018-Flag=N", cn=cn, st="32")
    assert [(metric, value) for metric, value, *_ in readings(raw)] == [
        (f"cod{period}_min", 1.0),
        (f"cod{period}", 2.0),
        (f"cod{period}_max", 3.0),
        (f"cod{period}_sum", 4.0),
    ]


@pytest.mark.parametrize(
    ("flag", "quality", "active"),
    [
        ("N", Quality.GOOD, set()),
        ("S", Quality.UNCERTAIN, set()),
        ("T", Quality.UNCERTAIN, set()),
        ("D", Quality.IMPLAUSIBLE, {Fact.FAULT}),
        ("B", Quality.IMPLAUSIBLE, {Fact.FAULT}),
        ("C", Quality.IMPLAUSIBLE, {Fact.TEST}),
        ("M", Quality.IMPLAUSIBLE, {Fact.TEST}),
        ("F", Quality.IMPLAUSIBLE, set()),
    ],
)
def test_a_flag_says_how_far_a_value_can_be_trusted(flag, quality, active):
    """A value of calibration, maintenance or a broken instrument is never judged; one above the range still is."""
    raw = report(f"w01018-Rtd=900,w01018-Flag={flag}", st="32")
    assert readings(raw) == [("cod", 900.0, "mg/L", quality)]
    assert {fact for fact, is_active in facts(raw).items() if is_active} == active


def test_one_packet_of_several_ends_no_fault():
    """Its factors are not all: a fault may be told by the next packet."""
    head = "QN=20260701060030123;ST=32;CN=2011;PW=1;MN=A110000_0001;Flag=7;PNUM=2;PNO=1;"
    assert facts(packet(head + "CP=&&DataTime=20260701060000;w01018-Rtd=1,w01018-Flag=N&&")) == {}
    assert facts(packet(head + "CP=&&DataTime=20260701060000;w01018-Rtd=1,w01018-Flag=D&&")) == {Fact.FAULT: True}


@pytest.mark.parametrize("text", ["", "-", "NaN", "--", "-9999", "1e999"])
def test_what_is_no_number_is_no_value(text):
    """A sentinel is not a number."""
    assert readings(report(f"w01001-Rtd={text}", st="21")) == [("ph", None, "pH", Quality.MISSING)]


def test_a_sampled_factor_has_its_own_time():
    """SampleTime of a factor that is measured every few hours; DataTime of the others."""
    raw = report("w01018-SampleTime=20260701040000,w01018-Rtd=18;w01001-Rtd=7", st="32")
    times = {r.metric: r.time for r in decode(TOPIC, raw, NOW) if isinstance(r, Reading)}
    assert times == {
        "cod": datetime(2026, 6, 30, 20, 0, tzinfo=UTC),
        "ph": datetime(2026, 6, 30, 22, 0, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "time",
    [
        "20590101000000",
        "19700101000000",
        "00000000000000",
        "00010101000000",
        "20261301000000",
        "2026",
        "２０２６０７０１０６００００",
    ],
)
def test_a_clock_that_cannot_be_right_is_replaced(time):
    """Our time, and said so."""
    (reading,) = [r for r in decode(TOPIC, report("LA-Rtd=51", time=time), NOW) if isinstance(r, Reading)]
    assert (reading.time, reading.quality) == (NOW, Quality.UNCERTAIN_TIME)


def test_the_form_of_2005_is_read():
    """No QN, no Flag, codes of three digits, and the alarm of 2072 with its own time."""
    head = "ST=32;CN=2072;PW=123456;MN=88888880000001;"
    raw = packet(head + "CP=&&AlarmTime=20260701053000;011-Ala=120;011-AlarmType=1&&")
    found = decode("", raw, NOW)
    assert [(r.metric, r.value) for r in found if isinstance(r, Reading)] == [("cod", 120.0)]
    assert [(s.fact, s.active, s.time) for s in found if isinstance(s, DeviceState)] == [
        (Fact.VALUE_HIGH, True, datetime(2026, 6, 30, 21, 30, tzinfo=UTC))
    ]


def test_the_alarm_of_the_standards_own_example_is_heard():
    """Annex C of 2005 writes blanks around its name, and no code."""
    raw = packet("ST=32;CN=2072;PW=1;MN=A110000_0001;Flag=0;CP=&&AlarmTime=20260701053000;101-Ala=1.1, AlarmType =1&&")
    assert readings(raw) == [("phosphorus", 1.1, "mg/L", Quality.GOOD)]
    assert [(s.fact, s.active, s.code) for s in decode(TOPIC, raw, NOW) if isinstance(s, DeviceState)] == [
        (Fact.VALUE_HIGH, True, "AlarmType")
    ]


def test_equipment_tells_its_state_and_run_time():
    """2021 and 2041: of what treats the pollution."""
    assert readings(report("SB1-RS=1;SB2-RS=0", cn="2021")) == [
        ("sb1_state", 1.0, "1", Quality.GOOD),
        ("sb2_state", 0.0, "1", Quality.GOOD),
    ]
    assert readings(report("SB1-RT=1.5", cn="2041")) == [("sb1_run_time", 1.5, "h", Quality.GOOD)]
    assert readings(report("SB1-RT=-9999", cn="2041")) == [("sb1_run_time", None, "h", Quality.MISSING)]


@given(segment=st.binary(max_size=300) | st.binary(min_size=1000, max_size=1100))
def test_the_checksum_is_that_of_annex_a(segment):
    """Bytes eight apart are added before they are looked up: the answer is that of bit by bit, at any length."""
    assert f"{checksum(segment):04X}" == crc(segment)


def test_a_wrong_checksum_is_never_a_reading():
    """Neither alone nor between right ones."""
    good = report("LA-Rtd=51")
    bad = good.replace(b"LA-Rtd=51", b"LA-Rtd=91")
    assert reasons(bad) == [Reason.CHECKSUM]
    assert [value for _, value, *_ in readings(good + bad + good)] == [51.0, 51.0]
    assert readings(bad) == []


def test_half_packets_do_not_hide_whole_ones():
    """A cut packet is told, and the whole one behind it read."""
    good = report("LA-Rtd=51")
    assert reasons(good[:40]) == [Reason.TRUNCATED]
    assert [value for _, value, *_ in readings(good[:40] + good)] == [51.0]
    assert readings(b"\x00\xff" + good[:-2] + b"+++" + good) == readings(good) * 2


def test_a_length_in_characters_of_chinese_text_is_forgiven():
    """Some count characters where the standard counts bytes; the checksum vouches for the text."""
    segment = "ST=22;CN=2011;PW=1;MN=A110000_0001;CP=&&DataTime=20260701060000;备注=城东站;LA-Rtd=51&&"
    raw = packet(segment)
    counted = b"##%04d" % len(segment) + raw[6:]
    assert readings(counted) == readings(raw) == [("noise", 51.0, "dB", Quality.GOOD)]


@pytest.mark.parametrize("over", [4, 6, 10, 12])
@pytest.mark.parametrize("tail", [b"\r\n", b""])
def test_a_length_that_counts_what_is_around_is_forgiven(over, tail):
    """Some count checksum, end, or all of the packet; the packets beside it are read, too."""
    good = report("LA-Rtd=51")
    counted = counting(good, over)[:-2] + tail
    assert readings(counted) == readings(good)
    assert readings(counted + good) == readings(good + counted) == readings(good) * 2
    assert readings(counted.replace(b"LA-Rtd=51", b"LA-Rtd=91")) == []


def test_a_report_of_nothing_we_know_is_told():
    """What cannot be read (encrypted, say) is kept; a question of the centre, which has the report's number, is none."""
    head = "QN=20260701060030123;ST=31;CN=2011;PW=1;MN=A110000_0001;Flag=9;CP=&&"
    assert reasons(packet(head + "Cipher=bm90IGZvciB1cw==&&")) == [Reason.UNSUPPORTED]
    assert decode(TOPIC, packet(head + "BeginTime=20260701000000,EndTime=20260701060000&&"), NOW) == []
    assert decode(TOPIC, packet(head + "&&"), NOW) == []


@pytest.mark.parametrize(
    "segment",
    [
        "ST=22;CN=2011;PW=123456;,MN=A110000_0001;FLAG=0;CP=&&DataTime=20260701060000;LA-Rtd=51&&",
        "QN=20260701060030123,ST=22;CN=2011;PW=1;MN=A110000_0001;CP=&&DataTime=20260701060000;LA-Rtd=51&&",
        "QN=20260701060030123;ST=22;CN=2011;PW=1;MN=A110000_0001;CP=&DataTime=20260701060000;LA-Rtd=51&&",
    ],
)
def test_a_comma_in_the_head_and_a_single_ampersand_are_forgiven(segment):
    """Stations send them, and the standard's own examples have the comma."""
    assert readings(packet(segment)) == [("noise", 51.0, "dB", Quality.GOOD)]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (report("LA-Rtd=51", mn="B2"), Reason.FOREIGN_DEVICE),
        (packet("ST=91;CN=9014;MN=B2;CP=&&&&"), Reason.DOWNLINK),
        (report("LA-Rtd=51", mn=""), Reason.MALFORMED),
        (report("i11001-Info=x", cn="3020"), Reason.UNSUPPORTED),
        (b"##01", Reason.TRUNCATED),
        (b"hello", Reason.MALFORMED),
    ],
)
def test_what_is_refused_says_why(raw, reason):
    """One word a fault."""
    assert reasons(raw) == [reason]


@pytest.mark.parametrize("cn", ["9011", "9014", "9015", "9021", "1013"])
def test_heartbeats_and_acknowledgements_say_nothing(cn):
    """On the device's own topic they are neither readings nor faults."""
    assert decode(TOPIC, report("", cn=cn), NOW) == []


def test_a_makers_own_factor_keeps_its_code():
    """Its unit nobody knows; what can be no code is passed over."""
    assert readings(report("a21007-Rtd=0.033;<script>-Rtd=1;城-Rtd=2")) == [("a21007", 0.033, "1", Quality.GOOD)]


def test_units_are_those_of_the_code_s_own_edition():
    """Of the metals of annex B some are counted in micrograms; in the codes of 2005 all were in milligrams."""
    raw = report("w20111-Rtd=0.5;020-Rtd=0.05;w20120-Cou=3;a05001-Rtd=600;S08-Rtd=0.1;10-Rtd=2", st="31")
    assert [(metric, value, unit) for metric, value, unit, _ in readings(raw)] == [
        ("mercury", 0.5, "ug/L"),
        ("mercury", 0.05, "mg/L"),
        ("lead_sum", 3.0, "g"),
        ("co2", 600.0, "mg/m3"),
        ("gas_pressure", 0.1, "MPa"),
        ("ammonia", 2.0, "mg/m3"),
    ]


@pytest.mark.parametrize(
    ("code", "metric"), [("a21022", "chlorine"), ("11", "chlorine"), ("a99049", "phosgene"), ("12", "carbon_disulfide")]
)
def test_poisonous_gases_have_their_names(code, metric):
    """In the codes of both editions."""
    assert readings(report(f"{code}-Rtd=0.3", st="31")) == [(metric, 0.3, "mg/m3", Quality.GOOD)]


def test_blanks_and_case_of_a_name_say_nothing():
    """The standard's own examples have blanks behind && and around names."""
    raw = packet("ST=22;CN=2011;PW=1;MN=A110000_0001;CP=&& Datatime=20260701060000; LA -rtd=51,LA-flag =N&&")
    assert readings(raw) == [("noise", 51.0, "dB", Quality.GOOD)]
    assert {item.time for item in decode(TOPIC, raw, NOW)} == {datetime(2026, 6, 30, 22, 0, tzinfo=UTC)}


def test_a_flag_without_a_code_is_of_all_that_have_none():
    """Dust stations send one factor and a bare Flag."""
    assert readings(report("a34001-Rtd=92;Flag=N")) == [("tsp", 92.0, "ug/m3", Quality.GOOD)]
    raw = report("a34001-Rtd=92;LA-Rtd=51,LA-Flag=N;Flag=D")
    assert [quality for *_, quality in readings(raw)] == [Quality.IMPLAUSIBLE, Quality.GOOD]
    assert facts(raw) == {Fact.FAULT: True, Fact.TEST: False}


def test_a_checksum_with_its_bytes_swapped_is_named():
    """It is none either: annex A has the high byte first."""
    good = report("LA-Rtd=51")
    (found,) = decode(TOPIC, good[:-6] + good[-4:-2] + good[-6:-4] + b"\r\n", NOW)
    assert found.reason is Reason.CHECKSUM
    assert "low byte first" in found.detail


@pytest.mark.parametrize("swap", [False, True])
def test_the_wrong_kind_of_checksum_is_named(swap):
    """Some makers send CRC-16/MODBUS: never a reading, but who asks the maker knows what to ask."""
    register = 0xFFFF
    segment = b"ST=31;CN=2011;PW=123456;MN=A110000_0001;CP=&&DataTime=20260701060000;112-Rtd=1.5,112-Flag=N&&"
    for byte in segment:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ 0xA001 if register & 1 else register >> 1
    order = "little" if swap else "big"
    raw = b"##%04d%b%b\r\n" % (len(segment), segment, register.to_bytes(2, order).hex().encode())
    (found,) = decode(TOPIC, raw, NOW)
    assert found.reason is Reason.CHECKSUM
    assert "MODBUS" in found.detail


def test_hex_text_of_a_packet_is_read():
    """A gateway that takes every frame for a binary one."""
    raw = report("LA-Rtd=51")
    assert readings(raw.hex().encode()) == readings(raw.hex(" ").upper().encode()) == readings(raw)


def test_a_length_nobody_counts_is_not_forgiven():
    """Bytes were lost or came twice on the way: a checksum of 256 values would vouch for one in 256 of them."""
    good = report("LA-Rtd=51")
    for wrong in range(-20, 40):
        said = decode(TOPIC, counting(good, wrong), NOW)
        assert bool([item for item in said if isinstance(item, Reading)]) == (wrong in {0, 4, 6, 10, 12})
