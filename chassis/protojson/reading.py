"""JSON values to messages."""

from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis.protojson.faults import Fault
from chassis.protojson.scalars import UnknownName, map_key, scalar
from chassis.protojson.wellknown import SPECIAL

# Levels of nesting; a google.protobuf.Struct takes three of protobuf's own hundred for each.
DEPTH = 30

# Put a JSON value into a message, with so many levels left.
Merge = Callable[[Any, Any, int], None]


class Reader:
    """Reads JSON values as messages of one type."""

    def __init__(self, descriptor: Descriptor, merge: Merge) -> None:
        self._make = message_factory.GetMessageClass(descriptor)
        self._merge = merge

    def read(self, value: Any) -> Message:
        """A new message. Raises `InvalidInput` naming the field that is wrong."""
        message = self._make()
        self.into(message, value)
        return message

    def into(self, message: Message, value: Any) -> None:
        """Set the fields that the value has, in a message of this type."""
        try:
            self._merge(message, value, DEPTH)
        except Fault as fault:
            raise fault.error() from None


_readers: dict[tuple[Descriptor, bool], Reader] = {}
_merges: dict[tuple[Descriptor, bool], Merge] = {}


def reader(descriptor: Descriptor, *, tolerant: bool = False) -> Reader:
    """The reader of a message type, compiled at first use; a tolerant one passes over what it does not know."""
    found = _readers.get((descriptor, tolerant))
    if found is None:
        found = _readers[descriptor, tolerant] = Reader(descriptor, merge_of(descriptor, tolerant))
    return found


def merge_of(descriptor: Descriptor, tolerant: bool) -> Merge:
    found = _merges.get((descriptor, tolerant))
    return found if found is not None else _compile(descriptor, tolerant)


def _compile(descriptor: Descriptor, tolerant: bool) -> Merge:
    special = SPECIAL.get(descriptor.full_name)
    if special is not None:
        made = special(tolerant, merge_of)
        _merges[descriptor, tolerant] = made
        return made
    fields: dict[str, Merge] = {}
    oneofs: dict[str, str] = {}

    def merge(message: Any, given: Any, depth: int) -> None:
        if type(given) is not dict:
            raise Fault("must be an object")
        if depth <= 0:
            raise Fault("is nested too deeply")
        if oneofs:
            _one_of_each(given, oneofs)
        for name, value in given.items():
            put = fields.get(name)
            if put is None:
                if tolerant:
                    continue
                raise Fault("is not known").within(name[:100])
            try:
                put(message, value, depth - 1)
            except Fault as fault:
                raise fault.within(name) from None

    # Before its fields, so that a type may contain itself.
    _merges[descriptor, tolerant] = merge
    for field in descriptor.fields:
        fields[field.name] = field_setter(field, tolerant)
        if field.containing_oneof is not None and len(field.containing_oneof.fields) > 1:
            oneofs[field.name] = field.containing_oneof.name
    return merge


def _one_of_each(given: dict[str, Any], oneofs: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for name, value in given.items():
        oneof = oneofs.get(name)
        if oneof is None or value is None:
            continue
        if oneof in seen:
            raise Fault(f"excludes {seen[oneof]}").within(name)
        seen[oneof] = name


def field_setter(field: FieldDescriptor, tolerant: bool) -> Merge:
    """What puts a JSON value into one field of a message."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        put = _map(field.name, field.message_type, tolerant)
    elif field.is_repeated:
        put = _repeated(field, tolerant)
    elif field.message_type is not None:
        put = _message(field.name, merge_of(field.message_type, tolerant))
    else:
        put = _scalar(field)
    if tolerant:
        put = _passing_over(put)
    if _holds_null(field) and not field.is_repeated:
        return put
    name = field.name

    def set_or_clear(message: Any, given: Any, depth: int) -> None:
        if given is None:
            message.ClearField(name)
        else:
            put(message, given, depth)

    return set_or_clear


def _holds_null(field: FieldDescriptor) -> bool:
    kind = field.message_type or field.enum_type
    return kind is not None and kind.full_name in ("google.protobuf.Value", "google.protobuf.NullValue")


def _passing_over(put: Merge) -> Merge:
    def tolerantly(message: Any, given: Any, depth: int) -> None:
        try:
            put(message, given, depth)
        except UnknownName:
            return

    return tolerantly


def _scalar(field: FieldDescriptor) -> Merge:
    name, convert = field.name, scalar(field)

    def put(message: Any, given: Any, _depth: int) -> None:
        setattr(message, name, convert(given))

    return put


def _message(name: str, merge: Merge) -> Merge:
    def put(message: Any, given: Any, depth: int) -> None:
        inner = getattr(message, name)
        inner.SetInParent()
        merge(inner, given, depth)

    return put


def _repeated(field: FieldDescriptor, tolerant: bool) -> Merge:
    name, nullable = field.name, _holds_null(field)
    merge = merge_of(field.message_type, tolerant) if field.message_type is not None else None
    convert = scalar(field) if merge is None else None

    def put(message: Any, given: Any, depth: int) -> None:
        if type(given) is not list:
            raise Fault("must be a list")
        values = getattr(message, name)
        for position, value in enumerate(given):
            try:
                if value is None and not nullable:
                    raise Fault("must not be null")
                if merge is not None:
                    merge(values.add(), value, depth)
                elif convert is not None:
                    values.append(convert(value))
            except UnknownName as fault:
                if not tolerant:
                    raise fault.within(f"[{position}]") from None
            except Fault as fault:
                raise fault.within(f"[{position}]") from None

    return put


def _map(name: str, entry: Descriptor, tolerant: bool) -> Merge:
    key_of, value_field = map_key(entry.fields_by_name["key"]), entry.fields_by_name["value"]
    nullable = _holds_null(value_field)
    merge = merge_of(value_field.message_type, tolerant) if value_field.message_type is not None else None
    convert = scalar(value_field) if merge is None else None

    def put(message: Any, given: Any, depth: int) -> None:
        if type(given) is not dict:
            raise Fault("must be an object")
        values = getattr(message, name)
        for key, value in given.items():
            try:
                if value is None and not nullable:
                    raise Fault("must not be null")
                if merge is not None:
                    merge(values[key_of(key)], value, depth)
                elif convert is not None:
                    values[key_of(key)] = convert(value)
            except UnknownName as fault:
                if not tolerant:
                    raise fault.within(key[:100]) from None
            except Fault as fault:
                raise fault.within(key[:100]) from None

    return put
