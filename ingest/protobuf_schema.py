"""Message types of Protocol Buffers from a table, so that no generated code is kept. Pure.

The wire is read by Google's own library; a table names only the fields we read, and the library skips the others.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
    "sint32": _Field.TYPE_SINT32,
    "sint64": _Field.TYPE_SINT64,
    "fixed32": _Field.TYPE_FIXED32,
    "fixed64": _Field.TYPE_FIXED64,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}

ONE: Final = "one"
Fields = Sequence[tuple[int, str, str]]


def message_types(package: str, messages: Mapping[str, Fields], *, syntax: str = "proto3") -> dict[str, type[Message]]:
    """Make the classes of `messages`: name to (number, field, type); a type is a scalar's name or another message's.

    "repeated " before a type makes a list of it; "optional " keeps absence apart from zero; of those with "oneof " the wire has
    one, the last, whose name `WhichOneof(ONE)` gives. An enumeration is "int32". Of proto2, whose scalars always keep absence
    apart, `syntax` is "proto2".
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax=syntax)
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for number, field_name, spelled in fields:
            _add_field(message, package, number, field_name, spelled, is_proto3=syntax == "proto3")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in messages}


def _add_field(
    message: descriptor_pb2.DescriptorProto,
    package: str,
    number: int,
    name: str,
    spelled: str,
    is_proto3: bool,  # noqa: FBT001
) -> None:
    prefix, _, of = spelled.rpartition(" ")
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if prefix == "repeated":
        field.label = _Field.LABEL_REPEATED
    elif prefix == "optional" and is_proto3:
        field.proto3_optional = True
        field.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")
    elif prefix == "oneof":
        if not message.oneof_decl:
            message.oneof_decl.add(name=ONE)
        field.oneof_index = 0
    if of in _SCALARS:
        field.type = _SCALARS[of]
    else:
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{package}.{of}"
