"""The command line as a program: quick, one sentence for what goes wrong, no traceback."""

import errno
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gridwatch import outermost
from gridwatch.errors import DataDirectoryError

PROGRAM = Path(sys.executable).with_name("gridwatch")


def gridwatch(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program to its end."""
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, check=False, timeout=60)


def test_help_imports_nothing_heavy():
    """`gridwatch --help` loads neither numpy nor pydantic nor psycopg: that is what makes it quick."""
    code = "import sys, gridwatch.cli; print([m for m in ('numpy', 'pydantic', 'psycopg', 'dash') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_names_every_command():
    """The reference of the command line is its help."""
    done = gridwatch("--help")
    assert done.returncode == 0
    for command in ("run", "simulate", "import", "decode", "rules", "backup", "restore", "user", "migrate", "doctor"):
        assert command in done.stdout.decode()


def test_help_says_what_holds_without_an_option():
    """Brackets in a help text are shown, not taken for a terminal's markup."""
    said = " ".join(gridwatch("rules", "backtest", "--help").stdout.decode().split())
    assert "[default: now]" in said
    assert "[default: those of Gridwatch]" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "--http", "nonsense"), "--http 'nonsense' is no HOST:PORT"),
        (("run", "--config", "/none.yaml"), "The settings file /none.yaml cannot be read"),
        (("user", "list", "--data-dir", "/nonexistent"), "There is no Gridwatch in /nonexistent"),
        (("simulate", "quiet", "--data-dir", "/nonexistent"), "Nothing is running in /nonexistent"),
        (("decode", "/nonexistent", "--as", "senml"), "/nonexistent: No such file or directory."),
        (("decode", "-", "--as", "senlm"), "did you mean 'senml'"),
        (("decode", "/dev/zero", "--as", "senml"), "/dev/zero is longer than 64 MiB"),
        (("decode", "-", "--format", "/none.yaml"), "none.yaml, line 1: it cannot be read"),
        (("decode", "-", "--as", "senml", "--received-at", "today"), "--received-at 'today' is no RFC 3339 instant"),
        (
            ("decode", "-", "--as", "senml", "--received-at", "0001-01-01T00:00:00+14:00"),
            "not within the years 1970 to",
        ),
        (("rules", "explain", "x", "--at", "9999-12-31T23:00:00-14:00"), "is not within the years 1970 to 2200"),
        (("restore", "/nonexistent", "--data-dir", "/proc/none"), "/proc/none"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(arguments, sentence):
    """A foreseen error is a line on stderr that begins with our name; there is no traceback."""
    done = gridwatch(*arguments)
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.startswith("gridwatch: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert "Traceback" not in said


def test_decode_prints_one_object_a_line_and_takes_a_rejection_for_an_answer():
    """A reading and a rejection are both JSON, exit code 0."""
    payload = b'[{"bn": "gauge-7:", "n": "stage", "u": "m", "v": 1.5, "t": 1700000000}]'
    done = gridwatch("decode", "-", "--as", "senml", "--topic", "gridwatch/v1/a/gauge-7/senml", stdin=payload)
    assert done.returncode == 0
    assert [json.loads(line)["value"] for line in done.stdout.splitlines()] == [1.5]
    done = gridwatch("decode", "-", "--as", "senml", stdin=b"{")
    assert done.returncode == 0
    assert json.loads(done.stdout)["type"] == "rejection"


def test_a_receivers_secret_is_written_beside_the_notify_file(tmp_path):
    """The folder for secrets is made, for us alone; one folder, not a path that was mistyped; what is there stays."""
    place = tmp_path / "secrets" / "town.key"
    assert gridwatch("notify", "secret", str(place)).returncode == 0
    assert (stat.S_IMODE(place.stat().st_mode), stat.S_IMODE(place.parent.stat().st_mode)) == (0o600, 0o700)
    before = place.read_bytes()
    assert b"File exists" in gridwatch("notify", "secret", str(place)).stderr
    assert place.read_bytes() == before
    assert b"No such file" in gridwatch("notify", "secret", str(tmp_path / "a" / "b" / "c")).stderr


def test_declared_format_is_tried_without_being_installed(tmp_path):
    """`--format` reads by a file; what is wrong with the file is told by line and key."""
    file = tmp_path / "acme.yaml"
    file.write_text("input: json\ndevice: {topic: 1}\nreadings: [{metric: level, unit: cm, path: l}]\n")
    done = gridwatch("decode", "-", "--format", str(file), "--topic", "well-3", stdin=b'{"l": 5}')
    assert done.returncode == 0
    said = json.loads(done.stdout)
    assert (said["device"], said["metric"], said["value"], said["unit"]) == ("well-3", "level", 5.0, "cm")
    assert gridwatch("decode", "-", "--format", str(file), "--topic", "well-3", stdin=b"{}").stdout == b""
    file.write_text("input: json\nreadigns: []\n")
    done = gridwatch("decode", "-", "--format", str(file))
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "gridwatch: acme.yaml, line 2, readigns: there is no key 'readigns' here (did you mean 'readings'?)\n"
    )


def test_an_unforeseen_error_leaves_its_traceback_in_a_file(tmp_path, capsys):
    """A fault of ours is said in a sentence; the traceback is kept for whoever mends it."""
    outermost.log_folder = tmp_path
    try:
        outermost.report(ZeroDivisionError("oh"))
    finally:
        outermost.log_folder = None
    (kept,) = tmp_path.iterdir()
    said = capsys.readouterr().err
    assert said == f"gridwatch: This is a fault of Gridwatch (ZeroDivisionError); what happened is in {kept}.\n"
    assert "ZeroDivisionError: oh" in kept.read_text()


def test_foreseen_errors_keep_their_own_words():
    """A full disk and a missing right are foreseen wherever they strike."""
    assert outermost.explain(DataDirectoryError("No room.")) == "No room."
    assert outermost.explain(OSError(errno.ENOSPC, "No space left on device")) == "The disk is full."
    assert outermost.explain(PermissionError(errno.EACCES, "Permission denied", "/x")) == "/x: Permission denied."
    assert outermost.explain(KeyError("x")) is None


def test_every_error_that_is_named_exists():
    """The list of foreseen errors names classes by where they are defined; each is there."""
    import importlib

    for name in outermost.SENTENCES:
        module, _, kind = name.rpartition(".")
        found = getattr(importlib.import_module(module), kind)
        assert f"{found.__module__}.{found.__qualname__}" == name
