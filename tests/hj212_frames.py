"""A small encoder of HJ 212 packets, written from annex A and apart from the decoder it judges."""


def crc(segment: bytes) -> str:
    """Annex A: the register's high byte meets the next byte, then eight shifts with A001."""
    register = 0xFFFF
    for byte in segment:
        register = (register >> 8) ^ byte
        for _ in range(8):
            dropped = register & 1
            register >>= 1
            if dropped:
                register ^= 0xA001
    return f"{register:04X}"


def packet(segment: str, *, encoding: str = "gb18030") -> bytes:
    """A packet around a data segment."""
    data = segment.encode(encoding)
    return b"##%04d" % len(data) + data + crc(data).encode() + b"\r\n"


def report(
    content: str,
    *,
    cn: str = "2011",
    st: str = "22",
    flag: int = 5,
    mn: str = "A110000_0001",
    qn: str = "20260701060030123",
    time: str = "20260701060000",
) -> bytes:
    """A report of the 2017 standard, asking for an answer unless told otherwise."""
    head = f"QN={qn};ST={st};CN={cn};PW=123456;MN={mn};Flag={flag};"
    return packet(f"{head}CP=&&DataTime={time};{content}&&")


def counting(packet: bytes, over: int) -> bytes:
    """Make the packet of a maker who counts so many bytes around the data into the length."""
    return b"##%04d" % (int(packet[2:6]) + over) + packet[6:]
