"""JSON values to values of proto fields that are no messages."""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from chassis.protojson.faults import Fault

# A JSON value to what the field holds; raises `Fault`.
Convert = Callable[[Any], Any]

_INTEGER = re.compile(r"-?\d{1,20}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_LARGEST_FLOAT = 3.4028235677973366e38
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


class UnknownName(Fault):
    """An enum has no such value; a tolerant reader passes over it."""


def scalar(field: FieldDescriptor) -> Convert:
    """How a value of the field is read."""
    kind = field.cpp_type
    if kind in _RANGES:
        return _integer(*_RANGES[kind])
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return _bool
    if kind == FieldDescriptor.CPPTYPE_DOUBLE:
        return _double
    if kind == FieldDescriptor.CPPTYPE_FLOAT:
        return _float
    return _bytes if field.type == FieldDescriptor.TYPE_BYTES else _string


def map_key(field: FieldDescriptor) -> Convert:
    """How a member's name becomes a map's key."""
    if field.cpp_type != FieldDescriptor.CPPTYPE_BOOL:
        return scalar(field)

    def read(given: Any) -> bool:
        if given not in ("true", "false"):
            raise Fault('must be "true" or "false"')
        return bool(given == "true")

    return read


def _integer(least: int, most: int) -> Convert:
    def read(given: Any) -> int:
        if (type(given) is str and _INTEGER.fullmatch(given)) or (type(given) is float and given.is_integer()):
            given = int(given)
        if type(given) is not int:
            raise Fault("must be a whole number")
        if not least <= given <= most:
            raise Fault(f"must be between {least} and {most}")
        return given

    return read


def _enum(descriptor: EnumDescriptor) -> Convert:
    numbers = {name: value.number for name, value in descriptor.values_by_name.items()}
    number = _integer(*_RANGES[FieldDescriptor.CPPTYPE_INT32])
    nothing = descriptor.full_name == "google.protobuf.NullValue"

    def read(given: Any) -> int:
        if given is None and nothing:
            return 0
        if type(given) is not str:
            return int(number(given))
        found = numbers.get(given)
        if found is not None:
            return found
        if _INTEGER.fullmatch(given):
            return int(number(given))
        raise UnknownName(f"must be one of {', '.join(numbers)}")

    return read


def _bool(given: Any) -> bool:
    if type(given) is not bool:
        raise Fault("must be true or false")
    return given


def _double(given: Any) -> float:
    if type(given) is str:
        if given in _NOT_FINITE:
            return _NOT_FINITE[given]
        if not _NUMBER.fullmatch(given):
            raise Fault("must be a number")
        given = float(given)
    if type(given) not in (int, float):
        raise Fault("must be a number")
    try:
        value = float(given)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise Fault("is too large a number")
    return value


def _float(given: Any) -> float:
    value = _double(given)
    if math.isfinite(value) and abs(value) >= _LARGEST_FLOAT:
        raise Fault("is too large a number")
    return value


def _string(given: Any) -> str:
    if type(given) is not str:
        raise Fault("must be a string")
    if not given.isascii():
        try:
            given.encode("utf-8")
        except UnicodeEncodeError as error:
            raise Fault("holds half of a surrogate pair") from error
    return given


def _bytes(given: Any) -> bytes:
    """Standard or URL-safe alphabet, padded or not (RFC 4648)."""
    if type(given) is not str:
        raise Fault("must be a base64 string")
    try:
        plain = given.replace("-", "+").replace("_", "/").rstrip("=").encode("ascii")
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault("must be base64") from error
