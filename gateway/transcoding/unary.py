"""JSON in, JSON out."""

from typing import Any

import grpc
import orjson
from google.protobuf import message_factory
from google.protobuf.message import Message
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.errors import InvalidInput
from chassis.protojson import writer
from gateway.contract import Match, Route
from gateway.edge.access import Access
from gateway.edge.exchange import Exchange
from gateway.transcoding.binding import Binder
from gateway.transcoding.bodies import read_json


def response_class(route: Route) -> type[Message]:
    return message_factory.GetMessageClass(route.output)


class Answers:
    """Makes the responses of one route."""

    def __init__(self, route: Route) -> None:
        self._status = route.rule.http_status
        self._write = writer(route.output)

    def __call__(self, message: Message) -> Response:
        if self._status == 204:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return Response(
            orjson.dumps(self._write(message)), self._status, {"cache-control": "no-store"}, "application/json"
        )


class UnaryRoute:
    """A rpc of one request and one response."""

    def __init__(self, route: Route, channel: grpc.aio.Channel, access: Access, json_octets: int) -> None:
        self._route = route
        self._binder = Binder(route)
        self._answer = Answers(route)
        self._access = access
        self._most = json_octets
        self._call: Any = channel.unary_unary(
            route.rpc,
            request_serializer=message_factory.GetMessageClass(route.input).SerializeToString,
            response_deserializer=response_class(route).FromString,
        )

    async def serve(self, exchange: Exchange, match: Match, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        body = await read_json(headers, receive, self._most) if self._route.body else b""
        request = self._binder.bind(match, scope["query_string"].decode("latin-1"), body)
        self._access.admit_public(exchange, request)
        try:
            response = await self._call(request, metadata=exchange.metadata())
        except InvalidInput as error:
            raise self._binder.named(error) from error
        await self._answer(response)(scope, receive, send)
