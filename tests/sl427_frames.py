"""A small encoder of SL/T 427-2021 frames, written from the standard and apart from the decoder it judges."""


def crc8(data: bytes) -> int:
    """CRC-8 with X7+X6+X5+X2+1, bit by bit, beginning with 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0xE5 if crc & 0x80 else crc << 1) & 0xFF
    return crc


def frame(control: int, function: int, data: str, *, station: str = "0102030405") -> bytes:
    """One frame: control byte, address, function and the hex of its data."""
    user = bytes([control]) + bytes.fromhex(station) + bytes([function]) + bytes.fromhex(data)
    if control & 0x40:  # the number of the part stands behind the control byte
        user = user[:1] + user[7:8] + user[1:7] + user[8:]
    return bytes([0x68, len(user), 0x68]) + user + bytes([crc8(user), 0x16])
