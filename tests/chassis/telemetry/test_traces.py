"""Traces reach a collector or a file, from asyncio processes and from workers on eventlet's hub."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ROOT = Path(__file__).parents[3]

# A parent hands its trace on as an envelope does; a child continues it in a greenlet, where context starts empty.
PROGRAM = """
import sys
if sys.argv[1] == "worker":
    from chassis.launch import _choose_eventlet
    _choose_eventlet()
from chassis.settings import load, ServiceSettings
from chassis.telemetry import consumer_span, current_traceparent, server_span, setup, span
setup("mail", sys.argv[1], load(ServiceSettings))

def consume(traceparent):
    with consumer_span("handle message_received", traceparent):
        pass

async def work():
    with server_span("smtp DATA"), span("deliver", recipients=2):
        traceparent = current_traceparent()
    if sys.argv[1] == "worker":
        import eventlet
        await eventlet.spawn(consume, traceparent)
    else:
        import asyncio
        await asyncio.to_thread(consume, traceparent)

if sys.argv[1] == "worker":
    from eventlet.asyncio import spawn_for_awaitable
    spawn_for_awaitable(work()).wait()
else:
    import asyncio
    asyncio.run(work())
print(sys.argv[1], "done")
"""


class Collector:
    """An OTLP/HTTP collector that keeps the names of spans and their traces."""

    def __init__(self) -> None:
        self.spans: dict[str, bytes] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        collector.spans.update({span.name: span.trace_id for span in scope.spans})
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    thread = threading.Thread(target=collector.server.serve_forever)
    thread.start()
    yield collector
    collector.server.shutdown()
    thread.join()
    collector.server.server_close()


def run(kind: str, **settings: str) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/proto/gen", **settings}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind], env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert f"{kind} done" in done.stdout


NAMES = {"smtp DATA", "deliver", "handle message_received"}


@pytest.mark.parametrize("kind", ["api", "worker"])
def test_one_trace_reaches_a_collector(kind: str, collector: Collector) -> None:
    run(kind, WORKSPACE_OTLP_ENDPOINT=collector.endpoint)
    assert collector.spans.keys() == NAMES
    assert len(set(collector.spans.values())) == 1


@pytest.mark.parametrize("kind", ["api", "worker"])
def test_one_trace_reaches_a_file(kind: str, tmp_path: Path) -> None:
    run(kind, WORKSPACE_TRACE_FILE=str(tmp_path / "spans"))
    spans = [json.loads(line) for line in (tmp_path / "spans").read_text().splitlines()]
    assert {span["name"] for span in spans} == NAMES
    assert len({span["context"]["trace_id"] for span in spans}) == 1
    assert {span["resource"]["attributes"]["workspace.kind"] for span in spans} == {kind}


async def test_processes_that_share_the_file_do_not_mix_lines(tmp_path: Path) -> None:
    await asyncio.gather(
        *(asyncio.to_thread(run, "api", WORKSPACE_TRACE_FILE=str(tmp_path / "spans")) for _ in range(2))
    )
    spans = [json.loads(line) for line in (tmp_path / "spans").read_text().splitlines()]
    assert len(spans) == 6
