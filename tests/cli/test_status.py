"""`workspace status` asks each process itself."""

import json
from pathlib import Path

import pytest

from chassis.telemetry import OperationsEndpoint
from tests.terminal import workspace


@pytest.fixture
def local_var(environment: dict[str, str]) -> Path:
    """The folder where a local stack leaves word of itself."""
    var = Path(environment["WORKSPACE_LOCAL_VAR"])
    var.mkdir()
    return var


async def test_each_process_is_shown_with_its_health_and_addresses(
    environment: dict[str, str], local_var: Path
) -> None:
    async def fine() -> dict[str, bool]:
        return {"process": True, "documents": True}

    async def waiting() -> dict[str, bool]:
        return {"process": False, "documents": False, "rpc": True}

    ends = [OperationsEndpoint("127.0.0.1", 0, ready) for ready in (fine, waiting)]
    for end in ends:
        await end.start()
    processes = [
        {"name": "directory-api", "service": "directory", "kind": "api", "ops": f"127.0.0.1:{ends[0].port}",
         "listens": {"rpc": "127.0.0.1:9001"}},
        {"name": "mail-imap", "service": "mail", "kind": "imap", "ops": f"127.0.0.1:{ends[1].port}",
         "listens": {"imap": "127.0.0.1:2143"}},
        {"name": "mail-relay", "service": "mail", "kind": "relay", "ops": "127.0.0.1:9", "listens": {}},
    ]  # fmt: skip
    (local_var / "processes.json").write_text(json.dumps(processes))
    ended = await workspace("status", "--json", environment=environment)
    assert ended.code == 1
    shown = {row["process"]: (row["health"], row["addresses"], row["waiting_for"]) for row in ended.json()}
    assert shown["directory-api"] == ("ready", ["rpc 127.0.0.1:9001"], [])
    assert shown["mail-imap"][0] == "not ready"
    assert "documents" in shown["mail-imap"][2]
    assert shown["mail-relay"][0] == "down"
    (local_var / "processes.json").write_text(json.dumps(processes[:1]))
    assert (await workspace("status", environment=environment)).code == 0
    (local_var / "processes.json").write_text(json.dumps(processes[2:]))
    assert (await workspace("status", environment=environment)).code == 3
    for end in ends:
        await end.stop()


async def test_without_a_local_stack_one_is_told_so(environment: dict[str, str]) -> None:
    ended = await workspace("status", environment=environment)
    assert ended.code == 3
    assert "make run" in ended.err
