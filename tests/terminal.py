"""`workspace` as an operator runs it: each command a process of its own, forked from one that has imported it all."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any

from deploy.local.layout import ROOT
from tests.running import until

_SECONDS = 60


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


async def workspace(*words: str, environment: dict[str, str], typed: str = "") -> Ended:
    """How a command of the command line ends, whose standard input is `typed`."""
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(typed.encode())
        given.seek(0)
        files = [each.fileno() for each in (given, out, err)]
        code = await asyncio.to_thread(_run, _forking(), words, {**os.environ, **environment}, files, _SECONDS)
        out.seek(0)
        err.seek(0)
        return Ended(code, out.read().decode(), err.read().decode())


@cache
def _forking() -> Path:
    """Where the process listens that runs commands; it ends with this one."""
    path = Path(mkdtemp(prefix="terminal-")) / "socket"
    subprocess.Popen(
        [sys.executable, "-m", "tests.cli.forking", str(path)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}"}, stdin=subprocess.PIPE,
    )  # fmt: skip
    until(path.exists, _SECONDS)
    return path


def _run(path: Path, words: Sequence[str], environment: dict[str, str], files: list[int], seconds: float) -> int:
    """The exit code of a command that reads and writes these files. Raises `TimeoutError`."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(seconds)
        connection.connect(str(path))
        asked = json.dumps({"words": words, "environment": environment}).encode()
        socket.send_fds(connection, [asked], files)
        said = b""
        try:
            while piece := connection.recv(64):
                said += piece
        except TimeoutError:
            os.kill(int(said.split()[0]), signal.SIGKILL)
            raise
    _, code = said.split()
    return int(code)
