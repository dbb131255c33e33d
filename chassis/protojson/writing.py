"""Messages to JSON values."""

import base64
import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.internal.type_checkers import ToShortestFloat
from google.protobuf.message import DecodeError, Message

from chassis.protojson.times import write_duration, write_timestamp

# A message to a JSON value: dict, list, str, bool, int, float, None. Raises `ValueError` on what JSON cannot hold.
Writer = Callable[[Any], Any]

_writers: dict[Descriptor, Writer] = {}


def writer(descriptor: Descriptor) -> Writer:
    """The writer of a message type, compiled at first use."""
    found = _writers.get(descriptor)
    return found if found is not None else _compile(descriptor)


class _Plan:
    """What the writer of one type does: filled after the writer exists, so that a type may contain itself."""

    __slots__ = ("converted", "present", "shown", "values")

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.values: Callable[[Any], tuple[Any, ...]] = _nothing
        self.converted: list[tuple[str, Writer]] = []
        self.present: list[tuple[str, Writer]] = []


def _compile(descriptor: Descriptor) -> Writer:
    special = _SPECIAL.get(descriptor.full_name)
    if special is not None:
        _writers[descriptor] = special
        return special
    plan = _Plan()

    def write(message: Any) -> dict[str, Any]:
        out = dict(zip(plan.shown, plan.values(message), strict=False))
        for name, convert in plan.converted:
            out[name] = convert(out[name])
        for name, convert in plan.present:
            if message.HasField(name):
                out[name] = convert(getattr(message, name))
        return out

    _writers[descriptor] = write
    for field in descriptor.fields:
        convert = _field(field)
        if field.has_presence:
            plan.present.append((field.name, convert or _same))
            continue
        plan.shown.append(field.name)
        if convert is not None:
            plan.converted.append((field.name, convert))
    plan.values = _getter(plan.shown)
    return write


def _nothing(_message: Any) -> tuple[()]:
    return ()


def _same(value: Any) -> Any:
    return value


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """All values in one call of C."""
    if len(names) > 1:
        values: Callable[[Any], tuple[Any, ...]] = attrgetter(*names)
        return values
    if names:
        one = attrgetter(names[0])
        return lambda message: (one(message),)
    return _nothing


def _field(field: FieldDescriptor) -> Writer | None:
    """How a field's value is written; None when it is JSON already."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return _map(field.message_type)
    convert = _value(field)
    if not field.is_repeated:
        return convert
    if convert is None:
        return _copied
    return lambda values: [convert(value) for value in values[:]] if values else []


def _copied(values: Any) -> Any:
    """A list in one call of C: iterating over protobuf's own is slower."""
    return values[:]


def _map(entry: Descriptor) -> Writer:
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    name: Writer = _bool_name if key.cpp_type == FieldDescriptor.CPPTYPE_BOOL else str
    convert = _value(value) or _same
    return lambda items: {name(key): convert(items[key]) for key in items}


def _value(field: FieldDescriptor) -> Writer | None:
    kind = field.cpp_type
    if field.message_type is not None:
        return writer(field.message_type)
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if kind in (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64):
        return str
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return _float
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return _double
    return _bytes if field.type == FieldDescriptor.TYPE_BYTES else None


def _enum(descriptor: EnumDescriptor) -> Writer:
    if descriptor.full_name == "google.protobuf.NullValue":
        return lambda _: None
    names = {number: value.name for number, value in descriptor.values_by_number.items()}
    # A number of a newer contract is shown as it is.
    return lambda number: names.get(number, number)


def _bool_name(value: bool) -> str:
    return "true" if value else "false"


def _bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _float(value: float) -> float | str:
    return ToShortestFloat(value) if math.isfinite(value) else _double(value)


def _struct(message: Any) -> dict[str, Any]:
    return {key: _struct_value(value) for key, value in message.fields.items()}


def _list_value(message: Any) -> list[Any]:
    return [_struct_value(value) for value in message.values]


def _struct_value(message: Any) -> Any:
    kind = message.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    value = getattr(message, kind)
    if kind == "struct_value":
        return _struct(value)
    if kind == "list_value":
        return _list_value(value)
    if kind == "number_value" and not math.isfinite(value):
        raise ValueError("google.protobuf.Value holds a number that JSON cannot")
    return value


def _any(message: Any) -> dict[str, Any]:
    if not message.type_url:
        return {}
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(message.type_url.rpartition("/")[2])
        inner: Message = message_factory.GetMessageClass(descriptor).FromString(message.value)
    except (KeyError, DecodeError) as error:
        raise ValueError(f"google.protobuf.Any holds no known message: {message.type_url}") from error
    written = writer(descriptor)(inner)
    if descriptor.full_name in _SPECIAL:
        return {"@type": message.type_url, "value": written}
    return {"@type": message.type_url, **written}


def _wrapped(convert: Writer) -> Writer:
    return lambda message: convert(message.value)


_SPECIAL: dict[str, Writer] = {
    "google.protobuf.Any": _any,
    "google.protobuf.BoolValue": _wrapped(_same),
    "google.protobuf.BytesValue": _wrapped(_bytes),
    "google.protobuf.DoubleValue": _wrapped(_double),
    "google.protobuf.Duration": write_duration,
    "google.protobuf.FieldMask": lambda message: ",".join(message.paths),
    "google.protobuf.FloatValue": _wrapped(_float),
    "google.protobuf.Int32Value": _wrapped(_same),
    "google.protobuf.Int64Value": _wrapped(str),
    "google.protobuf.ListValue": _list_value,
    "google.protobuf.StringValue": _wrapped(_same),
    "google.protobuf.Struct": _struct,
    "google.protobuf.Timestamp": write_timestamp,
    "google.protobuf.UInt32Value": _wrapped(_same),
    "google.protobuf.UInt64Value": _wrapped(str),
    "google.protobuf.Value": _struct_value,
}
