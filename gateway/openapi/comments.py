"""The comments of the protos, by the full name of what they stand at."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

# Numbers of the fields in descriptor.proto that a path of source info walks.
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
_FIELDS, _NESTED, _NESTED_ENUMS, _VALUES, _METHODS = 2, 3, 4, 2, 2

_Named = Iterator[tuple[tuple[int, ...], str]]


@cache
def comments() -> Mapping[str, str]:
    """Leading comments, as one paragraph each."""
    packed = resources.files("workspace").joinpath("descriptors.binpb").read_bytes()
    found: dict[str, str] = {}
    for file in FileDescriptorSet.FromString(packed).file:
        names = dict(_names(file))
        for location in file.source_code_info.location:
            name = names.get(tuple(location.path))
            text = " ".join(location.leading_comments.split())
            if name is not None and text:
                found[name] = text
    return found


def _names(file: FileDescriptorProto) -> _Named:
    for at, message in enumerate(file.message_type):
        yield from _message((_MESSAGES, at), f"{file.package}.{message.name}", message)
    for at, enum in enumerate(file.enum_type):
        yield from _enum((_ENUMS, at), file.package, enum)
    for at, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield (_SERVICES, at), name
        for number, method in enumerate(service.method):
            yield (_SERVICES, at, _METHODS, number), f"{name}.{method.name}"


def _message(path: tuple[int, ...], name: str, message: DescriptorProto) -> _Named:
    yield path, name
    for at, field in enumerate(message.field):
        yield (*path, _FIELDS, at), f"{name}.{field.name}"
    for at, nested in enumerate(message.nested_type):
        yield from _message((*path, _NESTED, at), f"{name}.{nested.name}", nested)
    for at, enum in enumerate(message.enum_type):
        yield from _enum((*path, _NESTED_ENUMS, at), name, enum)


def _enum(path: tuple[int, ...], within: str, enum: EnumDescriptorProto) -> _Named:
    yield path, f"{within}.{enum.name}"
    for at, value in enumerate(enum.value):
        yield (*path, _VALUES, at), f"{within}.{enum.name}.{value.name}"
