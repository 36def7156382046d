"""Accounts of gateways: names, topics, hashes."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from gridwatch.gateway_hashes import bcrypt, pbkdf2
from gridwatch.gateway_topics import topics_of
from gridwatch.gateways import GatewayError, Gateways, load_gateways, make_account, refuse_filter, save_gateways

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_an_account_may_publish_what_was_said_its_areas_and_its_children(tmp_path):
    """The three together, each once; the file gives back what was written."""
    learnt = ("gridwatch/v1/T/s-1/senml", "a/b")
    account, password = make_account("gw", areas=("3301",), topics=("a/b",), learnt=learnt, now=NOW)
    assert account.publish == (
        *("a/b", "gridwatch/v1/3301/+/senml", "sl651/3301/+", "gb26875/3301/+"),
        *("hj212/3301/+", "sl427/3301/+", "gst9000/3301/+"),
        "gridwatch/v1/T/s-1/senml",
    )
    save_gateways(tmp_path / "g.json", Gateways().with_account(account))
    assert load_gateways(tmp_path / "g.json").named("gw") == account
    assert password not in (tmp_path / "g.json").read_text()


@pytest.mark.parametrize(
    "topic_filter",
    ["#", "+/self/#", "gridwatch/#", "+/+/+", "gridwatch/self/x/y", "a#", "a/#/b", "", "a b", "a\n", "a/*", "a/>/b"],
)
def test_a_filter_that_is_none_or_the_workers_own_is_refused(topic_filter):
    """Nobody but the worker may say that the worker lives."""
    with pytest.raises(GatewayError):
        refuse_filter(topic_filter)


@pytest.mark.parametrize("name", ["worker", "simulators", "a b", "a/b", "", "x" * 65, "a:b", "_a"])
def test_a_name_that_confuses_files_is_refused(name):
    """No reserved name, no blank, colon or slash."""
    with pytest.raises(GatewayError):
        make_account(name, areas=(), topics=(), learnt=(), now=NOW)


@pytest.mark.parametrize("area", ["+", "#", "a/b", "a b", "a\tb", ">", "*", ""])
def test_an_area_that_is_no_level_of_a_topic_is_refused(area):
    """A broker would not start with it, or let one gateway speak for every town."""
    with pytest.raises(GatewayError):
        make_account("gw", areas=(area,), topics=(), learnt=(), now=NOW)


def test_a_device_is_known_by_the_topics_of_its_formats():
    """SenML for all; SL 651 for station addresses; GB/T 26875.3 by the transmission device in front of a component."""
    assert topics_of("s-1", "T") == ["gridwatch/v1/T/s-1/senml"]
    assert topics_of("0012345678", "T")[1:] == ["sl651/T/0012345678"]
    assert topics_of("339900000001-1.1-01000300", "")[1:] == ["gb26875/+/339900000001"]
    assert topics_of("烟感", "城关") == ["gridwatch/v1/城关/烟感/senml"]
    assert all(topics_of(name, "T") == topics_of("a", name) == [] for name in ("a/b", "a+", "*", ">", "a b", "a\nb"))


def test_the_hashes_are_those_of_the_brokers():
    """PBKDF2 as mosquitto_passwd writes it; bcrypt as NATS reads it, salted anew each time."""
    _, kind, rounds, salt, hashed = pbkdf2("secret").split("$")
    assert kind == "7"
    again = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(rounds))
    assert base64.b64encode(again).decode() == hashed
    assert bcrypt("secret").startswith("$2b$05$")
    assert len(bcrypt("secret")) == 60
    assert bcrypt("secret") != bcrypt("secret")
