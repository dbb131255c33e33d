"""Octets in: a request body as a stream of requests, taken no faster than the service takes them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf import message_factory
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from chassis.errors import InvalidInput, WorkspaceError
from chassis.rpc import translated
from gateway.contract import Match, Route
from gateway.contract.routes import LAST
from gateway.edge.exchange import Exchange
from gateway.transcoding.binding import Binder
from gateway.transcoding.bodies import check_media_type, pieces
from gateway.transcoding.unary import Answers, response_class

PIECE = 64 * 1024


class Body:
    """The requests of one upload, and why they ended early."""

    def __init__(self, first: Any, field: str, octets: AsyncIterator[bytes]) -> None:
        self._next = first
        self._make = type(first)
        self._field = field
        self._octets = octets
        self.failure: WorkspaceError | None = None
        self.whole = False

    async def requests(self) -> AsyncIterator[Any]:
        """The first request has what the path and the query say; the last one says that the body is whole."""
        sent = False
        try:
            async for octets in self._octets:
                for start in range(0, len(octets), PIECE):
                    request = self._next if not sent else self._make()
                    getattr(request, self._field).data = octets[start : start + PIECE]
                    sent = True
                    yield request
        except WorkspaceError as error:
            # gRPC cancels the call when its requests raise; why, it does not tell.
            self.failure = error
            raise
        self.whole = True
        end = self._next if not sent else self._make()
        setattr(end, LAST, True)
        yield end


class UploadRoute:
    """A rpc that takes a stream of requests, each with a piece of a google.api.HttpBody."""

    def __init__(self, route: Route, channel: grpc.aio.Channel, upload_octets: int) -> None:
        self._field = route.body
        self._media_types = tuple(route.rule.media_types)
        self._binder = Binder(route)
        self._answer = Answers(route)
        self._most = upload_octets
        self._call: Any = channel.stream_unary(
            route.rpc,
            request_serializer=message_factory.GetMessageClass(route.input).SerializeToString,
            response_deserializer=response_class(route).FromString,
        )

    async def serve(self, exchange: Exchange, match: Match, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        exchange.close = True  # until the whole body is read
        media_type = check_media_type(headers, self._media_types)
        first: Any = self._binder.bind(match, scope["query_string"].decode("latin-1"), b"")
        getattr(first, self._field).content_type = media_type
        octets = pieces(headers, receive, self._most)
        # A body too large by its own account is refused before the service hears of it.
        ahead = await anext(octets, None)
        body = Body(first, self._field, after(ahead, octets))
        response = await self._finish(self._call(body.requests(), metadata=exchange.metadata()), body)
        exchange.close = not body.whole
        await self._answer(response)(scope, receive, send)

    async def _finish(self, call: Any, body: Body) -> Any:
        try:
            return await finished(call, body)
        except InvalidInput as error:
            raise self._binder.named(error) from error


async def finished(call: Any, body: Body) -> Any:
    """The answer to an upload, or why it ended early. Raises `WorkspaceError`."""
    try:
        with translated():
            return await call
    except asyncio.CancelledError:
        if body.failure is not None:
            raise body.failure from None
        raise
    finally:
        call.cancel()


async def after(ahead: bytes | None, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body whose first piece was read already."""
    if ahead is not None:
        yield ahead
    async for octets in rest:
        yield octets
