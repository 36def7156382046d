"""From declared elements to a function that reads them one after another. Pure."""

from datetime import datetime
from typing import Final

from ingest.declared.groups import Emit, compile_rules
from ingest.declared.model import Element, Endian, Tlv, Unknown
from ingest.declared.places import MOST_FOUND, Context, order_of
from ingest.declared.times import compile_time
from ingest.readings import Decoded, DeviceId, Quality, Reason, Rejection

_NOT_DECLARED: Final = 0, None


def compile_tlv(tlv: Tlv, endian: Endian) -> Emit:
    """Make the function that reads elements one after another."""
    kinds = {bytes.fromhex(kind): (one.size or 0, _element(one, endian)) for kind, one in tlv.elements.items()}
    wide, long, order = tlv.type_size, 0 if tlv.length is None else int(tlv.length[1:]) // 8, order_of(endian)
    is_stopped = tlv.unknown is Unknown.STOP or not long  # what has neither name nor length cannot be skipped

    def read(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        data = context.data if tlv.to is None else context.data[: tlv.to]
        inner = Context(context.topic, context.root, context.value, b"", context.keys)
        at, left, end = tlv.at, MOST_FOUND, len(data)
        while at < end and left:
            left -= 1
            kind = data[at : at + wide]
            size, emit = kinds.get(kind, _NOT_DECLARED)
            begin = at + wide + long
            if emit is None and is_stopped:
                out.append(
                    Rejection(reason=Reason.UNSUPPORTED, detail=f"an element {kind.hex().upper()} that is not declared")
                )
                return
            at = begin + (int.from_bytes(data[at + wide : begin], order) if long else size)
            if at > end:
                out.append(Rejection(reason=Reason.TRUNCATED, detail="the last element is cut off"))
                return
            if emit is not None:
                inner.data = data[begin:at]
                emit(inner, device, time, quality, out)
        if at < end:
            out.append(Rejection(reason=Reason.TOO_LARGE, detail=f"more than {MOST_FOUND} records"))

    return read


def _element(element: Element, endian: Endian) -> Emit:
    """Make the function that reads one type of element."""
    emits = compile_rules(element.readings, element.states, endian)
    time_of = None if element.time is None else compile_time(element.time, endian)
    is_history = element.history
    if len(emits) == 1 and time_of is None and not is_history:
        return emits[0]

    def emit(context: Context, device: DeviceId, time: datetime, quality: Quality, out: list[Decoded]) -> None:
        if time_of is not None:
            time, quality = time_of(context, time, quality)
        if is_history and quality is Quality.GOOD:
            quality = Quality.HISTORY
        for one in emits:
            one(context, device, time, quality, out)

    return emit
