"""Every real SL 651 sample gives the values its index states, element by element, or the right rejection."""

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest.decoders import decoder
from ingest.readings import Decoded, DeviceState, Fact, Quality, Reading, Reason, Rejection

BEIJING = timezone(timedelta(hours=8))
NOW = datetime(2026, 7, 2, tzinfo=UTC)
# 9999.999 and 998.099 m come from sensors that are not fitted; 590101 is a clock that was never set.
NOT_FITTED = {9999.999, 998.099}
REJECTED = {
    "ack_30_down.hex": Reason.DOWNLINK,
    "fj_01_49_chgpw.hex": Reason.UNSUPPORTED,
    "fj_08_35_manual_F2.hex": Reason.UNSUPPORTED,
    "fj_09_36_image_pkt1of4.hex": Reason.UNSUPPORTED,
    "fj_13_41_basiccfg.hex": Reason.UNSUPPORTED,
    "fj_14_43_runcfg.hex": Reason.UNSUPPORTED,
    "fj_15_45_swver.hex": Reason.UNSUPPORTED,
    "gp_2F_badcrc.hex": Reason.CHECKSUM,
    "wei_32_badcrc_b.hex": Reason.CHECKSUM,
    "yx_35.hex": Reason.CHECKSUM,
}
SAYS_NOTHING = {"yx_2F.hex", "fj_21_4A_clock.hex"}
STATUS_ONLY = {"fj_16_46_status.hex": 0x481, "yx_46.hex": 0x400}
FACT_BITS = {Fact.MAINS_LOST: 0, Fact.BATTERY_LOW: 1, Fact.LEVEL_HIGH: 2}


def _index(recordings: Path) -> dict[str, dict[str, str]]:
    lines = (recordings / "samples" / "INDEX.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line]
    return {Path(entry["file"]).name: entry for entry in entries if entry["fmt"] == "sl651"}


def _time(digits: str) -> datetime:
    parts = [int(digits[at : at + 2]) for at in range(0, 10, 2)]
    return datetime(2000 + parts[0], *parts[1:], tzinfo=BEIJING)


def _decode(recordings: Path, name: str) -> list[Decoded]:
    return decoder("sl651")("", (recordings / "samples" / "sl651" / name).read_bytes(), NOW)


def _expected(entry: dict[str, str]) -> tuple[str, list[tuple[str, float | None]], list[int]]:
    """Read the index: station, (code, value) in order, status words."""
    computed = json.loads(entry["expected"][entry["expected"].index("{") :])
    values: list[tuple[str, float | None]] = []
    words: list[int] = []
    for code, value, *more in computed["elements"]:
        code = code.removesuffix("[]").split("/")[0]  # noqa: PLW2901
        if code == "45":
            words.append(int(more[0], 16))
        elif code not in {"obs", "04", "rest"}:
            values += [(code, None if v in NOT_FITTED else v) for v in (value if isinstance(value, list) else [value])]
    return computed["station"], values, words


def _check_status(states: list[DeviceState], word: int) -> None:
    said = {state.fact: state.active for state in states}
    assert said[Fact.TAMPER] is (word >> 7 & 1 == 0)
    for fact, bit in FACT_BITS.items():
        assert said[fact] is (word >> bit & 1 == 1)
    assert said[Fact.FAULT] is bool(word >> 5 & 0b1011)


def test_every_sample_gives_what_the_index_states(recordings: Path) -> None:
    """Values, their order, their station and the status bits are those of the index; nothing else is said."""
    checked = 0
    for name, entry in _index(recordings).items():
        if name in REJECTED or name in SAYS_NOTHING or name in STATUS_ONLY:
            continue
        station, values, words = _expected(entry)
        decoded = _decode(recordings, name)
        readings = [item for item in decoded if isinstance(item, Reading)]
        states = [item for item in decoded if isinstance(item, DeviceState)]
        assert [(reading.code, reading.value) for reading in readings] == values, name
        assert {item.device for item in [*readings, *states]} == {station}, name
        assert not any(isinstance(item, Rejection) for item in decoded), name
        assert all((reading.quality is Quality.MISSING) is (reading.value is None) for reading in readings)
        assert bool(states) is bool(words), name
        for word in words:
            _check_status(states, word)
        checked += 1
    assert checked == 25


def test_sample_times_are_beijing_time(recordings: Path) -> None:
    """A value that is no series carries the newest observation time before it."""
    for name, entry in _index(recordings).items():
        if name in REJECTED or name in SAYS_NOTHING or name in STATUS_ONLY:
            continue
        computed = json.loads(entry["expected"][entry["expected"].index("{") :])
        times: dict[str, datetime] = {}
        for code, value, *_ in computed["elements"]:
            if code == "obs":
                observed = _time(value)
            elif not isinstance(value, list):
                times[code] = observed
        readings = [item for item in _decode(recordings, name) if isinstance(item, Reading) and item.code in times]
        assert {reading.code: reading.time for reading in readings} == {
            code: time for code, time in times.items() if code not in {"45", "04/18"}
        }, name


@pytest.mark.parametrize(("name", "reason"), REJECTED.items())
def test_sample_is_rejected_with_its_reason(recordings: Path, name: str, reason: Reason) -> None:
    """A wrong checksum, a downlink and what we take nothing from give one rejection and no reading."""
    decoded = _decode(recordings, name)
    assert [type(item) for item in decoded] == [Rejection]
    assert isinstance(decoded[0], Rejection)
    assert decoded[0].reason is reason


@pytest.mark.parametrize("name", sorted(SAYS_NOTHING))
def test_heartbeat_and_clock_say_nothing(recordings: Path, name: str) -> None:
    """They prove the link and give an empty list."""
    assert _decode(recordings, name) == []


@pytest.mark.parametrize(("name", "word"), STATUS_ONLY.items())
def test_status_answer_gives_facts(recordings: Path, name: str, word: int) -> None:
    """The answer to a status query states every fact of the word."""
    decoded = _decode(recordings, name)
    states = [item for item in decoded if isinstance(item, DeviceState)]
    assert len(states) == len(decoded)
    _check_status(states, word)


@pytest.mark.parametrize(
    ("name", "code", "first", "last"),
    [
        ("bj_16_0030700300_0600_hour.hex", "F5", "2607010505", "2607010600"),  # the observation time is the end
        ("yx_34.hex", "F5", "1707181005", "1707181100"),  # it is the first group, as the standard says
        ("fj_07_34_hour_F4F5.hex", "F4", "2212021220", "2212021315"),
        ("fj_04_31_uniform_12x39.hex", "39", "2212051005", "2212051100"),
    ],
)
def test_series_lie_where_their_convention_says(recordings: Path, name: str, code: str, first: str, last: str) -> None:
    """Twelve values of five minutes, placed by the first group or by the last one."""
    times = [item.time for item in _decode(recordings, name) if isinstance(item, Reading) and item.code == code]
    times = times[:12]
    assert (times[0], times[-1]) == (_time(first), _time(last))
    assert all(after - before == timedelta(minutes=5) for before, after in itertools.pairwise(times))


def test_every_sample_is_read_as_bytes_too(recordings: Path) -> None:
    """The binary form of a frame decodes exactly as its hex text, upper or lower case, with blanks."""
    for path in sorted((recordings / "samples" / "sl651").glob("*.hex")):
        text = path.read_text().strip()
        whole = decoder("sl651")("", bytes.fromhex(text), NOW)
        assert whole == _decode(recordings, path.name)
        spaced = " ".join(text[at : at + 2] for at in range(0, len(text), 2)).lower() + "\r\n"
        assert whole == decoder("sl651")("", spaced.encode(), NOW)


def test_every_sample_is_in_the_index(recordings: Path) -> None:
    """No sample of the folder is left out."""
    files = {path.name for path in (recordings / "samples" / "sl651").iterdir()}
    assert files == set(_index(recordings))
