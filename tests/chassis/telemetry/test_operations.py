"""The operations endpoint: probes and metrics, in both sorts of process."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from chassis.errors import NotFound
from chassis.telemetry import COMMAND, OperationsEndpoint, measured

ROOT = Path(__file__).parents[3]


async def endpoint(parts: dict[str, bool]) -> OperationsEndpoint:
    async def ready() -> dict[str, bool]:
        return parts

    operations = OperationsEndpoint("127.0.0.1", 0, ready)
    await operations.start()
    return operations


async def test_ready_only_when_each_part_is() -> None:
    parts = {"process": True, "rpc": False}
    operations = await endpoint(parts)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{operations.port}") as client:
        away = await client.get("/readyz")
        parts["rpc"] = True
        there = await client.get("/readyz")
        alive = await client.get("/livez")
    await operations.stop()
    assert (away.status_code, away.json()["rpc"]) == (503, False)
    assert (there.status_code, alive.status_code) == (200, 200)


async def test_metrics_tell_rate_errors_and_duration() -> None:
    with measured(COMMAND, "imap NOOP"):
        pass
    with pytest.raises(NotFound), measured(COMMAND, "imap NOOP"):
        raise NotFound
    operations = await endpoint({})
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{operations.port}/metrics")).text
    await operations.stop()
    assert 'workspace_command_total{name="imap NOOP",outcome="ok"} 1.0' in text
    assert 'workspace_command_total{name="imap NOOP",outcome="not_found"} 1.0' in text
    assert 'workspace_command_seconds_count{name="imap NOOP"} 2.0' in text


@pytest.mark.parametrize(
    ("request_line", "status"),
    [(b"GET /else HTTP/1.1", b"404"), (b"POST /livez HTTP/1.1", b"405"), (b"nonsense", b"400")],
)
async def test_other_requests_are_refused(request_line: bytes, status: bytes) -> None:
    operations = await endpoint({})
    reader, writer = await asyncio.open_connection("127.0.0.1", operations.port)
    writer.write(request_line + b"\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await operations.stop()
    assert answer.split(b" ")[1] == status


async def test_an_endless_head_is_cut_off() -> None:
    operations = await endpoint({})
    reader, writer = await asyncio.open_connection("127.0.0.1", operations.port)
    writer.write(b"GET /livez HTTP/1.1\r\nX: " + b"x" * 100_000)
    assert await reader.read() == b""
    writer.close()
    await operations.stop()


PROGRAM = """
from chassis.launch import _choose_eventlet
_choose_eventlet()
import asyncio
from eventlet.asyncio import spawn_for_awaitable
import httpx
from chassis.telemetry import OperationsEndpoint

async def ready():
    return {"process": True}

async def main():
    operations = OperationsEndpoint("127.0.0.1", 0, ready)
    await operations.start()
    async with httpx.AsyncClient() as client:
        for path in ("livez", "readyz", "metrics"):
            print((await client.get(f"http://127.0.0.1:{operations.port}/{path}")).status_code)
    await operations.stop()

spawn_for_awaitable(main()).wait()
"""


def test_it_answers_in_a_worker() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/proto/gen"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["200", "200", "200"], done.stderr
