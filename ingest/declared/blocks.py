"""From a declared block to a function that reads every record of a message by it. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ingest.declared.elements import compile_tlv
from ingest.declared.groups import Emit, compile_position, compile_rules
from ingest.declared.model import Amount, Block, Case, Device, End, Endian, Part, Records, Time
from ingest.declared.places import MOST_FOUND, Context, compile_many, compile_place, is_somewhere
from ingest.declared.times import compile_time
from ingest.declared.words import compile_tests, id_of
from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection
from ingest.wire import RefusedError, number

Run = Callable[[Context, DeviceId | None, datetime, Quality, list[Decoded]], None]
"""Read a message: its context, who speaks if that is known, the time of receipt, its quality, and what is said. Raises
`RefusedError` where nothing says who speaks."""
Opening = Callable[[Context, DeviceId | None, datetime, Quality], tuple[DeviceId, datetime, Quality] | None]
DeviceOf = Callable[[Context], DeviceId | None]
_GOOD: Final = Quality.GOOD
_LONGEST_ID: Final = 200
LONGEST_STEP_S: Final = 366 * 86400.0
FARTHEST_S: Final = 10 * LONGEST_STEP_S
"""No record lies further from the time of its frame; further still there would be no date."""


def compile_block(block: Block, device: Device | None, time: Time | None, endian: Endian) -> Run:
    """Make the function that reads a message by a block; `device` and `time` hold where the block has none of its own."""
    opening = _opening(block, block.device or device, block.time or time, endian)
    emits = compile_rules(block.readings, block.states, endian)
    if block.position is not None:
        emits.append(compile_position(block.position, endian))
    if block.tlv is not None:
        emits.append(compile_tlv(block.tlv, endian))
    if block.each is not None:
        return _each(block.each, opening, emits)
    if block.records is not None:
        return _repeated(block.records, opening, emits, endian, is_history=block.history)

    def run(whole: Context, known: DeviceId | None, received: datetime, given: Quality, out: list[Decoded]) -> None:
        found = opening(whole, known, received, given)
        if found is not None:
            speaker, when, quality = found
            for emit in emits:
                emit(whole, speaker, when, quality, out)

    return run


def _opening(block: Block, device: Device | None, time: Time | None, endian: Endian) -> Opening:
    """Make the function that says who speaks, and when; None where a record does not fulfil the block's conditions."""
    hold = compile_tests(block.when, endian)
    device_of = None if device is None else compile_device(device, endian)
    time_of = None if time is None else compile_time(time, endian)
    is_history = block.history

    def opening(
        head: Context, known: DeviceId | None, received: datetime, quality: Quality
    ) -> tuple[DeviceId, datetime, Quality] | None:
        if hold is not None and not hold(head):
            return None
        speaker = known or (None if device_of is None else device_of(head))
        if speaker is None:
            raise RefusedError(Reason.TOPIC, "nothing says which device speaks")
        when = received
        if time_of is not None:
            when, quality = time_of(head, received, quality)
        if is_history and quality is _GOOD:
            quality = Quality.HISTORY
        return speaker, when, quality

    return opening


def compile_device(device: Device, endian: Endian) -> DeviceOf:
    """Make the function that gives the id of the device, None where a part of it is lacking."""
    parts: tuple[Part, ...] = device.parts or (device,)
    words, join = [_compile_part(part, endian) for part in parts], device.join
    if len(words) == 1:
        return words[0]

    def of(context: Context) -> DeviceId | None:
        found = [word for word_of in words if (word := word_of(context)) is not None]
        return DeviceId(join.join(found)) if len(found) == len(words) else None

    return of


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


def _each(path: tuple[str, ...], opening: Opening, emits: list[Emit]) -> Run:
    """Apply a block to every value a path leads to."""
    get = compile_many(path)

    def run(whole: Context, known: DeviceId | None, received: datetime, given: Quality, out: list[Decoded]) -> None:
        found = get(whole)
        for keys, value in found[:MOST_FOUND]:
            record = Context(whole.levels, whole.root, value, whole.data, keys)
            opened = opening(record, known, received, given)
            if opened is not None:
                speaker, when, quality = opened
                for emit in emits:
                    emit(record, speaker, when, quality, out)
        if len(found) > MOST_FOUND:
            out.append(_too_many())

    return run


def _too_many() -> Rejection:
    return Rejection(reason=Reason.TOO_LARGE, detail=f"more than {MOST_FOUND} records")


def _repeated(records: Records, opening: Opening, emits: list[Emit], endian: Endian, *, is_history: bool) -> Run:
    """Apply a block to a part of the bytes that is repeated."""
    count_of, step_of = compile_amount(records.count, endian), compile_amount(records.step_s, endian)
    time_of = None if records.time is None else compile_time(records.time, endian)
    at, size, is_of_last = records.at, records.size, records.time_of is End.LAST

    def run(whole: Context, known: DeviceId | None, received: datetime, given: Quality, out: list[Decoded]) -> None:
        data, room = whole.data, max(0, (len(whole.data) - at) // size)
        claimed = room if records.count is None else max(0, int(count_of(whole) or 0))
        taken = min(claimed, room, MOST_FOUND)
        opened = opening(whole, known, received, given) if taken else None
        if opened is not None:
            speaker, framed, quality = opened
            step = min(max(step_of(whole) or 0.0, 0.0), LONGEST_STEP_S)
            latest = min(claimed, MOST_FOUND) - 1 if is_of_last else 0
            record = Context(whole.levels, whole.root, whole.value, b"", whole.keys)
            for place in range(taken):
                begin = at + place * size
                record.data = data[begin : begin + size]
                when, told = _back(framed, (latest - place) * step), quality
                if time_of is not None:
                    when, told = time_of(record, when, told)
                    told = Quality.HISTORY if is_history and told is _GOOD else told
                for emit in emits:
                    emit(record, speaker, when, told, out)
        if claimed > room:
            out.append(Rejection(reason=Reason.TRUNCATED, detail=f"{room} records of {claimed}"))
        elif claimed > MOST_FOUND:
            out.append(_too_many())

    return run


def _back(time: datetime, seconds: float) -> datetime:
    return time - timedelta(seconds=max(-FARTHEST_S, min(seconds, FARTHEST_S))) if seconds else time


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
