"""`workspace mail` as an operator runs it, against the api of a test."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

from chassis.identity import Identity
from deploy.local.certificates import Authority
from tests.mail.api.conftest import Api

_SEVERAL = """
import json, sys
from click.testing import CliRunner
from cli.main import main
for words in json.loads(sys.argv[1]):
    done = CliRunner().invoke(main, words)
    print(json.dumps([done.exit_code, done.output]))
"""


class CommandLine:
    """Commands that begin with the same words, by one account. The directory is nowhere: units and groups are given by
    their ids."""

    def __init__(self, api: Api, authority: Authority, account: Identity, *words: str) -> None:
        own = authority.of("cli")
        self._words = ["mail", *words]
        self._environment = {
            **os.environ, "WORKSPACE_MAIL": f"127.0.0.1:{api.port}", "WORKSPACE_DIRECTORY": "127.0.0.1:9",
            "WORKSPACE_TOKEN": account.token, "WORKSPACE_TLS_CA": str(authority.certificate),
            "WORKSPACE_TLS_CERTIFICATE": str(own.certificate), "WORKSPACE_TLS_KEY": str(own.key),
        }  # fmt: skip

    async def __call__(self, *words: str, given: str = "", code: int = 0) -> str:
        """What one says, as a process of its own; `given` is its standard input."""
        return "".join(await self._run("-m", "cli.main", *self._words, *words, given=given, code=code))

    async def several(self, *commands: list[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """How each ends and what it says, by one interpreter: what takes long is to begin."""
        wanted = json.dumps([[*self._words, *words] for words in commands])
        said, _ = await self._run("-c", _SEVERAL, wanted)
        codes, texts = zip(*map(json.loads, said.splitlines()), strict=True)
        return codes, texts

    async def _run(self, *arguments: str, given: str = "", code: int = 0) -> tuple[str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=self._environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        out, err = await process.communicate(given.encode())
        assert process.returncode == code, err.decode()
        return out.decode(), err.decode()
