"""What a message calls a metric whose name is put together, in the words of the real catalogue."""

from functools import partial

import pytest

from alerts.notification.metric_words import metric_words
from gridwatch.courier import say


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stage", "水位"),
        ("stage_2", "水位 2"),
        ("stage_2_5min", "5 分钟水位 2"),
        ("temperature_max", "温度最大值"),
        ("bme280.temperature", "bme280 温度"),
        ("our_own_word", "our_own_word"),
        ("our_own_2", "our_own_2"),
        ("stage_wrong", "stage_wrong"),
        ("", ""),
    ],
)
def test_a_name_that_is_put_together_is_said_part_by_part(name: str, words: str) -> None:
    """Known parts are said in Chinese; what nobody has put into words stays as the maker wrote it."""
    assert metric_words(partial(say, "zh-CN"), name) == words


def test_the_words_are_those_of_the_receiver() -> None:
    """Who is spoken to in English reads English names."""
    assert metric_words(partial(say, "en"), "temperature_mean") == "Temperature, mean"
