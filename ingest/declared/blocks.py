"""From a declared block to a function that reads every record of a message by it. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Final

from ingest.declared.elements import compile_tlv
from ingest.declared.groups import Emit, compile_position, compile_rules
from ingest.declared.model import Amount, Block, Case, Device, End, Endian, Format, Part, Records
from ingest.declared.places import MOST_FOUND, TOPICS_KEPT, Context, compile_many, compile_place, is_somewhere
from ingest.declared.times import compile_time
from ingest.declared.words import compile_tests, id_of
from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection
from ingest.wire import RefusedError, number

Run = Callable[[Context, DeviceId | None, datetime, Quality, list[Decoded]], None]
"""Read a message: its context, who speaks if that is known, the time of receipt, its quality, and what is said. Raises
`RefusedError` where nothing says who speaks."""
DeviceOf = Callable[[Context], DeviceId | None]
_GOOD: Final = Quality.GOOD
_LONGEST_ID: Final = 200
LONGEST_STEP_S: Final = 366 * 86400.0
FARTHEST_S: Final = 10 * LONGEST_STEP_S
"""No record lies further from the time of its frame; further still there would be no date."""


def compile_blocks(declared: Format) -> list[tuple[Run, tuple[int, ...]]]:
    """Make the functions that read a message, each with the fPorts it is for. Blocks with the same head are read as one."""
    own = [declared] if any((declared.readings, declared.states, declared.position, declared.tlv)) else []
    made = []
    for (head, ports), blocks in groupby((*own, *declared.blocks), lambda block: _head_of(block, declared)):
        emits = [emit for block in blocks for emit in _emits(block, declared.endian)]
        run = _run(head, emits, declared.endian)
        made.append((run if head.each is None else _each(head.each, run), ports))
    return made


def _head_of(block: Block, declared: Format) -> tuple[Block, tuple[int, ...]]:
    """Give what says when and of whom a block is; device, time and ports hold for those that have none of their own."""
    device, time = block.device or declared.device, block.time or declared.time
    head = Block(each=block.each, when=block.when, device=device, time=time, history=block.history)
    return head, block.ports or declared.ports


def _emits(block: Block, endian: Endian) -> list[Emit]:
    emits = compile_rules(block.readings, block.states, endian)
    if block.position is not None:
        emits.append(compile_position(block.position, endian))
    if block.tlv is not None:
        emits.append(compile_tlv(block.tlv, endian))
    return emits if block.records is None else [_repeated(block.records, emits, endian, is_history=block.history)]


def _run(head: Block, emits: list[Emit], endian: Endian) -> Run:
    """Make the function that applies a block to a record, or to a message that is one."""
    hold = compile_tests(head.when, endian)
    device_of = None if head.device is None else compile_device(head.device, endian)
    time_of = None if head.time is None else compile_time(head.time, endian)
    is_history = head.history

    def run(record: Context, known: DeviceId | None, received: datetime, quality: Quality, out: list[Decoded]) -> None:
        if hold is not None and not hold(record):
            return
        speaker = known or (None if device_of is None else device_of(record))
        if speaker is None:
            raise RefusedError(Reason.TOPIC, "nothing says which device speaks")
        time = received
        if time_of is not None:
            time, quality = time_of(record, received, quality)
        if is_history and quality is _GOOD:
            quality = Quality.HISTORY
        for emit in emits:
            emit(record, speaker, time, quality, out)

    return run


def compile_device(device: Device, endian: Endian) -> DeviceOf:
    """Make the function that gives the id of the device, None where a part of it is lacking."""
    parts: tuple[Part, ...] = device.parts or (device,)
    words, join = [_compile_part(part, endian) for part in parts], device.join

    def of(context: Context) -> DeviceId | None:
        found = [word for word_of in words if (word := word_of(context)) is not None]
        return DeviceId(join.join(found)) if len(found) == len(words) else None

    if all(part.topic is not None or part.text is not None for part in parts):
        of_topic = lru_cache(TOPICS_KEPT)(lambda topic: of(Context(topic, None, None)))
        return lambda context: of_topic(context.topic)
    return of if len(words) > 1 else words[0]


def _compile_part(part: Part, endian: Endian) -> DeviceOf:
    """Make the function that gives a part of an id."""
    get = compile_place(part, endian)
    cased = None if part.case is None else str.upper if part.case is Case.UPPER else str.lower

    def word(context: Context) -> DeviceId | None:
        raw = get(context)
        if type(raw) is not str:
            raw = _digits(raw)
        found = id_of(raw[:_LONGEST_ID]) or None
        return found if cased is None or found is None else DeviceId(cased(found))

    return word


def _digits(raw: object) -> str:
    """Write a whole number; what is none is "", which is no id."""
    if type(raw) is float and raw.is_integer():
        return str(int(raw))
    return str(raw) if type(raw) is int else ""


def _each(path: tuple[str, ...], run: Run) -> Run:
    """Apply a block to every value a path leads to."""
    get = compile_many(path)

    def run_each(
        whole: Context, known: DeviceId | None, received: datetime, quality: Quality, out: list[Decoded]
    ) -> None:
        found = get(whole)
        for keys, value in found[:MOST_FOUND]:
            run(Context(whole.topic, whole.root, value, whole.data, keys), known, received, quality, out)
        if len(found) > MOST_FOUND:
            out.append(_too_many())

    return run_each


def _too_many() -> Rejection:
    return Rejection(reason=Reason.TOO_LARGE, detail=f"more than {MOST_FOUND} records")


def _repeated(records: Records, emits: list[Emit], endian: Endian, *, is_history: bool) -> Emit:
    """Apply rules to a part of the bytes that is repeated."""
    count_of, step_of = compile_amount(records.count, endian), compile_amount(records.step_s, endian)
    time_of = None if records.time is None else compile_time(records.time, endian)
    at, size, is_of_last = records.at, records.size, records.time_of is End.LAST

    def emit_each(whole: Context, device: DeviceId, framed: datetime, quality: Quality, out: list[Decoded]) -> None:
        data = whole.data
        room = (len(data) - at) // size if len(data) > at else 0
        claimed = room if count_of is None else int(max(count_of(whole) or 0, 0))
        step = 0.0 if step_of is None else min(max(step_of(whole) or 0.0, 0.0), LONGEST_STEP_S)
        latest = min(claimed, MOST_FOUND) - 1 if is_of_last else 0
        record = Context(whole.topic, whole.root, whole.value, b"", whole.keys)
        for place in range(min(claimed, room, MOST_FOUND)):
            begin = at + place * size
            record.data = data[begin : begin + size]
            time, told = framed, quality
            if step and place != latest:
                time -= timedelta(seconds=max(-FARTHEST_S, min((latest - place) * step, FARTHEST_S)))
            if time_of is not None:
                time, told = time_of(record, time, told)
                told = Quality.HISTORY if is_history and told is _GOOD else told
            for emit in emits:
                emit(record, device, time, told, out)
        if claimed > room:
            out.append(Rejection(reason=Reason.TRUNCATED, detail=f"{room} records of {claimed}"))
        elif claimed > MOST_FOUND:
            out.append(_too_many())

    return emit_each


def compile_amount(amount: Amount | None, endian: Endian) -> Callable[[Context], float | None] | None:
    """Make the function that gives a number of the frame, plus what is to be added to it; None where none is declared."""
    if amount is None:
        return None
    if not is_somewhere(amount):
        constant = None if amount.value is None else float(amount.value + amount.plus)
        return lambda _: constant
    get, plus = compile_place(amount, endian), amount.plus

    def of(context: Context) -> float | None:
        value = get(context)
        if type(value) is not int:
            value = number(value)
        return None if value is None else value + plus

    return of
