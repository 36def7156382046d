"""Read rows by column name, and turn numbers JSON cannot hold into nothing."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from database.connection import Cursor


def rows_as_dicts(cur: Cursor, query: sql.SQL | sql.Composed, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run a query and return its rows as dictionaries, in the caller's transaction."""
    with cur.connection.cursor(row_factory=dict_row) as named:
        named.execute(query, parameters)
        return named.fetchall()
