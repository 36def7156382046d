"""HJ 212-2017 and HJ/T 212-2005 for a bridge: packets (6.3) and the answers of the upper machine (6.6, annex C). Pure.

A device is answered only where its Flag asks for it (bit 0). Data commands (2xxx) get 9014, others it starts (1013, 3019, …) 9013.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gridwatch.bridge.frames import Cut, Frame, More, Skip
from ingest.decoders.hj212.packet import COUNTED_IN, checksum

_START: Final = re.compile(rb"##(?=[0-9]{4}|[0-9]{0,3}\Z)|#\Z")
_HEAD, _AROUND = 6, 12  # "##LLLL"; with the checksum and CR LF
_FIELD: Final = re.compile(rb"(?:\A|[;,&])\s*(QN|CN|PW|MN|Flag)=([^;,&]*)")
_NAME: Final = re.compile(rb"[A-Za-z0-9_.-]{1,32}")
_FLAG: Final = re.compile(rb"[0-9]{1,3}")
_NAMELESS: Final = "-"
_ANSWERS: Final = frozenset({b"9011", b"9012", b"9013", b"9014"})
_VERSION_BITS = 0xFC


@dataclass(frozen=True, slots=True, kw_only=True)
class Hj212:
    """The dialect, which is its own conversation: every packet is answered for itself."""

    root: str = "hj212"

    def cut(self, data: bytes, *, is_last: bool) -> Cut:
        """Find a packet in front of `data`. CR LF belongs to it; one that ends without is whole when nothing follows."""
        match = _START.search(data)
        if match is None or match.start():
            return Skip(size=len(data) if match is None else match.start())
        if len(data) < _HEAD:
            return Skip(size=1) if is_last else More(size=_HEAD)
        return _whole(data, is_last=is_last)

    def talk(self) -> "Hj212":
        """Begin a conversation."""
        return self

    def answer(self, frame: Frame, now: datetime) -> bytes:  # noqa: ARG002 -- the answer repeats the packet's own QN
        """Answer a packet that asks for it, in the form of its own version of the standard."""
        if not frame.is_right or not frame.is_up:
            return b""
        named = dict(_FIELD.findall(frame.raw.partition(b"CP=")[0][_HEAD:]))
        flag = named.get(b"Flag", b"")
        if not _FLAG.fullmatch(flag) or not int(flag) & 1:
            return b""
        command = b"9014" if named.get(b"CN", b"").startswith(b"2") else b"9013"
        version = int(flag) & _VERSION_BITS
        number, password, name = (named.get(key, b"") for key in (b"QN", b"PW", b"MN"))
        if version:
            head = b"QN=%b;ST=91;CN=%b;PW=%b;MN=%b;Flag=%d;CP=&&&&"
            return _packet(head % (number, command, password, name, version))
        return _packet(b"ST=91;CN=%b;PW=%b;MN=%b;Flag=0;CP=&&QN=%b&&" % (command, password, name, number))


def _whole(data: bytes, *, is_last: bool) -> Cut:
    length = int(data[2:_HEAD])
    for over in COUNTED_IN:  # the shortest first: what is found does not depend on how much is here already
        size = _AROUND + length - over
        if size > _AROUND and len(data) < size and not is_last:
            return More(size=size)
        if size > _AROUND and data[size - 2 : size] == b"\r\n" and _is_right(data[: size - 2]):
            return _frame(data[:size], size - 2)
    size = _AROUND + length
    if len(data) < size and not is_last:
        tail = data[size - 2 :]
        if not tail or tail == b"\r":
            return More(size=size)
    if len(data) < size - 2:
        return Skip(size=1)
    raw = data[:size] if data[size - 2 : size] == b"\r\n" else data[: size - 2]
    if _is_right(raw[: size - 2]):
        return _frame(raw, size - 2)
    return Skip(size=1, found=Frame(raw=raw, device=_device(raw[_HEAD:]), is_right=False))


def _is_right(whole: bytes) -> bool:
    """Tell whether a packet without CR LF ends in its checksum."""
    return whole[-4:].upper() == b"%04X" % checksum(whole[_HEAD:-4])


def _frame(raw: bytes, end: int) -> Frame:
    segment = raw[_HEAD : end - 4]
    return Frame(raw=raw, device=_device(segment), is_up=dict(_FIELD.findall(segment)).get(b"CN") not in _ANSWERS)


def _device(segment: bytes) -> str:
    name = dict(_FIELD.findall(segment)).get(b"MN", b"").strip()
    return name.decode() if _NAME.fullmatch(name) else _NAMELESS


def _packet(segment: bytes) -> bytes:
    return b"##%04d%b%04X\r\n" % (len(segment), segment, checksum(segment))
