"""ChirpStack v4 (and v3) on `application/{id}/device/{DevEUI}/event/{kind}`, JSON or Protocol Buffers. Pure.

The device is its DevEUI, 16 hex characters in upper case. An uplink tells the radio (`rssi`, `snr` of the strongest gateway) and
what its payload says: by a codec of ours that the device profile's name or a tag leads to, else by the network's own codec
(`object`), else as the registry says. A status tells battery and margin. A join announces the device; acknowledgements,
locations and integrations say nothing. An error in the network's log is counted, it is no fault of the device.
"""

from typing import Final

from ingest.lorawan.chirpstack import decode
from ingest.readings import Decoder

TOPICS: Final = ("application/+/device/+/event/+",)
DECODER: Final[Decoder] = decode
