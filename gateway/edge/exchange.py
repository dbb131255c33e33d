"""One request and its answer: what is known of it while it is served, logged, measured and traced when it ends."""

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import WorkspaceError
from chassis.ids import new_id
from chassis.rpc import REMOTE_ADDRESS
from chassis.telemetry import HTTP, server_span
from gateway.edge.certificates import ClientCertificates
from gateway.problems import ClientStalled, Overloaded, problem_response

log = structlog.get_logger(__name__)
# A client that takes nothing of its answer for so long is gone.
STALL_SECONDS = 60.0
LINGER_SECONDS = 2.0
LINGER_OCTETS = 4 * 1024 * 1024
USER_AGENT = 300
_KEY = "workspace.exchange"
# What follows these in a path is a secret.
SECRETS = ("/ics/", "/rendez-vous/", "/sondage/")
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UNSEEN = re.compile(r"[^ -~]")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass
class Exchange:
    """`route` is the name it is measured by; `close` says that the connection cannot be used again."""

    request_id: str
    remote_address: str
    route: str = "other"
    reason: str = "ok"
    account_id: str = ""
    token_given: bool = False
    close: bool = False
    user_agent: str = ""
    # What the client has shown in a TLS handshake (DER).
    certificate: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What the services are told beside the identity and the trace."""
        return (
            (REMOTE_ADDRESS, self.remote_address),
            ("workspace-user-agent", self.user_agent),
            ("workspace-request-id", self.request_id),
        )


def exchange_of(scope: Scope) -> Exchange:
    found: Exchange = scope[_KEY]
    return found


def _begin(scope: Scope, certificates: ClientCertificates) -> Exchange:
    headers = Headers(scope=scope)
    given = headers.get("x-request-id", "")
    client = scope.get("client")
    # Metadata takes visible ASCII only.
    program = _UNSEEN.sub("?", headers.get("user-agent", "")[:USER_AGENT])
    sane = given if _SANE_ID.fullmatch(given) else new_id()
    return Exchange(sane, client[0] if client else "", user_agent=program.strip(), certificate=certificates.of(scope))


def _told(path: str) -> str:
    """A path as logs have it."""
    return next((f"{secret}…" for secret in SECRETS if path.startswith(secret)), path)


class Exchanges:
    """The outermost layer. Sheds what is beyond `most` requests at once."""

    def __init__(self, app: ASGIApp, most: int, certificates: ClientCertificates) -> None:
        self._app = app
        self._certificates = certificates
        self._most = most
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        exchange = scope[_KEY] = _begin(scope, self._certificates)
        with structlog.contextvars.bound_contextvars(request_id=exchange.request_id):
            if scope["type"] == "websocket":
                await self._app(scope, receive, send)
            else:
                await self._http(exchange, scope, receive, send)

    async def _http(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(exchange, receive, send)
        traceparent = Headers(scope=scope).get("traceparent", "")
        began = time.perf_counter()
        self._under_way += 1
        name = str(scope["method"])
        try:
            with server_span(name, traceparent if _TRACEPARENT.fullmatch(traceparent) else "") as span:
                await self._serve(exchange, answer, scope, receive)
                span.update_name(f"{name} {exchange.route}")
                span.set_attribute("http.request.method", name)
                span.set_attribute("http.response.status_code", answer.status)
                self._log(exchange, answer, scope, time.perf_counter() - began)
        finally:
            self._under_way -= 1
            HTTP.done.labels(exchange.route, exchange.reason).inc()
            HTTP.seconds.labels(exchange.route).observe(time.perf_counter() - began)

    async def _serve(self, exchange: Exchange, answer: "_Answer", scope: Scope, receive: Receive) -> None:
        try:
            if self._under_way > self._most:
                raise Overloaded(retry_after=1)
            await self._app(scope, receive, answer.send)
        except Exception as error:  # whatever it is, the client gets a problem document and the process goes on
            known = error if isinstance(error, WorkspaceError) else WorkspaceError()
            exchange.reason = known.reason
            if known is not error:
                log.exception("request_failed", route=exchange.route, error=str(error))
            if not answer.status:
                response = problem_response(known, scope["path"], exchange.request_id)
                await response(scope, receive, answer.send)

    def _log(self, exchange: Exchange, answer: "_Answer", scope: Scope, seconds: float) -> None:
        # The query is left out: it may hold what is personal.
        log.info(
            "request",
            method=scope["method"],
            path=_told(scope["path"]),
            route=exchange.route,
            status=answer.status,
            reason=exchange.reason,
            octets=answer.octets,
            account=exchange.account_id,
            remote=exchange.remote_address,
            milliseconds=round(seconds * 1000, 1),
        )


class _Answer:
    """Counts what goes out, and puts the exchange's header fields on it."""

    def __init__(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        self._exchange = exchange
        self._receive = receive
        self._send = send
        self.status = 0
        self.octets = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: Any = MutableHeaders(scope=message)
            headers["x-request-id"] = self._exchange.request_id
            for name, value in self._exchange.headers.items():
                headers[name] = value
            if self._exchange.close:
                headers["connection"] = "close"
        else:
            self.octets += len(message.get("body", b""))
            if self._exchange.close and not message.get("more_body", False):
                await self._taken({**message, "more_body": True})
                await self._linger()
                message = {"type": "http.response.body", "body": b""}
        await self._taken(message)

    async def _taken(self, message: Message) -> None:
        """Raises `ClientStalled`: what the answer holds, of whatever door, is not held for ever."""
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await self._send(message)
        except TimeoutError:
            raise ClientStalled from None

    async def _linger(self) -> None:
        """Closing on octets still unread would reset the connection, and the client lose the answer (RFC 9112 §9.6)."""
        read = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while read < LINGER_OCTETS:
                    message = await self._receive()
                    read += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return
