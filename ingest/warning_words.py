"""What the words of a warning mean: its event, its colour, what it does to earlier ones. Pure.

Type codes differ from source to source, so the issuer's words decide wherever there are any. The signals are those of 气象灾害预警信号
发布与传播办法 (China Meteorological Administration, order 16) and of 12379; levels are 红 1, 橙 2, 黄 3, 蓝 4.
"""

import re
from typing import Final

from ingest.readings import Meaning, MessageKind

OTHER: Final = "other"

# First match wins: what holds another word within it stands before it.
EVENTS: Final = (
    ("山洪", "flash-flood"),
    ("雷暴大风", "gale"),
    ("雷雨大风", "gale"),
    ("雷雨强风", "gale"),
    ("强对流", "thunderstorm"),
    ("龙卷", "thunderstorm"),
    ("雷雨", "thunderstorm"),
    ("风暴潮", "storm-surge"),
    ("暴雨", "rainstorm"),
    ("强降雨", "rainstorm"),
    ("强降水", "rainstorm"),
    ("大雨", "rainstorm"),
    ("豪雨", "rainstorm"),
    ("洪水", "flood"),  # not 洪 alone: places are called so
    ("洪涝", "flood"),
    ("江河", "flood"),
    ("内涝", "flood"),
    ("渍涝", "flood"),
    ("凌汛", "flood"),
    ("水浸", "flood"),
    ("淹水", "flood"),
    ("地质灾害", "geological"),
    ("地质", "geological"),
    ("滑坡", "geological"),
    ("泥石流", "geological"),
    ("土石流", "geological"),
    ("崩塌", "geological"),
    ("山泥倾泻", "geological"),
    ("台风", "typhoon"),
    ("热带气旋", "typhoon"),
    ("热带风暴", "typhoon"),
    ("飓风", "typhoon"),
    ("雷电", "lightning"),
    ("雷暴", "lightning"),
    ("沙尘", "sandstorm"),
    ("浮尘", "sandstorm"),
    ("扬沙", "sandstorm"),
    ("大风", "gale"),
    ("强风", "gale"),
    ("烈风", "gale"),
    ("季风", "gale"),
    ("季候风", "gale"),
    ("高温", "heat"),
    ("干热风", "heat"),
    ("热浪", "heat"),
    ("炎热", "heat"),
    ("酷热", "heat"),
    ("火险", "wildfire"),
    ("森林火", "wildfire"),
    ("草原火", "wildfire"),
    ("草原）火", "wildfire"),
    ("寒潮", "cold-wave"),
    ("寒冷", "cold"),
    ("严寒", "cold"),
    ("低温", "cold"),
    ("强降温", "cold"),
    ("霜冻", "frost"),
    ("暴雪", "snowstorm"),
    ("大雪", "snowstorm"),
    ("暴风雪", "snowstorm"),
    ("降雪", "snowstorm"),
    ("雪灾", "snowstorm"),
    ("冰雹", "hail"),
    ("道路结冰", "road-ice"),
    ("道路冰雪", "road-ice"),
    ("结冰", "road-ice"),
    ("冻雨", "icing"),
    ("积冰", "icing"),
    ("大雾", "fog"),
    ("浓雾", "fog"),
    ("团雾", "fog"),
    ("霾", "haze"),
    ("重污染", "haze"),
    ("空气污染", "haze"),
    ("大气污染", "haze"),
    ("干旱", "drought"),
    ("旱情", "drought"),
    ("地震", "earthquake"),
    ("海啸", "tsunami"),
    ("海浪", "waves"),
)
_ENGLISH: Final = (
    ("flash flood", "flash-flood"),
    ("storm surge", "storm-surge"),
    ("geological", "geological"),
    ("landslide", "geological"),
    ("mudslide", "geological"),
    ("mudflow", "geological"),
    ("landslip", "geological"),
    ("debris flow", "geological"),
    ("typhoon", "typhoon"),
    ("hurricane", "typhoon"),
    ("cyclone", "typhoon"),
    ("tropical storm", "typhoon"),
    ("tropical depression", "typhoon"),
    ("rainstorm", "rainstorm"),
    ("heavy rain", "rainstorm"),
    ("rainfall", "rainstorm"),
    ("torrential", "rainstorm"),
    ("flood", "flood"),
    ("waterlog", "flood"),
    ("thunderstorm", "thunderstorm"),
    ("convect", "thunderstorm"),
    ("tornado", "thunderstorm"),
    ("lightning", "lightning"),
    ("thunder", "lightning"),
    ("sand", "sandstorm"),
    ("dust", "sandstorm"),
    ("wind chill", "cold"),
    ("gale", "gale"),
    ("wind", "gale"),
    ("high temperature", "heat"),
    ("heat", "heat"),
    ("red flag", "wildfire"),
    ("wildfire", "wildfire"),
    ("forest fire", "wildfire"),
    ("bush fire", "wildfire"),
    ("bushfire", "wildfire"),
    ("grass fire", "wildfire"),
    ("grassfire", "wildfire"),
    ("grassland fire", "wildfire"),
    ("fire danger", "wildfire"),
    ("fire weather", "wildfire"),
    ("cold wave", "cold-wave"),
    ("cold", "cold"),
    ("low temperature", "cold"),
    ("frost", "frost"),
    ("freeze", "frost"),
    ("blizzard", "snowstorm"),
    ("snow", "snowstorm"),
    ("winter storm", "snowstorm"),
    ("hail", "hail"),
    ("icing", "icing"),
    ("freezing rain", "icing"),
    ("ice", "road-ice"),
    ("icy", "road-ice"),
    ("fog", "fog"),
    ("haze", "haze"),
    ("smog", "haze"),
    ("air pollution", "haze"),
    ("drought", "drought"),
    ("earthquake", "earthquake"),
    ("tsunami", "tsunami"),
    ("rain", "rainstorm"),
)

_SIMPLIFIED: Final = str.maketrans(
    "颱風颶熱帶氣紅黃藍級雷電霧濃災質結凍乾險強陣嘯傾瀉對龍捲雪積溫塵揚澇預警報發佈測試練習續變調維升為較嚴隨時雲",
    "台风飓热带气红黄蓝级雷电雾浓灾质结冻干险强阵啸倾泻对龙卷雪积温尘扬涝预警报发布测试练习续变调维升为较严随时云",
)
"""Traditional characters of the words below, as Taiwan, Hong Kong and Macao write them."""

_COLOURS: Final = {"红": 1, "橙": 2, "黄": 3, "蓝": 4}
_ENGLISH_COLOURS: Final = {"red": 1, "orange": 2, "yellow": 3, "blue": 4}
_LEVELS: Final = {
    "Ⅰ": 1,
    "Ⅱ": 2,
    "Ⅲ": 3,
    "Ⅳ": 4,
    "I": 1,
    "II": 2,
    "III": 3,
    "IV": 4,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
}
SEVERITIES: Final = {"extreme": 1, "severe": 2, "moderate": 3, "minor": 4}
LEVEL_CODES: Final = {"01": 4, "02": 3, "03": 2, "04": 1}
"""The codes of weather.com.cn, Tencent and Caiyun: 01 blue to 04 red; 00 says nothing."""

# 由黄色升级为橙色: what it became is what holds.
_BECAME: Final = re.compile(r"(?:升级|降级|升格|变更|更新|调整|升|降)为[^红橙黄蓝]{0,12}([红橙黄蓝])色?")
# 解除暴雨橙色预警，发布暴雨黄色预警: one warning takes the place of another.
_REPLACED: Final = re.compile(
    r"解除[^红橙黄蓝]{0,30}[红橙黄蓝]色[^红橙黄蓝]{0,30}?(?:发布|改为|转为|降为)[^红橙黄蓝]{0,20}([红橙黄蓝])"
)
_LEVEL: Final = re.compile(r"(?<!十)(Ⅳ|Ⅲ|Ⅱ|Ⅰ|IV|III|II|I|一|二|三|四)级")
# A Red Flag Warning, or a flood of the Red River or in Orange County, names no level.
_ENGLISH_COLOUR: Final = re.compile(
    r"\b(red|orange|yellow|blue)\b(?! (?:flag|river|county|creek|lake|sea|bay|hill|hills|earth|mountains?|ridge|rock|city)\b)"
)
_ENGLISH_TAIL: Final = "(?:s|es|y|gy|ed|ing|ive|ion|fall|storms?|waves?)?"
"""What may follow a word of `_ENGLISH`: a window is no wind, a police office no ice, a threat no heat."""
_SAYS: Final = {word: re.compile(rf"\b{word}{_ENGLISH_TAIL}\b") for word, _ in _ENGLISH}
_ONLY_A_TEST: Final = re.compile(
    r"^\W*(?:this is (?:only )?an? )?(test|exercise|drill)(?=\W*$|\s*[-:!*/\]).,]|\s(?:only|message|alert|warning|test|exercise|of)\b)"
    r"|[\[(](test|exercise|drill)[\])]|\b(test|exercise) (?:message|alert)\b|\b(test|drill)\W*$|\b(practice)/demo\b"
)
"""\"Required Monthly Test\", \"TEST - Tsunami Warning\", \"Typhoon [TEST]\"; not \"Exercise caution\" or \"Test results\"."""
_CLAUSE: Final = re.compile("[：:，,。；;]")
_UPDATES: Final = ("继续", "更新", "升级", "降级", "变更", "维持", "调整为")
_WORDS_READ: Final = 400  # characters: what a warning is about stands in its beginning


def simplified(event: str, headline: str) -> tuple[str, str]:
    """Spell an event and a headline in traditional characters as the tables do."""
    return event[:_WORDS_READ].translate(_SIMPLIFIED), headline[:_WORDS_READ].translate(_SIMPLIFIED)


def event_of(*texts: str) -> tuple[str, str]:
    """Find out what is warned of: our name for it and the word that said so; ("other", "") where nothing does.

    The first text that says it decides: give the most specific one first.
    """
    for text in texts:
        head = text[:_WORDS_READ]
        if not head.isascii():
            for word, event in EVENTS:
                if word in head:
                    return event, word
        low = head.lower().replace("-", " ")
        for word, event in _ENGLISH:
            if word in low and _SAYS[word].search(low) is not None:
                return event, word
    return OTHER, ""


def priority_of(*texts: str) -> int | None:
    """Find the colour that texts name: 1 red to 4 blue, None where none does. The first text that names one decides."""
    for text in texts:
        head = text[:_WORDS_READ]
        found = None if head.isascii() else _priority_in(head)
        if found is None:
            found = _priority_in_english(head)
        if found is not None:
            return found
    return None


def _priority_in(head: str) -> int | None:
    became = _BECAME.search(head) if "为" in head else None
    if became is None and "解除" in head:
        became = _REPLACED.search(head)
    if became is not None:
        return _COLOURS[became.group(1)]
    at = head.find("色", 1)
    while at >= 0:
        if head[at - 1] in _COLOURS:
            return _COLOURS[head[at - 1]]
        at = head.find("色", at + 1)
    level = _LEVEL.search(head) if "预警" in head or "[" in head else None
    return _LEVELS[level.group(1)] if level is not None else _COLOURS.get(head.strip())


def _priority_in_english(head: str) -> int | None:
    found = _ENGLISH_COLOUR.search(head.lower()) if head else None
    return None if found is None else _ENGLISH_COLOURS[found.group(1)]


def kind_of(headline: str, description: str = "") -> MessageKind | None:
    """Read from the words whether a warning is lifted (解除) or goes on from an earlier one; None: they do not say.

    Of the description only the first clause counts: further on it may speak of other warnings.
    """
    found = _kind_in(headline)
    if found is not None or not description:
        return found
    clause = _CLAUSE.search(description, 0, _WORDS_READ)
    found = _kind_in(description[: _WORDS_READ if clause is None else clause.start()])
    is_replaced = found is MessageKind.CANCEL and _REPLACED.search(description, 0, _WORDS_READ)
    return MessageKind.UPDATE if is_replaced else found


def _kind_in(text: str) -> MessageKind | None:
    is_warning = "预警" in text or "警报" in text or "信号" in text  # of the sea, of typhoons
    if is_warning and "解除" in text:
        return MessageKind.CANCEL if _REPLACED.search(text) is None else MessageKind.UPDATE
    if is_warning or "发布" in text:
        for word in _UPDATES:
            if word in text:
                return MessageKind.UPDATE
    return None


def meaning_of(headline: str) -> Meaning | None:
    """Read from a headline or an event whether it is only an exercise or a test, whatever the message says of itself."""
    if "演练" in headline or "演习" in headline:
        return Meaning.EXERCISE
    if "测试" in headline:
        return Meaning.TEST
    low = headline[:_WORDS_READ].lower()
    said = (
        _ONLY_A_TEST.search(low) if "test" in low or "exercise" in low or "drill" in low or "practice" in low else None
    )
    if said is None:
        return None
    return Meaning.EXERCISE if {"exercise", "drill"} & set(said.groups()) else Meaning.TEST
