"""What LoRaWAN network servers have in common: identities, times, radio, and the payload in the envelope. Pure."""

from ingest.lorawan.fields import enclosed_bytes, eui, instant
from ingest.lorawan.uplink import Uplink, told

__all__ = ["Uplink", "enclosed_bytes", "eui", "instant", "told"]
