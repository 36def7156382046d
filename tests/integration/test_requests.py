"""What we send back to devices, over a real broker and a real database."""

import asyncio

import aiomqtt

from ingest.decoders.sparkplug_b.payload import read
from tests.conftest import Broker
from tests.working import counted, rows, working

NODE = "spBv1.0/plant/NDATA/node1"
COMMAND = "spBv1.0/plant/NCMD/node1"
ALIAS_ONLY = bytes.fromhex("08eaf2f5a8a02b1204100150011805")
"""Metric number 1 has the value 1, and nobody said what metric number 1 is; seq 5."""


async def test_node_without_a_birth_is_asked_for_it(database_url: str, broker: Broker) -> None:
    """Its data are kept raw, a rebirth command reaches it, and a second message within the minute brings no second one."""
    async with (
        working(database_url, broker.host, broker.port, broker.user, broker.password),
        aiomqtt.Client(broker.host, broker.port, username=broker.user, password=broker.password) as node,
    ):
        await node.subscribe("spBv1.0/plant/NCMD/#")
        await node.publish(NODE, ALIAS_ONLY, qos=1)
        async with asyncio.timeout(30):
            command = await anext(node.messages)
        assert command.topic.value == COMMAND
        assert isinstance(command.payload, bytes)
        assert [(metric.name, metric.raw) for metric in read(command.payload).metrics] == [
            ("Node Control/Rebirth", True)
        ]
        await node.publish(NODE, ALIAS_ONLY, qos=1)
        await node.publish("spBv1.0/other/NDATA/node2", ALIAS_ONLY, qos=1)
        # Both our own commands, which come back to us, and the data are in the list of what was not taken in.
        await counted(database_url, "SELECT FROM rejected_messages WHERE reason = 'unsupported'", 3)
        await counted(database_url, "SELECT FROM rejected_messages WHERE reason = 'downlink'", 2)
        sent = await rows(database_url, "SELECT topic, count(*) FROM rejected_messages GROUP BY topic")
    assert dict(sent) == {COMMAND: 1, NODE: 2, "spBv1.0/other/NCMD/node2": 1, "spBv1.0/other/NDATA/node2": 1}
