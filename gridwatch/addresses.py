"""Addresses to listen on: read HOST:PORT, choose free ports, and say who has a port that is taken."""

import errno
import socket
from contextlib import closing

import psutil

from gridwatch.errors import AddressError, SettingsError
from gridwatch.runtime import Listen

HIGHEST_PORT = 65535


def read_address(text: str, *, option: str) -> Listen:
    """Read HOST:PORT, :PORT or [IPv6]:PORT; port 0 asks for a free one.

    Raises:
        SettingsError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > HIGHEST_PORT:
        raise SettingsError(f"{option} {text!r} is no HOST:PORT, like 127.0.0.1:8000.")
    return Listen(host=host.strip("[]") or "127.0.0.1", port=int(port))


def settle(wanted: Listen, *, purpose: str, option: str) -> Listen:
    """Choose the port where it is 0, and see that it can be listened on.

    Raises:
        AddressError: it is in use, or not ours to use.
    """
    family = socket.AF_INET6 if ":" in wanted.host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wanted.host, wanted.port))
        except OSError as error:
            raise AddressError(_sentence(wanted, error, purpose, option)) from None
        return wanted.model_copy(update={"port": probe.getsockname()[1]})


def _sentence(wanted: Listen, error: OSError, purpose: str, option: str) -> str:
    where = f"{wanted.host}:{wanted.port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {wanted.port} for {purpose} is in use{_holder(wanted.port)}: choose another with {option}."
        case errno.EACCES:
            return f"Port {wanted.port} for {purpose} is reserved for root: choose one above 1023 with {option}."
        case errno.EADDRNOTAVAIL:
            return f"{wanted.host} for {purpose} is no address of this machine: choose another with {option}."
        case _:
            return f"{where} for {purpose} cannot be listened on: {error.strerror or error} ({option})."


def _holder(port: int) -> str:
    """Name the process that listens on `port`, where we may know it; "" otherwise."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.pid and connection.laddr[1:2] == (port,):
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""
