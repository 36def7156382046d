"""The watched folder: whole files are taken in and moved, half-written ones waited for, wrong ones kept with their reason."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.weather_intake import WeatherOptions
from database import connect
from gridwatch.weather_folder import FolderReporter
from tests.warning_messages import NATIONAL, cap, jsonp
from tests.weather_hands import NOW, make_grids


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    made = tmp_path / "warnings"
    made.mkdir()
    return made


@pytest.fixture
def reporter(database_url: str, folder: Path) -> FolderReporter:
    """A reporter over a county with grids."""
    make_grids(database_url)
    return FolderReporter(database_url, folder, WeatherOptions())


def _stored(url: str) -> list[str]:
    with connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT message FROM weather_warnings ORDER BY 1").fetchall()]


def _names(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[2] for path in folder.iterdir())


def test_whole_files_are_taken_in_and_moved(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """CAP and JSON at the second look, when they are as they were at the first."""
    (folder / "a.xml").write_bytes(cap("w-1"))
    (folder / "b.CAP").write_bytes(cap("w-2"))
    (folder / "c.json").write_bytes(jsonp(NATIONAL))
    (folder / "readme.txt").write_text("no warning")
    assert reporter.look(NOW) == 0
    assert reporter.look(NOW) == 3
    assert _stored(database_url) == ["33990041600000_20260601160000", "w-1", "w-2"]
    assert _names(folder / "done") == ["a.xml", "b.CAP", "c.json"]
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["readme.txt"]


def test_a_file_that_grows_is_waited_for(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """Half a file is not refused: it is no file yet."""
    half = cap()[:200]
    (folder / "a.xml").write_bytes(half)
    reporter.look(NOW)
    (folder / "a.xml").write_bytes(cap())
    assert reporter.look(NOW) == 0
    assert reporter.look(NOW) == 1
    assert _stored(database_url) == ["w-1"]


def test_a_wrong_file_is_kept_with_its_reason(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """Beside it stands why, and the other files are taken."""
    (folder / "bad.xml").write_bytes(b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><alert>&a;</alert>")
    (folder / "big.xml").write_bytes(b"<alert>" + b" " * (2 << 20) + b"</alert>")
    (folder / "good.xml").write_bytes(cap())
    reporter.look(NOW)
    assert reporter.look(NOW) == 3
    assert _names(folder / "refused") == ["bad.xml", "bad.xml.reason.txt", "big.xml", "big.xml.reason.txt"]
    reasons = " ".join(path.read_text() for path in sorted((folder / "refused").glob("*.reason.txt")))
    assert "DTD" in reasons
    assert "too-large" in reasons
    assert _stored(database_url) == ["w-1"]
    with connect(database_url) as connection:
        row = connection.execute("SELECT documents, refused, fault FROM weather_feeds").fetchone()
    assert row == (1, 2, "")


def test_links_are_not_followed(reporter: FolderReporter, folder: Path, tmp_path: Path, database_url: str) -> None:
    """Neither to a file nor to a folder; what is behind stays where it is."""
    outside = tmp_path / "outside.xml"
    outside.write_bytes(cap())
    (folder / "link.xml").symlink_to(outside)
    (folder / "folder.xml").mkdir()
    for _ in range(3):
        assert reporter.look(NOW) == 0
    assert (_stored(database_url), outside.exists()) == ([], True)


def test_the_same_file_again_changes_nothing(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """As after an end between the commit and the move."""
    for at in (NOW, NOW + timedelta(minutes=1)):
        (folder / "a.xml").write_bytes(cap())
        reporter.look(at)
        assert reporter.look(at) == 1
    assert _stored(database_url) == ["w-1"]
    assert len(list((folder / "done").iterdir())) == 2


def test_a_long_name_is_moved_too(reporter: FolderReporter, folder: Path) -> None:
    """With as much of its end as there is room for."""
    (folder / f"{'县' * 80}.xml").write_bytes(cap())
    reporter.look(NOW)
    assert reporter.look(NOW) == 1
    assert next((folder / "done").iterdir()).name.endswith("县.xml")


def test_a_folder_that_cannot_be_made_is_said(database_url: str, tmp_path: Path) -> None:
    """The fault stands where the sources are shown, and looking goes on."""
    (tmp_path / "file").write_text("in the way")
    reporter = FolderReporter(database_url, tmp_path / "file" / "warnings", WeatherOptions())
    assert reporter.look(NOW) == 0
    with connect(database_url) as connection:
        row = connection.execute("SELECT fault <> '', heard_at, failures FROM weather_feeds").fetchone()
    assert row == (True, None, 1)


async def test_a_reporter_outlives_the_database(tmp_path: Path) -> None:
    """While the database is away files stay where they are, and nothing is raised into the worker."""
    folder = tmp_path / "warnings"
    folder.mkdir()
    (folder / "a.xml").write_bytes(cap())
    reporter = FolderReporter("postgresql://nobody@127.0.0.1:9/x", folder, WeatherOptions())
    running = asyncio.create_task(reporter.run())
    done, _ = await asyncio.wait({running}, timeout=2.5)
    running.cancel()
    assert (done, (folder / "a.xml").exists()) == (set(), True)


def test_a_copy_that_stops_and_goes_on_is_waited_for(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """Half a document is no refused one while somebody may still write to it; what stays half is refused in the end."""
    with (folder / "a.xml").open("wb") as copy:
        copy.write(cap()[:200])
        copy.flush()
        assert [reporter.look(NOW) for _ in range(3)] == [0, 0, 0]
        copy.write(cap()[200:])
    (folder / "half.xml").write_bytes(cap()[:100])
    assert [reporter.look(NOW + timedelta(seconds=20)) for _ in range(3)] == [0, 1, 0]
    assert _stored(database_url) == ["w-1"]
    assert reporter.look(NOW + timedelta(seconds=60)) == 1
    assert _names(folder / "refused") == ["half.xml", "half.xml.reason.txt"]
    with connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM rejected_messages").fetchone() == (1,), "said once"


def test_a_file_that_cannot_be_moved_keeps_no_other_out(
    reporter: FolderReporter, folder: Path, database_url: str
) -> None:
    """Each is read once and stays; what is wrong is shown, and that warnings are heard."""
    (folder / "done").write_text("in the way")
    for number in range(3):
        (folder / f"{number}.xml").write_bytes(cap(f"w-{number}"))
    for _ in range(3):
        reporter.look(NOW)
    assert _stored(database_url) == ["w-0", "w-1", "w-2"]
    with connect(database_url) as connection:
        assert connection.execute("SELECT fault <> '', heard_at FROM weather_feeds").fetchone() == (True, NOW)
    (folder / "3.xml").write_bytes(cap("w-3"))
    for _ in range(2):
        reporter.look(NOW)
    assert _stored(database_url) == ["w-0", "w-1", "w-2", "w-3"]


def test_a_name_that_is_no_utf8_is_one(reporter: FolderReporter, folder: Path, database_url: str) -> None:
    """As a Windows machine writes it; refused or not, what lies behind it is taken."""
    for words in ("拒绝.xml", "预警.xml"):
        name = os.fsdecode(words.encode("gbk"))
        (folder / name).write_bytes(cap("w-1") if words.startswith("预") else b"<!DOCTYPE x><x/>")
    reporter.look(NOW)
    assert reporter.look(NOW) == 2
    assert (_stored(database_url), _names(folder / "done")) == (["w-1"], ["预警.xml"])
    with connect(database_url) as connection:
        assert connection.execute("SELECT topic FROM rejected_messages").fetchone() == ("folder/拒绝.xml",)
