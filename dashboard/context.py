"""What every handler of the web server needs, put together once at its start. Refuses to be global."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from dashboard.auth.credentials import Tokens
from dashboard.auth.directory import Directory
from dashboard.auth.door import Door
from dashboard.auth.permissions import Account, Action
from dashboard.imports import Imports
from dashboard.live.hub import Hub
from dashboard.metrics import WebMetrics
from dashboard.outage import Sessions
from dashboard.problem import ProblemError
from dashboard.queries.counters import Counting
from dashboard.queries.drawings import Drawings
from dashboard.queries.grids import GridNames
from dashboard.queries.points import Points
from dashboard.settings import WebSettings
from dashboard.trials import Trials
from database.connection import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The parts of one web process."""

    settings: WebSettings
    clock: Callable[[], datetime]
    sessions: Sessions
    directory: Directory
    door: Door
    tokens: Tokens
    grids: GridNames
    counting: Counting
    drawings: Drawings
    points: Points
    metrics: WebMetrics
    hub: Hub
    trials: Trials
    imports: Imports

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Lend a cursor; commits at the end, rolls back when something is raised."""
        with self.sessions.lend() as connection, connection.cursor() as cur:
            yield cur


def web(connection: HTTPConnection) -> Web:
    """Find the parts from within a handler."""
    return cast("Web", connection.app.state.web)


def may(action: Action) -> Callable[[HTTPConnection], Account]:
    """Make a dependency that gives the account, if its role allows the action."""

    def account(connection: HTTPConnection) -> Account:
        asker: Account | None = getattr(connection.state, "account", None)
        if asker is None:  # only behind an open path, which must not ask
            raise ProblemError(401, "not-logged-in", "Log in, or send a bearer token.")
        if not asker.may(action):
            raise ProblemError(403, "role", f"The role {asker.role} may not {action.replace('-', ' ')}.")
        return asker

    return account


WebParts = Annotated[Web, Depends(web)]
Reader = Annotated[Account, Depends(may(Action.READ))]
