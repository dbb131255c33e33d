"""The command line against a directory that runs: each command a process of its own, as an operator's."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from deploy.local.certificates import Authority
from tests.cli.forking import run as run_forked
from tests.directory.conftest import SECRET, Land, Person, Stack, administrator, land, stack
from tests.running import until

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


class _Forking:
    """Where the process listens that runs commands."""

    path: Path


@pytest.fixture(scope="session", autouse=True)
def _forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    _Forking.path = tmp_path_factory.mktemp("cli") / "socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forking", str(_Forking.path)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}"},
    )  # fmt: skip
    until(_Forking.path.exists, 60)
    yield
    process.terminate()
    process.wait(20)


async def workspace(*words: str, environment: dict[str, str], typed: str = "") -> Ended:
    """How a command of the command line ends, whose standard input is `typed`."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(typed.encode())
        given.seek(0)
        files = [each.fileno() for each in (given, out, err)]
        code = await asyncio.to_thread(run_forked, _Forking.path, words, {**os.environ, **environment}, files, 60)
        out.seek(0)
        err.seek(0)
        return Ended(code, out.read().decode(), err.read().decode())


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
