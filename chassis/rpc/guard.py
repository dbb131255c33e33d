"""What stands around every rpc on the server: identity and permission, deadline, errors, trace and metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
import structlog
from pymongo.errors import ConnectionFailure, PyMongoError
from workspace.options.v1 import options_pb2

from chassis.errors import DeadlineExceeded, Forbidden, NotFound, Unauthenticated, Unavailable, WorkspaceError
from chassis.identity import Identity, TokenVerifier, acting_as
from chassis.identity.identity import ADMINISTRATOR, AUDITOR, HELP_DESK, identity_or_none
from chassis.rpc.caller import REMOTE_ADDRESS, calling_service, name_in, set_calling_service
from chassis.rpc.rules import FOREIGN, rule_of, scope_of
from chassis.rpc.status import status_of
from chassis.telemetry import RPC, measured, server_span

# Is told of an act that was not allowed, in the name of whoever tried: (method, error, invocation metadata).
Refused = Callable[[str, WorkspaceError, Mapping[str, Any]], Awaitable[None]]
log = structlog.get_logger(__name__)
# Of a call whose caller set no deadline; streams end by their own progress.
UNARY_SECONDS = 30.0
# Who may call at all; over which units, the servicer asks.
_ROLES = {
    options_pb2.PERMISSION_ADMINISTRATOR: (ADMINISTRATOR,),
    options_pb2.PERMISSION_HELP_DESK: (ADMINISTRATOR, HELP_DESK),
    options_pb2.PERMISSION_AUDITOR: (AUDITOR,),
}
_CALLED = {
    options_pb2.PERMISSION_ADMINISTRATOR: "administrators",
    options_pb2.PERMISSION_HELP_DESK: "administrators and the help desk",
    options_pb2.PERMISSION_AUDITOR: "auditors",
}


class Guard(grpc.aio.ServerInterceptor):
    """Refuses what the rpc's rule does not allow, and turns every exception into a status."""

    def __init__(self, verifier: TokenVerifier, refused: Refused | None = None) -> None:
        self._verifier = verifier
        self._refused = refused

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or method.startswith(FOREIGN):
            return handler
        if handler.response_streaming:
            serve = self._stream(method, handler.stream_stream or handler.unary_stream)
            make = (
                grpc.stream_stream_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_stream_rpc_method_handler
            )
        else:
            serve = self._unary(method, handler.stream_unary or handler.unary_unary, handler.request_streaming)
            make = (
                grpc.stream_unary_rpc_method_handler
                if handler.request_streaming
                else grpc.unary_unary_rpc_method_handler
            )
        return make(serve, handler.request_deserializer, handler.response_serializer)

    def _unary(self, method: str, serve: Callable[..., Any], streamed: bool) -> Callable[..., Any]:
        async def guarded(request: Any, context: Any) -> Any:
            async with self._around(method, context):
                if streamed:
                    return await serve(request, context)
                return await asyncio.wait_for(serve(request, context), context.time_remaining() or UNARY_SECONDS)

        return guarded

    def _stream(self, method: str, serve: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(request: Any, context: Any) -> None:
            # Written, not yielded: a generator of whose caller nothing is heard any more is left to the collector.
            async with self._around(method, context), aclosing(serve(request, context)) as responses:
                async for response in responses:
                    await context.write(response)

        return guarded

    @asynccontextmanager
    async def _around(self, method: str, context: Any) -> AsyncIterator[None]:
        metadata = dict(context.invocation_metadata() or ())
        try:
            with server_span(method, metadata.get("traceparent", "")), measured(RPC, method):
                set_calling_service(name_in(context.auth_context()))
                with acting_as(await self._identified(method, metadata, context)):
                    async with self._telling(method, metadata):
                        self._permit(method)
                        yield
        except WorkspaceError as error:
            await self._abort(context, error)
        except TimeoutError:
            await self._abort(context, DeadlineExceeded())
        except ConnectionFailure as error:
            await self._abort(context, Unavailable(f"database: {type(error).__name__}"))
        except (
            PyMongoError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            OSError,
            RuntimeError,
        ) as error:
            log.exception("rpc_failed", method=method, error=str(error))
            await self._abort(context, WorkspaceError())

    async def _abort(self, context: Any, error: WorkspaceError) -> None:
        code, detail, metadata = status_of(error)
        await context.abort(code, detail, metadata)

    async def _identified(self, method: str, metadata: Mapping[str, Any], context: Any) -> Identity | None:
        """Who calls, where the rule asks for an account. Raises `Forbidden`, `Unauthenticated`."""
        rule = rule_of(method)
        if rule is None or rule.permission == options_pb2.PERMISSION_UNSPECIFIED:
            raise Forbidden("This rpc states no rule")
        if rule.permission == options_pb2.PERMISSION_PUBLIC:
            return None
        if rule.permission == options_pb2.PERMISSION_SERVICE:
            if not name_in(context.auth_context()):
                raise Forbidden("For services of the platform only")
            return None
        scheme, _, token = str(metadata.get("authorization", "")).partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated
        identity = await self._verifier.verify(token)
        if identity.certificate and not name_in(context.auth_context()):
            # Whether it came with its certificate, only the service that has met the client can say.
            raise Unauthenticated("The token is bound to a certificate that did not come with it")
        if calling_service() == "gateway":
            # The gateway alone is believed about where its clients are.
            return replace(identity, remote=str(metadata.get(REMOTE_ADDRESS, ""))[:64])
        return identity

    def _permit(self, method: str) -> None:
        """Raises `Forbidden` when the rule does not let the identity at hand in."""
        rule, identity = rule_of(method), identity_or_none()
        if rule is None or identity is None:
            return
        roles = _ROLES.get(rule.permission, ())
        if roles and not any(identity.holds(role) for role in roles):
            raise Forbidden(f"For {_CALLED[rule.permission]} only")
        if identity.scopes is not None and (rule.own_session or not identity.allows(scope_of(method, rule))):
            raise Forbidden("The token's scope does not reach so far")

    @asynccontextmanager
    async def _telling(self, method: str, metadata: Mapping[str, Any]) -> AsyncIterator[None]:
        """Have the service told of what an account was not allowed to do."""
        try:
            yield
        except (Forbidden, NotFound) as error:
            if self._refused is not None and identity_or_none() is not None:
                await self._refused(method, error, metadata)
            raise
