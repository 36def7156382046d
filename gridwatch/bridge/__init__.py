"""Bridges: devices that speak TCP or UDP on one side, the raw frame over MQTT on the other. Knows no database.

A bridge decodes nothing. It finds frames in a stream, publishes each as it came to `{protocol}/{area}/{device}`, and gives the
device the answer its protocol demands when the broker has acknowledged the publication: what a device believes delivered is
not lost. `frames`, `limits`, `stream`, `peer`, `doors` and the dialects are pure; `publisher`, `tcp` and `udp` touch the world.
"""

from gridwatch.bridge.dialects import PROTOCOLS
from gridwatch.bridge.limits import Closing, Limits

__all__ = ["PROTOCOLS", "Closing", "Limits"]
