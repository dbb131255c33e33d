"""The one path. What a link shows is calendar's; the secret in it is told to no log and to no other site."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.api.httpbody_pb2 import HttpBody
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from workspace.calendar.v1 import publications_pb2 as pb
from workspace.calendar.v1 import publications_pb2_grpc as rpc

from chassis.rpc import translated
from gateway.edge.access import Access
from gateway.edge.exchange import exchange_of
from gateway.transcoding.ranges import matches, quoted

PATH = "/ics/{secret}.ics"
# A reader that takes nothing for so long is gone.
_SECONDS = 300.0
_HEADERS = {
    "cache-control": "private, no-cache",
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "content-disposition": 'attachment; filename="calendar.ics"',
    # No search engine lists what somebody was given.
    "x-robots-tag": "noindex, nofollow, noarchive",
}


class PublishedCalendars:
    """Answers whoever has a link."""

    def __init__(self, access: Access, channel: grpc.aio.Channel) -> None:
        self._access = access
        self._publications: Any = rpc.PublicationServiceStub(channel)

    async def read(self, request: Request) -> Response:
        exchange = exchange_of(request.scope)
        exchange.route = "published calendar"
        asked = pb.ReadPublicationRequest(secret=request.path_params["secret"][:100])
        self._access.admit_public(exchange, asked)
        call = self._publications.ReadPublication(asked, metadata=exchange.metadata(), timeout=_SECONDS)
        try:
            with translated():
                first: HttpBody = await call.read()
                metadata = {str(key): value for key, value in await call.initial_metadata() or ()}
        except BaseException:
            call.cancel()
            raise
        headers = {**_HEADERS, "etag": quoted(str(metadata.get("workspace-etag", "")))}
        if matches(request.headers.get("if-none-match"), headers["etag"]):
            call.cancel()
            return Response(status_code=304, headers=headers)
        if request.method == "HEAD":
            call.cancel()
            return Response(headers=headers, media_type=first.content_type)
        return StreamingResponse(_pieces(call, first), headers=headers, media_type=first.content_type)


async def _pieces(call: Any, first: HttpBody) -> AsyncIterator[bytes]:
    """The next is asked for when the client has room for it."""
    try:
        part: Any = first
        while part is not grpc.aio.EOF:
            yield part.data
            async with asyncio.timeout(_SECONDS):
                with translated():
                    part = await call.read()
    finally:
        call.cancel()


def published_routes(access: Access, channel: grpc.aio.Channel) -> list[BaseRoute]:
    return [Route(PATH, PublishedCalendars(access, channel).read, methods=["GET"])]
