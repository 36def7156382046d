"""Addresses to listen on: reading them, choosing free ports, and saying who has a port."""

import os
import socket
from contextlib import closing

import pytest

from gridwatch.addresses import read_address, settle
from gridwatch.errors import AddressError, SettingsError
from gridwatch.runtime import Broker, Listen, with_account


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        (":0", "127.0.0.1", 0),
        ("[::1]:80", "::1", 80),
        ("0.0.0.0:1883", "0.0.0.0", 1883),  # noqa: S104 -- nothing is bound
    ],
)
def test_an_address_is_host_and_port(text, host, port):
    """HOST:PORT, :PORT and [IPv6]:PORT are read."""
    assert read_address(text, option="--http") == Listen(host=host, port=port)


@pytest.mark.parametrize("text", ["8000", "localhost:", "a:b", "a:65536", "a:-1", "a:٣"])
def test_what_is_no_address_is_refused_by_name(text):
    """A wrong address is one sentence that names the option."""
    with pytest.raises(SettingsError, match="--http"):
        read_address(text, option="--http")


def test_port_0_chooses_a_free_one():
    """The chosen port can be listened on."""
    listen = settle(Listen(host="127.0.0.1", port=0), purpose="the web server", option="--http")
    with closing(socket.socket()) as server:
        server.bind((listen.host, listen.port))


def test_a_port_in_use_names_port_holder_and_remedy():
    """The sentence says which port, who has it and which option chooses another."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(AddressError) as caught:
            settle(Listen(host="127.0.0.1", port=port), purpose="the web server", option="--http")
    assert f"Port {port} for the web server is in use by " in str(caught.value)
    assert f"(process {os.getpid()})" in str(caught.value)
    assert "--http" in str(caught.value)


def test_an_address_of_another_machine_is_refused():
    """Listening on somebody else's address is said plainly."""
    with pytest.raises(AddressError, match="no address of this machine"):
        settle(Listen(host="192.0.2.1", port=0), purpose="the web server", option="--http")


def test_a_server_on_all_addresses_is_reached_by_the_local_one():
    """run.json names an address that a program on this machine can open."""
    assert Listen(host="0.0.0.0", port=8000).url == "http://127.0.0.1:8000"  # noqa: S104 -- nothing is bound
    assert Listen(host="::", port=8000).url == "http://[::1]:8000"


def test_the_account_in_an_outside_brokers_url_is_every_clients():
    """mqtt://user:password@host means port 1883 and that account; mqtts means TLS and 8883."""
    broker = Broker.from_url("mqtt://a:b%40c@example")
    assert (broker.host, broker.port, broker.tls, broker.worker.password) == ("example", 1883, False, "b@c")
    assert Broker.from_url("mqtts://example").port == 8883
    assert with_account(broker.url, broker.gateway) == "mqtt://a:b%40c@example:1883"
