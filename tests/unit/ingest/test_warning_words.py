"""What the words of a warning mean, and what they do not mean."""

import pytest

from ingest.readings import Meaning, MessageKind
from ingest.warning_words import event_of, kind_of, meaning_of, priority_of, simplified


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("Severe thunderstorms", "thunderstorm"),
        ("Flooding", "flood"),
        ("Heatwave", "heat"),
        ("Snow-ice", "snowstorm"),
        ("low-temperature", "cold"),
        ("forest-fire", "wildfire"),
        ("Bushfire", "wildfire"),
        ("Wind Chill Warning", "cold"),
        ("Freezing rain, icing", "icing"),
        ("Flood Warning – River Trent", "flood"),
        ("Blowing Dust Advisory", "sandstorm"),
        ("Police Office", "other"),
        ("Keep windows closed", "other"),
        ("Windsor", "other"),
        ("A threat to thousands", "other"),
        ("Train services", "other"),
    ],
)
def test_english_words_are_whole_words(words: str, event: str) -> None:
    """There is no ice in a police office, no wind in a window, no heat in a threat."""
    assert event_of(words)[0] == event


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("龙卷风", "thunderstorm"),
        ("雷雨", "thunderstorm"),
        ("雷雨大风", "gale"),
        ("海上强风", "gale"),
        ("热浪", "heat"),
        ("凌汛灾害", "flood"),
        ("山体崩塌", "geological"),
        ("森林（草原）火灾气象风险", "wildfire"),
        ("飓风", "typhoon"),
        ("海啸", "tsunami"),
        ("大雨", "rainstorm"),
        ("暴风雪", "snowstorm"),
        ("道路冰雪", "road-ice"),
        ("浮尘", "sandstorm"),
    ],
)
def test_chinese_words(words: str, event: str) -> None:
    """Signals that provinces and neighbours add to the national ones."""
    assert event_of(words)[0] == event


@pytest.mark.parametrize(
    ("words", "priority"),
    [
        ("Orange rainstorm warning", 2),
        ("Strong Wind Warning - Orange", 2),
        ("issues a blue gale warning [Level IV/General]", 4),
        ("Yellow warning – Île", 3),
        ("Red Flag Warning", None),
        ("Flood Warning for the Red River", None),
        ("Flash Flood Warning for Orange County", None),
        ("阵风可达十一级，发布大风预警", None),
        ("山洪灾害风险三级预警", 3),
    ],
)
def test_a_colour_that_is_a_name_is_no_level(words: str, priority: int | None) -> None:
    """A Red Flag Warning is of severity severe, and the Red River rises in blue and yellow, too."""
    assert priority_of(words) == priority


@pytest.mark.parametrize(
    ("words", "kind", "priority"),
    [
        ("某台解除暴雨橙色预警信号", MessageKind.CANCEL, 2),
        ("某台发布解除暴雨橙色预警信号", MessageKind.CANCEL, 2),
        ("某台解除暴雨橙色预警信号，发布暴雨黄色预警信号", MessageKind.UPDATE, 3),
        ("某台解除暴雨红色预警并同时发布暴雨橙色预警", MessageKind.UPDATE, 2),
    ],
)
def test_what_is_lifted_for_another_is_updated(words: str, kind: MessageKind, priority: int) -> None:
    """解除…发布…: the one that is issued holds."""
    assert (kind_of(words), priority_of(words)) == (kind, priority)
    assert kind_of("", words) == kind


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("Required Monthly Test", Meaning.TEST),
        ("TEST - Tsunami Warning", Meaning.TEST),
        ("Tropical Cyclone Alert : Typhoon  [TEST]", Meaning.TEST),
        ("This is only a test", Meaning.TEST),
        ("Practice/Demo Warning", Meaning.TEST),
        ("EXERCISE EXERCISE flood", Meaning.EXERCISE),
        ("Fire drill", Meaning.EXERCISE),
        ("Exercise caution near rivers", None),
        ("Avoid outdoor exercise", None),
        ("Test results show bacteria", None),
        ("Latest flood warning", None),
    ],
)
def test_a_test_says_so_in_english_too(words: str, meaning: Meaning | None) -> None:
    """The words of a test, and words that only look like it."""
    assert meaning_of(words) is meaning


def test_alarms_of_the_sea_are_lifted_as_warnings_are() -> None:
    """警报 and 信号, not only 预警; a road is not a warning."""
    assert kind_of("国家海洋预报台解除风暴潮蓝色警报") is MessageKind.CANCEL
    assert kind_of("气象台解除强烈季候风信号") is MessageKind.CANCEL
    assert kind_of("解除交通管制") is None


def test_traditional_characters_are_read() -> None:
    """Hong Kong, Macao and Taiwan."""
    event, headline = simplified("颱風", "天文台發出黃色暴雨警告信號")
    assert (event_of(event)[0], event_of(headline)[0], priority_of(headline)) == ("typhoon", "rainstorm", 3)
