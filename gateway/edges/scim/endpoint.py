"""HTTP of the SCIM edge: who asks, how much is read, what is answered, under which address."""

from typing import Any
from urllib.parse import parse_qsl

import grpc
import orjson
import structlog
from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import directory_pb2_grpc as rpc

from chassis.errors import TooLarge, WorkspaceError
from chassis.identity import Identity, acting_as
from chassis.identity.identity import ADMINISTRATOR
from gateway.edge.access import Access
from gateway.edge.exchange import Exchange, exchange_of
from gateway.edges.scim.errors import scim_error
from gateway.edges.scim.groups import Groups
from gateway.edges.scim.handler import Handler
from gateway.edges.scim.models import MAX_PAYLOAD, GroupUnit, Unit, User, provider
from gateway.edges.scim.service import Service
from gateway.edges.scim.storage import DirectoryStorage, Kept
from gateway.edges.scim.users import Users
from gateway.problems import SlowRequest, headers_of
from gateway.transcoding.bodies import pieces

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/scim+json"
PREFIX = "/scim/v2"
MAX_PARAMETERS = 20
_SUGGESTED = 50
_OF_UNITS = frozenset({str(Unit.__schema__), str(GroupUnit.__schema__)})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_DESCRIBING = {Operation.schemas, Operation.schema}


class ScimEndpoint:
    """An ASGI application, mounted at `/scim/v2`."""

    def __init__(self, channel: grpc.aio.Channel, access: Access, public_url: str) -> None:
        described = provider()
        self._base = f"{public_url.rstrip('/')}{PREFIX}"
        self._access = access
        self._service = Service(described)
        self._units: Any = rpc.UnitServiceStub(channel)
        kept: dict[str, Kept] = {
            "User": Users(channel, described.model_for("User")),
            "Group": Groups(channel, described.model_for("Group")),
        }
        storage = DirectoryStorage(kept)
        self._handler = Handler(self._service, storage)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        exchange.route = "scim"
        answer: ScimResponse | None = None
        try:
            answer = await self._answered(exchange, scope, receive)
            headers: dict[str, str] = {}
        except WorkspaceError as error:
            exchange.reason = error.reason
            # What is left of the body is not waited for.
            exchange.close = isinstance(error, TooLarge | SlowRequest)
            headers = headers_of(error, token_given=exchange.token_given)
            answer = self._service.error_response(scim_error(error))
        except SCIMException as error:
            exchange.reason = error.scim_type or "scim"
            headers = {}
            answer = self._service.error_response(error)
        await self._response(answer, headers, head=scope["method"] == "HEAD")(scope, receive, send)

    async def _answered(self, exchange: Exchange, scope: Scope, receive: Receive) -> ScimResponse:
        headers = Headers(scope=scope)
        request = self._request(scope, headers)
        try:
            target = self._service.match(request)
        except SCIMException:
            # Nobody is told which paths there are before the token is known to be good.
            await self._access.admit(exchange, headers.get("authorization"))
            raise
        exchange.route = f"scim.{target.operation.value}"
        identity: Identity | None = None
        if target.operation is Operation.service_provider_config and "authorization" not in headers:
            self._access.admit_anybody(exchange)
        else:
            identity = await self._access.admit(exchange, headers.get("authorization"))
        request.subject = identity
        request.body = b"".join([piece async for piece in pieces(headers, receive, MAX_PAYLOAD)])
        with acting_as(identity):
            answer = await self._handler.handle(request)
            if target.operation in _DESCRIBING and identity is not None:
                _suggest(answer.body, await self._suggested_units(identity))
        return answer

    def _request(self, scope: Scope, headers: Headers) -> ScimRequest:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        path = scope["path"].removeprefix(scope.get("root_path", "")).removesuffix(".scim")
        query = scope["query_string"].decode("latin-1")
        try:
            parameters = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict"))
        except ValueError as error:
            raise SCIMException(detail="The query cannot be read") from error
        return ScimRequest(
            method=method if method in _METHODS else "OTHER",
            base_url=self._base,
            path=path or "/",
            query=parameters,
            headers=headers.items(),
        )

    async def _suggested_units(self, identity: Identity) -> list[str]:
        """The units that the caller administers, the highest ones: of those it may choose, and what is below them."""
        own = [grant.unit for grant in identity.grants if grant.role == ADMINISTRATOR]
        if "" not in own:
            return sorted(set(own))
        ministries = await self._units.ListUnits(directory.ListUnitsRequest(page_size=_SUGGESTED))
        return [unit.id for unit in ministries.units]

    @staticmethod
    def _response(answer: ScimResponse, more: dict[str, str], *, head: bool) -> Response:
        headers = {"cache-control": "no-store", **{k.lower(): v for k, v in answer.headers.items()}, **more}
        body = b"" if answer.body is None or head else orjson.dumps(answer.body)
        return Response(body, int(answer.status), headers, MEDIA_TYPE if answer.body is not None else None)


def _suggest(body: Any, units: list[str]) -> None:
    """Canonical values are suggestions (RFC 7643 §7): here, the units that this client may choose.

    And `userName` is published as immutable, although who gives another address of the unit's renames the account:
    what is published as changeable has to take any text (§7), which an address is not.
    """
    schemas = body.get("Resources", [body]) if isinstance(body, dict) else []
    for schema in schemas:
        for attribute in schema.get("attributes", []) if schema.get("id") == str(User.__schema__) else []:
            if attribute.get("name") == "userName":
                attribute["mutability"] = "immutable"
        for attribute in schema.get("attributes", []) if schema.get("id") in _OF_UNITS else []:
            if attribute.get("name") == "unitId" and units:
                attribute["canonicalValues"] = units
