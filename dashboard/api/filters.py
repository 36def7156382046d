"""Read the filters of lists: comma-separated values, grid codes. Pure. Refuses what it does not know, by name."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, LiteralString, TypeVar

from psycopg import sql
from pydantic import BeforeValidator

from dashboard.problem import invalid
from dashboard.queries.grids import GridTable

Value = TypeVar("Value")


def _split(value: object) -> object:
    match value:
        case [str() as text]:
            return text.split(",")
        case str():
            return value.split(",")
        case list():
            return [part for text in value for part in str(text).split(",")]
        case _:
            return value


# `?priority=1,2` and `?priority=1&priority=2` are the same.
Several = Annotated[list[Value], BeforeValidator(_split)]


class Where:
    """Conditions that are joined by AND, and their parameters."""

    def __init__(self) -> None:
        self._conditions: list[sql.SQL | sql.Composed] = [sql.SQL("true")]
        self.parameters: dict[str, Any] = {}

    def add(self, condition: LiteralString, /, **parameters: Any) -> None:
        """Add a condition; `condition` is a literal of ours, what the caller sent is in the parameters."""
        self._conditions.append(sql.SQL(condition))
        self.parameters |= parameters

    def add_one_of(self, expression: sql.SQL | sql.Composed | sql.Identifier, name: str, values: Sequence[Any]) -> None:
        """Add the condition that an expression has one of some values."""
        self._conditions.append(expression + sql.SQL(" = ANY({})").format(sql.Placeholder(name)))
        self.parameters[name] = list(values)

    def compose(self) -> sql.Composed:
        """Join the conditions."""
        return sql.SQL(" AND ").join(self._conditions)


def grid_keys(grids: GridTable, code: str) -> list[int]:
    """List the keys of a grid and all below it.

    Raises:
        ProblemError: 422, no grid has the code.
    """
    keys = grids.keys_under(code)
    if keys is None:
        raise invalid("query.grid", f"there is no grid {code!r}")
    return keys


def record_id(text: str, refuse: Callable[[], Exception]) -> int:
    """Read the id of a record, which is a positive 64-bit number.

    Raises:
        Exception: what `refuse` makes: an id that is no number is the id of nothing.
    """
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise refuse()
    return int(text)
