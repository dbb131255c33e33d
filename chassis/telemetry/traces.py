"""OpenTelemetry traces that cross gRPC and events by W3C trace context."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

_tracer = trace.get_tracer("workspace")
_propagator = TraceContextTextMapPropagator()


class FileExporter(SpanExporter):
    """Appends each span as one line of JSON; several processes may share the file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        # One write a line: appends of several processes then never mix.
        for span in spans:
            os.write(self._file, span.to_json(indent=None).encode() + b"\n")
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        os.close(self._file)


def configure_traces(service: str, kind: str, otlp_endpoint: str, trace_file: Path | None) -> None:
    """Export to a collector, a file, or nowhere: then spans cost next to nothing, and still name the trace in logs."""
    provider = TracerProvider(
        sampler=DEFAULT_ON if otlp_endpoint or trace_file else ALWAYS_OFF,
        resource=Resource.create({"service.name": service, "workspace.kind": kind}),
    )
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp_endpoint}/v1/traces")))
    if trace_file is not None:
        provider.add_span_processor(SimpleSpanProcessor(FileExporter(trace_file)))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, **attributes: AttributeValue) -> Iterator[Span]:
    """A step of the work at hand."""
    with _tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


@contextmanager
def _continuing(name: str, traceparent: str, kind: SpanKind, attributes: dict[str, AttributeValue]) -> Iterator[Span]:
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(name, context=context, kind=kind, attributes=attributes) as current:
        yield current


@contextmanager
def server_span(name: str, traceparent: str = "", **attributes: AttributeValue) -> Iterator[Span]:
    """Work that a request from outside began; continues its trace when it names one."""
    with _continuing(name, traceparent, SpanKind.SERVER, attributes) as current:
        yield current


@contextmanager
def consumer_span(name: str, traceparent: str = "", **attributes: AttributeValue) -> Iterator[Span]:
    """Work that an event began."""
    with _continuing(name, traceparent, SpanKind.CONSUMER, attributes) as current:
        yield current


@contextmanager
def producer_span(name: str, traceparent: str = "", **attributes: AttributeValue) -> Iterator[Span]:
    """Handing on what earlier work left behind."""
    with _continuing(name, traceparent, SpanKind.PRODUCER, attributes) as current:
        yield current


def current_traceparent() -> str:
    """The trace context to hand on; empty outside of every span."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")
