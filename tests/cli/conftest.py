"""The command line against a directory that runs: each command a process of its own, as an operator's."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.local.certificates import Authority
from tests.directory.conftest import SECRET, Land, Person, Stack, administrator, land, stack
from tests.terminal import Ended, workspace

__all__ = ["Land", "Person", "administrator", "land", "stack"]

Workspace = Callable[..., Awaitable[Ended]]


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
