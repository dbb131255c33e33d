"""gRPC as every service speaks it: one server, one client, one way for errors, identity and deadlines."""

from chassis.rpc.caller import REMOTE_ADDRESS, calling_service
from chassis.rpc.client import RpcClient, translated
from chassis.rpc.rules import rule_of
from chassis.rpc.server import RpcServer
from chassis.rpc.status import error_of, status_of

__all__ = [
    "REMOTE_ADDRESS",
    "RpcClient",
    "RpcServer",
    "calling_service",
    "error_of",
    "rule_of",
    "status_of",
    "translated",
]
