"""Structured logs on standard output: JSON, one line each, with the trace they belong to; colours on a terminal."""

import logging
import sys
from typing import Any

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor


def _trace_ids(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
        event["span_id"] = format(context.span_id, "016x")
    return event


def _named(service: str, kind: str) -> Processor:
    # Not a context variable: threads and greenlets start with an empty context.
    def name(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["service"], event["kind"] = service, kind
        return event

    return name


def configure_logs(service: str, kind: str, level: str) -> None:
    """Send our logs and those of libraries through one chain."""
    chain: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _named(service, kind),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _trace_ids,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    shown: Processor = structlog.dev.ConsoleRenderer() if sys.stdout.isatty() else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for chatty in ("pymongo", "nameko", "kombu", "amqp", "urllib3", "mail.log", "grpc", "asyncio"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
