"""Messages as JSON Schema 2020-12, in the shape that `chassis.protojson` gives them."""

from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.openapi.comments import comments

Schema = dict[str, Any]

_OUTPUT_ONLY = "Output only."
_ANYTHING = "Any JSON value."
_WRAPPED = {
    "BoolValue": {"type": "boolean"},
    "BytesValue": {"type": "string", "contentEncoding": "base64"},
    "DoubleValue": {"type": "number"},
    "FloatValue": {"type": "number"},
    "Int32Value": {"type": "integer", "format": "int32"},
    "Int64Value": {"type": "string", "format": "int64"},
    "StringValue": {"type": "string"},
    "UInt32Value": {"type": "integer", "format": "uint32"},
    "UInt64Value": {"type": "string", "format": "uint64"},
}
_KNOWN: dict[str, Schema] = {
    "Any": {"type": "object", "properties": {"@type": {"type": "string"}}, "additionalProperties": True},
    "Duration": {"type": "string", "format": "duration", "examples": ["1.5s"], "pattern": r"^-?\d+(\.\d{1,9})?s$"},
    "Empty": {"type": "object", "additionalProperties": False},
    "FieldMask": {"type": "string", "description": "Field names, separated by commas.", "examples": ["display_name"]},
    "ListValue": {"type": "array", "items": {"description": _ANYTHING}},
    "Struct": {"type": "object", "additionalProperties": True},
    "Timestamp": {"type": "string", "format": "date-time", "examples": ["2026-01-31T08:30:00Z"]},
    "Value": {"description": _ANYTHING},
    **_WRAPPED,
}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.CPPTYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer", "format": "int32"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "string", "format": "int64"},
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
    FieldDescriptor.CPPTYPE_UINT32: {"type": "integer", "format": "uint32", "minimum": 0},
    FieldDescriptor.CPPTYPE_UINT64: {"type": "string", "format": "uint64"},
}


class Schemas:
    """Collects the schemas that a document refers to."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def message(self, descriptor: Descriptor) -> Schema:
        """A reference to a message's schema, which is added with all that it needs."""
        if descriptor.file.package == "google.protobuf":
            return dict(_KNOWN[descriptor.name])
        if descriptor.name not in self.components:
            schema: Schema = {"type": "object"}
            self.components[descriptor.name] = schema
            about = comments().get(descriptor.full_name)
            if about:
                schema["description"] = about
            schema["properties"] = {field.name: self.field(field) for field in descriptor.fields}
            schema["additionalProperties"] = False
        return {"$ref": f"#/components/schemas/{descriptor.name}"}

    def field(self, field: FieldDescriptor) -> Schema:
        """A field's schema, with its comment; a field that the service fills is read only."""
        schema = self._shape(field)
        about = comments().get(field.full_name, "")
        if about.startswith(_OUTPUT_ONLY):
            schema["readOnly"] = True
            about = about.removeprefix(_OUTPUT_ONLY).strip()
        if about:
            schema["description"] = about
        return schema

    def _shape(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return {"type": "object", "additionalProperties": self.value(field.message_type.fields_by_name["value"])}
        if field.is_repeated:
            return {"type": "array", "items": self.value(field)}
        return self.value(field)

    def value(self, field: FieldDescriptor) -> Schema:
        """The schema of one value of a field."""
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            return self.enum(field.enum_type)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return {"type": "string", "contentEncoding": "base64"}
        return dict(_SCALARS[field.cpp_type])

    def enum(self, descriptor: EnumDescriptor) -> Schema:
        if descriptor.name not in self.components:
            schema: Schema = {"type": "string", "enum": [value.name for value in descriptor.values]}
            about = comments().get(descriptor.full_name)
            if about:
                schema["description"] = about
            self.components[descriptor.name] = schema
        return {"$ref": f"#/components/schemas/{descriptor.name}"}
