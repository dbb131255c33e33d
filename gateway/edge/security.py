"""Header fields that tell browsers what our answers may and may not do."""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PAGES = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; "
    "img-src 'self' data:"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
}
_TWO_YEARS = "max-age=63072000; includeSubDomains"


class SecurityHeaders:
    """Adds them wherever an answer has not set its own."""

    def __init__(self, app: ASGIApp, strict_transport: bool) -> None:
        self._app = app
        self._headers = {**_ALWAYS, "content-security-policy": _PAGES}
        if strict_transport:
            self._headers["strict-transport-security"] = _TWO_YEARS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def cross_origin(app: ASGIApp, origins: Sequence[str], apart: Sequence[str] = ()) -> ASGIApp:
    """Let pages of these origins call, with tokens they hold themselves; cookies are never involved.

    Paths that begin like one of `apart` have rules of their own.
    """
    shared = CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[
            "authorization",
            "content-type",
            "if-none-match",
            "if-range",
            "range",
            "traceparent",
            "x-request-id",
        ],
        expose_headers=["content-disposition", "content-range", "etag", "ratelimit", "retry-after", "x-request-id"],
        max_age=600,
    )

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        aside = scope["type"] == "http" and scope["path"].startswith(tuple(apart))
        await (app if aside else shared)(scope, receive, send)

    return choose if apart else shared
