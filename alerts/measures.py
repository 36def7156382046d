"""What a rule may judge beside the bare value: a change, a total, a flat line, a spike, a count. Pure; reads no clock.

A measure is a function of the tag's recent readings alone, so that it comes out the same after a restart, whatever the
cut of the stream into batches. It gives two numbers: the one that is held against the limit, and the one that people
are shown. NaN means that the readings do not tell: it speaks neither for the condition nor against it.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Protocol

from alerts.history import History
from alerts.points import SECOND_US, GapPolicy

_UNKNOWN = (math.nan, math.nan)
_FALLS_OF_AMOUNTS, _SHARE_OF_FALLS = 2, 4  # two falls, and every fourth move or more


class Measure(Protocol):
    """A quantity of the newest reading and those before it. Frozen and hashable: equal measures are the same."""

    @property
    def span_us(self) -> int:
        """Say how far back the readings must be known, in microseconds of device time."""
        ...

    @property
    def unit(self) -> str | None:
        """Give the unit of what is shown; None where it is that of the tag."""
        ...

    def of(self, history: History) -> tuple[float, float]:
        """Give what is judged and what is shown, as of the newest reading."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How far the value has come within `window_us`: up from the lowest reading, or down from the highest.

    The `ignore` most extreme of the earlier readings are left out, so that one bad sample makes no rise.
    """

    window_us: int
    falling: bool = False
    ignore: int = 0

    @property
    def unit(self) -> str | None:
        """Show the tag's own unit."""
        return None

    @property
    def span_us(self) -> int:
        """Need the window."""
        return self.window_us

    def of(self, history: History) -> tuple[float, float]:
        """Give the change in the unit of the value; unknown without an earlier reading in the window."""
        earlier = history.values[history.since(history.times[-1] - self.window_us) : -1]
        if len(earlier) <= self.ignore:
            return _UNKNOWN
        newest = history.values[-1]
        if self.ignore:
            earlier = sorted(earlier, reverse=self.falling)[self.ignore : self.ignore + 1]
        change = max(earlier) - newest if self.falling else newest - min(earlier)
        return change, change


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum over rolling windows, each with its own limit; judged is the largest share of a limit, shown its sum.

    `windows` are (microseconds, limit). Values are amounts since the reading before, or with `counter` an ever growing
    count that may start anew; with None the readings tell which: amounts fall as often as they rise. A hole longer than `gap_us` may hide any amount: with the policy UNKNOWN a sum over it
    that is below its limit says nothing, otherwise the hole counts as nothing.
    """

    windows: tuple[tuple[int, float], ...]
    gap_us: int
    gap_policy: GapPolicy
    counter: bool | None = False

    @property
    def unit(self) -> str | None:
        """Show the tag's own unit."""
        return None

    @property
    def span_us(self) -> int:
        """Need the longest window, and the reading before it."""
        return max(window for window, _ in self.windows) + self.gap_us

    def of(self, history: History) -> tuple[float, float]:
        """Give the largest share of a limit, and the sum behind it."""
        worst, shown, is_covered = -math.inf, math.nan, True
        is_counter = self._looks_like_a_counter(history) if self.counter is None else self.counter
        for window, limit in self.windows:
            total = self._sum(history, window, is_counter=is_counter)
            is_covered &= self._is_covered(history, window)
            if total / limit > worst:
                worst, shown = total / limit, total
        if worst < 1.0 and not is_covered and self.gap_policy is GapPolicy.UNKNOWN:
            return _UNKNOWN
        return worst, shown

    def _looks_like_a_counter(self, history: History) -> bool:
        """A count falls when it starts anew, once in a long while; of the amounts that differ about half are falls."""
        values = history.values[history.since(history.times[-1] - self.span_us) :]
        moves = [now - before for before, now in pairwise(values) if now != before]
        falls = sum(move < 0 for move in moves)
        return falls < _FALLS_OF_AMOUNTS or _SHARE_OF_FALLS * falls < len(moves)

    def _sum(self, history: History, window: int, *, is_counter: bool) -> float:
        first = history.after(history.times[-1] - window)
        if not is_counter:
            return math.fsum(history.values[first:])
        counts = history.values[max(first - 1, 0) :]
        steps = pairwise(counts)
        return math.fsum(now - before if now >= before else now for before, now in steps)

    def _is_covered(self, history: History, window: int) -> bool:
        """Say whether the readings tell of the whole window: each speaks for `gap_us` before it."""
        start = history.times[-1] - window
        times = history.times[history.after(start) :]
        return times[0] <= start + self.gap_us and all(now - before <= self.gap_us for before, now in pairwise(times))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """For how many seconds the value has stayed within `tolerance` of the newest.

    Between `legal_from` and `legal_to` a flat line is what the quantity does (a dry gauge, no rain): never stuck. A
    hole longer than `gap_us` starts the count anew, unless the policy is HOLD; the same value on both its sides is no
    evidence of life. With `lively` a flat line is one only
    where the value changed so often in the `atleast_us` twice over before it began: a river at base flow read to the
    centimetre lies still for days, and so it did before. Where that time is not remembered any more, nothing is told.
    """

    atleast_us: int
    gap_us: int
    gap_policy: GapPolicy
    tolerance: float = 0.0
    legal_from: float = math.inf
    legal_to: float = -math.inf
    lively: int = 0

    @property
    def unit(self) -> str | None:
        """Show seconds."""
        return "s"

    @property
    def span_us(self) -> int:
        """Need as long as the rule waits, and one reading more; to know how it was before, twice as long again."""
        return self.atleast_us * (4 if self.lively else 1) + self.gap_us

    def of(self, history: History) -> tuple[float, float]:
        """Give seconds of device time."""
        times, values = history.times, history.values
        if self.legal_from <= values[-1] <= self.legal_to:
            return 0.0, 0.0
        since, first = times[-1], history.since(times[-1] - self.span_us)
        remembered = history.flat_since.get(self)
        for at in range(len(times) - 2, first - 1, -1):
            if abs(values[at] - values[-1]) > self.tolerance:
                break
            if times[at + 1] - times[at] > self.gap_us and self.gap_policy is not GapPolicy.HOLD:
                if times[-1] - since < self.atleast_us:
                    return _UNKNOWN  # the same as before the hole: no evidence that it moves
                break
            since = times[at]
            # A long flat line is not walked again at each reading: the run of the reading before is this one's, too.
            if remembered is not None and remembered[0] == since and values[at] == values[-1]:
                since = max(remembered[1], times[first])
                break
        history.flat_since[self] = (times[-1], since)
        seconds = (times[-1] - since) / SECOND_US
        if not self.lively or times[-1] - since < self.atleast_us:
            return seconds, seconds
        return self._held_against_before(history, since, seconds)

    def _held_against_before(self, history: History, since: int, seconds: float) -> tuple[float, float]:
        start = since - 2 * self.atleast_us
        if start < history.times[-1] - self.span_us or history.times[0] > start + self.gap_us:
            return _UNKNOWN
        counted = history.flat_since.get((self, "changes"))
        if counted is None or counted[0] != since:  # it stays the same for as long as the line is flat
            values = history.values[history.since(start) : history.after(since)]
            changes = sum(abs(now - before) > self.tolerance for before, now in pairwise(values))
            counted = history.flat_since[self, "changes"] = (since, changes)
        changes = counted[1]
        if not changes:
            return _UNKNOWN  # flat all the while, with a hole in it: nothing tells what is usual
        return (seconds, seconds) if changes >= self.lively else (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """How far the reading before stood out from both its neighbours; shown is its value.

    With `noise_factor` it must also stand out by so many times the median step of the last `window_us`: a lively
    quantity is no fault. `sign` 1 sees only spikes up, -1 only those down.
    """

    window_us: int
    gap_us: int
    noise_factor: float = 0.0
    sign: int = 0

    @property
    def unit(self) -> str | None:
        """Show the tag's own unit."""
        return None

    @property
    def span_us(self) -> int:
        """Need the window for the noise, and the neighbours in any case."""
        return max(self.window_us, 3 * self.gap_us)

    def of(self, history: History) -> tuple[float, float]:
        """Give the height in the unit of the value; unknown without three readings in a row."""
        if len(history.times) < 3:  # noqa: PLR2004 -- the sample and its two neighbours
            return _UNKNOWN
        (early, _, late), (left, top, right) = history.times[-3:], history.values[-3:]
        if late - early > 2 * self.gap_us:
            return _UNKNOWN
        up, down = top - left, top - right
        height = min(abs(up), abs(down)) if up * down > 0 and up * self.sign >= 0 else 0.0
        if height and height < self.noise_factor * self._noise(history):
            height = 0.0
        return height, top

    def _noise(self, history: History) -> float:
        values = history.values[history.since(history.times[-1] - self.window_us) : -2]
        steps = [abs(now - before) for before, now in pairwise(values)]
        return median(steps) if steps else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossings:
    """How often the value came to or past `limit` within `window_us`, each time from the other side of `clear`."""

    window_us: int
    limit: float
    clear: float
    is_high: bool

    @property
    def unit(self) -> str | None:
        """Show a count."""
        return "1"

    @property
    def span_us(self) -> int:
        """Need the window twice, to know from which side the first reading in it came."""
        return 2 * self.window_us

    def of(self, history: History) -> tuple[float, float]:
        """Give a count."""
        sign = 1.0 if self.is_high else -1.0
        start, first = history.times[-1] - self.window_us, history.since(history.times[-1] - self.span_us)
        count, is_beyond = 0, sign * history.values[first] >= sign * self.limit
        for time, value in zip(history.times[first:], history.values[first:], strict=True):
            if not is_beyond and sign * value >= sign * self.limit:
                is_beyond = True
                count += time > start
            elif is_beyond and sign * value < sign * self.clear:
                is_beyond = False
        return float(count), float(count)
