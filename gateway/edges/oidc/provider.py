"""What every endpoint is made with: directory's rpcs, who is admitted, the pages, the issuer."""

from typing import Any

import grpc
from starlette.requests import Request
from workspace.directory.v1 import openid_pb2_grpc

from gateway.edge.exchange import Exchange, exchange_of
from gateway.edges.oidc.origins import Origins
from gateway.edges.pages import Desk


class Provider:
    """Shared by all endpoints of the process."""

    def __init__(self, channel: grpc.aio.Channel, desk: Desk, issuer: str) -> None:
        # The stub has no types of its own.
        self.openid: Any = openid_pb2_grpc.OpenIdServiceStub(channel)
        self.desk = desk
        self.issuer = issuer
        self.origins = Origins(self.openid)

    def begin(self, request: Request, endpoint: str) -> Exchange:
        """Count the request, and name it. Raises `TooManyRequests`."""
        exchange = exchange_of(request.scope)
        exchange.route = f"oidc {endpoint}"
        self.desk.access.admit_anybody(exchange)
        return exchange

    def cookie(self, request: Request) -> str:
        """The browser's session cookie; empty when there is none."""
        return self.desk.cookies.read(request.cookies)
