"""The command line against a directory that runs: each command a process of its own, as an operator's."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.local.certificates import Authority
from tests.directory.conftest import SECRET, Land, Person, Stack, administrator, land, stack

__all__ = ["Land", "Person", "administrator", "land", "stack"]

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Workspace = Callable[..., Awaitable[Ended]]


async def workspace(*words: str, environment: dict[str, str], typed: str = "") -> Ended:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cli.main import main; main()", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}", **environment}, cwd=environment["HOME"],
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    except TimeoutError:
        process.kill()
        raise
    return Ended(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def environment(authority: Authority, tmp_path: Path) -> dict[str, str]:
    """An operator's surroundings, without any service."""
    own = authority.of("cli")
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "WORKSPACE_LOCAL_VAR": str(tmp_path / "var"),
        "WORKSPACE_TLS_CA": str(authority.certificate),
        "WORKSPACE_TLS_CERTIFICATE": str(own.certificate),
        "WORKSPACE_TLS_KEY": str(own.key),
        "WORKSPACE_FIRST_ADMINISTRATOR_SECRET": SECRET,
    }


@pytest.fixture
def run(stack: Stack, environment: dict[str, str]) -> Workspace:
    """`workspace`, with directory at hand."""
    environment["WORKSPACE_DIRECTORY"] = f"127.0.0.1:{stack.server.port}"

    async def whole(*words: str, typed: str = "", **changed: str) -> Ended:
        return await workspace(*words, environment={**environment, **changed}, typed=typed)

    return whole


@pytest.fixture
async def operator(run: Workspace, administrator: Person) -> Person:
    """The national administrator, logged in at this terminal."""
    ended = await run("login", administrator.account.address, typed="correct horse battery\n")
    assert ended.code == 0, ended.err
    return administrator
