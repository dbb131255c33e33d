"""The gRPC server of a service's api."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis.identity import TokenVerifier
from chassis.part import Part
from chassis.rpc.guard import Guard, Refused
from chassis.settings import ServiceSettings
from chassis.tls import server_credentials

_OPTIONS = [
    ("grpc.max_receive_message_length", 4 * 1024 * 1024),
    ("grpc.max_send_message_length", 16 * 1024 * 1024),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.http2.max_ping_strikes", 0),
    # Two processes on one port would answer in turns: an operator's mistake, not a way to scale.
    ("grpc.so_reuseport", 0),
]
# Beyond this many calls under way the server answers RESOURCE_EXHAUSTED: shedding beats queueing.
CONCURRENT = 500

Register = tuple[Callable[[Any, grpc.aio.Server], None], Any]


class RpcServer(Part):
    """Serves `(add_XServicer_to_server, servicer)` pairs over mutual TLS, with health and reflection.

    `refused` is told of what accounts tried and were not allowed.
    """

    name = "rpc"

    def __init__(
        self,
        settings: ServiceSettings,
        verifier: TokenVerifier,
        servicers: Sequence[Register],
        *,
        refused: Refused | None = None,
    ) -> None:
        self._settings = settings
        self._verifier = verifier
        self._servicers = servicers
        self._refused = refused
        self._server: grpc.aio.Server | None = None
        self._health = health.aio.HealthServicer()
        self.port = 0

    async def start(self) -> None:
        server = grpc.aio.server(
            interceptors=[Guard(self._verifier, self._refused)], options=_OPTIONS, maximum_concurrent_rpcs=CONCURRENT
        )
        names = [health.SERVICE_NAME, reflection.SERVICE_NAME]
        for add, servicer in self._servicers:
            add(servicer, server)
            names.extend(_service_names(servicer))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.enable_server_reflection(names, server)
        self.port = server.add_secure_port(self._settings.rpc_listen, server_credentials(self._settings))
        await server.start()
        self._server = server
        await self._health.set("", health_pb2.HealthCheckResponse.SERVING)

    async def ready(self) -> bool:
        return self._server is not None

    async def drain(self) -> None:
        await self._health.enter_graceful_shutdown()
        if self._server is not None:
            await self._server.stop(self._settings.drain_seconds)

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)
            self._server = None


def _service_names(servicer: Any) -> list[str]:
    """Full names of the services that a servicer implements, by its generated base classes."""
    found = []
    for base in type(servicer).__mro__:
        module = base.__module__
        if base.__name__.endswith("Servicer") and module.endswith("_pb2_grpc"):
            package = module.rpartition(".")[0]
            found.append(f"{package}.{base.__name__.removesuffix('Servicer')}")
    return found
