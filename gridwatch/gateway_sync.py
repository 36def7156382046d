"""Keep what gateways may publish in step with the devices registered behind them."""

from pathlib import Path
from typing import Final

from database.connection import Cursor
from gridwatch.gateway_topics import learn_topics
from gridwatch.gateways import Gateways, load_gateways, save_gateways

_LOCK: Final = 0x67617465  # "gate"


def lock_gateways(cur: Cursor) -> None:
    """Let nobody else read the file of accounts to write it, until the transaction ends: an account that was removed stays so."""
    cur.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def sync_gateways(cur: Cursor, path: Path) -> list[str]:
    """Give every account the topics of its registered children; name the accounts that changed.

    The file is written only where something changed: whoever watches it reloads the broker.
    """
    lock_gateways(cur)
    gateways = load_gateways(path)
    if not gateways.accounts:
        return []
    learnt = learn_topics(cur, [account.name for account in gateways.accounts])
    changed = [account.name for account in gateways.accounts if account.learnt != learnt[account.name]]
    if changed:
        accounts = tuple(account.model_copy(update={"learnt": learnt[account.name]}) for account in gateways.accounts)
        save_gateways(path, Gateways(accounts=accounts))
    return changed
