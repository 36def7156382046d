"""Every text on the screens comes from the catalogue, and the catalogue has it in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from dash.development.base_component import Component

import dashboard
from dashboard.messages import DEFAULT_LANGUAGE, Language, choose_language, load_messages, text
from dashboard.messages.catalogue import MessageError
from dashboard.pages import console, devices, overrides, performance, wall
from ingest.decoders.hj212.factors import _FACTORS
from ingest.decoders.sl651.elements import BY_GUIDE, EVENT_COUNTERS
from ingest.decoders.tasmota.shape import _KNOWN, _OF_ENERGY
from ingest.readings import Fact
from ingest.usual_words import WORDS

ASSETS = Path(dashboard.__file__).with_name("assets")
SCRIPTS = sorted(ASSETS.glob("*.js"))
MARK = "⟦"
SHOWN_PROPERTIES = ("title", "placeholder", "alt", "aria-label")
CJK = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
# say("a.b") and text.say("a.b"): whole keys; "a.b." + name: beginnings of keys.
WHOLE_KEY = re.compile(r'\bsay\("([a-z_0-9.]+[a-z_0-9])"[,)]')
KEY_BEGINNING = re.compile(r'\bsay\("([a-z_0-9.]+\.)" ?\+')


def _marked(key: str) -> str:
    return f"{MARK}{key}⟧"


def _texts(component: object) -> Iterator[str]:
    """Walk a layout and give every text a person could read."""
    if isinstance(component, str):
        yield component
    elif isinstance(component, list | tuple):
        for part in component:
            yield from _texts(part)
    elif isinstance(component, Component):
        for name in SHOWN_PROPERTIES:
            value = getattr(component, name, None)
            if isinstance(value, str):
                yield value
        yield from _texts(getattr(component, "children", None))


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    """A text that exists in one language exists in the other, with the same places to fill."""
    chinese, english = (load_messages(language) for language in Language)
    assert set(chinese) == set(english)
    places = re.compile(r"\{(\w+)\}")
    assert {key: set(places.findall(chinese[key])) for key in chinese} == {
        key: set(places.findall(english[key])) for key in english
    }


def test_no_english_text_is_chinese() -> None:
    """What is Chinese in the English catalogue is only the name of the other language."""
    chinese = [key for key, message in load_messages(Language.EN).items() if CJK.search(message)]
    assert chinese == ["app.other_language"]


@pytest.mark.parametrize(
    "layout",
    [wall.layout(_marked, None), *(page.layout(_marked) for page in (console, devices, overrides, performance))],
    ids=["wall", "console", "devices", "overrides", "performance"],
)
def test_no_page_contains_a_text_of_its_own(layout: Component) -> None:
    """Every readable text of a layout went through the catalogue; a single sign is the name of a key."""
    own = [shown for shown in _texts(layout) if len(shown) > 1 and not shown.startswith(MARK)]
    assert own == []


def test_every_key_a_page_asks_for_exists() -> None:
    """A layout asks for no text that nobody wrote."""
    for language in Language:
        wall.layout(lambda key, language=language: text(language, key), None)
        for page in (console, devices, overrides, performance):
            page.layout(lambda key, language=language: text(language, key))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_speak_from_the_catalogue(script: Path) -> None:
    """A script holds no Chinese text, asks only for keys that exist, and never reads data as HTML."""
    source = script.read_text(encoding="utf-8")
    code = re.sub(r"/\*.*?\*/|(?<![:\w])//[^\n]*", "", source, flags=re.DOTALL)
    keys = load_messages(DEFAULT_LANGUAGE)
    assert not re.search(r"[\u4e00-\u9fff]", code)
    assert [key for key in WHOLE_KEY.findall(code) if key not in keys] == []
    assert [start for start in KEY_BEGINNING.findall(code) if not any(key.startswith(start) for key in keys)] == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code)
    assert source.count("\n") <= 300


def test_every_fact_has_a_name() -> None:
    """Each fact a device can report is a metric with a name."""
    keys = load_messages(DEFAULT_LANGUAGE)
    assert [fact for fact in Fact if f"metric.{fact}" not in keys] == []


def test_what_standards_and_usual_names_measure_has_a_name() -> None:
    """Each metric of the tables of SL 651, HJ 212, Tasmota and the usual names is said in words, whole or put together."""
    told = (*BY_GUIDE.values(), *EVENT_COUNTERS, *_FACTORS.values(), *WORDS.values())
    metrics = {one.metric for one in told if getattr(one, "metric", "")}
    metrics |= {metric for metric, _ in (*_KNOWN.values(), *_OF_ENERGY.values())}
    keys = load_messages(DEFAULT_LANGUAGE)
    ending = re.compile(r"(_(\d+(min|h|d|cm)?|[abc]|min|max|mean|avg|sum|today))+$")
    nameless = {
        metric for metric in metrics if not {f"metric.{metric}", f"metric.{ending.sub('', metric)}"} & set(keys)
    }
    assert nameless == set()


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        (("en", "zh-CN"), Language.EN),
        ((None, "zh"), Language.ZH),
        (("fr", "en-GB"), Language.EN),
        (("", None), DEFAULT_LANGUAGE),
        ((), DEFAULT_LANGUAGE),
    ],
)
def test_the_first_wish_we_can_fulfil_is_fulfilled(wishes: tuple[str | None, ...], chosen: Language) -> None:
    """An address beats a cookie beats the setting; an unknown language beats nothing."""
    assert choose_language(*wishes) is chosen


def test_an_unknown_key_is_refused() -> None:
    """A text nobody wrote is a fault of ours, not an empty place on the wall."""
    with pytest.raises(MessageError, match=r"wall\.nothing"):
        text(Language.ZH, "wall.nothing")
