"""Packets of makers' fire devices that vouch for themselves; whose they are, only the platform's envelope says. Pure and total."""

from datetime import datetime

from ingest.enclosed_frames import frames_in
from ingest.maker_packets import huaqiang, isnb
from ingest.readings import Decoded, DeviceId, Quality


def opened_in(
    device: DeviceId, data: bytes, moment: tuple[datetime, Quality], received: datetime, imei: str = ""
) -> list[Decoded] | None:
    """Open what an envelope of `device` at `moment` encloses, the frames of `frames_in` among it; None is for a codec.

    `imei` is the one that the envelope names, if it does.
    """
    opened = frames_in(data, received)
    if opened is None:
        opened = isnb.read(device, data, moment, received)
    return huaqiang.read(device, imei, data, received) if opened is None else opened
