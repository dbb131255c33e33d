"""The REST API: every route of the contracts, each with what serves it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import grpc
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chassis.errors import TooLarge, WorkspaceError
from chassis.identity import acting_as
from gateway.contract import Kind, Match, Route, Router
from gateway.edge.access import Access
from gateway.edge.exchange import Exchange, exchange_of
from gateway.problems import SlowRequest, problem_response
from gateway.transcoding.download import DownloadRoute
from gateway.transcoding.unary import UnaryRoute
from gateway.transcoding.upload import UploadRoute
from gateway.upstreams import upstream_of


class _Served(Protocol):
    async def serve(self, exchange: Exchange, match: Match, scope: Scope, receive: Receive, send: Send) -> None: ...


class Transcoder:
    """An ASGI application over the channels to the services, by name."""

    def __init__(
        self,
        routes: Sequence[Route],
        channels: Mapping[str, grpc.aio.Channel],
        access: Access,
        *,
        json_octets: int,
        upload_octets: int,
    ) -> None:
        self._router = Router(routes)
        self._access = access
        self._served: dict[tuple[str, str], _Served] = {}
        for route in routes:
            channel = channels[upstream_of(route.method.containing_service)]
            served: _Served
            if route.kind is Kind.DOWNLOAD:
                served = DownloadRoute(route, channel)
            elif route.kind is Kind.UPLOAD:
                served = UploadRoute(route, channel, upload_octets)
            else:
                served = UnaryRoute(route, channel, access, json_octets)
            self._served[route.verb, route.template.shape] = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._serve(exchange, scope, receive, noting)
        except WorkspaceError as error:
            exchange.reason = error.reason
            # What is left of the body is not waited for.
            exchange.close = exchange.close or isinstance(error, TooLarge | SlowRequest)
            if started:
                return
            response = problem_response(error, scope["path"], exchange.request_id, token_given=exchange.token_given)
            await response(scope, receive, send)

    async def _serve(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope["raw_path"].decode("latin-1")
        if scope["method"] == "OPTIONS":
            allow = ", ".join(self._router.allowed(raw_path))
            await Response(status_code=204, headers={"allow": allow})(scope, receive, send)
            return
        match = self._router.match(scope["method"], raw_path)
        exchange.route = match.route.name
        identity = None
        if match.route.public:
            self._access.admit_anybody(exchange)
        else:
            identity = await self._access.admit(exchange, Headers(scope=scope).get("authorization"))
        with acting_as(identity):
            await self._served[match.route.verb, match.route.template.shape].serve(
                exchange, match, scope, receive, send
            )
