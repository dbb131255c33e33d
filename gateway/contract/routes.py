"""From method descriptors to routes, and what keeps a contract from being served."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from workspace.options.v1 import options_pb2

from gateway.contract.template import Template, TemplateFault, parse_template

HTTP_BODY = "google.api.HttpBody"
UPDATE_MASK = "update_mask"
RANGE_FIELDS = ("offset", "length")
# A call that is cancelled looks, to a service that reads it, like one that ended.
LAST = "last"


class Kind(Enum):
    """How the octets of a route flow."""

    UNARY = "unary"
    DOWNLOAD = "download"
    UPLOAD = "upload"


@dataclass(frozen=True)
class Route:
    """One way by HTTP to one rpc."""

    method: MethodDescriptor
    rule: options_pb2.Rule
    verb: str
    template: Template
    body: str

    @property
    def name(self) -> str:
        """For metrics, logs and operation ids: "MessageService.ListMessages"."""
        return f"{self.method.containing_service.name}.{self.method.name}"

    @property
    def rpc(self) -> str:
        return f"/{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def kind(self) -> Kind:
        if self.method.server_streaming:
            return Kind.DOWNLOAD
        return Kind.UPLOAD if self.method.client_streaming else Kind.UNARY

    @property
    def public(self) -> bool:
        return self.rule.permission == options_pb2.PERMISSION_PUBLIC

    @property
    def input(self) -> Descriptor:
        return self.method.input_type

    @property
    def output(self) -> Descriptor:
        return self.method.output_type

    @property
    def body_field(self) -> FieldDescriptor | None:
        """The request's field that the body is; None when it is the whole request, or nothing."""
        return self.input.fields_by_name.get(self.body)

    @property
    def ranged(self) -> bool:
        """Whether a part of its octets can be asked for; else nobody knows their number before they end."""
        return all(name in self.input.fields_by_name for name in RANGE_FIELDS)

    @property
    def masked(self) -> bool:
        """Whether it names what it changes (AIP-134)."""
        mask = self.input.fields_by_name.get(UPDATE_MASK)
        return mask is not None and mask.message_type is not None and bool(self.body)


def rule_of(method: MethodDescriptor) -> options_pb2.Rule | None:
    options = method.GetOptions()
    return options.Extensions[options_pb2.rule] if options.HasExtension(options_pb2.rule) else None


def _bindings(method: MethodDescriptor) -> Iterator[http_pb2.HttpRule]:
    options = method.GetOptions()
    if options.HasExtension(annotations_pb2.http):
        http = options.Extensions[annotations_pb2.http]
        yield http
        yield from http.additional_bindings


def _routes(method: MethodDescriptor) -> Iterator[Route]:
    rule = rule_of(method)
    if rule is None:
        return
    for http in _bindings(method):
        pattern = http.WhichOneof("pattern")
        if pattern is None or pattern == "custom":
            raise TemplateFault("only get, put, post, patch and delete are served")
        yield Route(method, rule, pattern.upper(), parse_template(getattr(http, pattern)), http.body)


def routes_of(services: Iterable[ServiceDescriptor]) -> list[Route]:
    """Every route of the services. Rpcs between services have none, whatever they state. Raises `TemplateFault`."""
    return [
        route
        for service in services
        for method in service.methods
        for route in _routes(method)
        if route.rule.permission not in (options_pb2.PERMISSION_SERVICE, options_pb2.PERMISSION_UNSPECIFIED)
    ]


def field_at(message: Descriptor, path: str) -> FieldDescriptor | None:
    """The field at a dotted path."""
    field = None
    within: Descriptor | None = message
    for step in path.split("."):
        field = within.fields_by_name.get(step) if within is not None else None
        if field is None:
            return None
        within = field.message_type
    return field


def faults(services: Iterable[ServiceDescriptor]) -> list[str]:
    """Why these services cannot be served as they stand: a line each; none is good."""
    found: list[str] = []
    taken: dict[tuple[str, str], str] = {}
    for method in (method for service in services for method in service.methods):
        try:
            routes = list(_routes(method))
        except TemplateFault as fault:
            found.append(f"{method.full_name}: {fault}")
            continue
        found.extend(f"{method.full_name}: {wrong}" for wrong in _unstated(method, routes))
        for route in routes:
            found.extend(f"{method.full_name}: {wrong}" for wrong in _unserveable(route))
            at = (route.verb, route.template.shape)
            if at in taken:
                found.append(f"{method.full_name}: {route.verb} {route.template} is taken by {taken[at]}")
            taken[at] = str(method.full_name)
    return found


def _unstated(method: MethodDescriptor, routes: list[Route]) -> Iterator[str]:
    rule = rule_of(method)
    if rule is None:
        yield "states no rule (workspace.options.v1.rule)"
        return
    if not rule.permission:
        yield "its rule states no permission"
    if not rule.idempotency:
        yield "its rule states no idempotency"
    if not 200 <= rule.http_status <= 299:
        yield "its rule states no HTTP status of success"
    hidden = rule.permission == options_pb2.PERMISSION_SERVICE or rule.unrouted
    if hidden and routes:
        yield "has a route, though its rule keeps it from people"
    elif not hidden and not routes:
        yield "has no route (google.api.http)"


def _unserveable(route: Route) -> Iterator[str]:
    for path in route.template.fields:
        field = field_at(route.input, path)
        if field is None or field.is_repeated or field.message_type is not None:
            yield f"{{{path}}} is no single value of {route.input.name}"
    if route.body not in ("", "*") and route.body_field is None:
        yield f"its body {route.body!r} is no field of {route.input.name}"
    if route.verb in ("GET", "DELETE") and route.body:
        yield f"{route.verb} has no body"
    if (route.rule.http_status == 204) != (route.output.full_name == "google.protobuf.Empty"):
        yield "answers 204 when and only when it returns google.protobuf.Empty"
    if route.verb == "GET" and route.rule.idempotency != options_pb2.IDEMPOTENCY_SAFE:
        yield "a GET is safe (RFC 9110 §9.2.1)"
    if route.kind is Kind.DOWNLOAD:
        if route.verb != "GET" or route.output.full_name != HTTP_BODY or route.method.client_streaming:
            yield "a stream out is a GET of google.api.HttpBody"
        if len({name in route.input.fields_by_name for name in RANGE_FIELDS}) > 1:
            yield f"a stream out takes {' and '.join(RANGE_FIELDS)}, or none of them"
    if route.kind is Kind.UPLOAD:
        body = route.body_field
        if body is None or body.message_type is None or body.message_type.full_name != HTTP_BODY:
            yield "a stream in has a body field of google.api.HttpBody"
        last = route.input.fields_by_name.get(LAST)
        if last is None or last.cpp_type != FieldDescriptor.CPPTYPE_BOOL:
            yield f"a stream in says where it ends, by a bool field {LAST!r}"
