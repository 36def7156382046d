"""The data directory: its lock, its rights, and how secrets are written into it."""

import os
import stat
import subprocess
import sys

import pytest

from gridwatch.data_dir import DataDirectory, Lock, prepare, refuse_running, write_private
from gridwatch.errors import DataDirectoryError, FrontDoorError
from gridwatch.gateways import load_gateways
from gridwatch.keys import load_keys
from gridwatch.runtime import read_runtime


def test_a_directory_is_made_for_its_owner_alone(tmp_path):
    """A new data directory, with a blank in its name, can be read by nobody else."""
    directory = prepare(tmp_path / "a b" / "c", min_free_mb=0)
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    assert directory.logs.is_dir()


def test_a_full_disk_is_named_before_anything_is_started(tmp_path):
    """Less free space than the setting asks for is one sentence."""
    with pytest.raises(DataDirectoryError, match=r"is full: \d+ MB free, and 10000000000 MB are needed"):
        prepare(tmp_path, min_free_mb=10_000_000_000)


def test_a_file_in_the_way_is_named(tmp_path):
    """A file where the directory should be is one sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(DataDirectoryError, match="a file of that name is in the way"):
        prepare(tmp_path / "file" / "data", min_free_mb=0)


def test_a_second_holder_of_the_lock_is_told_who_has_it(tmp_path):
    """Two instances in one directory are impossible; the second learns the first's process."""
    directory = DataDirectory(path=tmp_path)
    first = Lock(directory)
    first.take()
    with pytest.raises(DataDirectoryError, match=rf"already running in .* \(process {os.getpid()}\)"):
        Lock(directory).take(seconds=0.1)
    with pytest.raises(DataDirectoryError):
        refuse_running(directory)
    first.release()
    refuse_running(directory)
    assert not Lock(directory).is_held_by_another()


def test_the_lock_of_a_dead_process_is_free(tmp_path):
    """A process that ended, however, keeps nobody out."""
    code = (
        "import os, pathlib; from gridwatch.data_dir import *;"
        f"Lock(DataDirectory(path=pathlib.Path({str(tmp_path)!r}))).take(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    Lock(DataDirectory(path=tmp_path)).take(seconds=0)


def test_a_secret_is_replaced_in_one_step_and_private(tmp_path):
    """write_private leaves mode 600 and no half-written file, whatever was there."""
    file = tmp_path / "secret"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_keys_are_made_once(tmp_path):
    """The second start reads the keys of the first; a damaged file is not silently replaced."""
    file = tmp_path / "secrets.json"
    keys = load_keys(file)
    assert load_keys(file) == keys
    assert len({keys.worker, keys.gateway, keys.simulators, keys.session, keys.client}) == 5
    file.write_text("{")
    with pytest.raises(DataDirectoryError, match="damaged"):
        load_keys(file)


def test_the_session_of_an_older_instance_keeps_its_name(tmp_path):
    """Its messages wait under that name at the broker."""
    file = tmp_path / "secrets.json"
    keys = load_keys(file)
    file.write_text(keys.model_dump_json(exclude={"client"}))
    assert load_keys(file).client == "gridwatch-worker-1"
    assert load_keys(tmp_path / "new.json").client != load_keys(tmp_path / "other.json").client


@pytest.mark.parametrize("read", [load_keys, load_gateways, read_runtime], ids=["keys", "gateways", "runtime"])
def test_what_cannot_be_read_just_now_is_not_called_damaged_or_gone(tmp_path, read):
    """Missing rights or a bad disk are said as they are: nobody is told to delete accounts, keys or kept messages."""
    place = tmp_path / "file.json"
    place.mkdir()  # for root, too, nothing that can be read
    with pytest.raises(FrontDoorError, match=r"file\.json cannot be read.*: Is a directory\.") as caught:
        read(place)
    assert "delete" not in str(caught.value)
