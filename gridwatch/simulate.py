"""The process of the simulators in a demo: plays the scenario of the settings, again and again, until a signal comes."""

import os
import signal
import threading
from collections.abc import Callable

import structlog

from gridwatch import logs
from gridwatch.clock import now
from gridwatch.runtime import Account, Broker, Runtime, runtime_of_this_part
from gridwatch.trust import context_of
from simulators.county import make_county
from simulators.publisher import BrokerError
from simulators.run import BrokerUrl, Played, run_scenario
from simulators.scenario import Scenario, load_scenario

log = structlog.get_logger(__name__)

CLIENT_ID = "gridwatch-simulators"
RETRY_S = 2.0
ENDING = {signal.SIGTERM, signal.SIGINT}


def play(
    runtime: Runtime, scenario: Scenario, account: Account, *, stop: threading.Event, client_id: str, speed: float = 1.0
) -> Played:
    """Play a scenario once in the county of a running demo."""
    return run_scenario(
        scenario,
        make_county(runtime.settings.demo.seed, runtime.settings.demo.size),
        broker_url(runtime.broker, account),
        now=now,
        stop=stop,
        speed=speed,
        client_id=client_id,
    )


def broker_url(broker: Broker, account: Account) -> BrokerUrl:
    """Name the broker for the simulators' own publisher."""
    return BrokerUrl(
        host=broker.host,
        port=broker.port,
        user=account.user,
        password=account.password,
        ssl=context_of(broker) if broker.tls else None,
    )


def until_signalled(work: Callable[[threading.Event], None]) -> None:
    """Do `work` in a thread until it ends, or set the event it was given when SIGTERM or SIGINT comes.

    The main thread waits on a pipe that both write to. Neither an Event set by a handler (it can lock up with its
    waiter) nor sigwait will do: a signal that comes while nobody waits goes to whatever library thread does not block it.

    Raises:
        Exception: what `work` raised.
    """
    stop, failures = threading.Event(), list[BaseException]()
    hears, tells = os.pipe()
    os.set_blocking(tells, False)

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001 -- raised again in the main thread
            failures.append(error)
        finally:
            os.write(tells, b"\0")

    # Python's own part of a signal is to write into the pipe; a second signal, while the work is ending, is no news.
    handlers = {ending: signal.signal(ending, lambda *_: None) for ending in ENDING}
    woke = signal.set_wakeup_fd(tells, warn_on_full_buffer=False)
    try:
        thread = threading.Thread(target=run, name="simulators")
        thread.start()
        os.read(hears, 1)
        stop.set()
        thread.join()
    finally:
        signal.set_wakeup_fd(woke)
        for ending, handler in handlers.items():
            signal.signal(ending, handler)
        os.close(hears)
        os.close(tells)
    for failure in failures:
        raise failure


def main() -> None:
    """Play until a signal comes."""
    runtime = runtime_of_this_part()
    logs.set_up("simulators", runtime.settings.log_level)
    scenario = load_scenario(runtime.settings.demo.scenario)

    def work(stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                played = play(runtime, scenario, runtime.broker.simulators, stop=stop, client_id=CLIENT_ID)
                log.info("scenario ended", messages=played.messages, acknowledged=played.acknowledged)
            except BrokerError as error:
                log.warning("broker not reached", error=str(error), retry_in_s=RETRY_S)
                stop.wait(RETRY_S)

    until_signalled(work)


if __name__ == "__main__":
    main()
