"""The one path. What a link shows is calendar's; the secret in it is told to no log and to no other site."""

from typing import Any

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from workspace.calendar.v1 import publications_pb2 as pb
from workspace.calendar.v1 import publications_pb2_grpc as rpc

from gateway.edge.access import Access
from gateway.edge.exchange import exchange_of
from gateway.edge.streamed import Streamed
from gateway.transcoding.download import begun
from gateway.transcoding.ranges import matches

PATH = "/ics/{secret}.ics"
_HEADERS = {
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
        call = self._publications.ReadPublication(asked, metadata=exchange.metadata())
        found = await begun(call, ranged=False)
        if matches(request.headers.get("if-none-match"), found.etag):
            call.cancel()
            return Response(status_code=304, headers=found.headers() | _HEADERS)
        fields = found.fields() | _HEADERS
        if request.method == "HEAD":
            call.cancel()
            return Response(headers=fields)
        return Streamed(found.octets(), headers=fields)


def published_routes(access: Access, channel: grpc.aio.Channel) -> list[BaseRoute]:
    return [Route(PATH, PublishedCalendars(access, channel).read, methods=["GET"])]
