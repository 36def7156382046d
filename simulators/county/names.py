"""Names that sound like a county in the hills of the south-east, none of them a real county's. Pure."""

import numpy as np

COUNTY_CODE = "339900"  # 99 is no county of any province
COUNTY_NAME = "青岚县"
RIVER_NAME = "岚江"

_TOWNS = (
    ("岚城街道", "001"),
    ("云埠镇", "101"),
    ("松漈镇", "102"),
    ("白湾镇", "103"),
    ("石隐镇", "104"),
    ("枫泉镇", "105"),
    ("竹坞乡", "201"),
    ("鹤岭乡", "202"),
    ("梅洲镇", "106"),
    ("桐荫镇", "107"),
    ("溪口亭镇", "108"),
    ("莲陂镇", "109"),
    ("柏岩乡", "203"),
    ("茶垄乡", "204"),
    ("雁坪乡", "205"),
    ("沙屿乡", "206"),
)
_FIRST = "青白石桃梅竹柳云松枫茶荷桂杏金银清长大小上下南北"
_SECOND = "溪坑岭坪源湾塘坞桥岩垄洋田浦渡陂"
_STREAM_FIRST = "桃竹松枫梅石白云龙柏茶柳清寒玉银鹤雁莲桐"
_STREAM_SECOND = "源溪坑涧"
_DIGITS = "零一二三四五六七八九"
_TEN = 10


def towns(count: int) -> list[tuple[str, str]]:
    """Return `count` towns as (name, three-digit code suffix); the first is the county seat."""
    return list(_TOWNS[:count])


def villages(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` different village names without their 村 or 社区."""
    every = [first + second for first in _FIRST for second in _SECOND]
    return [every[i] for i in rng.permutation(len(every))[:count]]


def streams(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` different names of tributaries."""
    every = [first + second for second in _STREAM_SECOND for first in _STREAM_FIRST]
    names = [every[i] for i in rng.permutation(len(every))]
    while len(names) < count:
        names += [name[0] + "小" + name[1:] for name in names]
    return names[:count]


def numeral(number: int) -> str:
    """Return a number from 1 to 99 in Chinese numerals.

    >>> numeral(12), numeral(20), numeral(7)
    ('十二', '二十', '七')
    """
    tens, ones = divmod(number, _TEN)
    head = "" if tens == 0 else ("十" if tens == 1 else _DIGITS[tens] + "十")
    return head + (_DIGITS[ones] if ones else "")
