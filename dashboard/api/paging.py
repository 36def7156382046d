"""Pages of a list: an opaque cursor that names the last item seen, so that inserts shift nothing. Pure."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from dashboard.problem import ProblemError

Item = TypeVar("Item", bound=BaseModel)
Key = TypeVar("Key")

Limit = Annotated[int, Field(default=100, ge=1, le=1000, description="Most items on a page.")]


class Page(BaseModel, Generic[Item]):
    """A part of a list. Ask again with `cursor=next` for the rest; null: there is no more."""

    items: list[Item] = Field(description="The items, in the order of the list.")
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class Paged(BaseModel):
    """The query parameters every list takes. Parameters it does not know are refused, not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    limit: int = Field(default=100, ge=1, le=1000, description="Most items on a page.")
    cursor: str | None = Field(default=None, max_length=500, description="`next` of the page before.")


def write_cursor(*key: str | int | datetime) -> str:
    """Write the key of an item as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(cursor: str | None, kind: type[Key]) -> Key | None:
    """Read the key back; None where there was no cursor.

    Raises:
        ProblemError: 400, it is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise ProblemError(400, "cursor", "cursor: this is not the `next` of a page of this list.") from error


def cut(
    items: Sequence[Item], limit: int, key: Callable[[Item], tuple[str | int | datetime, ...]]
) -> tuple[list[Item], str | None]:
    """Cut a list that was asked for one more item than the page holds; return the page and its `next`."""
    page = list(items[:limit])
    return page, write_cursor(*key(page[-1])) if len(items) > limit else None
