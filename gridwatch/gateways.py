"""The accounts of gateways: who may publish what. Kept in DATA_DIR/gateways.json, passwords as hashes only.

A file and not a table: the embedded broker needs them before the database is up.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationError

from gridwatch.data_dir import cannot_read, write_private
from gridwatch.errors import DataDirectoryError, FrontDoorError
from gridwatch.gateway_hashes import bcrypt, pbkdf2
from gridwatch.runtime import Frozen
from ingest.intake import SELF_TOPIC
from ingest.sources import matches

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RESERVED: Final = frozenset({"worker", "gateway", "simulators", "gridwatch"})
LONGEST_FILTER: Final = 256
_UNSPEAKABLE: Final = frozenset(" *>")  # NATS refuses blanks, and has wildcards that MQTT does not have
_SELF: Final = (f"{SELF_TOPIC}gridwatch-worker-1", f"{SELF_TOPIC}x/y")


class GatewayError(FrontDoorError):
    """An account that cannot be made or found; the message says why."""


class Gateway(Frozen):
    """One gateway's account. `topics` are what an officer allowed, `learnt` what its registered children speak on."""

    name: str
    areas: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    learnt: tuple[str, ...] = ()
    bcrypt: str  # for NATS
    pbkdf2: str  # for Mosquitto
    created_at: datetime

    @property
    def publish(self) -> tuple[str, ...]:
        """List the topic filters it may publish to."""
        return tuple(dict.fromkeys((*self.topics, *_of_areas(self.areas), *self.learnt)))


class Gateways(Frozen):
    """All accounts of gateways."""

    accounts: tuple[Gateway, ...] = Field(default=())

    def named(self, name: str) -> Gateway | None:
        """Find an account."""
        return next((one for one in self.accounts if one.name == name), None)

    def with_account(self, account: Gateway) -> "Gateways":
        """Give all accounts with this one put in or replaced, sorted by name."""
        others = [one for one in self.accounts if one.name != account.name]
        return Gateways(accounts=tuple(sorted([*others, account], key=lambda one: one.name)))

    def without(self, name: str) -> "Gateways":
        """Give all accounts but one.

        Raises:
            GatewayError: there is none of that name.
        """
        if self.named(name) is None:
            raise GatewayError(f"There is no gateway account {name!r}.")
        return Gateways(accounts=tuple(one for one in self.accounts if one.name != name))


def load_gateways(path: Path) -> Gateways:
    """Read the accounts; none where there is no file.

    Raises:
        DataDirectoryError: the file is there, but holds something else.
    """
    try:
        return Gateways.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Gateways()
    except OSError as error:
        raise cannot_read(path, error) from None
    except ValidationError:
        raise DataDirectoryError(
            f"{path} is damaged: restore it from a backup, or delete it and add the gateways anew."
        ) from None


def save_gateways(path: Path, gateways: Gateways) -> None:
    """Write the accounts, readable by us alone."""
    write_private(path, gateways.model_dump_json(indent=1))


def make_account(
    name: str, *, areas: Sequence[str], topics: Sequence[str], learnt: Iterable[str], now: datetime
) -> tuple[Gateway, str]:
    """Make an account with a new password, and give both: nobody will know the password again.

    Raises:
        GatewayError: the name, an area or a topic filter is none that an account may have.
    """
    refuse_name(name)
    for topic_filter in topics:
        refuse_filter(topic_filter)
    for area in areas:
        refuse_area(area)
    password = secrets.token_urlsafe(24)
    account = Gateway(
        name=name,
        areas=tuple(areas),
        topics=tuple(topics),
        learnt=tuple(learnt),
        bcrypt=bcrypt(password),
        pbkdf2=pbkdf2(password),
        created_at=now,
    )
    return account, password


def refuse_name(name: str) -> None:
    """Refuse a name that a broker's files, a client certificate or an account of ours could be confused by.

    Raises:
        GatewayError: it is such a one.
    """
    if not NAME.fullmatch(name):
        raise GatewayError(f"{name!r} is no name of a gateway: letters, digits, - and _, at most 64.")
    if name in RESERVED:
        raise GatewayError(f"{name!r} is an account of Gridwatch's own.")


def refuse_filter(topic_filter: str) -> None:
    """Refuse what is no topic filter, and one by which a gateway could speak for the worker.

    Raises:
        GatewayError: it is such a one.
    """
    levels = topic_filter.split("/")
    is_whole = all(level in ("+", "#") or not set(level) & set("+#") for level in levels) and "#" not in levels[:-1]
    if not topic_filter or len(topic_filter) > LONGEST_FILTER or not is_whole or not topic_filter.isprintable():
        raise GatewayError(f"{topic_filter!r} is no MQTT topic filter.")
    if _UNSPEAKABLE & set(topic_filter) or any(matches(topic_filter, own) for own in _SELF):
        raise GatewayError(
            f"The filter {topic_filter!r} holds a blank, * or >, or the worker's own topics ({SELF_TOPIC}…)."
        )


def refuse_area(area: str) -> None:
    """Refuse what is not one level of a topic: the broker would not start with it, or allow more than one town.

    Raises:
        GatewayError: it is such a one.
    """
    if not area or not area.isprintable() or (_UNSPEAKABLE | set("/+#")) & set(area):
        raise GatewayError(f"{area!r} is no code of an area.")


def _of_areas(areas: Iterable[str]) -> list[str]:
    return [f"{root}/{area}/{rest}" for area in areas for root, rest in AREA_TOPICS]


AREA_TOPICS: Final = (
    ("gridwatch/v1", "+/senml"),
    *((root, "+") for root in ("sl651", "gb26875", "hj212", "sl427", "gst9000")),
)
"""Our own forms of topics that name the area."""
