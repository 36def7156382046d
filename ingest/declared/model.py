"""What a file of a declared format may say, key by key. Pure nouns; docs/reference/declared-formats.md has the same keys.

A field's name is its key; a trailing underscore is left out (`is_` is the key `is`). Every place of a value is a `Where`: in JSON by
`path`, in bytes by `at` and `type`, in the topic by `topic`.
"""

from enum import StrEnum

from msgspec import Struct

from geo.datum import Datum
from ingest.readings import Fact


class Input(StrEnum):
    """What arrives."""

    JSON = "json"
    BINARY = "binary"
    HEX = "hex"
    BASE64 = "base64"


class Endian(StrEnum):
    """Which byte of a number comes first."""

    BIG = "big"
    LITTLE = "little"


class Type(StrEnum):
    """How bytes are read."""

    U8 = "u8"
    U16 = "u16"
    U24 = "u24"
    U32 = "u32"
    U64 = "u64"
    I8 = "i8"
    I16 = "i16"
    I24 = "i24"
    I32 = "i32"
    I64 = "i64"
    F32 = "f32"
    F64 = "f64"
    BCD = "bcd"
    ASCII = "ascii"
    GBK = "gbk"
    HEX = "hex"


class TimeForm(StrEnum):
    """How a time is written."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    ISO = "iso"
    LOCAL = "local"
    DIGITS = "digits"
    YMDHMS = "ymdhms"


class Sum(StrEnum):
    """How a checksum is made."""

    SUM8 = "sum8"
    SUM8_ZERO = "sum8-zero"
    XOR8 = "xor8"
    CRC16_MODBUS = "crc16-modbus"
    CRC16_CCITT = "crc16-ccitt"


class Case(StrEnum):
    """The letters an id is written in."""

    UPPER = "upper"
    LOWER = "lower"


class Unknown(StrEnum):
    """What is done about an element of a type that is not declared."""

    SKIP = "skip"
    STOP = "stop"


class End(StrEnum):
    """Which record the time of a frame belongs to."""

    FIRST = "first"
    LAST = "last"


class Where(Struct, frozen=True, kw_only=True):
    """A place of a value."""

    path: tuple[str, ...] | None = None
    at: int | None = None
    type: Type | None = None
    size: int | None = None
    endian: Endian | None = None
    bits: str | None = None
    topic: int | None = None
    key: int | None = None
    text: str | None = None


class Part(Where, frozen=True, kw_only=True):
    """A part of a device's id."""

    case: Case | None = None


class Device(Part, frozen=True, kw_only=True):
    """Where the device's id stands: in one place, or joined of parts."""

    parts: tuple[Part, ...] = ()
    join: str = "-"


class Test(Where, frozen=True, kw_only=True):
    """A condition on one value."""

    is_: tuple[str, ...] = ()
    is_not: tuple[str, ...] = ()


class Time(Where, frozen=True, kw_only=True):
    """When it was measured."""

    as_: TimeForm
    zone: str = ""


class ReadingRule(Where, frozen=True, kw_only=True):
    """A number that becomes a reading."""

    metric: str
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    values: dict[str, float] = {}
    missing: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    relative: bool = False
    code: str = ""
    when: tuple[Test, ...] = ()


class StateRule(Where, frozen=True, kw_only=True):
    """A value that says whether something is so: one fact, or a fact for each of some bits."""

    fact: Fact | None = None
    active: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()
    bit: int | None = None
    inverted: bool = False
    alarm_bits: dict[int, Fact] = {}
    inverted_bits: tuple[int, ...] = ()
    momentary: bool = False
    code: str = ""
    when: tuple[Test, ...] = ()


class Degrees(Where, frozen=True, kw_only=True):
    """A longitude or a latitude."""

    scale: float = 1.0


class Position(Struct, frozen=True, kw_only=True):
    """Where a moving device is, and by which datum."""

    lon: Degrees
    lat: Degrees
    datum: Datum
    when: tuple[Test, ...] = ()


class Amount(Where, frozen=True, kw_only=True):
    """A number of the frame that says how the rest is laid out: a count, a length, a step."""

    value: int | None = None
    plus: int = 0


class Records(Struct, frozen=True, kw_only=True):
    """A part of the bytes that is repeated; `at` in its readings, states and time counts from the record's first byte."""

    at: int
    size: int
    count: Amount | None = None
    step_s: Amount | None = None
    time_of: End = End.LAST
    time: Time | None = None


class Inside(Struct, frozen=True, kw_only=True):
    """Bytes that a JSON report holds as text."""

    path: tuple[str, ...]
    as_: Input


class Element(Struct, frozen=True, kw_only=True):
    """What one type of element holds; `at` in it counts from its first byte after type and length."""

    size: int | None = None
    history: bool = False
    time: Time | None = None
    readings: tuple[ReadingRule, ...] = ()
    states: tuple[StateRule, ...] = ()


class Tlv(Struct, frozen=True, kw_only=True):
    """Elements one after another, each with its type before it, and perhaps its length."""

    elements: dict[str, Element]
    at: int = 0
    to: int | None = None
    type_size: int = 1
    length: Type | None = None
    unknown: Unknown = Unknown.STOP


class Checksum(Struct, frozen=True, kw_only=True):
    """How a damaged frame is told from a whole one."""

    kind: Sum
    at: int | None = None
    from_: int = 0
    to: int | None = None
    endian: Endian | None = None


class Block(Struct, frozen=True, kw_only=True):
    """What is read out of a message, or of each of its records."""

    each: tuple[str, ...] | None = None
    records: Records | None = None
    when: tuple[Test, ...] = ()
    ports: tuple[int, ...] = ()
    device: Device | None = None
    time: Time | None = None
    history: bool = False
    readings: tuple[ReadingRule, ...] = ()
    states: tuple[StateRule, ...] = ()
    position: Position | None = None
    tlv: Tlv | None = None


class Format(Block, frozen=True, kw_only=True):
    """A whole file."""

    name: str = ""
    title: str = ""
    input: Input
    bare_text: bool = False
    topics: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    inside: Inside | None = None
    endian: Endian = Endian.BIG
    start: str = ""
    end: str = ""
    size: int | None = None
    min_size: int | None = None
    length: Amount | None = None
    checksum: Checksum | None = None
    blocks: tuple[Block, ...] = ()
