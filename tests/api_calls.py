"""Every call that the description of the REST interface allows, with one odd thing in it at a time. Nothing here is random."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.json_places import places, put

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC).isoformat()
ODD_TEXT = ("\0", "a\0b", "\ud800", "火" * 300, "x" * 10_000, "", " ", "%00", "'; --", "2024-13-45", "1e400", "\u202e")
ODD_NUMBERS = (-1, 0, 2**31, 2**63, 10**30, 1e308, -1e-308)
ODD = (*ODD_TEXT, *ODD_NUMBERS, None, True, [], {}, [[]], ["\0"], {"\0": "\0"})
DEEPEST = 5
Shape = Mapping[str, Any]
Known = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `odd` says what is odd in it."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    odd: str = ""


def calls(description: Shape, known: Known) -> Iterator[Call]:
    """Call every route of an OpenAPI description, first plainly and then with each odd thing in each place.

    `known` gives what fields and path parameters of a name are filled with: ids that there are, times to come. A field that
    is known as None is left out.
    """
    shapes = description["components"]["schemas"]
    for path, methods in description["paths"].items():
        for method, route in methods.items():
            yield from _of_route(method.upper(), path, route, shapes, known)


def _of_route(method: str, path: str, route: Shape, shapes: Shape, known: Known) -> Iterator[Call]:
    parameters = route.get("parameters", ())
    ids = {p["name"]: str(known.get(p["name"], "1")) for p in parameters if p["in"] == "path"}
    query = {p["name"]: p["schema"] for p in parameters if p["in"] == "query"}
    need = {
        p["name"]: str(_example(p["schema"], shapes, known))
        for p in parameters
        if p["in"] == "query" and p.get("required")
    }
    content = route.get("requestBody", {}).get("content", {}).get("application/json")
    body = None if content is None else _example(content["schema"], shapes, known)
    plain = path.format_map(ids)
    yield Call(method=method, path=plain, query=need, body=body)
    for name in ids:
        for odd in ODD_TEXT:
            yield Call(
                method=method,
                path=path.format_map(ids | {name: odd}),
                query=need,
                body=body,
                odd=f"{name}={odd!r:.40}",
            )
    for name in query:
        for number in (*ODD_TEXT, *ODD_NUMBERS):
            yield Call(
                method=method, path=plain, query=need | {name: str(number)}, body=body, odd=f"?{name}={number!r:.40}"
            )
    for place in filter(None, places(body)):
        for thing in ODD:
            yield Call(
                method=method, path=plain, query=need, body=put(body, place, thing), odd=f"{place}={thing!r:.40}"
            )


def _example(shape: Shape, shapes: Shape, known: Known, depth: int = 0) -> Any:  # noqa: C901, PLR0911 -- JSON, and one case a kind
    """Make the simplest value of a JSON schema, with all fields, so that each is tried."""
    if "$ref" in shape:
        return _example(shapes[shape["$ref"].rpartition("/")[2]], shapes, known, depth)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in shape:
            return _example(shape[choice][0], shapes, known, depth)
    if "const" in shape or "enum" in shape:
        return shape.get("const", shape.get("enum", [None])[0])
    if "default" in shape and shape["default"] is not None:
        return shape["default"]
    match shape.get("type"):
        case "object":
            fields = shape.get("properties", {}) if depth < DEEPEST else {}
            return {
                name: known.get(name, _example(one, shapes, known, depth + 1))
                for name, one in fields.items()
                if known.get(name, name) is not None
            }
        case "array":
            return [_example(shape.get("items", {}), shapes, known, depth + 1)]
        case "integer":
            return int(shape.get("minimum", 1))
        case "number":
            return float(shape.get("minimum", 1))
        case "boolean":
            return True
        case "string":
            return _text(shape)
    return None


def _text(shape: Shape) -> str:
    if shape.get("format") == "date-time":
        return NOW
    return "smoke" if shape.get("pattern") else "x" * max(1, int(shape.get("minLength", 1)))
