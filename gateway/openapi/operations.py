"""Routes as OpenAPI operations."""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from workspace.options.v1 import options_pb2

from gateway.contract import Kind, Route
from gateway.contract.routes import field_at
from gateway.openapi.comments import comments
from gateway.openapi.schemas import Schema, Schemas
from gateway.problems import MEDIA_TYPE
from gateway.transcoding.binding import bound_fields
from gateway.transcoding.query import flat_fields

_PERMISSIONS = {
    options_pb2.PERMISSION_ADMINISTRATOR: "For administrators.",
    options_pb2.PERMISSION_HELP_DESK: "For administrators and the help desk.",
    options_pb2.PERMISSION_AUDITOR: "For auditors.",
}
_OCTETS: Schema = {"type": "string", "format": "binary"}


def operation_of(route: Route, schemas: Schemas) -> dict[str, Any]:
    """What OpenAPI says of one route."""
    about = comments().get(str(route.method.full_name), "")
    summary, _, rest = about.partition(". ")
    operation: dict[str, Any] = {
        "operationId": route.name.replace(".", "_"),
        "tags": [route.method.containing_service.name],
        "summary": summary.rstrip(".") or route.method.name,
        "parameters": _parameters(route, schemas),
        "responses": _responses(route, schemas),
    }
    notes = [note for note in (rest, _permission(route)) if note]
    if notes:
        operation["description"] = " ".join(notes)
    body = _body(route, schemas)
    if body is not None:
        operation["requestBody"] = body
    if route.public:
        operation["security"] = []
    return operation


def _permission(route: Route) -> str:
    return _PERMISSIONS.get(route.rule.permission, "")


def _parameter(name: str, where: str, field: FieldDescriptor, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.field(field)
    parameter: dict[str, Any] = {"name": name, "in": where, "required": where == "path"}
    about = schema.pop("description", "")
    if about:
        parameter["description"] = about
    schema.pop("readOnly", None)
    return {**parameter, "schema": schema}


def _parameters(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    found = []
    for path in route.template.fields:
        field = field_at(route.input, path)
        if field is not None:
            found.append(_parameter(path, "path", field, schemas))
    if route.body != "*":
        for path, field in flat_fields(route.input, bound_fields(route)):
            found.append(_parameter(path, "query", field, schemas))
    if route.kind is Kind.DOWNLOAD and route.ranged:
        ranged = {"type": "string", "examples": ["bytes=0-1023"]}
        found.append({"name": "Range", "in": "header", "description": "One range of octets.", "schema": ranged})
        found.append({"name": "If-None-Match", "in": "header", "schema": {"type": "string"}})
    return found


def _body(route: Route, schemas: Schemas) -> dict[str, Any] | None:
    if not route.body:
        return None
    if route.kind is Kind.UPLOAD:
        types = route.rule.media_types or ["*/*"]
        return {"required": True, "content": {media_type: {"schema": dict(_OCTETS)} for media_type in types}}
    field = route.body_field
    if field is not None and field.message_type is not None:
        return _json_body(schemas.message(field.message_type))
    if not route.template.fields:
        return _json_body(schemas.message(route.input))
    # The path says some of the fields: the body need not.
    left = [field for field in route.input.fields if field.name not in route.template.fields]
    if not left:
        return None
    properties = {field.name: schemas.field(field) for field in left}
    return _json_body({"type": "object", "properties": properties, "additionalProperties": False})


def _json_body(schema: Schema) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    status = str(route.rule.http_status)
    good: dict[str, Any] = {"description": "Done."}
    problems = {"default": {"$ref": "#/components/responses/Problem"}}
    if route.kind is Kind.DOWNLOAD:
        types = route.rule.media_types or ["*/*"]
        content = {media_type: {"schema": dict(_OCTETS)} for media_type in types}
        headers = {
            "ETag": {"schema": {"type": "string"}},
            "Accept-Ranges": {"schema": {"type": "string"}},
            "Content-Disposition": {"schema": {"type": "string"}},
        }
        if not route.ranged:
            headers = {"Content-Disposition": headers["Content-Disposition"]}
            return {status: {"description": "The whole.", "headers": headers, "content": content}, **problems}
        ranged = {**headers, "Content-Range": {"schema": {"type": "string"}}}
        return {
            status: {"description": "The whole.", "headers": headers, "content": content},
            "206": {"description": "The range asked for.", "headers": ranged, "content": content},
            "304": {"description": "The client has it already."},
            "416": {"description": "No such range.", "content": _problem_content()},
            **problems,
        }
    if route.rule.http_status != 204:
        good["content"] = {"application/json": {"schema": schemas.message(route.output)}}
    return {status: good, **problems}


def _problem_content() -> dict[str, Any]:
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problem_component() -> tuple[Schema, dict[str, Any]]:
    """The schema of problem documents (RFC 9457), and the response that every operation may give."""
    text = {"type": "string"}
    fault = {
        "type": "object",
        "required": ["field", "detail"],
        "properties": {"field": {**text, "examples": ["page_size"]}, "detail": text},
    }
    schema: Schema = {
        "type": "object",
        "description": "What went wrong (RFC 9457). `reason` is a stable word for programs.",
        "required": ["type", "title", "status", "detail", "instance", "reason", "request_id"],
        "properties": {
            "type": {**text, "format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": {**text, "format": "uri-reference"},
            "reason": text,
            "request_id": text,
            "errors": {"type": "array", "items": fault},
        },
    }
    response = {
        "description": "It did not work.",
        "headers": {"X-Request-Id": {"schema": text}, "Retry-After": {"schema": {"type": "integer"}}},
        "content": _problem_content(),
    }
    return schema, response
