"""`/dav/` as an ASGI application: who asks, which method, and every refusal as WebDAV has it."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.errors import OverQuota, PreconditionFailed, TooLarge, Unauthenticated, WorkspaceError
from chassis.identity import Identity, acting_as
from gateway.edge.exchange import Exchange, exchange_of
from gateway.edges.dav.answers import error_response
from gateway.edges.dav.authentication import CHALLENGES, Authentication
from gateway.edges.dav.conditional import judge
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Kinds, Method
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import PREFIX, path_of
from gateway.edges.dav.people import People
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs import VERBS
from gateway.problems import headers_of
from gateway.transcoding.bodies import ClientGone


class DavEndpoint:
    """Serves every kind that is registered."""

    def __init__(self, kinds: Kinds, people: People, authentication: Authentication) -> None:
        self._kinds = kinds
        self._people = people
        self._authentication = authentication

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        method = str(scope["method"])
        segment = _segment(scope)
        verbs = {**VERBS, **self._kinds.methods(segment)}
        told = {"dav": self._kinds.features(segment)}
        exchange.route = f"dav.{method}" if method in verbs else "dav"
        if method == "OPTIONS":
            # Without asking who it is: clients begin with it, and it says the same of every path of a kind.
            await Response(status_code=204, headers={**told, "allow": _allow(verbs)})(scope, receive, send)
            return
        identity: Identity | None = None
        try:
            identity = await self._authentication.admit(exchange, Headers(scope=scope).get("authorization"))
            with acting_as(identity):
                response = await self._answered(exchange, identity, scope, receive, verbs)
        except ClientGone:
            raise
        except WorkspaceError as error:
            exchange.reason = error.reason
            response = self._refusal(error, verbs)
        response.headers.update(told)
        # An answer may be made while it is sent, and asks in the same name.
        with acting_as(identity):
            await response(scope, receive, send)

    async def _answered(
        self, exchange: Exchange, identity: Identity, scope: Scope, receive: Receive, verbs: Mapping[str, Method]
    ) -> Response:
        verb, headers = verbs.get(scope["method"]), Headers(scope=scope)
        if verb is None:
            raise DavError(405, f"Not one of {_allow(verbs)}")
        path = path_of(scope["raw_path"].decode("latin-1"))
        query = scope["query_string"].decode("latin-1")
        request = DavRequest(self._kinds, self._people, identity, path, headers, receive, query)
        try:
            if "if" in headers:
                await judge(request)
            return await verb(request)
        finally:
            # What is left of a body is not waited for.
            exchange.close = exchange.close or not (request.read or _bodiless(headers))

    def _refusal(self, error: WorkspaceError, verbs: Mapping[str, Method]) -> Response:
        response = error_response(as_dav(error))
        for name, value in headers_of(error).items():
            if name != "www-authenticate":
                response.headers[name] = value
        if isinstance(error, Unauthenticated):
            for challenge in CHALLENGES:
                response.headers.append("www-authenticate", challenge)
        if response.status_code == 405:
            response.headers["allow"] = _allow(verbs)
        return response


def _allow(verbs: Mapping[str, Method]) -> str:
    return ", ".join(["OPTIONS", *sorted(verbs)])


def _segment(scope: Scope) -> str:
    """The kind whose path it is, as far as that can be told without looking at the rest."""
    return str(scope["raw_path"].decode("latin-1").removeprefix(PREFIX).partition("/")[0])


def _bodiless(headers: Headers) -> bool:
    return headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers


def as_dav(error: WorkspaceError) -> DavError:
    """An error of the platform as WebDAV knows it."""
    if isinstance(error, DavError):
        return error
    if isinstance(error, PreconditionFailed) and error.fields.get("lock") == "full":
        # For too many locks RFC 4918 §9.10.6 has no answer: none is in the way (423), and no time is known after which
        # there is room (503). They are kept, and there is no more room for them (§11.5); the quota of RFC 4331 is of
        # octets, which deleting something would free.
        return DavError(507, error.detail)
    full = isinstance(error, PreconditionFailed) and "full" in error.fields.values()
    if full or isinstance(error, OverQuota):
        # RFC 4331 §6
        return DavError(507, error.detail, condition=dav("quota-not-exceeded"))
    status = 413 if isinstance(error, TooLarge) else error.http_status
    return DavError(status, error.told)
