"""The one path. Which domain is asked about, the name says by which we are called; what we say of it is mail's."""

from typing import Any

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from workspace.mail.v1 import transport_policy_pb2, transport_policy_pb2_grpc

from chassis.errors import InvalidInput, NotFound
from gateway.edge.access import Access
from gateway.edge.exchange import exchange_of

PATH = "/.well-known/mta-sts.txt"
_LABEL = "mta-sts."
_NOTHING = "There is nothing at this path"


class PolicyHost:
    """Answers whoever asks."""

    def __init__(self, access: Access, channel: grpc.aio.Channel) -> None:
        self._access = access
        self._policies: Any = transport_policy_pb2_grpc.TransportPolicyServiceStub(channel)

    async def policy(self, request: Request) -> Response:
        exchange = exchange_of(request.scope)
        exchange.route = "mta-sts"
        self._access.admit_anybody(exchange)
        host = request.headers.get("host", "").partition(":")[0].lower()
        if not host.startswith(_LABEL):
            raise NotFound(_NOTHING)
        asked = transport_policy_pb2.GetTransportPolicyRequest(domain=host.removeprefix(_LABEL))
        try:
            found = await self._policies.GetTransportPolicy(asked)
        except InvalidInput:
            raise NotFound(_NOTHING) from None
        return Response(found.text, media_type="text/plain", headers={"cache-control": "max-age=300"})


def mta_sts_routes(access: Access, channel: grpc.aio.Channel) -> list[BaseRoute]:
    return [Route(PATH, PolicyHost(access, channel).policy, methods=["GET"])]
