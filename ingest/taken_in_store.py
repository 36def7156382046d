"""Keeps fingerprints of untimed messages in the database, in the transaction that stores their readings."""

from database.connection import Cursor
from ingest.redelivered import TakenIn


def load_taken_in(cur: Cursor, worker: str) -> TakenIn:
    """Read what a worker has taken in of late."""
    taken = TakenIn()
    rows = cur.execute("SELECT batch, marks FROM taken_in WHERE worker = %s ORDER BY batch", (worker,)).fetchall()
    for batch, marks in rows:
        taken.restore(batch, bytes(marks))
    return taken


def write_taken_in(cur: Cursor, worker: str, batch: int, marks: bytes, *, oldest: int) -> None:
    """Write the fingerprints of one batch and forget those older than the batch `oldest`."""
    cur.execute("INSERT INTO taken_in (worker, batch, marks) VALUES (%s, %s, %s)", (worker, batch, marks))
    cur.execute("DELETE FROM taken_in WHERE worker = %s AND batch < %s", (worker, oldest))
