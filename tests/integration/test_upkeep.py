"""What an administrator does beside running it: accounts, imports, backup and restore, doctor. Real database throughout."""

import gzip
import json
import stat
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from gridwatch.settings import Settings
from simulators.county import make_county

PROGRAM = Path(sys.executable).with_name("gridwatch")


def gridwatch(directory: Path, *arguments: str, stdin: str = "", fails: bool = False) -> str:
    """Run a command on a data directory and give what it said; it succeeds, or fails with one sentence."""
    command = [PROGRAM, *arguments, "--data-dir", directory]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if fails else 0), done
    return done.stderr if fails else done.stdout


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated instance that does not run."""
    directory = tmp_path_factory.mktemp("upkeep") / "data 1"
    assert "0001_spine.sql" in gridwatch(directory, "migrate")
    return directory


def test_a_second_migration_has_nothing_to_do(instance):
    """`gridwatch migrate` applies each file once."""
    assert "nothing to do" in gridwatch(instance, "migrate")


def test_a_killed_command_leaves_nothing_that_keeps_the_next_from_working(instance):
    """A command that is killed while its database runs is followed by one that works, right behind it."""
    command = [PROGRAM, "user", "add", "x", "--role", "screen", "--data-dir", instance]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as first:
        assert first.stdin is not None
        first.stdin.write(b"short\n")
        first.stdin.flush()
        deadline = time.monotonic() + 30
        while not (instance / "postgres" / "cluster" / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        first.kill()
    assert "名称" in gridwatch(instance, "user", "list")


def test_accounts_are_made_listed_changed_and_disabled(instance):
    """The user commands work on an instance that is not running, and refuse what cannot be."""
    gridwatch(instance, "user", "add", "watcher", "--role", "officer", stdin="a long enough phrase 1\n")
    assert "watcher" in gridwatch(instance, "user", "list")
    assert "already" in gridwatch(
        instance, "user", "add", "watcher", "--role", "screen", stdin="a long enough phrase 1\n", fails=True
    )
    assert "'king' is none of" in gridwatch(instance, "user", "add", "x", "--role", "king", stdin="y\n", fails=True)
    gridwatch(instance, "user", "password", "watcher", stdin="another long phrase 2\n")
    gridwatch(instance, "user", "disable", "watcher")
    gridwatch(instance, "user", "enable", "watcher")
    assert "no account" in gridwatch(instance, "user", "disable", "nobody", fails=True)


def test_grids_and_devices_are_imported_whole_or_refused(instance, tmp_path):
    """A county's GeoJSON and a CSV of devices come in; a CSV with one bad line changes nothing and says which line."""
    grids = tmp_path / "grids.geojson"
    grids.write_text(json.dumps(make_county(7, "small").feature_collection()), encoding="utf-8")
    assert "would be imported" in gridwatch(instance, "import", "grids", str(grids), "--parent", "parent", "--dry-run")
    assert "version 1" in gridwatch(instance, "import", "grids", str(grids), "--parent", "parent")

    header = "id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4,limit_3,limit_2,limit_1\n"
    devices = tmp_path / "devices.csv"
    devices.write_text(f"{header}g-1,gauge,Bridge,119.9,28.1,wgs84,stage,m,300,1.5,1.8,2.4,3.0\n")
    assert "registered 1 devices" in gridwatch(instance, "import", "devices", str(devices))
    devices.write_text(f"{header}g-2,gauge,Weir,119.9,28.1,wgs84,stage,m,300,,,,\ng-3,gauge,,east,28.1,,stage,m,,,,,\n")
    assert "line 3" in gridwatch(instance, "import", "devices", str(devices), fails=True)


def test_a_backup_restores_everything_and_overwrites_nothing_unasked(instance, tmp_path):
    """What was in the instance is in the restored one, secrets included; a second restore wants --force."""
    (instance / "gridwatch.yaml").write_text("dashboard: {centre: 备份县}\nalerts: {rules: mine.yaml}\n")
    (instance / "mine.yaml").write_text(gridwatch_rules())
    (instance / "formats").mkdir()
    (instance / "formats" / "acme.yaml").write_text("input: json\nreadings: [{metric: x, path: x}]\n")
    (instance / "secrets.json").write_text(
        json.dumps({name: name * 40 for name in ("worker", "gateway", "simulators", "session")})
    )
    file = tmp_path / "backup.tar"
    gridwatch(instance, "backup", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in gridwatch(instance, "backup", str(file), fails=True)

    copy = tmp_path / "copy"
    gridwatch(copy, "restore", str(file))
    assert gridwatch(copy, "user", "list") == gridwatch(instance, "user", "list")
    assert "nothing to do" in gridwatch(copy, "migrate")
    for name in ("gridwatch.yaml", "secrets.json", "mine.yaml", "formats/acme.yaml"):
        assert (copy / name).read_text() == (instance / name).read_text()
    assert "--force" in gridwatch(copy, "restore", str(file), fails=True)
    gridwatch(copy, "user", "disable", "watcher")
    gridwatch(copy, "restore", str(file), "--force")
    assert gridwatch(copy, "user", "list") == gridwatch(instance, "user", "list")
    assert (copy / "mine.yaml").read_text() == gridwatch_rules()


def test_who_is_told_and_their_secrets_are_in_a_backup(instance, tmp_path):
    """An instance that is brought back tells whom the old one told; secrets keep their mode."""
    office = tmp_path / "office"
    gridwatch(office, "migrate")
    (office / "gridwatch.yaml").write_text("alerts: {notify: desk/notify.yaml}\n")
    (office / "desk" / "secrets").mkdir(parents=True)
    (office / "desk" / "secrets" / "town.key").write_text("a shared secret\n")
    (office / "desk" / "notify.yaml").write_text(
        "receivers: [{name: town, webhook: {url: 'https://t.example/', secret_file: secrets/town.key}}]\n"
        "routes: [{name: all, receivers: [town]}]\n"
    )
    gridwatch(office, "backup", str(tmp_path / "office.tar"))
    copy = tmp_path / "copy of the office"
    gridwatch(copy, "restore", str(tmp_path / "office.tar"))
    assert "good; told by all" in gridwatch(copy, "notify", "check")
    secret = copy / "desk" / "secrets" / "town.key"
    assert (secret.read_text(), stat.S_IMODE(secret.stat().st_mode)) == ("a shared secret\n", 0o600)


def test_a_backup_that_is_cut_off_or_damaged_throws_nothing_away(instance, tmp_path):
    """Wherever it ends, whatever is packed around it: one sentence, and with --force, too, all is as it was."""
    before, whole, file = gridwatch(instance, "user", "list"), tmp_path / "whole.tar", tmp_path / "hurt.tar"
    gridwatch(instance, "backup", str(whole))
    content = whole.read_bytes()
    with tarfile.open(whole) as tar:
        last, dump = tar.getmembers()[-1], tar.getmember("database.dump")
    within = dump.offset_data + dump.size // 2
    zeros = content[:within] + bytes(9000) + content[within + 9000 :]
    for hurt in (content[: len(content) // 3], content[: last.offset], gzip.compress(content)[:-5000], zeros):
        file.write_bytes(hurt)
        said = gridwatch(instance, "restore", str(file), "--force", fails=True)
        assert said.startswith("gridwatch: ")
        assert said.count("\n") == 1
        assert "fault of Gridwatch" not in said
    assert gridwatch(instance, "user", "list") == before


def test_a_backup_is_not_restored_beside_the_database_its_settings_name(instance, tmp_path):
    """Settings that would make the next start look into another, empty database are refused, passwords hidden."""
    office = tmp_path / "outside"
    gridwatch(office, "migrate")
    config = tmp_path / "embedded.yaml"
    config.write_text("log_level: info\n")
    (office / "gridwatch.yaml").write_text("database: {url: 'postgresql://u:geheim@db.example/x'}\n")
    gridwatch(office, "backup", str(tmp_path / "outside.tar"), "--config", str(config))
    said = gridwatch(tmp_path / "fresh", "restore", str(tmp_path / "outside.tar"), fails=True)
    assert "name the database postgresql://u:***@db.example/x, and those here the embedded database" in said
    assert not (tmp_path / "fresh" / "gridwatch.yaml").exists()


def test_a_changed_rule_file_is_proposed_and_the_versions_are_listed(instance, tmp_path):
    """`rules propose` leaves the rules in force alone; `rules history` shows them, and what waits for a second officer."""
    changed = tmp_path / "changed.yaml"
    changed.write_text(gridwatch_rules().replace("deadband: 0.02", "deadband: 0.05", 1), encoding="utf-8")
    assert "proposal 1" in gridwatch(instance, "rules", "propose", str(changed), "--note", "less chatter")
    told = gridwatch(instance, "rules", "history")
    assert ".yaml" in told  # which file it is, the tests before decide
    assert "draft: less chatter" in told
    same = tmp_path / "same.yaml"
    same.write_text(gridwatch_rules(), encoding="utf-8")
    assert "in force" in gridwatch(instance, "rules", "propose", str(same), "--note", "x", fails=True)


def gridwatch_rules() -> str:
    """The rules that come with Gridwatch, as a centre's own."""
    from gridwatch.runtime import rules_file

    return rules_file(Settings(), Path()).read_text(encoding="utf-8")


def test_what_is_no_backup_is_refused_and_nothing_is_touched(instance, tmp_path):
    """A file that is no tar, and a tar of something else, are one sentence, also with --force."""
    before = gridwatch(instance, "user", "list")
    text, other = tmp_path / "text", tmp_path / "other.tar"
    text.write_text("x" * 2000)
    with tarfile.open(other, "w") as tar:
        tar.add(text, "x")
    for file in (text, other):
        assert "no backup of Gridwatch" in gridwatch(instance, "restore", str(file), "--force", fails=True)
    assert gridwatch(instance, "user", "list") == before


def test_the_rule_check_names_file_line_and_reason(instance, tmp_path):
    """`gridwatch rules check` takes a good file and refuses a bad one with its line."""
    assert "all of them good" in gridwatch(instance, "rules", "check")
    bad = tmp_path / "bad.yaml"
    bad.write_text("rules:\n  a:\n    kind: nonsense\n")
    assert "bad.yaml" in gridwatch(instance, "rules", "check", str(bad), fails=True)


def test_doctor_says_what_to_do_when_nothing_runs(instance):
    """An instance that does not run is bad, and the remedy is beside it."""
    done = subprocess.run(
        [PROGRAM, "doctor", "--data-dir", instance], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "gridwatch run" in done.stdout
    assert "坏" in done.stdout
    assert "好" in done.stdout
