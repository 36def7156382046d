"""Who speaks by the topic of a Sparkplug B message, and how. Pure. Refuses a topic that does not say so."""

from functools import lru_cache
from typing import Final

from msgspec import Struct

from ingest.readings import DeviceId, Reason
from ingest.wire import RefusedError, text

NAMESPACE: Final = "spBv1.0"
TOPICS_KEPT: Final = 4096
LONGEST_KEPT: Final = 256  # a longer topic is looked at anew each time: what comes from outside fills no memory
_KINDS: Final = frozenset({"NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH", "NCMD", "DCMD"})
_SEPARATORS: Final = str.maketrans(dict.fromkeys(" /+#.", "_"))


class Speaker(Struct, frozen=True, kw_only=True):
    """Who speaks, and how, by the topic. `kind` is "" of a host application, which tells that it is there and nothing else."""

    kind: str = ""
    node: str = ""
    device: DeviceId = DeviceId("")
    name: str = ""
    commands: str = ""


def speaker_of(topic: str) -> Speaker:
    """Read a topic. Without one, a file looked at by hand, it is data of a node called `node`.

    Raises:
        RefusedError: it is no topic of Sparkplug B.
    """
    return _speaker(topic) if len(topic) <= LONGEST_KEPT else _speaker.__wrapped__(topic)


@lru_cache(maxsize=TOPICS_KEPT)
def _speaker(topic: str) -> Speaker:
    levels = topic.split("/")
    at = levels.index(NAMESPACE) if NAMESPACE in levels else -1
    if not topic:
        levels, at = [NAMESPACE, "", "NDATA", "node"], 0
    rest = levels[at + 1 :]
    if "STATE" in rest[:1] or levels[:1] == ["STATE"]:
        return Speaker()
    if at < 0 or len(rest) not in (3, 4) or rest[1] not in _KINDS or not rest[2].strip():
        raise RefusedError(Reason.TOPIC, "not spBv1.0/group/type/node[/device]")
    named = [text(level).translate(_SEPARATORS) for level in (rest[0], *rest[2:])]
    return Speaker(
        kind=rest[1],
        node=".".join(name for name in named[:2] if name),
        device=DeviceId(".".join(name for name in named if name)),
        name=text(rest[-1]),
        commands="/".join([*levels[: at + 2], "NCMD", rest[2]]) if topic else "",
    )
