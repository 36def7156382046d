"""The settings: what wins over what, and how a wrong one is named."""

from pathlib import Path

import pytest

from gridwatch.errors import SettingsError
from gridwatch.settings import Settings
from gridwatch.settings_reading import masked, read_settings
from gridwatch.settings_reference import reference


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The settings file of a test."""
    return tmp_path / "gridwatch.yaml"


def test_without_a_file_everything_has_its_default(file):
    """No file means the defaults: embedded services, the centre's zone, the topics of every decoder."""
    settings = read_settings(file)
    assert settings == Settings()
    assert settings.database.url is None
    assert settings.dashboard.zone == "Asia/Shanghai"
    assert {source.decoder for source in settings.ingest.sources} >= {
        "senml",
        "sl651",
        "gb26875_3",
        "frigate",
        "zigbee2mqtt",
    }


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(file, environment):
    """Three sources of one setting: the nearest to the operator's hand wins, and the others' keys stay."""
    file.write_text("dashboard: {port: 1, centre: 试点县}\nlog_level: warning\n")
    environment["GRIDWATCH_DASHBOARD_PORT"] = "2"
    environment["GRIDWATCH_LOG_LEVEL"] = "debug"
    assert read_settings(file).dashboard.port == 2
    settings = read_settings(file, overrides={"dashboard.port": 3})
    assert (settings.dashboard.port, settings.dashboard.centre, settings.log_level) == (3, "试点县", "debug")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dashboard: {prot: 8000}", "dashboard.prot is unknown; did you mean dashboard.port?"),
        ("dashbord: {port: 8000}", "dashbord is unknown; did you mean dashboard?"),
        ("port: 8000", "port is unknown; did you mean dashboard.port?"),
        ("ingest: {sources: [{topic: a, decodr: senml}]}", "did you mean ingest.sources.0.decoder?"),
        ("dashboard: {port: 99999}", "dashboard.port: input should be less than or equal to 65535, not 99999."),
        ("dashboard: {zone: Mars/Base}", "dashboard.zone: 'Mars/Base' is no time zone"),
        ("database: {url: 'mysql://u:geheim@h/d'}", "database.url: 'mysql://u:***@h/d' is no URL"),
        (
            "ingest: {mqtt_url: 'mqtt://u:geheim@h:99999'}",
            "ingest.mqtt_url: 'mqtt://u:***@h:99999' has a port that is none",
        ),
        ("database: {url: 'postgresql://u:geheim@h:/d 1'}", "database.url: 'postgresql://u:***@h:/d 1' holds a blank"),
        ("dashboard: [", "is no YAML"),
        ("- a", "must hold names and values"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_place(file, text, sentence):
    """A wrong key or value is refused with its full name, the nearest known one, and no password."""
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "geheim" not in str(caught.value)


LAUGHS = "a: &a [x, x]\n" + "".join(f"b{i}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "alerts: {rules: a.yaml}\nlog_level: info\nalerts: {notify: b.yaml}",
            "'alerts' stands twice, on line 1 and on line 3",
        ),
        ("dashboard: {port: 1, port: 2}", "'port' stands twice, on line 1 and on line 1"),
        ("log_level: " + "[" * 5000, "is nested too deeply"),
        ("log_level: 2024-13-45", "is no YAML"),
        ("dashboard: {port: " + "9" * 5000 + "}", "is no YAML"),
        (LAUGHS + "log_level: *u", "anchors may have multiplied them"),
    ],
    ids=["a room twice", "a key twice", "deep", "no date", "endless number", "anchors"],
)
def test_yaml_that_hides_or_multiplies_something_is_refused_in_one_sentence(file, text, sentence):
    """Of a key that stands twice YAML would silently keep the last; what cannot be read is never a fault of ours."""
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GRIDWATCH_DASHBOARD_PROT", "GRIDWATCH_DASHBOARD_PORT"),
        ("GRIDWATCH_LOG_LEVL", "GRIDWATCH_LOG_LEVEL"),
    ],
)
def test_a_misspelt_variable_is_not_ignored(file, environment, name, nearest):
    """A variable that is nearly a setting's is an error; others under the prefix belong to somebody else."""
    environment["GRIDWATCH_SOMEBODY_ELSES"] = "1"
    read_settings(file)
    environment[name] = "1"
    with pytest.raises(SettingsError, match=f"{name} is no setting; did you mean {nearest}"):
        read_settings(file)


def test_a_list_in_the_environment_is_json_and_broken_json_says_so(file, environment):
    """Sources can be given as JSON; what is no JSON is refused in a sentence."""
    environment["GRIDWATCH_INGEST_SOURCES"] = '[{"topic": "x/#", "decoder": "senml"}]'
    assert [source.topic for source in read_settings(file).ingest.sources] == ["x/#"]
    environment["GRIDWATCH_INGEST_SOURCES"] = "[{"
    with pytest.raises(SettingsError, match="ingest"):
        read_settings(file)


def test_a_file_that_was_named_must_exist(tmp_path):
    """--config with a wrong path is refused; a missing default file is not."""
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_settings(tmp_path / "none.yaml", must_exist=True)


def test_passwords_are_masked_where_settings_are_shown(file):
    """What is printed at start holds every setting and no password."""
    file.write_text("database: {url: 'postgresql://u:geheim@h/d'}\ningest: {mqtt_url: 'mqtt://u:geheim@h'}\n")
    shown = masked(read_settings(file))
    assert shown["database.url"] == "postgresql://u:***@h/d"
    assert "geheim" not in str(shown)
    assert shown["dashboard.port"] == "8000"


def test_the_reference_page_is_the_one_the_settings_make():
    """docs/reference/settings.md names every setting with unit, default and meaning, as they are."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == reference(), (
        "run: python -m gridwatch.settings_reference > docs/reference/settings.md"
    )
