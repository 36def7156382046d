"""How a good station speaks each protocol of a bridge, and how it knows an answer as one to its own report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

from tests import gb26875_frames, hj212_frames, sl651_frames

SL651_STATION = "0012345678"
GB26875_SOURCE = gb26875_frames.SOURCE.hex().upper()
HJ212_STATION = "A110000_0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A protocol as one station speaks it: its reports, each different from the others, and their confirmations."""

    protocol: str  # of the bridge, and the first level of its topics
    decoder: str
    station: str
    reports: Callable[[], Iterator[bytes]]
    confirms: Callable[[bytes, bytes], bool]  # an answer, and a report
    answer_size: int
    glued_halves_are_bad: bool = (
        False  # a frame that tells its length is whole, and damaged, once others follow its half
    )

    def topic(self, area: str) -> str:
        """Name where the station's frames are published."""
        return f"{self.protocol}/{area}/{self.station}"


def damaged(frame: bytes) -> bytes:
    """Change one bit of the body."""
    return frame[:33] + bytes([frame[33] ^ 4]) + frame[34:]


def _sl651_reports() -> Iterator[bytes]:
    for serial in count(1):
        content = bytes.fromhex(f"{serial:04X}") + sl651_frames.body(f"3923 {serial:08d} 3812 1213")[2:]
        yield sl651_frames.frame(0x32, content)


def _sl651_confirms(answer: bytes, report: bytes) -> bool:
    """Station first, same function and serial, a right checksum."""
    return (
        answer[2:8] == report[3:8] + report[2:3]
        and answer[10] == report[10]
        and answer[14:16] == report[14:16]
        and answer[-3] == 0x04
        and sl651_frames.crc_modbus(answer[:-2]) == answer[-2:]
    )


def _gb26875_reports() -> Iterator[bytes]:
    for serial in count(1):
        fire = gb26875_frames.components(gb26875_frames.component(2, address=serial.to_bytes(4, "little")))
        yield gb26875_frames.frame(fire, destination=bytes.fromhex("0102030405FF"))


def gb26875_answers(answer: bytes, report: bytes, *, command: int) -> bool:
    """Same serial and version, the addresses exchanged, a right checksum."""
    return (
        answer[2:6] == report[2:6]
        and (answer[12:18], answer[18:24]) == (report[18:24], report[12:18])
        and answer[26] == command
        and sum(answer[2:-3]) & 0xFF == answer[-3]
    )


def _hj212_reports() -> Iterator[bytes]:
    for serial in count(1):
        yield hj212_frames.report(f"LA-Rtd={50 + serial % 30}.2,LA-Flag=N", qn=f"20260701060{serial:06d}")


def hj212_answer(qn: bytes) -> bytes:
    """Give the answer to a report of data: 9014 with its own QN."""
    return hj212_frames.packet(f"QN={qn.decode()};ST=91;CN=9014;PW=123456;MN={HJ212_STATION};Flag=4;CP=&&&&")


def _hj212_confirms(answer: bytes, report: bytes) -> bool:
    return answer == hj212_answer(report[9:26])


SL651 = Speech(
    protocol="sl651",
    decoder="sl651",
    station=SL651_STATION,
    reports=_sl651_reports,
    confirms=_sl651_confirms,
    answer_size=25,
)
GB26875 = Speech(
    protocol="gb26875",
    decoder="gb26875_3",
    station=GB26875_SOURCE,
    reports=_gb26875_reports,
    confirms=lambda answer, report: gb26875_answers(answer, report, command=3),
    answer_size=30,
)
HJ212 = Speech(
    protocol="hj212",
    decoder="hj212",
    station=HJ212_STATION,
    reports=_hj212_reports,
    confirms=_hj212_confirms,
    answer_size=len(hj212_answer(b"20260701060030123")),
    glued_halves_are_bad=True,
)
