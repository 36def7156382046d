"""What Sparkplug B edge nodes said at their births: the names behind aliases, and where their sequences stand. Pure.

Bounded: at most NODES_MOST nodes and NAMES_MOST names; the nodes heard of longest ago are forgotten first and asked for a new
birth when they speak again. Nodes are values: a copy shares them until one of the two hears something.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from ingest.decoders.sparkplug_b.metric import Metric, Payload

NODES_MOST: Final = 4096
NAMES_MOST: Final = 400_000  # some 60 MB
ASK_EVERY_US: Final = 60_000_000
"""A node is asked for its birth at most once a minute."""
_SEQUENCE: Final = 256


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a birth said of a metric."""

    name: str = ""
    type: int = 0
    unit: str = ""


class _Node(msgspec.Struct, frozen=True, kw_only=True):
    """An edge node in one session. `by_alias` and `by_name` are by device id, the node's own included; never changed."""

    session: int | None = None
    seq: int | None = None
    by_alias: Mapping[str, Mapping[int, Known]] = {}
    by_name: Mapping[str, Mapping[str, Known]] = {}
    is_whole: bool = True  # nothing was missed since the birth
    names: int = 0


class Births:
    """The births that hold now, by node id."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Node] = {}
        self._asked: dict[str, int] = {}
        self._names = 0

    def copy(self) -> "Births":
        """Make one that goes on from here on its own."""
        other = Births()
        other._nodes, other._asked, other._names = dict(self._nodes), dict(self._asked), self._names
        return other

    def born(self, node: str, device: str, message: Payload, *, is_node: bool) -> None:
        """Remember a birth; a node's begins a new session, in which its devices are born anew."""
        before = None if is_node else self._nodes.get(node)
        metrics = message.metrics
        by_alias = {m.alias: _known(m) for m in metrics if m.alias is not None and m.name}
        by_name = {m.name: _known(m) for m in metrics if m.name}
        names = len(by_name) + len(by_alias) + 1
        if before is None:
            self._put(
                node,
                _Node(
                    session=message.session,
                    seq=message.seq,
                    by_alias={device: by_alias},
                    by_name={device: by_name},
                    is_whole=is_node,
                    names=names,
                ),
            )
            return
        has_followed = self._is_next(before, message.seq)
        if device in before.by_name:
            names -= len(before.by_name[device]) + len(before.by_alias[device]) + 1
        self._put(
            node,
            msgspec.structs.replace(
                before,
                seq=message.seq,
                by_alias={**before.by_alias, device: by_alias},
                by_name={**before.by_name, device: by_name},
                is_whole=before.is_whole and has_followed,
                names=before.names + names,
            ),
        )

    def dies(self, node: str, device: str, session: int | None, seq: int | None) -> bool:
        """Take in a death; False where it is of an earlier session than the one that runs."""
        known = self._nodes.get(node)
        if known is None:
            return True
        if device != node:
            self._put(node, msgspec.structs.replace(known, seq=known.seq if seq is None else seq))
            return True
        if session is not None and known.session is not None and session != known.session:
            return False
        self._forget(node)
        return True

    def follows(self, node: str, device: str, seq: int | None) -> bool:
        """Take in data's place in the sequence; False where a birth is needed before its numbers can be relied on.

        The same number again is the same message again.
        """
        known = self._nodes.get(node)
        if known is None:
            return False
        is_whole = known.is_whole and self._is_next(known, seq)
        if seq is not None and (known.seq != seq or is_whole != known.is_whole):
            self._put(node, msgspec.structs.replace(known, seq=seq, is_whole=is_whole))
        return is_whole and device in known.by_name

    def may_ask(self, node: str, now_us: int) -> bool:
        """Tell whether the node may be asked for its birth now, and remember that it was."""
        if now_us - self._asked.get(node, now_us - ASK_EVERY_US) < ASK_EVERY_US:
            return False
        if len(self._asked) >= NODES_MOST:
            self._asked.clear()  # the sender limits, too
        self._asked[node] = now_us
        return True

    def completed(self, node: str, device: str, metric: Metric) -> Known | Metric:
        """Give a metric's name, data type and unit, from itself and from the birth; no name: nobody said it."""
        known = self._nodes.get(node)
        said: Known | None = None
        if known is not None and metric.name:
            said = known.by_name.get(device, {}).get(metric.name)
        elif known is not None and metric.alias is not None:
            said = known.by_alias.get(device, {}).get(metric.alias) or known.by_alias.get(node, {}).get(metric.alias)
        if said is None:
            return metric
        if not (metric.name or metric.type or metric.unit):
            return said
        return Known(name=metric.name or said.name, type=metric.type or said.type, unit=metric.unit or said.unit)

    @staticmethod
    def _is_next(known: _Node, seq: int | None) -> bool:
        return seq is None or known.seq is None or seq in {known.seq, (known.seq + 1) % _SEQUENCE}

    def _put(self, node: str, state: _Node) -> None:
        self._forget(node)
        self._nodes[node] = state
        self._names += state.names
        while len(self._nodes) > 1 and (len(self._nodes) > NODES_MOST or self._names > NAMES_MOST):
            self._forget(next(iter(self._nodes)))

    def _forget(self, node: str) -> None:
        before = self._nodes.pop(node, None)
        self._names -= before.names if before is not None else 0


def _known(metric: Metric) -> Known:
    return Known(name=metric.name, type=metric.type, unit=metric.unit)
