"""Logs, traces and metrics, once for every process."""

from chassis.telemetry.logs import configure_logs
from chassis.telemetry.metrics import (
    COMMAND,
    DEAD_LETTERS,
    HANDLER,
    HTTP,
    OUTBOX_LAG,
    QUEUE_AGE,
    RPC,
    Red,
    measured,
)
from chassis.telemetry.operations import OperationsEndpoint
from chassis.telemetry.setup import setup
from chassis.telemetry.traces import consumer_span, current_traceparent, producer_span, server_span, span

__all__ = [
    "COMMAND",
    "DEAD_LETTERS",
    "HANDLER",
    "HTTP",
    "OUTBOX_LAG",
    "QUEUE_AGE",
    "RPC",
    "OperationsEndpoint",
    "Red",
    "configure_logs",
    "consumer_span",
    "current_traceparent",
    "measured",
    "producer_span",
    "server_span",
    "setup",
    "span",
]
