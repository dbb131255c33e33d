"""A RabbitMQ of one's own, by Debian's package: what tests and benches are tried on beside the embedded broker."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.local.standins import free_port

# Debian's; the one on PATH insists on being run by init.
SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"


class RabbitMq:
    """Its own ports, folder and node name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, distribution, mapper = free_port(), free_port(), free_port()
        self.node = f"workspace{self.port}@localhost"
        self._environment = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
        }
        (folder / "plugins").write_text("[].")
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def process(self) -> psutil.Process:
        """The server's, with what it started."""
        return psutil.Process(self._processes[-1].pid)

    def start(self) -> None:
        # Erlang's port mapper first, as our own child: brought up by the server it would outlive it.
        self._run("epmd")
        server = self._run(SERVER)
        until = time.monotonic() + 90
        while time.monotonic() < until:
            if server.poll() is not None:
                break
            with socket.socket() as probe:
                probe.settimeout(0.3)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError((self.folder / "server.log").read_text()[-2000:])

    def _run(self, program: str) -> subprocess.Popen[bytes]:
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [program],
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
                user=_owner(self.folder),
            )
        self._processes.append(process)
        return process

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """It takes what is sent, and does nothing, until the block is left."""
        self._send(signal.SIGSTOP)
        try:
            # A thread on another core runs on for a moment: time enough to confirm one message.
            until = time.monotonic() + 10
            while not self._stands():
                assert time.monotonic() < until, "RabbitMQ does not stop"
                time.sleep(0.01)
            yield
        finally:
            self._send(signal.SIGCONT)

    def _send(self, sign: signal.Signals) -> None:
        for process in self._processes:
            os.killpg(process.pid, sign)

    def _stands(self) -> bool:
        groups = {process.pid for process in self._processes}
        threads = [
            thread
            for process in Path("/proc").iterdir()
            if process.name.isdigit() and _group(int(process.name)) in groups
            for thread in (process / "task").iterdir()
        ]
        return all((thread / "stat").read_text().rpartition(")")[2].split()[0] in "TZ" for thread in threads)

    def stop(self) -> None:
        """Killed, as a power cut would."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        self._processes = []


@contextlib.contextmanager
def started() -> Iterator[RabbitMq]:
    """From when it answers; its folder is a temporary one, outside of pytest's, which another user cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
    server = RabbitMq(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _group(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None


def _owner(folder: Path) -> str | None:
    """Debian's server does not run as root."""
    if os.geteuid() != 0:
        return None
    subprocess.run(["chown", "-R", "rabbitmq", str(folder)], check=True)
    return "rabbitmq"
