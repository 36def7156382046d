"""The kinds of rows among the devices that are no devices: they carry alarms and never report. Pure: a closed set."""

from enum import StrEnum


class CarrierKind(StrEnum):
    """What carries an alarm without being a device. No device may be registered as one of these.

    The column `devices.is_carrier` is made from the same list, and it is what queries ask.
    """

    PLACE = "place"  # a building, or a grid where several devices spoke
    LINK = "link"  # a town's connection, or a gateway nobody registered
    SERVICE = "service"  # the broker, a worker: ourselves
