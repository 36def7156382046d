"""Keep the parts of an instance running: start, watch, restart, end. Knows nothing of what they do. Main thread only.

A child is leashed to the thread that starts it (PR_SET_PDEATHSIG), so everything happens in the main thread.
"""

import signal
import time
from collections.abc import Callable, Sequence

import structlog

from gridwatch.embedded import ServiceError
from gridwatch.parts import Part, Running, last_words, trim
from gridwatch.stop_signals import StopRequested, StopSignals

log = structlog.get_logger(__name__)

# Everything has ended within 5 s. Parts that use a service end in tenths of a second; a database that shuts down has
# dirty pages to write and gets what is left. One that is cut short recovers at its next start and has lost nothing.
END_ALL_S = 4.2
END_PARTS_S = 1.5
END_AT_ONCE_S = 0.3
STEADY_TICK_S = 0.5
STARTING_TICK_S = 0.02
TRIM_S = 60.0


class Supervisor:
    """Runs parts in the order they were given; `on_change` is called whenever the set of processes has changed."""

    def __init__(self, signals: StopSignals, *, on_change: Callable[[], None]) -> None:
        self._signals = signals
        self._on_change = on_change
        self._running: list[Running] = []
        self._next_trim = 0.0

    @property
    def pids(self) -> dict[str, int]:
        """Name the process of every part that has one."""
        return {each.part.name: each.process.pid for each in self._running if each.process is not None}

    @property
    def is_complete(self) -> bool:
        """Tell whether every part is ready."""
        return all(each.is_ready for each in self._running)

    def start(self, parts: Sequence[Part]) -> None:
        """Start parts side by side and wait until all are ready.

        Raises:
            ServiceError: one ended or was not ready in time.
            StopRequested: the operator does not want to wait.
        """
        fresh = [Running(part=part) for part in parts]
        for each in fresh:
            self._running.append(each)
            each.launch()
        self._on_change()
        for each in fresh:
            self._wait_ready(each)
        self._on_change()

    def wait_for(self, reason: Callable[[], str | None], *, what: str, seconds: float) -> None:
        """Wait until `reason` has none left, restarting nothing.

        Raises:
            ServiceError: a part ended, or the time passed; the message holds the last reason.
            StopRequested: the operator does not want to wait.
        """
        deadline = time.monotonic() + seconds
        while (why := reason()) is not None:
            for each in self._running:
                self._refuse_ended(each)
            if time.monotonic() > deadline:
                raise ServiceError(f"{what} was not ready within {seconds:g} s: {why}")
            self._pause(STARTING_TICK_S)

    def watch(self, look_after: Callable[[], None] | None = None) -> None:
        """Restart what dies, until a signal asks us to end; `look_after` is called at every look round."""
        while not self._signals.requested:
            changed = False
            for each in self._running:
                changed |= self._look_after(each)
            if changed:
                self._on_change()
            self._trim_logs()
            if look_after is not None:
                look_after()
            self._signals.wait(STEADY_TICK_S if self.is_complete else STARTING_TICK_S)

    def stop(self) -> None:
        """End every part: those that use a service first, then the services. Returns within 5 s."""
        users = [each for each in self._running if not each.part.is_service]
        services = [each for each in self._running if each.part.is_service]
        deadline = time.monotonic() + END_ALL_S
        self._end(users, END_PARTS_S)
        self._end(services, deadline - time.monotonic() - 2 * END_AT_ONCE_S)

    def _wait_ready(self, each: Running) -> None:
        deadline = each.launched + each.part.ready_within_s
        while not each.part.is_ready():
            self._refuse_ended(each)
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"{each.part.name} was not ready within {each.part.ready_within_s:g} s; see {each.part.log}."
                )
            self._pause(STARTING_TICK_S)
        each.is_ready = True

    def _pause(self, seconds: float) -> None:
        self._signals.wait(seconds)
        if self._signals.requested:
            raise StopRequested

    def _refuse_ended(self, each: Running) -> None:
        if each.has_ended():
            said = last_words(each.part.log)
            code = each.process.returncode if each.process is not None else "none"
            raise ServiceError(
                f"{each.part.name} ended while starting (exit code {code}); see {each.part.log}{f': {said}' if said else '.'}"
            )

    def _look_after(self, each: Running) -> bool:
        """Take one step with a part; tell whether its process changed or became ready."""
        now = time.monotonic()
        if each.process is None:
            return now >= each.restart_at and self._restart(each)
        if each.has_ended():
            code = each.process.returncode
            pause = each.schedule_restart()
            log.error("part ended", name=each.part.name, exit_code=code, restart_in_s=pause, failures=each.failures)
            return False
        if not each.is_ready:
            each.is_ready = each.part.is_ready()
            if not each.is_ready and now - each.launched > each.part.ready_within_s:
                log.error("part does not become ready", name=each.part.name, seconds=each.part.ready_within_s)
                each.send(signal.SIGKILL)
            return each.is_ready
        return False

    def _trim_logs(self) -> None:
        if time.monotonic() < self._next_trim:
            return
        self._next_trim = time.monotonic() + TRIM_S
        for each in self._running:
            try:
                trim(each.part.log)
            except OSError as error:
                log.warning("log not trimmed", file=str(each.part.log), error=str(error))

    def _restart(self, each: Running) -> bool:
        try:
            each.launch()
        except (ServiceError, OSError) as error:
            pause = each.schedule_restart()
            log.error("part not restarted", name=each.part.name, error=str(error), restart_in_s=pause)  # noqa: TRY400
            return False
        log.warning("part restarted", name=each.part.name, pid=each.process.pid if each.process else None)
        return True

    def _end(self, group: Sequence[Running], seconds: float) -> None:
        for each in group:
            each.send(each.part.end_signal)
        if not self._all_ended(group, seconds):
            # PostgreSQL takes SIGQUIT for "now, recover at the next start"; others end by it, too.
            for each in group:
                each.send(signal.SIGQUIT)
            if not self._all_ended(group, END_AT_ONCE_S):
                for each in group:
                    each.send(signal.SIGKILL)
                self._all_ended(group, END_AT_ONCE_S)

    def _all_ended(self, group: Sequence[Running], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not all(each.has_ended() for each in group):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._signals.wait(min(left, STARTING_TICK_S))
        return True
