"""WebDAV: one core, and the kinds of collections that join it (`kinds.py`)."""

from collections.abc import Mapping

import grpc
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from workspace.directory.v1 import protocols_pb2, protocols_pb2_grpc

from gateway.edge.access import Access
from gateway.edges.dav.authentication import Authentication, Exchanged
from gateway.edges.dav.caldav import Calendars
from gateway.edges.dav.carddav import AddressBooks
from gateway.edges.dav.endpoint import DavEndpoint
from gateway.edges.dav.kinds import Kinds
from gateway.edges.dav.paths import PREFIX
from gateway.edges.dav.people import People

__all__ = ["PREFIX", "dav_routes"]


def _exchanged(channel: grpc.aio.Channel) -> Exchanged:
    tokens = protocols_pb2_grpc.ProtocolServiceStub(channel)

    async def exchanged(address: str, password: str, remote: str) -> tuple[str, float]:
        request = protocols_pb2.CreateProtocolTokenRequest(
            address=address, password=password, protocol="dav", remote_address=remote
        )
        token = await tokens.CreateProtocolToken(request)
        return token.access_token, float(token.expires_in)

    return exchanged


class _Elsewhere:
    """Where a service is found (RFC 6764 §5), whatever the method."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await RedirectResponse(PREFIX, 301)(scope, receive, send)


def dav_routes(channels: Mapping[str, grpc.aio.Channel], access: Access) -> list[BaseRoute]:
    """`/dav/`, and the ways that lead there."""
    directory = channels["directory"]
    app: ASGIApp = DavEndpoint(
        Kinds(AddressBooks(directory), Calendars(channels["calendar"])),
        People(directory),
        Authentication(access, _exchanged(directory)),
    )
    found = _Elsewhere()
    return [
        Route("/.well-known/carddav", found),
        Route("/.well-known/caldav", found),
        Route("/dav", found),
        Mount("/dav", app),
    ]
