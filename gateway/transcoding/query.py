"""Query parameters to fields: `?page_size=50&flags=a&flags=b&range.from=2026-01-01T00:00:00Z`."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from chassis.errors import InvalidInput
from chassis.protojson import DEPTH, Fault, field_setter

_MOST = 100
_NESTING = 3
# Messages whose JSON is one string or number.
_FLAT = frozenset(
    f"google.protobuf.{name}"
    for name in (
        "Timestamp", "Duration", "FieldMask", "StringValue", "BytesValue", "BoolValue", "DoubleValue", "FloatValue",
        "Int32Value", "Int64Value", "UInt32Value", "UInt64Value",
    )
)  # fmt: skip
_TRUTH = {"true": True, "false": False}

# Sets a field from the values of one parameter.
_Put = Callable[[Any, list[str]], None]


def flat_fields(
    message: Descriptor, excluded: frozenset[str], nesting: int = _NESTING
) -> Iterator[tuple[str, FieldDescriptor]]:
    """Every field that a query parameter can fill, by dotted path."""
    for field in message.fields:
        if field.name in excluded:
            continue
        kind = field.message_type
        if kind is None or kind.full_name in _FLAT:
            yield field.name, field
        elif nesting > 1 and not field.is_repeated and not kind.full_name.startswith("google."):
            inner = frozenset(path.partition(".")[2] for path in excluded if path.startswith(f"{field.name}."))
            for path, leaf in flat_fields(kind, inner, nesting - 1):
                yield f"{field.name}.{path}", leaf


def _put(path: str, field: FieldDescriptor) -> _Put:
    *parents, _ = path.split(".")
    set_field = field_setter(field, tolerant=False)
    truth = field.cpp_type == FieldDescriptor.CPPTYPE_BOOL or (
        field.message_type is not None and field.message_type.name == "BoolValue"
    )

    def put(message: Any, given: list[str]) -> None:
        values: list[Any] = [_TRUTH.get(value, value) for value in given] if truth else list(given)
        if not field.is_repeated and len(values) > 1:
            raise Fault("is given more than once")
        for parent in parents:
            message = getattr(message, parent)
        set_field(message, values if field.is_repeated else values[0], DEPTH)

    return put


class Query:
    """The parameters of one route."""

    def __init__(self, message: Descriptor, bound: frozenset[str]) -> None:
        self._puts = {path: _put(path, field) for path, field in flat_fields(message, bound)}

    def into(self, message: Any, text: str) -> None:
        """Set what the query says. Raises `InvalidInput` for what the route does not know or cannot read."""
        if not text:
            return
        given: dict[str, list[str]] = {}
        for name, value in _pairs(text):
            given.setdefault(name, []).append(value)
        for name, values in given.items():
            put = self._puts.get(name)
            try:
                if put is None:
                    raise Fault("is not known")
                put(message, values)
            except Fault as fault:
                raise fault.within(name[:100]).error() from None


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST, errors="strict")
    except ValueError as error:  # too many fields, or not UTF-8
        raise InvalidInput("The query cannot be read") from error
