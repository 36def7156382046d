"""Checksums of frames. Pure: each takes bytes and gives a number."""

import binascii
from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import Final

from ingest.declared.model import Sum
from ingest.decoders.sl651.frame import crc16 as crc16_modbus


def crc16_ccitt(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, from FFFF."""
    return binascii.crc_hqx(data, 0xFFFF)


SUMS: Final[Mapping[Sum, tuple[int, Callable[[bytes], int]]]] = {
    Sum.SUM8: (1, lambda data: sum(data) & 0xFF),
    Sum.SUM8_ZERO: (0, lambda data: sum(data) & 0xFF),  # the checksum is among the bytes that add up to 0
    Sum.XOR8: (1, lambda data: reduce(xor, data, 0)),
    Sum.CRC16_MODBUS: (2, crc16_modbus),
    Sum.CRC16_CCITT: (2, crc16_ccitt),
}
"""The bytes a checksum takes in the frame, and how it is made."""
