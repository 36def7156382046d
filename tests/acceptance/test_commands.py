"""Every command as an administrator meets it: what it does, and the one sentence it ends with when it cannot."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from alerts import DEFAULT_RULES
from tests.living import Living, eventually, gridwatch, living

OURS = ("senml", "zigbee2mqtt", "frigate", "sl651", "gb26875_3")
KINDS = {"reading", "state", "camera_event", "rejection", "dropped"}
COLUMNS = "id,kind,name,lon,lat,datum,metric,unit,interval_s,limit_4,limit_3,limit_2,limit_1\n"
FRANCE = "data/grid_france_26_84"
DIRTY = "data/grid_dirty_neighbourhoods"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """A running instance of an administrator who has a rule file of their own."""
    directory = tmp_path_factory.mktemp("commands") / "my data"
    directory.mkdir()
    (directory / "mine.yaml").write_text(DEFAULT_RULES.read_text(encoding="utf-8"), encoding="utf-8")
    with living(directory, settings="alerts: {rules: mine.yaml}\n") as running:
        yield running


def refused(*arguments: object, stdin: str = "") -> str:
    """Run a command that cannot be done: exit code not 0, said on stderr."""
    done = gridwatch(*arguments, stdin=stdin)
    assert done.code != 0, done
    return done.err + done.out


# decode ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", OURS)
def test_every_sample_decodes_or_is_rejected(recordings, name):
    """`decode` prints JSON lines of known types for every sample and exits with 0, whatever is in it."""
    with (recordings / "samples" / "INDEX.jsonl").open() as index:
        topics = {row["file"]: row.get("topic", "") for row in map(json.loads, index)}
    files = sorted(file for file in (recordings / "samples" / name).iterdir() if "resolved" not in file.name)
    assert files
    for file in files:
        topic = topics.get(f"{name}/{file.name}", "")
        done = gridwatch("decode", file, "--as", name, "--topic", topic, "--received-at", "2026-05-01T08:00:00+08:00")
        assert done.code == 0, (file, done)
        assert all(json.loads(line)["type"] in KINDS for line in done.out.splitlines()), done.out


def test_decode_reads_standard_input_and_refuses_what_it_does_not_know(tmp_path):
    """A payload may come through a pipe; an unknown decoder names the nearest, a wrong time and a missing file are told."""
    pack = '[{"n":"stage","u":"m","v":1.5,"t":1777593600}]'
    topic = "gridwatch/v1/3301/g1/senml"
    done = gridwatch("decode", "-", "--as", "senml", "--topic", topic, stdin=pack)
    (reading,) = map(json.loads, done.out.splitlines())
    assert (reading["device"], reading["metric"], reading["value"]) == ("g1", "stage", 1.5)
    assert json.loads(gridwatch("decode", "-", "--as", "senml", stdin="no json").out)["type"] == "rejection"
    (tmp_path / "p").write_text(pack)
    assert "'senml'" in refused("decode", tmp_path / "p", "--as", "senlm")
    assert "RFC 3339" in refused("decode", tmp_path / "p", "--as", "senml", "--received-at", "yesterday")
    assert "nowhere" in refused("decode", tmp_path / "nowhere", "--as", "senml")


# replay and import ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("time,device,value\n2026-01-01T00:00:00Z,a,1\n", "lacks metric"),
        ("", "lacks time, device, metric, value"),
        ("time,device,metric,value\n2026-01-01T00:00:00Z,a,stage,high\n", "line 2: 'high' is no number"),
        ("time,device,metric,value\n2026-01-01T00:00:00,a,stage,1\n", "line 2: '2026-01-01T00:00:00' has no zone"),
        ("time,device,metric,value\n1767225600000,a,stage,1\n", "milliseconds?"),
        ("time,device,metric,value\n1767225600,a,stage,1,2\n", "line 2: 5 columns, the header has 4"),
        ("time,device,metric,value\n1767225600,,stage,1\n", "line 2: '' is no device id"),
    ],
)
def test_a_recording_that_cannot_be_right_is_refused_whole(instance, tmp_path, content, reason):
    """The line and the reason are named, and nothing is sent."""
    (tmp_path / "r.csv").write_text(content)
    assert reason in instance.refuses("replay", tmp_path / "r.csv", "--speed", "0")


def test_replay_says_what_is_not_there(instance, tmp_path):
    """A missing file, a gzip that is none, an instance that does not run, a wrong --as-of: one sentence each."""
    assert "nowhere.csv" in instance.refuses("replay", tmp_path / "nowhere.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"time,device,metric,value\n" * 99)[:30])
    assert "cannot be read" in instance.refuses("replay", tmp_path / "cut.csv.gz", "--speed", "0")
    (tmp_path / "r.csv").write_text("time,device,metric,value\n")
    assert "Nothing is running" in refused("replay", tmp_path / "r.csv", "--data-dir", tmp_path / "empty")
    assert "'then' is none of recorded, now" in instance.refuses("replay", tmp_path / "r.csv", "--as-of", "then")
    assert "Nothing is running" in refused("simulate", "quiet", "--data-dir", tmp_path / "empty")
    assert "quiet" in instance.refuses("simulate", "quite")


def test_an_unregistered_device_waits(instance, tmp_path):
    """Replaying a device nobody registered says so, and lists it; once imported it waits no longer and is stored."""
    (tmp_path / "r.csv").write_text("time,device,metric,value\n1767225600,stranger,stage,1.5\n")
    done = gridwatch("replay", tmp_path / "r.csv", "--speed", "0", "--data-dir", instance.directory)
    assert done.code == 0
    assert "not registered: stranger stage" in done.err
    eventually(lambda: [w for w in instance.every("waiting") if w["id"] == "stranger"], "its place in the list")
    (tmp_path / "d.csv").write_text(COLUMNS + "stranger,gauge,S,120,30,wgs84,stage,m,60,2,3,4,5\n")
    assert "registered 1 devices" in instance.does("import", "devices", tmp_path / "d.csv")
    instance.does("replay", tmp_path / "r.csv", "--speed", "0")
    span = {"metric": "stage", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    path = "/api/v1/devices/stranger/readings"
    eventually(lambda: instance.as_().get(path, params=span).json()["items"], "its reading")
    eventually(lambda: not [w for w in instance.every("waiting") if w["id"] == "stranger"], "the end of its wait")


def test_a_device_file_is_taken_whole_or_refused_whole(instance, tmp_path):
    """Missing column, bad number, a unit that cannot be: each line is named and no device of the file is registered."""
    file = tmp_path / "d.csv"
    file.write_text("id,kind\na,gauge\n")
    assert "lacks the columns" in instance.refuses("import", "devices", file)
    rows = ["good,gauge,G,120,30,,stage,m,,,,,", "bad,gauge,B,here,30,,stage,m,,,,,", "odd,smoke,O,,,,smoke,Cel,,,,,"]
    file.write_text(COLUMNS + "\n".join(rows) + "\n")
    said = instance.refuses("import", "devices", file)
    assert "line 3: lon 'here' is not a number" in said
    assert "line 4: smoke cannot be in 'Cel'" in said
    assert instance.as_().get("/api/v1/devices/good").status_code == 404
    assert "nowhere" in instance.refuses("import", "devices", tmp_path / "nowhere.csv")


def test_real_districts_come_in_level_by_level(instance, recordings):
    """Two departements and their communes, a level of two files at once; a point in the enclave belongs to its own."""
    for kind, level in (("departement", "county"), ("communes", "village")):
        files = [recordings / FRANCE / f"{kind}-{part}.geojson.gz" for part in ("26-drome", "84-vaucluse")]
        names = ("--code", "code", "--name", "nom", "--level", level)
        assert "version" in instance.does("import", "grids", *files, *names), kind
    for lon, lat, path in ((4.991, 44.385, ["Vaucluse", "Valréas"]), (5.37, 44.753, ["Drôme", "Die"])):
        place = instance.as_().get("/api/v1/grids/locate", params={"lon": lon, "lat": lat}).raise_for_status().json()
        assert [grid["name"] for grid in place["path"]] == path
    # This country numbers its arrondissements and its communes alike; here a code is one grid's.
    file = recordings / FRANCE / "arrondissements-26-drome.geojson.gz"
    said = instance.refuses("import", "grids", file, "--code", "code", "--name", "nom", "--level", "town")
    assert "duplicate-code" in said
    said = instance.does("import", "grids", files[0], *names, "--dry-run")
    assert "would be imported" in said


@pytest.mark.parametrize(("city", "code"), [("las-vegas", "cartodb_id"), ("sydney", "cartodb_id")])
def test_dirty_polygons_are_refused_with_a_report(instance, recordings, city, code):
    """Invalid shapes refuse the file: each is named, exit code 1, and the version in force stays."""
    before = instance.as_().get("/api/v1/grids.geojson").headers["etag"]
    file = recordings / DIRTY / f"{city}.geojson.gz"
    said = instance.refuses("import", "grids", file, "--code", code, "--name", "name", "--level", "grid")
    assert "nothing was imported" in said
    assert "invalid" in said
    assert instance.as_().get("/api/v1/grids.geojson").headers["etag"] == before


def test_what_is_no_geojson_is_refused(instance, tmp_path):
    """No JSON, no FeatureCollection, a property that is not there, a wrong datum: told, and nothing changes."""
    file = tmp_path / "g.geojson"
    for content in ("no json", "[]", '{"type":"FeatureCollection","features":[]}'):
        file.write_text(content)
        assert instance.refuses("import", "grids", file)
    assert "'utm' is none of" in instance.refuses("import", "grids", file, "--datum", "utm")
    assert "nowhere" in instance.refuses("import", "grids", tmp_path / "nowhere")


# rules ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    kind: level\n", "    kind: lvel\n", "level"),
        ("    deadband: 0.02", "    deadbnad: 0.02", "deadband"),
        ("    unit: m\n", "    unit: [m\n", ""),
        ("    deadband: 0.02", "    deadband: -1", "deadband"),
    ],
)
def test_a_bad_rule_file_is_refused_with_line_and_reason(tmp_path, old, new, reason):
    """`rules check` names the file, the line and what is wrong with it."""
    text = DEFAULT_RULES.read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    (tmp_path / "r.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    said = refused("rules", "check", tmp_path / "r.yaml")
    assert any(f"r.yaml:{near}:" in said for near in range(line, line + 3)), said
    assert reason in said


def test_rules_are_reloaded_without_a_restart_and_a_bad_file_changes_nothing(instance, tmp_path):
    """A lower limit in the edited file raises what the old one did not; a broken edit keeps the rules that were."""
    (tmp_path / "d.csv").write_text(COLUMNS + "r-1,rain,R,120,30,wgs84,rain_1h,mm,,,,,\n")
    instance.does("import", "devices", tmp_path / "d.csv")
    rules, worker = instance.directory / "mine.yaml", instance.run["pids"]["worker"]
    good = rules.read_text(encoding="utf-8")
    assert "all of them good" in instance.does("rules", "check")

    def rain(value: float) -> list[int]:
        with instance.mqtt() as publish:
            publish("gridwatch/v1/x/r-1/senml", [{"n": "rain_1h", "u": "mm", "v": value, "t": time.time()}])
        return sorted(alarm["priority"] for alarm in instance.every("alarms", device="r-1", state="active"))

    assert rain(15) == []
    rules.write_text(good.replace("{4: 20, 3: 30, 2: 45, 1: 60}", "{4: 10, 3: 30, 2: 45, 1: 60}"), encoding="utf-8")
    eventually(lambda: rain(15) == [4], "the new limit")
    rules.write_text("rules: [nonsense", encoding="utf-8")
    log = instance.directory / "logs" / "worker.log"
    eventually(lambda: "mine.yaml" in log.read_text(), "the refusal in the log")
    assert rain(16) == [4]
    eventually(lambda: rain(31) == [3, 4], "the rules that were")
    rules.write_text(good, encoding="utf-8")
    assert instance.run["pids"]["worker"] == worker


# run, accounts, upkeep ------------------------------------------------------------------------------------------------
def test_run_says_in_one_sentence_why_it_cannot(instance, tmp_path):
    """A port in use, a second run in one directory, a wrong setting and a wrong address: a sentence, no traceback."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--http", "--mqtt"):
            said = refused("run", "--data-dir", tmp_path / "a", option, f"127.0.0.1:{port}")
            assert f"Port {port}" in said
            assert said.count("\n") == 1
    assert "already running" in refused("run", "--data-dir", instance.directory)
    (tmp_path / "s.yaml").write_text("dashbord: {port: 1}\n")
    assert "dashboard" in refused("run", "--data-dir", tmp_path / "b", "--config", tmp_path / "s.yaml")
    assert "--http" in refused("run", "--data-dir", tmp_path / "c", "--http", "nonsense")
    assert "nowhere.yaml" in refused("run", "--data-dir", tmp_path / "d", "--config", tmp_path / "nowhere.yaml")


def test_accounts_of_a_running_instance(instance):
    """A new account can sign in at once; a wrong role, a weak password and a taken name are refused."""
    instance.does("user", "add", "night", "--role", "officer", stdin="a long enough phrase 1\n")
    assert "night" in instance.does("user", "list")
    form = {"username": "night", "password": "a long enough phrase 1"}
    assert instance.as_("admin").post("/api/v1/token", data=form).status_code == 200
    assert "'king' is none of" in instance.refuses("user", "add", "x", "--role", "king", stdin="a long phrase 12\n")
    assert instance.refuses("user", "add", "y", "--role", "officer", stdin="1\n")
    assert "already" in instance.refuses("user", "add", "night", "--role", "officer", stdin="a long phrase 12\n")


def test_a_running_instance_is_backed_up_and_comes_back_elsewhere(instance, tmp_path):
    """The copy runs with the same accounts, devices and rules; a running instance is not restored into."""
    file = tmp_path / "backup.tar"
    assert str(file) in instance.does("backup", file)
    assert "running" in instance.refuses("restore", file, "--force")
    (tmp_path / "d.csv").write_text(COLUMNS + "later,gauge,L,,,,stage,m,,,,,\n")
    instance.does("import", "devices", tmp_path / "d.csv")
    assert gridwatch("restore", file, "--data-dir", tmp_path / "copy").code == 0
    with living(tmp_path / "copy", settings=(instance.directory / "gridwatch.yaml").read_text()) as copy:
        (copy.directory / "credentials.txt").write_text((instance.directory / "credentials.txt").read_text())
        here, there = ({d["id"] for d in each.every("devices")} for each in (instance, copy))
        assert here - there == {"later"}
        assert "all of them good" in copy.does("rules", "check")


def test_doctor_tells_good_from_bad(instance, tmp_path):
    """A running instance is well; where nothing ever ran, doctor says so with exit code 1."""
    assert instance.does("doctor")
    assert refused("doctor", "--data-dir", tmp_path / "empty")
