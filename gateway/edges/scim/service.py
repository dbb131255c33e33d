"""SCIM's protocol as scim2-server speaks it, with our bounds, our defaults, and our errors."""

from collections.abc import Mapping
from typing import Any, Union

import orjson
from scim2_models import (
    Error,
    ForbiddenException,
    InvalidFilterException,
    InvalidSyntaxException,
    ListResponse,
    PatchOp,
    PayloadTooLargeException,
    Resource,
    ResourceType,
    ScimProvider,
    SearchRequest,
    UnauthorizedException,
)
from scim2_server.bulk import BulkPlan
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from chassis.errors import WorkspaceError
from chassis.identity import Identity
from chassis.identity.identity import ADMINISTRATOR
from gateway.edges.scim.errors import scim_error
from gateway.edges.scim.filters import MAX_LENGTH
from gateway.edges.scim.membership import patched
from gateway.edges.scim.models import MAX_OPERATIONS, Agent, EnterpriseUser, Group, GroupUnit, Unit, User
from gateway.edges.scim.paths import refuse_unknown_paths

# Of a resource's attributes: none that is meant has more.
MAX_ENTRIES = 5000
MAX_DEPTH = 12
MAX_PATCH_OPERATIONS = 1000


class Service(ScimService):
    """What a step of the library does not know: who /Me is, what is left out by clients, how much is too much."""

    def __init__(self, described: ScimProvider) -> None:
        super().__init__(described)
        # Pydantic forgets a model of a model that nobody holds, and to make it again costs more than the search.
        self._listed = ListResponse[Union[tuple(self.get_models())]]  # type: ignore[misc]  # noqa: UP007

    def me_target(self, request: ScimRequest) -> tuple[ResourceType, str]:
        """RFC 7644 §3.11: the account of the token."""
        if not isinstance(request.subject, Identity):
            raise UnauthorizedException
        return self.get_resource_type("User"), request.subject.account_id

    def authorize(
        self,
        request: ScimRequest,
        target: Target,
        resource_type: ResourceType,  # noqa: ARG002 - the same for each
    ) -> None:
        """Provisioning is for administrators, before anything is read; over which units, directory decides."""
        subject = request.subject
        if not isinstance(subject, Identity):
            raise UnauthorizedException
        if not subject.holds(ADMINISTRATOR) and not (target.me and target.operation is Operation.query):
            raise ForbiddenException(detail="For administrators only")

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        self.ensure_json(content_type)
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidSyntaxException(detail=f"Not JSON: {error.msg}") from error
        if not isinstance(value, dict):
            raise InvalidSyntaxException(detail="A JSON object is needed")
        _bounded(value)
        return value

    def read_body(self, model: Any, body: bytes, content_type: str | None, scim_ctx: Any) -> Any:
        """Bounded before the library builds anything of it."""
        return super().read_body(model, orjson.dumps(self.decode_body(body, content_type)), content_type, scim_ctx)

    def read_creation(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        given = _completed(self.decode_body(body, content_type), resource_type)
        return super().read_creation(resource_type, orjson.dumps(given), content_type)

    def read_replacement(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> Resource[Any]:
        given = _completed(self.decode_body(body, content_type), resource_type)
        return super().read_replacement(resource_type, orjson.dumps(given), content_type)

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> tuple[SearchRequest[Any], Any]:
        for name, value in payload.items() if isinstance(payload, dict) else ():
            if name.casefold() == "filter" and isinstance(value, str) and len(value) > MAX_LENGTH:
                raise InvalidFilterException(detail=f"A filter has at most {MAX_LENGTH} characters")
        return super().read_search(resource_types, payload)

    def read_bulk(self, body: bytes, content_type: str | None) -> BulkPlan:
        """Counted before any operation is looked at."""
        self.ensure_bulk_payload_size(len(body))
        given = self.decode_body(body, content_type)
        for name, operations in given.items():
            if name.casefold() != "operations" or not isinstance(operations, list):
                continue
            if len(operations) > MAX_OPERATIONS:
                raise PayloadTooLargeException(
                    detail=f"The number of operations exceeds the maxOperations ({MAX_OPERATIONS})"
                )
            for operation in operations:
                self._complete_operation(operation)
        return super().read_bulk(orjson.dumps(given), content_type)

    def _complete_operation(self, operation: Any) -> None:
        if not isinstance(operation, dict):
            return
        said = {name.casefold(): value for name, value in operation.items()}
        endpoint = str(said.get("path", "")).strip("/").partition("/")[0]
        resource_type = self.get_resource_type_by_endpoint(endpoint)
        if resource_type is None or str(said.get("method", "")).upper() not in {"POST", "PUT"}:
            return
        for name, value in operation.items():
            if name.casefold() == "data" and isinstance(value, dict):
                operation[name] = _completed(value, resource_type)

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """What a client leaves out of which it may know nothing is not taken away: addresses, and whole extensions.

        Otherwise mail would be lost, and a person would stand in no unit, by a PUT of a client that only renames.
        """
        if isinstance(current, User) and isinstance(replacement, User):
            if "emails" not in replacement.model_fields_set:
                replacement.emails = current.emails
            for extension in (EnterpriseUser, Unit, Agent):
                if extension.__name__ not in replacement.model_fields_set:
                    replacement[extension] = current[extension]
            given, kept = (replacement.user_name or "").strip().casefold(), current.user_name or ""
            if given == kept or ("@" not in given and given == kept.partition("@")[0]):
                replacement.user_name = kept
        if isinstance(current, Group) and isinstance(replacement, Group):
            said = replacement[GroupUnit]
            if said is None or said.unit_id is None:
                replacement[GroupUnit] = current[GroupUnit]
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        """Of a group's members in time that grows with them alone."""
        if len(patch_op.operations or ()) > MAX_PATCH_OPERATIONS:
            raise PayloadTooLargeException(detail=f"A PATCH has at most {MAX_PATCH_OPERATIONS} operations")
        refuse_unknown_paths(current, patch_op)
        if not isinstance(current, Group):
            return super().apply_patch(current, patch_op, conditions)
        self.check_preconditions(current, "PATCH", conditions)
        return current if patched(current, patch_op) else None

    @staticmethod
    def error_of(exception: Exception) -> Error:
        if isinstance(exception, WorkspaceError):
            return scim_error(exception).to_error()
        return ScimService.error_of(exception)


def _bounded(value: Any) -> None:
    """Refuse what is nested or listed beyond any resource: each level and entry costs the library objects."""
    waiting, entries = [(value, 1)], 0
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise InvalidSyntaxException(detail=f"Nested more than {MAX_DEPTH} deep")
        inner = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ()
        entries += len(inner)
        if entries > 4 * MAX_ENTRIES:
            raise PayloadTooLargeException(detail=f"More than {4 * MAX_ENTRIES} values")
        waiting += [(each, depth + 1) for each in inner]


def _completed(given: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
    """What every account has, where a client leaves it out (RFC 7644 §3.5.1: a default may be assigned)."""
    if resource_type.name != "User":
        return given
    said = {name.casefold(): value for name, value in given.items()}
    completed = dict(given)
    if said.get("active") is None:
        completed = {**_without(completed, "active"), "active": True}
    if not said.get("displayname"):
        shown = _name_of(said)
        completed = {**_without(completed, "displayname"), **({"displayName": shown} if shown else {})}
    return completed


def _without(given: Mapping[str, Any], folded: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name.casefold() != folded}


def _name_of(said: Mapping[str, Any]) -> str:
    name = said.get("name")
    parts = {key.casefold(): value for key, value in name.items()} if isinstance(name, dict) else {}
    formatted, given, family = (parts.get(each) for each in ("formatted", "givenname", "familyname"))
    if isinstance(formatted, str) and formatted.strip():
        return formatted
    whole = " ".join(each for each in (given, family) if isinstance(each, str) and each.strip())
    user_name = said.get("username")
    return whole or (user_name.partition("@")[0] if isinstance(user_name, str) else "")
