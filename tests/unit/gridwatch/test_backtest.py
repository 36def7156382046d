"""`gridwatch rules check`, `backtest` and `explain` over files: no server, no data directory."""

import csv
import gzip

import pytest
from typer.testing import CliRunner

from gridwatch.backtest import HEADER
from gridwatch.cli import app
from gridwatch.errors import SettingsError
from gridwatch.recording import RecordingError
from ingest.device_file import DeviceFileError

DEVICES = """id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4,limit_3,limit_2,limit_1
weir,gauge,堰口,,,,stage,m,300,1,2,3,
"""
GUIDANCE = "guidance: {zh: {means: 甲, do: 乙}, en: {means: a, do: b}}"


@pytest.fixture
def files(tmp_path):
    """A gauge that passes its first limit twice, with a stranger beside it."""
    (tmp_path / "devices.csv").write_text(DEVICES, encoding="utf-8")
    values = [0.9, 0.92, 1.01, 0.93, 0.92, 0.9, 0.9, 1.02, 0.93, 0.9]
    rows = [f"2026-05-01T00:{5 * n:02}:00Z,weir,stage,{value}\n" for n, value in enumerate(values)]
    rows.insert(3, "2026-05-01T00:11:00Z,stranger,stage,9\n")
    with gzip.open(tmp_path / "may.csv.gz", "wt") as file:
        file.write("time,device,metric,value\n" + "".join(rows))
    return tmp_path


def run(*words):
    """Run a command, letting its errors through."""
    result = CliRunner().invoke(app, ["rules", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def over(files, *words, command="backtest"):
    """Run a command over the two files."""
    return run(command, *words, "--devices", files / "devices.csv", "--recording", files / "may.csv.gz")


def test_transitions_are_written_in_order_of_time(files):
    """The header is exact, times are UTC, and an alarm goes from norm to unack to rtnun and back."""
    over(files, "--transitions", files / "out.csv")
    with (files / "out.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == HEADER
    assert [row[5:7] for row in rows[1:]] == [
        ["norm", "unack"],
        ["unack", "rtnun"],
        ["rtnun", "unack"],
        ["unack", "rtnun"],
    ]
    assert rows[1] == ["2026-05-01T00:10:00Z", "weir", "stage", "level-high", "4", "norm", "unack", "1.01"]
    assert [row[0] for row in rows[1:]] == sorted(row[0] for row in rows[1:])


def test_strangers_are_told_and_do_not_stop_the_trial(files):
    """A row of a device nobody declared is counted."""
    assert "stranger stage, 1 rows passed over" in over(files).output


def test_other_rules_are_held_against_those_that_come_with_us(files):
    """A rule that waits longer loses the raises, and the table says so."""
    body = f"name: h, kind: level, for: {{metric: stage}}, unit: m, on_delay: 20min, {GUIDANCE}"
    (files / "county.yaml").write_text(f"rules:\n  - {{{body}}}\n", encoding="utf-8")
    told = over(files, "--rules", files / "county.yaml").output
    assert "gone 2" in told
    assert "same 0" in told
    assert "gone 0" in over(files, "--rules", files / "county.yaml", "--against", files / "county.yaml").output


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--devices", "devices.csv"], SettingsError, "needs both"),
        (["--devices", "devices.csv", "--recording", "none.csv"], RecordingError, "cannot be read"),
        (["--devices", "bad.csv", "--recording", "may.csv.gz"], DeviceFileError, "line 2"),
        (["--devices", "devices.csv", "--recording", "bad.csv"], RecordingError, "lacks"),
        (
            ["--devices", "devices.csv", "--recording", "may.csv.gz", "--from", "2026-05-01T00:00:00Z"],
            SettingsError,
            "--from",
        ),
        (
            ["--devices", "devices.csv", "--recording", "may.csv.gz", "--zone", "Mars/Base"],
            SettingsError,
            "no time zone",
        ),
        ([], SettingsError, "Name --from"),
        (["--from", "yesterday"], SettingsError, "no RFC 3339"),
    ],
)
def test_what_cannot_be_is_one_sentence(files, monkeypatch, words, error, says):
    """Each wrong call names what is wrong with it."""
    monkeypatch.chdir(files)
    (files / "bad.csv").write_text(DEVICES.replace(",300,", ",soon,"), encoding="utf-8")
    with pytest.raises(error, match=says):
        run("backtest", *words)


def test_why_is_told_in_both_languages(files):
    """An alarm that stands, one that does not, and rules that are about other devices."""
    told = over(files, "weir", "--at", "2026-05-01T00:10:00Z", command="explain").output
    assert "有告警 alarm: level-high P4" in told
    assert "1.01 m is beyond the limit 1, since 2026-05-01 08:10:00" in told
    told = over(files, "weir", "--at", "2026-05-01T00:25:00Z", "--metric", "stage", command="explain").output
    assert "没有告警 no alarm" in told
    assert "0.9 m，未达限值 1" in told


def test_a_device_nobody_declared_cannot_be_explained(files):
    """It is said which file lacks it."""
    with pytest.raises(SettingsError, match="declares no device 'ghost'"):
        over(files, "ghost", "--at", "2026-05-01T00:10:00Z", command="explain")


def test_a_good_file_is_listed_by_kind(files):
    """The check names the rules of each kind."""
    (files / "county.yaml").write_text(
        f"rules:\n  - {{name: h, kind: level, for: {{metric: stage}}, unit: m, {GUIDANCE}}}\n"
        f"  - {{name: q, kind: no-data, for: {{}}, priority: 4, {GUIDANCE}}}\n",
        encoding="utf-8",
    )
    told = run("check", files / "county.yaml").output
    assert "2 rules, all of them good" in told
    assert "level 1: h" in told
    assert "no-data 1: q" in told


def test_every_reason_has_words_in_both_languages():
    """A reason code that nobody worded would be a traceback on somebody's screen."""
    from alerts.explained import Reason
    from gridwatch.explanation import WORDS

    assert set(WORDS) == set(Reason)
