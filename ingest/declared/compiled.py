"""From a format that was read and checked to its decoder, compiled once to functions. Pure, and total like every decoder."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import msgspec

from ingest.declared.blocks import Run, compile_blocks
from ingest.declared.frame import compile_check, compile_unwrap, unwrap_text
from ingest.declared.model import Format, Input, Inside, Where
from ingest.declared.places import Context, compile_place
from ingest.decoders import MAX_BYTES
from ingest.installed import Declared
from ingest.readings import Decoded, DeviceId, Dropped, Enclosed, Quality, Reason, Rejection
from ingest.wire import RefusedError, read_json, text, unhex

_GOOD: Final = Quality.GOOD
_BEGINS_HEX: Final = frozenset(bytes([octet]) for octet in b"0123456789ABCDEFabcdef \t\n\r\x0b\x0c")
_MOST_SAID: Final = 20_000
"""Two wildcards in one payload can lead to a hundred thousand values; more than these are nobody's report."""

NAMELESS: Final = DeviceId("unknown")
"""The device of a payload that is tried out by a format that is a codec alone."""

Open = Callable[[str, bytes], Context]


def compile_format(declared: Format, source: str) -> Declared:
    """Make the decoder and the codec of a format."""
    runs = compile_blocks(declared)
    open_ = _open_json(declared) if declared.input is Input.JSON else _open_bytes(declared)
    personal = frozenset(declared.personal)
    nobody = NAMELESS if _is_nameless(declared) else None

    def decode(topic: str, payload: bytes, received: datetime) -> list[Decoded]:
        if len(payload) > MAX_BYTES:
            return [Rejection(reason=Reason.TOO_LARGE, detail=f"{len(payload)} bytes, {MAX_BYTES} are taken")]
        out: list[Decoded] = []
        try:
            context = open_(topic, payload)
        except RefusedError as refused:
            return [refused.rejection]
        known = None if topic else nobody
        for run, _ in runs:
            try:
                run(context, known, received, _GOOD, out)
            except RefusedError as refused:
                out.append(refused.rejection)
        if personal and (dropped := tuple(sorted(set(_present(context.root, personal))))):
            out.append(Dropped(fields=dropped))
        return out if len(out) <= _MOST_SAID else [*out[:_MOST_SAID], _too_much()]

    return Declared(
        name=declared.name,
        title=declared.title,
        decode=decode,
        codec=_codec(declared, runs),
        storable=_storable(personal),
        reads_bytes=declared.input is not Input.JSON,
        topics=declared.topics,
        hints=declared.hints,
        source=source,
    )


def _is_nameless(declared: Format) -> bool:
    return declared.device is None and all(block.device is None for block in declared.blocks)


def _open_json(declared: Format) -> Open:
    is_text_taken = declared.bare_text

    def open_(topic: str, payload: bytes) -> Context:
        try:
            root = read_json(payload)
        except RefusedError:
            if not is_text_taken:
                raise
            root = text(payload[:800].decode("utf-8", "replace"))
        if type(root) is not dict and type(root) is not list and not is_text_taken:
            raise RefusedError(Reason.MALFORMED, "neither an object nor a list")
        return Context(topic, root, root)

    return open_ if declared.inside is None else _open_inside(declared, declared.inside, open_)


def _open_inside(declared: Format, inside: Inside, open_: Open) -> Open:
    """Open JSON that holds bytes as text."""
    unwrap, check = compile_unwrap(inside.as_, declared.start), compile_check(declared)
    get = compile_place(Where(path=inside.path), declared.endian)

    def open_both(topic: str, payload: bytes) -> Context:
        context = open_(topic, payload)
        context.data = unwrap_text(get(context), unwrap)
        if context.data:
            check(context.data)
        return context

    return open_both


def _open_bytes(declared: Format) -> Open:
    unwrap, check = compile_unwrap(declared.input, declared.start), compile_check(declared)
    is_codec = _is_nameless(declared)

    def open_(topic: str, payload: bytes) -> Context:
        data = unwrap(payload)
        if is_codec and not topic and data[:1] in _BEGINS_HEX:
            data = unhex(data) or data  # written down by somebody who tries it out
        check(data)
        return Context(topic, None, None, data)

    return open_


def _codec(declared: Format, runs: list[tuple[Run, tuple[int, ...]]]) -> Callable[[Enclosed], list[Decoded]]:
    check = compile_check(declared)

    def codec(item: Enclosed) -> list[Decoded]:
        chosen = [run for run, ports in runs if not ports or item.port in ports]
        if declared.input is Input.JSON or not chosen:
            detail = f"{declared.name} reads no bytes" if declared.input is Input.JSON else f"unknown fPort {item.port}"
            return [Rejection(reason=Reason.UNSUPPORTED, detail=f"{item.device}: {detail}")]
        out: list[Decoded] = []
        try:
            check(item.payload)
            context = Context(None, None, None, item.payload)
            for run in chosen:
                run(context, item.device, item.time, item.quality, out)
        except RefusedError as refused:  # by the check: who speaks is known
            return [refused.rejection]
        return out if len(out) <= _MOST_SAID else [*out[:_MOST_SAID], _too_much()]

    return codec


def _too_much() -> Rejection:
    return Rejection(reason=Reason.TOO_LARGE, detail=f"says more than {_MOST_SAID} things")


def _present(value: object, personal: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in personal:
                yield key
            else:
                yield from _present(inner, personal)
    elif isinstance(value, list):
        for inner in value:
            yield from _present(inner, personal)


def _storable(personal: frozenset[str]) -> Callable[[bytes], bytes]:
    if not personal:
        return bytes

    def storable(payload: bytes) -> bytes:
        try:
            return msgspec.json.encode(_without(read_json(payload), personal))
        except (RefusedError, ValueError):
            return b""  # it may hold what must not be kept

    return storable


def _without(value: object, personal: frozenset[str]) -> object:
    if isinstance(value, dict):
        return {key: _without(inner, personal) for key, inner in value.items() if key not in personal}
    return [_without(inner, personal) for inner in value] if isinstance(value, list) else value
