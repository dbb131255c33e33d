"""The readers of protobuf's own types that have a JSON shape of their own."""

import re
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.wrappers_pb2 import DESCRIPTOR as WRAPPERS

from chassis.protojson.faults import Fault
from chassis.protojson.scalars import scalar
from chassis.protojson.times import read_duration, read_timestamp

_Merge = Callable[[Any, Any, int], None]
_MergeOf = Callable[[Descriptor, bool], _Merge]
_PATHS = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*(,[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*)*")


def _leaf(read: Callable[[Any, Any], None]) -> Callable[[bool, _MergeOf], _Merge]:
    def merge(message: Any, given: Any, _depth: int) -> None:
        read(message, given)

    return lambda _tolerant, _merge_of: merge


def _nested(read: _Merge) -> Callable[[bool, _MergeOf], _Merge]:
    return lambda _tolerant, _merge_of: read


def _wrapper(name: str) -> Callable[[bool, _MergeOf], _Merge]:
    convert = scalar(WRAPPERS.message_types_by_name[name].fields_by_name["value"])

    def merge(message: Any, given: Any, _depth: int) -> None:
        message.value = convert(given)

    return lambda _tolerant, _merge_of: merge


def _field_mask(message: Any, given: Any) -> None:
    if type(given) is not str or (given and not _PATHS.fullmatch(given)):
        raise Fault("must be field names, separated by commas")
    message.paths[:] = given.split(",") if given else ()


def _struct(message: Struct, given: Any, depth: int) -> None:
    if type(given) is not dict:
        raise Fault("must be an object")
    # A struct without members is there all the same.
    message.SetInParent()
    for name, value in given.items():
        try:
            _value(message.fields[_text(name)], value, depth - 1)
        except Fault as fault:
            raise fault.within(name[:100]) from None


def _list_value(message: ListValue, given: Any, depth: int) -> None:
    if type(given) is not list:
        raise Fault("must be a list")
    message.SetInParent()
    for position, value in enumerate(given):
        try:
            _value(message.values.add(), value, depth - 1)
        except Fault as fault:
            raise fault.within(f"[{position}]") from None


_VALUE_FIELDS = Value.DESCRIPTOR.fields_by_name
_number, _text = scalar(_VALUE_FIELDS["number_value"]), scalar(_VALUE_FIELDS["string_value"])


def _value(message: Value, given: Any, depth: int) -> None:
    if depth <= 0:
        raise Fault("is nested too deeply")
    if given is None:
        message.null_value = 0  # type: ignore[assignment]
    elif type(given) is dict:
        _struct(message.struct_value, given, depth)
    elif type(given) is list:
        _list_value(message.list_value, given, depth)
    elif type(given) is bool:
        message.bool_value = given
    elif type(given) is str:
        message.string_value = _text(given)
    else:
        message.number_value = _number(given)


def _any(tolerant: bool, merge_of: _MergeOf) -> _Merge:
    def merge(message: Any, given: Any, depth: int) -> None:
        if type(given) is not dict:
            raise Fault("must be an object")
        if not given:
            return
        url = given.get("@type")
        if type(url) is not str or "/" not in url:
            raise Fault("must name a message, as in type.googleapis.com/package.Message").within("@type")
        try:
            descriptor = descriptor_pool.Default().FindMessageTypeByName(url.rpartition("/")[2])
        except (KeyError, UnicodeError):
            raise Fault("names no known message").within("@type") from None
        inner = message_factory.GetMessageClass(descriptor)()
        read = merge_of(descriptor, tolerant)
        if depth <= 0:
            raise Fault("is nested too deeply")
        if descriptor.full_name in SPECIAL:
            if given.keys() != {"@type", "value"}:
                raise Fault('must have "@type" and "value" alone')
            read(inner, given["value"], depth - 1)
        else:
            read(inner, {name: value for name, value in given.items() if name != "@type"}, depth - 1)
        message.type_url, message.value = url, inner.SerializeToString(deterministic=True)

    return merge


# By full name: what makes the reader of the type.
SPECIAL: dict[str, Callable[[bool, _MergeOf], _Merge]] = {
    "google.protobuf.Any": _any,
    "google.protobuf.Duration": _leaf(read_duration),
    "google.protobuf.FieldMask": _leaf(_field_mask),
    "google.protobuf.ListValue": _nested(_list_value),
    "google.protobuf.Struct": _nested(_struct),
    "google.protobuf.Timestamp": _leaf(read_timestamp),
    "google.protobuf.Value": _nested(_value),
    **{f"google.protobuf.{name}": _wrapper(name) for name in WRAPPERS.message_types_by_name},
}
