"""From the parts of an HTTP request to the rpc's request message; compiled once for each route."""

from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from chassis.errors import InvalidInput
from chassis.protojson import DEPTH, Fault, Reader, field_setter, load_json, reader
from gateway.contract import Kind, Match, Route
from gateway.contract.routes import HTTP_BODY, LAST, RANGE_FIELDS, UPDATE_MASK, field_at
from gateway.transcoding.masks import complete_mask
from gateway.transcoding.query import Query


def path_setter(path: str, field: FieldDescriptor) -> Callable[[Any, str], None]:
    """What puts a path variable into the request; a body that says otherwise is refused."""
    *parents, name = path.split(".")
    set_field = field_setter(field, tolerant=False)

    def put(message: Any, value: str) -> None:
        for parent in parents:
            message = getattr(message, parent)
        before = getattr(message, name)
        try:
            set_field(message, value, DEPTH)
        except Fault as fault:
            raise fault.within(path).error() from None
        if before and before != getattr(message, name):
            raise InvalidInput("The body and the path differ", fields={path: f"is {value[:100]} in the path"})

    return put


def bound_fields(route: Route) -> frozenset[str]:
    """What the query of a route must not set: it comes from the path, the body, or the Range header."""
    bound = set(route.template.fields) | {route.body}
    if route.kind is Kind.DOWNLOAD:
        bound |= set(RANGE_FIELDS)
    if route.kind is Kind.UPLOAD:
        bound.add(LAST)
    return frozenset(bound)


class Binder:
    """Makes the request messages of one route."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.make: Callable[[], Any] = message_factory.GetMessageClass(route.input)
        paths = {path: field_at(route.input, path) for path in route.template.fields}
        self._puts = {path: path_setter(path, field) for path, field in paths.items() if field is not None}
        self._query = None if route.body == "*" else Query(route.input, bound_fields(route))
        self._body = self._body_reader()
        # Within the body a field bound by the path is said without the body's own name.
        prefix = f"{route.body}."
        self._named = frozenset(path.removeprefix(prefix) for path in route.template.fields)

    def _body_reader(self) -> Reader | None:
        if self._route.kind is Kind.UPLOAD or not self._route.body:
            return None
        field = self._route.body_field
        if field is None:
            return reader(self._route.input)
        if field.message_type is None or field.is_repeated or field.message_type.full_name == HTTP_BODY:
            raise TypeError(f"{self._route.name}: a JSON body is a message")
        return reader(field.message_type)

    def bind(self, match: Match, query: str, body: bytes) -> Message:
        """Raises `InvalidInput`, its fields named as the client knows them."""
        request = self.make()
        given = self._read_body(request, body)
        try:
            if self._query is not None:
                self._query.into(request, query)
            elif query:
                raise InvalidInput("This call takes no query parameters: everything is in the body")
            for path, value in match.values.items():
                self._puts[path](request, value)
            if self._route.masked:
                self._complete_mask(request, given)
        except InvalidInput as error:
            raise self.named(error) from error
        return request  # type: ignore[no-any-return]

    def _read_body(self, request: Any, body: bytes) -> Any:
        if self._body is None:
            return None
        given = load_json(body) if body else {}
        field = self._route.body_field
        if field is None:
            self._body.into(request, given)
        else:
            inner = getattr(request, field.name)
            inner.SetInParent()
            self._body.into(inner, given)
        return given

    def _complete_mask(self, request: Any, given: Any) -> None:
        field = self._route.body_field
        if field is not None and field.message_type is not None:
            complete_mask(request, given, field.message_type, self._named)
        elif isinstance(given, dict):
            mine = {name: value for name, value in given.items() if name != UPDATE_MASK}
            complete_mask(request, mine, self._route.input, self._named)

    def named(self, error: InvalidInput) -> InvalidInput:
        """The error with its fields as the client knows them: those of the body without the body's own name."""
        body = self._route.body
        if not error.fields or body in ("", "*"):
            return error
        fields = {
            field if field in self._route.template.fields else field.removeprefix(f"{body}."): wrong
            for field, wrong in error.fields.items()
        }
        return InvalidInput(error.detail, fields=fields)
