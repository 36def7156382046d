"""docs/tutorial/first-hour.md does what it says: its files and commands are taken from the page and run."""

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gridwatch.embedded.process import end, start, wait_until

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial" / "first-hour.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
PROGRAM = Path(sys.executable).with_name("gridwatch")
FILES = {
    "send.py": ("python", '"""python send.py'),
    "grids.geojson": ("json", '{"type": "FeatureCollection"'),
    "devices.csv": ("csv", "id,kind"),
    "flood.csv": ("csv", "time,device"),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with the files of the page, and the page's own county running in it as `mine`."""

    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def run_json(self) -> Path:
        """Where the instance says where everything is."""
        return self.folder / "mine" / "run.json"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Somebody who follows the page: its files are saved and its own county is started."""
    for name, (language, beginning) in FILES.items():
        (content,) = [body for kind, body in BLOCKS if kind == language and body.startswith(beginning)]
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = [PROGRAM, "run", "--data-dir", tmp_path / "mine", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]
    log = tmp_path / "run.log"
    with log.open("wb") as output:
        process = start(command, output)
    desk = Desk(tmp_path, process, log)
    wait_until(desk.run_json.exists, process, what="The instance", seconds=60, log=log)
    yield desk
    end(process, gently=signal.SIGTERM, seconds=8)


def run(command: list[str | Path], folder: Path) -> str:
    """Run a command in a folder and give what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_prints_what_it_says_and_raises_what_it_promises(desk):
    """Each command of sections 4 and 5 answers as the page shows; the flood raises its five alarms at their own times."""
    sessions = [body for kind, body in BLOCKS if kind == "console"]
    lines = [line for body in sessions for line in body.splitlines()]
    assert len(sessions) > 1
    expected: list[str] = []
    printed: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            program, *arguments = shlex.split(line[2:])
            assert program == ".venv/bin/gridwatch"
            printed += run([PROGRAM, *arguments], desk.folder).splitlines()
        else:
            expected.append(line)
    assert printed == expected

    url = json.loads(desk.run_json.read_text(encoding="utf-8"))["database_url"]
    topic = "gridwatch/v1/440299102/smoke-1/senml"
    run([sys.executable, "send.py", "mine", topic, '[{"n": "fire", "vb": true}]'], desk.folder)
    wait_until(lambda: len(_alarms(url)) == 6, desk.process, what="The sixth alarm", seconds=15, log=desk.log)
    assert _alarms(url) == [
        ("gauge-1", "rate-high", 3, "18:05", "18:40"),
        ("gauge-1", "level-high", 4, "18:10", "19:00"),
        ("gauge-1", "rate-high", 2, "18:10", "18:40"),
        ("gauge-1", "level-high", 3, "18:15", "18:45"),
        ("gauge-1", "level-high", 2, "18:20", "18:25"),
        ("smoke-1", "smoke", 1, None, None),
    ]


def _alarms(url: str) -> list[tuple[str, str, int, str | None, str | None]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT d.id, a.condition, a.priority,"
            " CASE WHEN a.unit = 'm' THEN to_char(a.raised_at AT TIME ZONE 'UTC', 'HH24:MI') END,"
            " to_char(a.cleared_at AT TIME ZONE 'UTC', 'HH24:MI')"
            " FROM alarms a JOIN devices d ON d.key = a.device ORDER BY d.id, a.raised_at, a.priority DESC"
        ).fetchall()
