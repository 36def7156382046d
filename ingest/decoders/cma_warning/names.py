"""What each source calls a thing, and which of the names an answer has. Pure.

Names are compared in lower case without underscores. A source gives every warning the same names, so what an object's names
mean is worked out once and remembered.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final

from msgspec import Struct

Item = Mapping[str, object]
Keys = tuple[str, ...]

_ID: Final = ("identifier", "alertid", "salertid", "id", "info")
_HEADLINE: Final = ("head", "headline", "title")
_TEXT: Final = ("issuecontent", "description", "detail", "text", "content", "scontent")
_EVENT: Final = ("signaltype", "typename", "eventtypecn", "eventtype", "stype", "event", "alarmtype", "warntype")
_LEVEL: Final = (
    "signallevel",
    "levelname",
    "severitycolor",
    "color",
    "slevel",
    "level",
    "severity",
    "yjycen",
    "alarmlevel",
    "warnlevel",
)
_ISSUED: Final = (
    "issuetime",
    "pubtimestamp",
    "pubtime",
    "publishtime",
    "issuedtime",
    "sendtime",
    "sissuetime",
    "sent",
    "effective",
    "updatetime",
)
_LISTS: Final = frozenset(
    {
        "alerts",
        "alert",
        "alertdata",
        "alertlist",
        "alarm",
        "alarmlist",
        "alarms",
        "warning",
        "warnings",
        "warninglist",
        "content",
        "payload",
        "records",
        "items",
        "data",
        "result",
        "page",
        "list",
        "rows",
        "vweatherwarning",
    }
)
_TELLS: Final = (*_HEADLINE, *_TEXT, "signaltype", "typename", "eventtypecn", "stype")
_SUBJECTS: Final = frozenset(_ID + _EVENT + _LEVEL + _ISSUED)
_ROLES: Final[Mapping[str, Keys]] = {  # the first name that is there counts
    "id": _ID,
    "headline": _HEADLINE,
    "text": _TEXT,
    "event": _EVENT,
    "level": _LEVEL,
    "issued": _ISSUED,
    "onset": ("onsettime", "effectivetime", "starttime", "effective", "onset"),
    "until": ("relievetime", "expiretime", "expires", "endtime"),
    "issuer": ("sender", "sendername", "source"),  # where there are both, the second is the one who signed
    "areas": ("adcode", "areacode", "regioncode"),
    "location": ("location",),
    "places": ("province", "city", "county", "stationname", "sprovince", "scity", "provincename", "cityname"),
    "station": ("location", "stationname"),
    "references": ("references", "referencesinfo", "supersedes", "related", "relatedalertids"),
    "file": ("file", "url", "slinksuffix"),
    "code": ("code",),
    "type_code": ("typecode",),
    "level_code": ("levelcode", "salarmlevenum"),
    "severity": ("severity",),
    "message": ("messagetype",),
    "message_word": ("msgtype",),
    "status": ("status",),
    "effect": ("effect",),
    "outline": ("outline",),
    "underwriter": ("underwriter",),
    "data": ("data",),
}
_KEYS_KEPT: Final = 64
_LENGTH_KEPT: Final = 1_024
"""Names of a shape that is remembered, and their characters; an honest warning has 30."""


class Roles(Struct, frozen=True, kw_only=True, gc=False):
    """The keys of one object, by what they mean; each in the order in which they count."""

    id: Keys
    headline: Keys
    text: Keys
    event: Keys
    level: Keys
    issued: Keys
    onset: Keys
    until: Keys
    issuer: Keys
    areas: Keys
    location: Keys
    places: Keys
    station: Keys
    references: Keys
    file: Keys
    code: Keys
    type_code: Keys
    level_code: Keys
    severity: Keys
    message: Keys
    message_word: Keys
    status: Keys
    effect: Keys
    outline: Keys
    underwriter: Keys
    data: Keys


class Shape:
    """What an object's keys mean, whatever their values are."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._known = {plain_name(key): key for key in keys}
        known = self._known
        self.tells: Keys = tuple(known[name] for name in _TELLS if name in known)
        self.has_subject = not _SUBJECTS.isdisjoint(known)
        self.spoken: str = known.get("data", "") if "publishtime" in known else ""
        self.wrapped: Keys = tuple(key for name, key in known.items() if name in _LISTS or name.isdigit())

    @cached_property
    def roles(self) -> Roles:
        """Sort the keys by role."""
        known = self._known
        return Roles(**{role: tuple(known[name] for name in names if name in known) for role, names in _ROLES.items()})

    def is_warning(self, item: Item) -> bool:
        """Tell whether an object of this shape is a warning; Caiyun v3 has its words one level down, by language."""
        if self.spoken and isinstance(item[self.spoken], list):
            return True
        if self.has_subject:
            for key in self.tells:
                value = item[key]
                if isinstance(value, str) and value:
                    return True
        return False


def shape_of(item: Item) -> Shape:
    """Give the shape of an object."""
    keys = tuple(item)
    return _remembered(keys) if len(keys) <= _KEYS_KEPT and len("".join(keys)) <= _LENGTH_KEPT else Shape(keys)


@lru_cache(maxsize=1_024)
def _remembered(keys: Keys) -> Shape:
    return Shape(keys)


def plain_name(key: str) -> str:
    """Spell a name as the tables do."""
    return key.lower().replace("_", "")


def word(item: Item, keys: Sequence[str]) -> str:
    """Give the first text under these keys; a number is text, of an object its name or code."""
    for key in keys:
        value = item[key]
        if isinstance(value, dict):
            value = value.get("name") or value.get("code")
        if isinstance(value, str):
            if stripped := value.strip():
                return stripped
        elif isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""
