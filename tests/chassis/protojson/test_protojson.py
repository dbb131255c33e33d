"""Our closures against protobuf's json_format: the same JSON out, the same message in, none but typed refusals."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    json_format,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from grpc_tools import protoc
from hypothesis import given, settings
from hypothesis import strategies as st
from workspace.mail.v1 import mail_pb2

from chassis.errors import InvalidInput
from chassis.protojson import DEPTH, load_json, reader, writer

assert all((any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2))


def _shapes() -> dict[str, type[Message]]:
    """The test's own messages, compiled from shapes.proto beside this file."""
    here = Path(__file__).parent
    include = Path(protoc.__file__).parent / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shapes.binpb"
        assert (
            protoc.main(["", f"-I{here}", f"-I{include}", f"--descriptor_set_out={out}", str(here / "shapes.proto")])
            == 0
        )
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.Default()
    for file in files.file:
        pool.Add(file)
    names = ("Scalars", "Nested", "Known")
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"workspace.tests.shapes.{name}"))
        for name in names
    }


SHAPES = _shapes()
Scalars, Nested, Known = (SHAPES[name] for name in ("Scalars", "Nested", "Known"))

INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=5)
    | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
STRUCTURED = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def _timestamp(draw: Any, message: Any) -> None:
    message.seconds = draw(st.integers(-62_135_596_800, 253_402_300_799))
    message.nanos = draw(st.sampled_from([0, 1, 5_000_000, 12_000, 999_999_999]))


def _duration(draw: Any, message: Any) -> None:
    sign = draw(st.sampled_from([1, -1]))
    message.seconds = sign * draw(st.integers(0, 315_576_000_000))
    message.nanos = sign * draw(st.sampled_from([0, 1, 5_000_000, 12_000, 999_999_999]))


def _struct(draw: Any, message: Any) -> None:
    message.update(draw(st.dictionaries(TEXT, STRUCTURED, max_size=3)))


def _list(draw: Any, message: Any) -> None:
    message.extend(draw(st.lists(STRUCTURED, max_size=3)))


def _value(draw: Any, message: Any) -> None:
    json_format.ParseDict(draw(STRUCTURED), message)


def _any(draw: Any, message: Any) -> None:
    kind = draw(st.sampled_from([Scalars, Nested, timestamp_pb2.Timestamp, struct_pb2.Struct, wrappers_pb2.Int64Value]))
    message.Pack(draw(filled(kind, 1)), deterministic=True)


FILLED = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _value,
    "google.protobuf.Any": _any,
    # json_format writes masks in camel case: the one place where we differ, tested by itself.
    "google.protobuf.FieldMask": lambda draw, message: message.paths.extend(
        draw(st.sampled_from([[], ["a"], ["a", "b.c"]]))
    ),
}


def _scalar(draw: Any, field: FieldDescriptor) -> Any:
    if field.cpp_type in INTEGERS:
        return draw(st.integers(*INTEGERS[field.cpp_type]))
    if field.enum_type is not None:
        if field.enum_type.full_name == "google.protobuf.NullValue":
            return 0
        return draw(st.sampled_from([0, 1, 2, -3, 77]))
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return draw(st.booleans())
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return draw(st.floats(allow_nan=False))
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        # protobuf writes the largest ones with seven digits, rounded up to what it then refuses to read.
        return draw(st.floats(-(2.0**127), 2.0**127, width=32) | st.sampled_from([math.inf, -math.inf]))
    return draw(st.binary(max_size=5) if field.type == FieldDescriptor.TYPE_BYTES else TEXT)


def _fill(draw: Any, message: Any, descriptor: Descriptor, depth: int) -> None:
    special = FILLED.get(descriptor.full_name)
    if special is not None:
        special(draw, message)
        return
    chosen = {oneof.name: draw(st.sampled_from([f.name for f in oneof.fields])) for oneof in descriptor.oneofs}
    for field in descriptor.fields:
        if not draw(st.booleans()) or (field.containing_oneof and chosen[field.containing_oneof.name] != field.name):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            items = getattr(message, field.name)
            for _ in range(draw(st.integers(0, 2))):
                at = _scalar(draw, key)
                if value.message_type is not None:
                    _fill(draw, items[at], value.message_type, depth - 1)
                else:
                    items[at] = _scalar(draw, value)
        elif field.message_type is not None:
            if depth <= 0 and not field.message_type.full_name.startswith("google."):
                continue
            values = getattr(message, field.name)
            if field.is_repeated:
                for _ in range(draw(st.integers(0, 2))):
                    _fill(draw, values.add(), field.message_type, depth - 1)
            else:
                values.SetInParent()
                _fill(draw, values, field.message_type, depth - 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(_scalar(draw, field) for _ in range(draw(st.integers(0, 2))))
        else:
            setattr(message, field.name, _scalar(draw, field))


@st.composite
def filled(draw: Any, kind: type[Message], depth: int = 2) -> Message:
    message = kind()
    _fill(draw, message, kind.DESCRIPTOR, depth)
    return message


MESSAGES = st.sampled_from([Scalars, Nested, Known]).flatmap(filled)


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_messages_become_the_json_that_protobuf_makes_of_them(message: Message) -> None:
    expected = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    assert writer(message.DESCRIPTOR)(message) == expected


@settings(max_examples=200, deadline=None)
@given(MESSAGES)
def test_our_json_comes_back_as_the_same_message(message: Message) -> None:
    text = json.dumps(writer(message.DESCRIPTOR)(message))
    assert reader(message.DESCRIPTOR).read(load_json(text)) == message


@settings(max_examples=100, deadline=None)
@given(MESSAGES)
def test_what_protobuf_writes_is_read_as_protobuf_reads_it(message: Message) -> None:
    value = json_format.MessageToDict(message, preserving_proto_field_name=True)
    ours = reader(message.DESCRIPTOR).read(load_json(json.dumps(value)))
    theirs = json_format.ParseDict(value, type(message)())
    # As JSON: json_format packs maps into an Any in any order.
    assert writer(message.DESCRIPTOR)(ours) == writer(message.DESCRIPTOR)(theirs)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from([Scalars, Nested, Known]), st.booleans())
def test_any_json_is_read_or_refused_by_a_typed_error(data: Any, kind: type[Message], tolerant: bool) -> None:
    names = st.sampled_from([field.name for field in kind.DESCRIPTOR.fields]) | TEXT
    value = data.draw(st.dictionaries(names, JSON, max_size=4) | JSON)
    try:
        message = reader(kind.DESCRIPTOR, tolerant=tolerant).read(value)
    except InvalidInput:
        return
    assert isinstance(message, kind)
    message.SerializeToString()


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        (Scalars, {"an_int32": 2**31}, "an_int32"),
        (Scalars, {"an_int32": 1.5}, "an_int32"),
        (Scalars, {"an_int32": True}, "an_int32"),
        (Scalars, {"an_int32": "1e3"}, "an_int32"),
        (Scalars, {"an_int64": 10**400}, "an_int64"),
        (Scalars, {"a_uint64": -1}, "a_uint64"),
        (Scalars, {"a_double": 10**400}, "a_double"),
        (Scalars, {"a_double": math.inf}, "a_double"),
        (Scalars, {"a_float": 1e39}, "a_float"),
        (Scalars, {"a_double": "1" * 5000}, "a_double"),
        (Scalars, {"a_bool": 1}, "a_bool"),
        (Scalars, {"a_bool": "true"}, "a_bool"),
        (Scalars, {"a_string": 5}, "a_string"),
        (Scalars, {"a_string": "\ud800"}, "a_string"),
        (Scalars, {"some_bytes": "§"}, "some_bytes"),
        (Scalars, {"a_colour": "COLOUR_BLUE"}, "a_colour"),
        (Scalars, {"aString": "camel"}, "aString"),
        (Scalars, {"unknown": 1}, "unknown"),
        (Nested, {"one": []}, "one"),
        (Nested, {"one": {"a_string": 5}}, "one.a_string"),
        (Nested, {"many": {}}, "many"),
        (Nested, {"many": [{}, {"a_string": 5}]}, "many[1].a_string"),
        (Nested, {"many": [None]}, "many[0]"),
        (Nested, {"numbers": [1, "x"]}, "numbers[1]"),
        (Nested, {"by_name": {"k": 5}}, "by_name.k"),
        (Nested, {"by_number": {"x": 1}}, "by_number.x"),
        (Nested, {"by_truth": {"yes": {}}}, "by_truth.yes"),
        (Nested, {"text": "a", "number": 1}, "number"),
        (Known, {"time": "yesterday"}, "time"),
        (Known, {"time": "2026-02-30T00:00:00Z"}, "time"),
        (Known, {"time": "0001-01-01T00:00:00+14:00"}, "time"),
        (Known, {"time": 0}, "time"),
        (Known, {"duration": "1 s"}, "duration"),
        (Known, {"duration": "999999999999s"}, "duration"),
        (Known, {"mask": "displayName"}, "mask"),
        (Known, {"mask": ["a"]}, "mask"),
        (Known, {"struct": []}, "struct"),
        (Known, {"struct": {"n": math.nan}}, "struct.n"),
        (Known, {"any": {"@type": "type.googleapis.com/no.Such"}}, "any.@type"),
        (Known, {"any": {"value": 1}}, "any.@type"),
        (Known, {"int64_value": "x"}, "int64_value"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(kind: type[Message], value: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        reader(kind.DESCRIPTOR).read(value)
    assert list(wrong.value.fields) == [field]


@pytest.mark.parametrize("value", [None, [], 5, "text", True])
def test_a_message_is_an_object(value: Any) -> None:
    with pytest.raises(InvalidInput):
        reader(Scalars.DESCRIPTOR).read(value)


@pytest.mark.parametrize("shape", ["message", "struct", "list", "any"])
def test_nesting_is_bounded_and_what_is_read_can_be_parsed_by_others(shape: str) -> None:
    def nest(levels: int) -> dict[str, Any]:
        value: Any = {}
        for _ in range(levels):
            if shape == "message":
                value = {"deeper": value}
            elif shape == "list":
                value = [value]
            elif shape == "struct":
                value = {"s": value}
            else:
                value = {"@type": "type.googleapis.com/workspace.tests.shapes.Known", "any": value}
        return {"deeper": value} if shape == "message" else {"any" if shape == "any" else "value": value}

    kind = Nested if shape == "message" else Known
    with pytest.raises(InvalidInput, match="deeply"):
        reader(kind.DESCRIPTOR).read(nest(DEPTH + 1))
    with pytest.raises(InvalidInput, match="deeply"):
        reader(kind.DESCRIPTOR).read(nest(900))
    levels = DEPTH // 2 - 1 if shape == "any" else DEPTH - 3
    kind.FromString(reader(kind.DESCRIPTOR).read(nest(levels)).SerializeToString())


def test_a_tolerant_reader_passes_over_what_a_newer_contract_added() -> None:
    value = {
        "one": {"newer": 1, "a_colour": "COLOUR_NEWER", "a_string": "kept"},
        "colours": ["COLOUR_NEWER", "COLOUR_GREEN"],
    }
    with pytest.raises(InvalidInput):
        reader(Nested.DESCRIPTOR).read(value)
    message: Any = reader(Nested.DESCRIPTOR, tolerant=True).read(value)
    assert message.one.a_string == "kept"
    assert list(message.colours) == [1]


def test_null_clears_and_defaults_are_shown() -> None:
    message: Any = reader(mail_pb2.Message.DESCRIPTOR).read({"id": "01A", "date": None, "flags": None, "size": "5"})
    written = writer(mail_pb2.Message.DESCRIPTOR)(message)
    assert written["size"] == "5"
    assert written["flags"] == []
    assert written["subject"] == ""
    assert "date" not in written


def test_field_masks_are_in_snake_case_both_ways() -> None:
    message: Any = reader(Known.DESCRIPTOR).read({"mask": "display_name,unit.parent_id"})
    assert list(message.mask.paths) == ["display_name", "unit.parent_id"]
    assert writer(Known.DESCRIPTOR)(message)["mask"] == "display_name,unit.parent_id"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b"{} {}",
        b'{"a": 01}',
        b'"\x01"',
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        load_json(text)


def test_infinity_written_as_a_number_is_refused() -> None:
    with pytest.raises(InvalidInput):
        reader(Scalars.DESCRIPTOR).read(load_json('{"a_double": 1e999}'))
