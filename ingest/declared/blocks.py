"""From a declared block to a function that reads every record of a message by it. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from ingest.declared.model import Amount, Block, Device, Element, End, Endian, Part, Records, Time, Tlv, Unknown
from ingest.declared.places import MOST_FOUND, Context, compile_many, compile_place
from ingest.declared.rules import Emit, compile_position, compile_reading, compile_state, is_somewhere
from ingest.declared.times import Settle, compile_time
from ingest.declared.words import compile_tests, id_text
from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection
from ingest.wire import number

Run = Callable[[Context, DeviceId | None, datetime, Quality, list[Decoded]], None]
DeviceOf = Callable[[Context], DeviceId | None]
LONGEST_STEP_S: Final = 366 * 86400.0
FARTHEST_S: Final = 10 * LONGEST_STEP_S
"""No record lies further from the time of its frame; further still there would be no date."""


def compile_block(block: Block, device: Device | None, time: Time | None, endian: Endian) -> Run:
    """Make the function that reads a message by a block; `device` and `time` hold where the block has none of its own."""
    named = block.device or device
    device_of = None if named is None else compile_device(named, endian)
    timed = block.time or time
    time_of = None if timed is None else compile_time(timed, endian)
    hold, emits = compile_tests(block.when, endian), _emits(block, endian)
    contexts = _contexts(block, endian)
    elements = None if block.tlv is None else compile_tlv(block.tlv, endian)
    repeated = block.records
    own_time = compile_time(repeated.time, endian) if repeated is not None and repeated.time is not None else None

    def run(whole: Context, known: DeviceId | None, received: datetime, given: Quality, out: list[Decoded]) -> None:
        for head, context, back_s in contexts(whole, out):
            if hold is not None and not hold(head):
                continue
            speaker = known or (None if device_of is None else device_of(head))
            if speaker is None:
                out.append(Rejection(reason=Reason.TOPIC, detail="nothing says which device speaks"))
                return
            when, quality = (received, given) if time_of is None else time_of(head, received, given)
            if back_s:
                when -= timedelta(seconds=max(-FARTHEST_S, min(back_s, FARTHEST_S)))
            if own_time is not None:
                when, quality = own_time(context, when, quality)
            if block.history and quality is Quality.GOOD:
                quality = Quality.HISTORY
            for emit in emits:
                emit(context, speaker, when, quality, out)
            if elements is not None:
                elements(context, speaker, when, quality, out)

    return run


def _emits(block: Block | Element, endian: Endian) -> list[Emit]:
    emits = [compile_reading(rule, endian) for rule in block.readings]
    emits += [compile_state(rule, endian) for rule in block.states]
    if isinstance(block, Block) and block.position is not None:
        emits.append(compile_position(block.position, endian))
    return emits


def compile_device(device: Device, endian: Endian) -> DeviceOf:
    """Make the function that gives the id of the device, None where a part of it is lacking."""
    parts: tuple[Part, ...] = device.parts or (device,)
    gets = [(compile_place(part, endian), part.case) for part in parts]
    join = device.join

    def of(context: Context) -> DeviceId | None:
        words = []
        for get, case in gets:
            raw = get(context)
            if type(raw) is float and raw.is_integer():
                raw = int(raw)
            word = raw if type(raw) is str else str(raw) if type(raw) is int else ""
            word = id_text(word[:200]) if word else ""
            if not word:
                return None
            words.append(word if case is None else word.upper() if case == "upper" else word.lower())
        return DeviceId(words[0] if len(words) == 1 else join.join(words))

    return of


Found = tuple[Context, Context, float]
Contexts = Callable[[Context, list[Decoded]], Iterator[Found] | tuple[Found, ...]]


def _contexts(block: Block, endian: Endian) -> Contexts:
    """Choose how a message falls into records: where `when`, device and time stand, the record, and its seconds before that time."""
    if block.each is not None:
        return _each(block.each)
    if block.records is not None:
        return _repeated(block.records, endian)
    return lambda whole, _: ((whole, whole, 0.0),)


def _each(path: tuple[str, ...]) -> Contexts:
    get = compile_many(path)

    def contexts(whole: Context, out: list[Decoded]) -> Iterator[Found]:
        found = get(whole)
        for keys, value in found[:MOST_FOUND]:
            record = Context(whole.levels, whole.root, value, whole.data, keys)
            yield record, record, 0.0
        if len(found) > MOST_FOUND:
            out.append(_too_many())

    return contexts


def _too_many() -> Rejection:
    return Rejection(reason=Reason.TOO_LARGE, detail=f"more than {MOST_FOUND} records")


def _repeated(records: Records, endian: Endian) -> Contexts:
    count_of, step_of = compile_amount(records.count, endian), compile_amount(records.step_s, endian)
    at, size = records.at, records.size

    def contexts(whole: Context, out: list[Decoded]) -> Iterator[Found]:
        data, room = whole.data, max(0, (len(whole.data) - at) // size)
        claimed = room if records.count is None else max(0, int(count_of(whole) or 0))
        step = min(max(step_of(whole) or 0.0, 0.0), LONGEST_STEP_S)
        for number_ in range(min(claimed, room, MOST_FOUND)):
            begin = at + number_ * size
            behind = min(claimed, MOST_FOUND) - 1 - number_ if records.time_of is End.LAST else -number_
            record = Context(whole.levels, whole.root, whole.value, data[begin : begin + size], whole.keys)
            yield whole, record, behind * step
        if claimed > room:
            out.append(Rejection(reason=Reason.TRUNCATED, detail=f"{room} records of {claimed}"))
        elif claimed > MOST_FOUND:
            out.append(_too_many())

    return contexts


def compile_amount(amount: Amount | None, endian: Endian) -> Callable[[Context], float | None]:
    """Make the function that gives a number of the frame, plus what is to be added to it."""
    if amount is None or not is_somewhere(amount):
        constant = None if amount is None or amount.value is None else float(amount.value + amount.plus)
        return lambda _: constant
    get, plus = compile_place(amount, endian), amount.plus

    def of(context: Context) -> float | None:
        value = number(get(context))
        return None if value is None else value + plus

    return of


def compile_tlv(tlv: Tlv, endian: Endian) -> Emit:
    """Make the function that reads elements one after another."""
    kinds = {bytes.fromhex(kind): _Element(element, endian) for kind, element in tlv.elements.items()}
    wide, long = tlv.type_size, 0 if tlv.length is None else int(tlv.length[1:]) // 8
    order = "big" if endian is Endian.BIG else "little"

    def read(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        data = context.data if tlv.to is None else context.data[: tlv.to]
        at, left = tlv.at, MOST_FOUND
        while at < len(data) and left:
            left -= 1
            kind = kinds.get(data[at : at + wide])
            begin = at + wide + long
            size = kind.size if kind is not None and kind.size is not None else None
            if long:
                size = int.from_bytes(data[at + wide : begin], order)  # type: ignore[arg-type]
            if size is None or (kind is None and tlv.unknown is Unknown.STOP):
                name = data[at : at + wide].hex().upper()
                out.append(Rejection(reason=Reason.UNSUPPORTED, detail=f"an element {name} that is not declared"))
                return
            at = begin + size
            if at > len(data):
                out.append(Rejection(reason=Reason.TRUNCATED, detail="the last element is cut off"))
                return
            if kind is not None:
                inner = Context(context.levels, context.root, context.value, data[begin:at], context.keys)
                kind.read(inner, device, time, quality, out)
        if at < len(data):
            out.append(_too_many())

    return read


class _Element:
    """One type of element, compiled."""

    def __init__(self, element: Element, endian: Endian) -> None:
        self.size = element.size
        self._emits = [compile_reading(rule, endian) for rule in element.readings]
        self._emits += [compile_state(rule, endian) for rule in element.states]
        self._time: Settle | None = None if element.time is None else compile_time(element.time, endian)
        self._is_history = element.history

    def read(self, context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if self._time is not None:
            time, quality = self._time(context, time, quality)
        if self._is_history and quality is Quality.GOOD:
            quality = Quality.HISTORY
        for emit in self._emits:
            emit(context, device, time, quality, out)
