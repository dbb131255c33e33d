"""The api as the process that operators start: ready, killed, started again, stopped."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kombu import binding
from workspace.directory.v1 import directory_pb2 as pb

from chassis.events.publishing import broker, durable_queue, events_exchange
from chassis.rpc import RpcClient
from chassis.settings import ServiceSettings
from deploy.local.certificates import Authority
from deploy.local.standins import free_port
from tests.directory.conftest import PASSWORD, SECRET, SERVICE_KEYS, Caller, bearer

NO_KEYS = {"WORKSPACE_SERVICE_KEYS": ""}
BAD_KEYS = {"WORKSPACE_SERVICE_KEYS": "k1:short"}
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def environment(authority: Authority, documents_url: str, database_name: str, broker_url: str) -> dict[str, str]:
    own = authority.of("directory")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("WORKSPACE_")}
    return surroundings | {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}",
        "WORKSPACE_OPS_LISTEN": f"127.0.0.1:{free_port()}",
        "WORKSPACE_RPC_LISTEN": f"127.0.0.1:{free_port()}",
        "WORKSPACE_MONGODB_URL": documents_url,
        "WORKSPACE_MONGODB_DATABASE": database_name,
        "WORKSPACE_BROKER_URL": broker_url,
        "WORKSPACE_SERVICE_KEYS": SERVICE_KEYS,
        "WORKSPACE_FIRST_ADMINISTRATOR_SECRET": SECRET,
        "WORKSPACE_TLS_CA": str(authority.certificate),
        "WORKSPACE_TLS_CERTIFICATE": str(own.certificate),
        "WORKSPACE_TLS_KEY": str(own.key),
    }


async def ready(environment: dict[str, str]) -> bool:
    host, _, port = environment["WORKSPACE_OPS_LISTEN"].partition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
    line = await reader.readline()
    writer.close()
    return b" 200 " in line


@asynccontextmanager
async def started(kind: str, environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.directory", kind, env=environment, cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            if await ready(environment):
                break
            assert process.returncode is None
            await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def client(authority: Authority, environment: dict[str, str]) -> Caller:
    own = authority.of("gateway")
    settings = ServiceSettings(tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key)
    services = list(pb.DESCRIPTOR.services_by_name.values())
    return Caller(RpcClient(settings, "directory", environment["WORKSPACE_RPC_LISTEN"], services))


async def test_what_was_answered_outlives_a_killed_process(authority: Authority, environment: dict[str, str]) -> None:
    request = pb.CreateFirstAdministratorRequest(
        secret=SECRET, address="admin@gouv.tg", password=PASSWORD, display_name="Administrateur"
    )
    async with started("api", environment) as process:
        gateway = client(authority, environment)
        made = await gateway.accounts.CreateFirstAdministrator(request)
        login = pb.CreateSessionRequest(address="admin@gouv.tg", password=PASSWORD)
        session = await gateway.sessions.CreateSession(login)
        process.kill()
        await process.wait()
        await gateway.client.stop()
    async with started("api", environment) as process:
        gateway = client(authority, environment)
        said = bearer(session.access_token)
        own = await gateway.accounts.GetOwnAccount(pb.GetOwnAccountRequest(), metadata=said)
        assert own.id == made.id
        await gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), metadata=said)
        await gateway.client.stop()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 20) == 0


def heard(url: str, queue: str) -> list[dict[str, Any]]:
    """What a queue that hears all of directory's facts has got."""
    with broker(url) as connection:
        everything = binding(events_exchange("directory"), routing_key="#")
        bound = durable_queue(queue, [everything])(connection.channel())
        bound.declare()
        found = []
        while (message := bound.get(no_ack=True)) is not None:
            found.append(json.loads(message.body))
        return found


async def test_facts_reach_the_broker_through_the_worker_even_one_that_was_killed(
    authority: Authority, environment: dict[str, str]
) -> None:
    url = environment["WORKSPACE_BROKER_URL"]
    await asyncio.to_thread(heard, url, "test.everything")
    worker_environment = {**environment, "WORKSPACE_OPS_LISTEN": f"127.0.0.1:{free_port()}"}
    request = pb.CreateFirstAdministratorRequest(
        secret=SECRET, address="admin@gouv.tg", password=PASSWORD, display_name="Administrateur"
    )
    async with started("api", environment), started("worker", worker_environment) as worker:
        gateway = client(authority, environment)
        worker.kill()
        await worker.wait()
        made = await gateway.accounts.CreateFirstAdministrator(request)
        login = pb.CreateSessionRequest(address="admin@gouv.tg", password=PASSWORD)
        session = await gateway.sessions.CreateSession(login)
        await gateway.sessions.DeleteSession(pb.DeleteSessionRequest(), metadata=bearer(session.access_token))
        await gateway.client.stop()
        async with started("worker", worker_environment) as successor:
            found: list[dict[str, Any]] = []
            for _ in range(100):
                found += await asyncio.to_thread(heard, url, "test.everything")
                if len(found) >= 4:
                    break
                await asyncio.sleep(0.1)
            successor.terminate()
            assert await asyncio.wait_for(successor.wait(), 20) == 0
    facts = {envelope["type"]: envelope for envelope in found}
    assert set(facts) == {"account_created", "session_revoked", "act_recorded"}
    assert facts["account_created"]["subject"] == made.id
    assert facts["session_revoked"]["actor"] == made.id


async def test_a_setting_that_is_unknown_or_bad_stops_the_process_with_one_line(environment: dict[str, str]) -> None:
    for wrong in ({"WORKSPACE_PASSWORD_THREDS": "2"}, {"WORKSPACE_PASSWORD_THREADS": "many"}, BAD_KEYS, NO_KEYS):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.directory", "api", env={**environment, **wrong}, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == 2
        assert err.decode().count("\n") == 1
        assert next(iter(wrong)) in err.decode()
