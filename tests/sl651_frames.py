"""A small encoder of SL 651-2014 frames, written from the standard and apart from the decoder it judges."""

from binascii import unhexlify


def crc_modbus(data: bytes) -> bytes:
    """CRC-16/MODBUS, bit by bit, high byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "big")


def body(
    elements: str,
    *,
    sent: str = "260701060030",
    observed: str | None = "2607010600",
    station: str = "0012345678",
    class_code: str = "48",
) -> bytes:
    """An ordinary report: serial 7, send time, station, class, observation time, then the hex of the elements."""
    groups = "0007" + sent + "F1F1" + station + class_code
    groups += f"F0F0{observed}" if observed is not None else ""
    return unhexlify((groups + elements).replace(" ", ""))


def frame(
    function: int,
    content: bytes,
    *,
    station: str = "0012345678",
    packet: tuple[int, int] | None = None,
    down: bool = False,
) -> bytes:
    """A HEX/BCD frame; `packet` is (total, number) of mode M3."""
    numbers = b"" if packet is None else (packet[0] << 12 | packet[1]).to_bytes(3, "big")
    length = len(content) + len(numbers)
    centre, address = b"\x01", unhexlify(station)
    head = b"\x7e\x7e" + (address + centre if down else centre + address) + b"\x12\x34" + bytes([function])
    head += ((0x8000 if down else 0) | length).to_bytes(2, "big") + (b"\x02" if packet is None else b"\x16")
    is_last = packet is None or packet[0] == packet[1]
    end = b"\x04" if down else b"\x03" if is_last else b"\x17"
    whole = head + numbers + content + end
    return whole + crc_modbus(whole)


def report(elements: str, *, function: int = 0x32, **head: str) -> bytes:
    """One report in one frame."""
    station = head.get("station", "0012345678")
    return frame(function, body(elements, **head), station=station)


def ascii_frame(function: int, text: str, *, station: str = "0012345678", sent: str = "260701060030") -> bytes:
    """An ASCII frame: serial and send time, then the words of `text`."""
    content = b"0007" + sent.encode() + text.encode()
    head = (
        b"\x0101" + station.encode() + b"1234" + f"{function:02X}".encode() + f"{len(content):04X}".encode() + b"\x02"
    )
    whole = head + content + b"\x03"
    return whole + crc_modbus(whole).hex().upper().encode()
