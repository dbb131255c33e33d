"""Which endpoint is at which path."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.edges.oidc.authorize import authorize
from gateway.edges.oidc.discovery import describe, keys
from gateway.edges.oidc.end_session import end_session
from gateway.edges.oidc.provider import Provider
from gateway.edges.oidc.tokens import introspect, revoke, token, user_info

Handler = Callable[[Provider, Request], Awaitable[Response]]
_READ, _WRITE, _BOTH = ["GET"], ["POST"], ["GET", "POST"]
# Each with its methods, and whether pages of registered origins may call it.
ENDPOINTS: dict[str, tuple[Handler, list[str], bool]] = {
    "/.well-known/openid-configuration": (describe, _READ, True),
    "/.well-known/oauth-authorization-server": (describe, _READ, True),
    "/oidc/jwks": (keys, _READ, True),
    "/oidc/authorize": (authorize, _BOTH, False),
    "/oidc/token": (token, _WRITE, True),
    "/oidc/userinfo": (user_info, _BOTH, True),
    "/oidc/introspect": (introspect, _WRITE, False),
    "/oidc/revoke": (revoke, _WRITE, True),
    "/oidc/end_session": (end_session, _BOTH, False),
}
PATHS = ("/oidc/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def oidc_routes(provider: Provider) -> list[BaseRoute]:
    return [_route(provider, path, *endpoint) for path, endpoint in ENDPOINTS.items()]


def _route(provider: Provider, path: str, handler: Handler, methods: list[str], shared: bool) -> Route:
    async def serve(request: Request) -> Response:
        if request.method == "OPTIONS":
            provider.begin(request, "preflight")
            return await provider.origins.preflight(request.headers)
        return await handler(provider, request)

    return Route(path, serve, methods=[*methods, "OPTIONS"] if shared else methods)
