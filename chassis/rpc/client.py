"""A channel to another service: deadlines, identity, trace, retries where repeating is safe, errors of ours."""

import json
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from chassis.identity import identity_or_none
from chassis.part import Part
from chassis.rpc.caller import REMOTE_ADDRESS
from chassis.rpc.ending import Ending
from chassis.rpc.rules import repeatable, rule_of
from chassis.rpc.status import error_of
from chassis.settings import ServiceSettings
from chassis.telemetry import current_traceparent

UNARY_SECONDS = 5.0
STREAM_SECONDS = 600.0
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise a failed rpc as the `WorkspaceError` it stands for; streams read inside it."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_of(error) from error


def _details(given: Any, seconds: float) -> grpc.aio.ClientCallDetails:
    metadata = grpc.aio.Metadata(*(given.metadata or ()))
    identity = identity_or_none()
    if identity is not None and "authorization" not in metadata:
        metadata.add("authorization", f"Bearer {identity.token}")
    if identity is not None and identity.remote and REMOTE_ADDRESS not in metadata:
        metadata.add(REMOTE_ADDRESS, identity.remote)
    traceparent = current_traceparent()
    if traceparent:
        metadata.add("traceparent", traceparent)
    return grpc.aio.ClientCallDetails(
        given.method,
        given.timeout if given.timeout is not None else seconds,
        metadata,
        given.credentials,
        given.wait_for_ready,
    )


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
        self, continuation: Callable[..., Awaitable[Any]], details: Any, request: Any
    ) -> Any:
        call = await continuation(_details(details, UNARY_SECONDS), request)
        with translated():
            return await call


class _Download(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(
        self, continuation: Callable[..., Awaitable[Any]], details: Any, request: Any
    ) -> Any:
        return await continuation(_details(details, STREAM_SECONDS), request)


class _Upload(grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(
        self, continuation: Callable[..., Awaitable[Any]], details: Any, requests: Any
    ) -> Any:
        return _Ended(await continuation(_details(details, STREAM_SECONDS), requests))


class _Ended:
    """A call whose answer is what the service says, also when it refuses before it has heard everything."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._ending = Ending(call)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._ending.answer().__await__()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _service_config(services: Sequence[ServiceDescriptor]) -> str:
    names = []
    for service in services:
        for method in service.methods:
            rule = rule_of(f"/{service.full_name}/{method.name}")
            if rule is not None and repeatable(rule):
                names.append({"service": service.full_name, "method": method.name})
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": _RETRY}]} if names else {})


class RpcClient(Part):
    """A channel to the service named by its certificate; make stubs on `channel`.

    Unary calls raise `WorkspaceError`; streams are to be read within `translated()`.
    """

    def __init__(
        self, settings: ServiceSettings, service: str, address: str, services: Sequence[ServiceDescriptor]
    ) -> None:
        from chassis.tls import channel_credentials

        self.name = f"{service}_rpc"
        self.channel = grpc.aio.secure_channel(
            address,
            channel_credentials(settings),
            options=[
                ("grpc.ssl_target_name_override", service),
                ("grpc.service_config", _service_config(services)),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 3000),
                ("grpc.keepalive_time_ms", 60_000),
                ("grpc.max_receive_message_length", 16 * 1024 * 1024),
            ],
            interceptors=[_Unary(), _Download(), _Upload()],
        )

    async def ready(self) -> bool:
        """Being cut off from a peer is answered per call; it does not take this process out of service."""
        return True

    async def stop(self) -> None:
        await self.channel.close()
