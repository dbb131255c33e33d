"""The embedded stand-ins for MongoDB and MinIO: how each is started, and how to know that it answers.

Each runs as a process of its own, from PyPI; the local stack and the tests start them by these commands.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from pymongo import MongoClient
from pymongo.errors import PyMongoError

BIN = Path(sys.executable).parent
ATTEMPTS = 10
# The ports that Linux lends to clients (ip(7)), and from where on servers of nobody in particular listen.
_LENT, _LOWEST = Path("/proc/sys/net/ipv4/ip_local_port_range"), 10_000


class EndedAtOnce(RuntimeError):
    """A stand-in ended before it answered."""


def free_port() -> int:
    """A loopback TCP port that nothing uses now, below those that the kernel lends to clients.

    One of theirs would be any client's between being chosen and being listened on, and for as long as that lasts.
    """
    first_lent = int(_LENT.read_text().split()[0])
    for _ in range(1000):
        port = _LOWEST + secrets.randbelow(max(1, first_lent - _LOWEST))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


def documents_command(folder: Path, port: int, *, durable: bool = True) -> list[str]:
    """The embedded document database; the Rust build is faster and used when it is on PATH.

    Not `durable`: what it answered last may be lost when it is killed, for which it waits for no disk.
    """
    program = which("secantusd-rs") or str(BIN / "secantusd-py")
    return [
        program,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--storage-path",
        str(folder),
        *(["--sync-on-commit"] if durable else []),
    ]


def documents_url(port: int) -> str:
    """Without the driver's repeated writes: SecantusDB 0.7 goes through the last 10,000 of them at each new one, which
    came to nine tenths of its work."""
    return f"mongodb://127.0.0.1:{port}/?directConnection=true&retryWrites=false"


def objects_command(folder: Path, port: int) -> list[str]:
    """The embedded object store; its keys come by NANIO_ACCESS_KEY and NANIO_SECRET_KEY."""
    program = str(BIN / "nanio")
    return [
        program,
        "serve",
        "--data-dir",
        str(folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-access-log",
    ]


@dataclass(frozen=True)
class ObjectStore:
    """An S3 endpoint, `host:port` without scheme."""

    endpoint: str
    access_key: str
    secret_key: str


@dataclass(frozen=True)
class StandIn:
    """A started process and what speaks to it."""

    process: subprocess.Popen[bytes]
    port: int

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def documents_answer(port: int) -> bool:
    client: MongoClient[dict[str, object]] = MongoClient(documents_url(port), serverSelectionTimeoutMS=300)
    try:
        return bool(client.admin.command("ping"))
    except PyMongoError:
        return False
    finally:
        client.close()


def port_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.3):
            return True
    except OSError:
        return False


def _await(standin: StandIn, answers: Callable[[int], bool], seconds: float = 60) -> StandIn:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if standin.process.poll() is not None:
            raise EndedAtOnce(f"{standin.process.args!r} ended with {standin.process.returncode}")
        if answers(standin.port):
            return standin
        time.sleep(0.05)
    standin.stop()
    raise RuntimeError(f"{standin.process.args!r} does not answer on port {standin.port}")


def _standing(start: Callable[[], subprocess.Popen[bytes]], port: int, answers: Callable[[int], bool]) -> StandIn:
    """Start until it answers; a port may be some client's own for a moment when a stand-in comes back to it."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _await(StandIn(start(), port), answers)
        except EndedAtOnce:
            time.sleep(0.5)
    return _await(StandIn(start(), port), answers)


def _start(command: list[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})


def start_documents(folder: Path, port: int | None = None, *, durable: bool = True) -> StandIn:
    """Start the document database on `folder/documents` and wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command, log = documents_command(folder / "documents", port, durable=durable), folder / "documents.log"
    return _standing(lambda: _start(command, log, {}), port, documents_answer)


def start_objects(
    folder: Path, port: int | None = None, keys: tuple[str, str] | None = None
) -> tuple[StandIn, ObjectStore]:
    """Start the object store on `folder/objects` and wait until it answers."""
    (folder / "objects").mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    access, secret = keys or (secrets.token_hex(8), secrets.token_hex(16))
    environment = {"NANIO_ACCESS_KEY": access, "NANIO_SECRET_KEY": secret}
    command, log = objects_command(folder / "objects", port), folder / "objects.log"
    standing = _standing(lambda: _start(command, log, environment), port, port_answers)
    return standing, ObjectStore(f"127.0.0.1:{port}", access, secret)
