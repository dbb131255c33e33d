"""`workspace audit`: list, export, verify; an export is verified where there is no platform."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workspace.directory.v1 import directory_pb2 as pb

from services.directory.usecases.keep_acts import keep_checkpoint
from tests.cli.conftest import Person, Stack, Workspace
from tests.terminal import Ended, workspace


@pytest.fixture
async def auditor(stack: Stack, operator: Person, run: Workspace) -> Person:
    """The national administrator, who is auditor as well, at this terminal."""
    roles = [pb.RoleGrant(role=pb.ROLE_ADMINISTRATOR), pb.RoleGrant(role=pb.ROLE_AUDITOR)]
    await stack.update(operator, pb.Account(id=operator.account.id, roles=roles), "roles")
    assert (await run("login", "admin@gouv.tg", typed="correct horse battery\n")).code == 0
    await stack.person(operator, "agent@gouv.tg")
    await stack.keep_acts()
    return operator


async def test_records_are_listed_and_the_log_is_verified(stack: Stack, run: Workspace, auditor: Person) -> None:
    listed = await run("audit", "list", "--target", "agent@gouv.tg", "--json")
    assert [record["act"] for record in listed.json()] == ["create_account"]
    assert "admin@gouv.tg" in (await run("audit", "list", "--since", "2026-01-01", "--act", "log_in")).out
    assert (await run("audit", "list", "--since", "yesterday")).code == 2
    good = await run("audit", "verify")
    assert (good.code, good.out.partition(":")[0].isdecimal()) == (0, True)
    seen = good.out.strip()
    await stack.keep_acts()
    assert (await run("audit", "verify", "--expect", seen)).code == 0
    assert (await run("audit", "verify", "--key", good.err.strip())).code == 0
    assert (await run("audit", "verify", "--key", "k1:another")).code == 1
    # The whole log made anew, by somebody who has even the key.
    for collection in ("audit", "audit_heads"):
        await stack.database[collection].delete_many({"_id": {"$gt": ""}})
    await stack.database["accounts"].update_one({"_id": auditor.account.id}, {"$unset": {"outbox": ""}})
    await stack.keep_acts()
    assert (await run("audit", "verify")).code == 0
    assert (await run("audit", "verify", "--expect", seen)).code == 1


def without(number: int) -> Callable[[list[dict[str, Any]]], None]:
    def tamper(lines: list[dict[str, Any]]) -> None:
        del lines[number]

    return tamper


def altered(lines: list[dict[str, Any]]) -> None:
    lines[2]["record"]["actor"] = "somebody@else"


def hidden(lines: list[dict[str, Any]]) -> None:
    del lines[2]["record"]
    lines[2]["digest"] = "0" * 64


def exchanged(lines: list[dict[str, Any]]) -> None:
    lines[1], lines[2] = lines[2], lines[1]


def doubled(lines: list[dict[str, Any]]) -> None:
    lines.insert(2, lines[2])


def forged(lines: list[dict[str, Any]]) -> None:
    lines[-2]["checkpoint"]["hash"] = "0" * 64


TAMPERINGS = (
    without(1),
    without(2),
    without(-4),
    without(-2),
    without(-1),
    altered,
    hidden,
    exchanged,
    doubled,
    forged,
)


async def test_an_export_is_verified_without_the_platform(
    stack: Stack, run: Workspace, auditor: Person, environment: dict[str, str], tmp_path: Path
) -> None:
    await keep_checkpoint(stack.directory)
    file = tmp_path / "audit.jsonl"
    assert (await run("audit", "export", str(file))).code == 0
    away = {name: value for name, value in environment.items() if name != "WORKSPACE_DIRECTORY"}

    async def verify(*words: str) -> Ended:
        return await workspace("audit", "verify", str(file), *words, environment=away)

    good = await verify()
    assert good.code == 0, good.err
    assert (await verify("--key", good.err.strip(), "--expect", good.out.strip())).code == 0
    assert (await verify("--expect", f"1:{'0' * 64}")).code == 1
    whole = file.read_bytes()
    for tamper in TAMPERINGS:
        lines = [json.loads(line) for line in whole.splitlines()]
        tamper(lines)
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        assert (await verify()).code == 1, tamper
    for nonsense in (b"", b"[]\n", b"{}\n", b"\xff\n", whole.splitlines()[0] + b"\n{}\n"):
        file.write_bytes(nonsense)
        assert (await verify()).code == 2
