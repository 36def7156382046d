"""Older and other LoRaWAN network servers: LoRa App Server (`…/rx`), ChirpStack v3, Milesight gateways. Pure.

What they say is what ChirpStack v4 says, in other spellings: see `chirpstack_v4`. On a topic that names no device, as those
of Milesight gateways often are, the message itself is believed.
"""

from typing import Final

from ingest.lorawan.chirpstack import decode
from ingest.readings import Decoder

TOPICS: Final = ("application/+/device/+/+", "application/+/node/+/+", "milesight/#")
DECODER: Final[Decoder] = decode
