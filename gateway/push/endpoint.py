"""`/v1/push`: from the handshake to the end of a socket.

The token comes in the Authorization header field, as the subprotocol `bearer.<token>` (browsers can set no header
field), or in the first message, `{"token": "…"}`. A later message of that form puts a fresh token in place of the old
one. Then come `{"type": "hello", …}` and events; `{"type": "resync"}` says that some were dropped: read again.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.authority import revocation_in
from chassis.errors import Forbidden, InvalidInput, TooManyRequests, WorkspaceError
from chassis.identity import Identity, Revocation, Revocations
from chassis.protojson import load_json
from gateway.edge.access import Access, bearer
from gateway.edge.exchange import exchange_of
from gateway.problems import Overloaded, problem_response
from gateway.push.feed import Feed
from gateway.push.metrics import SOCKETS
from gateway.push.origins import may_open

log = structlog.get_logger(__name__)
PROTOCOL = "workspace.v1"
_BEARER = "bearer."
TOKEN_SECONDS = 10.0
# Told apart by clients: log in again, wait, mend your message.
UNAUTHENTICATED, TOO_MANY, MALFORMED = 4401, 4429, 4400


class Listening(Protocol):
    """The live feed of the process (`chassis.events.Notifications`)."""

    def listen(self, account_id: str, heard: Callable[[Envelope | None], None]) -> Callable[[], None]: ...


class Ended(Exception):
    """The socket is over, with a close code."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code
        self.why = why


class PushEndpoint:
    """An ASGI application for WebSockets."""

    def __init__(
        self,
        access: Access,
        revocations: Revocations,
        notifications: Listening,
        *,
        origins: Sequence[str],
        per_account: int,
        most: int,
    ) -> None:
        self._access = access
        self._revocations = revocations
        self._notifications = notifications
        self._origins = tuple(origins)
        self._per_account = per_account
        self._most = most
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise InvalidInput("This path speaks WebSocket (RFC 6455)")
        socket = WebSocket(scope, receive, send)
        try:
            identity = await self._admit(socket)
        except WorkspaceError as error:
            exchange = exchange_of(scope)
            given = bool(bearer(socket.headers.get("authorization")))
            await socket.send_denial_response(
                problem_response(error, scope["path"], exchange.request_id, token_given=given)
            )
            return
        offered = scope.get("subprotocols", [])
        chosen = PROTOCOL if PROTOCOL in offered else next(iter(offered), None)
        await socket.accept(chosen)
        try:
            await self._converse(socket, identity)
        except Ended as end:
            await _close(socket, end.code, end.why)
        except WebSocketDisconnect:
            pass

    async def _admit(self, socket: WebSocket) -> Identity | None:
        """What can be refused by HTTP is; None when the token is to come."""
        if not may_open(socket.headers.get("origin"), socket.headers.get("host", ""), self._origins):
            raise Forbidden("Pages of this origin may not open a socket")
        if self._open.total() >= self._most:
            raise Overloaded(retry_after=5)
        exchange = exchange_of(socket.scope)
        token = bearer(socket.headers.get("authorization")) or _offered_token(socket.scope.get("subprotocols", []))
        if not token:
            self._access.admit_anybody(exchange)
            return None
        identity = await self._access.admit(exchange, f"Bearer {token}")
        if self._open[identity.account_id] >= self._per_account:
            raise TooManyRequests("Too many sockets of this account", retry_after=30)
        return identity

    async def _converse(self, socket: WebSocket, identity: Identity | None) -> None:
        if identity is None:
            try:
                async with asyncio.timeout(TOKEN_SECONDS):
                    identity = await self._token(await _message(socket))
            except TimeoutError:
                raise Ended(UNAUTHENTICATED, "No token came") from None
        account = identity.account_id
        if self._open[account] >= self._per_account:
            raise Ended(TOO_MANY, "Too many sockets of this account")
        self._open[account] += 1
        SOCKETS.inc()
        try:
            await _Conversation(socket, identity, self._token, self._revocations).run(self._notifications)
        finally:
            SOCKETS.dec()
            self._open[account] -= 1
            if not self._open[account]:
                del self._open[account]

    async def _token(self, message: Any) -> Identity:
        token = message.get("token") if isinstance(message, dict) else None
        if not isinstance(token, str):
            raise Ended(MALFORMED, 'The message must be {"token": "…"}')
        try:
            return await self._access.identity(token)
        except WorkspaceError as error:
            raise Ended(UNAUTHENTICATED, error.detail) from error


class _Conversation:
    """A socket whose account is known."""

    def __init__(self, socket: WebSocket, identity: Identity, token: Any, revocations: Revocations) -> None:
        self._socket = socket
        self._identity = identity
        self._token = token
        self._revocations = revocations
        self._feed = Feed(identity.account_id)
        self._renewed = asyncio.Event()

    async def run(self, notifications: Listening) -> None:
        """Until the client leaves; raises `Ended` when it is we who end it."""
        unlisten = notifications.listen(self._identity.account_id, self._heard)
        unwatch = self._revocations.watch(self._revoked)
        # After listening has begun: what the client reads from now on is complete.
        self._feed.put({"type": "hello", **self._times()})
        tasks = [asyncio.create_task(act()) for act in (self._send, self._hear, self._expire)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            unwatch()
            unlisten()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _heard(self, envelope: Envelope | None) -> None:
        ended = revocation_in(envelope) if envelope is not None else None
        if ended is not None:
            # Sooner than the next synchronisation; whoever else is of that session hears of it from there.
            self._revocations.add(ended)
        if envelope is None or self._identity.allows(f"{envelope.source}.read"):
            self._feed.hear(envelope)

    def _times(self) -> dict[str, str]:
        return {"time": _rfc3339(datetime.now(UTC)), "token_expires_at": _rfc3339(self._identity.expires_at)}

    async def _send(self) -> None:
        while True:
            await self._socket.send_json(await self._feed.next())

    async def _hear(self) -> None:
        while True:
            identity = await self._token(await _message(self._socket))
            if identity.account_id != self._identity.account_id:
                raise Ended(UNAUTHENTICATED, "The token is another account's")
            self._identity = identity
            self._renewed.set()
            self._feed.put({"type": "renewed", **self._times()})

    async def _expire(self) -> None:
        while True:
            self._renewed.clear()
            left = (self._identity.expires_at - datetime.now(UTC)).total_seconds()
            if self._revocations.ended(self._identity):
                raise Ended(UNAUTHENTICATED, "The session has ended")
            if left <= 0:
                raise Ended(UNAUTHENTICATED, "The token has expired")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._renewed.wait(), left)

    def _revoked(self, revocation: Revocation) -> None:
        if revocation.account_id == self._identity.account_id:
            # Wakes up whoever waits for the expiry, which then looks.
            self._renewed.set()


def _offered_token(offered: Sequence[str]) -> str:
    return next((name.removeprefix(_BEARER) for name in offered if name.startswith(_BEARER)), "")


async def _message(socket: WebSocket) -> Any:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    if text is None:
        raise Ended(MALFORMED, "Messages are text")
    try:
        return load_json(text)
    except InvalidInput as error:
        raise Ended(MALFORMED, error.detail) from error


async def _close(socket: WebSocket, code: int, why: str) -> None:
    # The client may have left meanwhile.
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code, why.encode("utf-8")[:120].decode("utf-8", "ignore"))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
