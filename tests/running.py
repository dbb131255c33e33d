"""A local stack of a test's own: started as `make up` does, beside any other, on free ports and in its own folder."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy.local.keys import Keys
from deploy.local.layout import ROOT, Layout
from deploy.local.standins import documents_url
from deploy.local.supervision import Supervisor


@dataclass(frozen=True)
class RunningStack:
    """What `var/local.json` says, and the means to hurt the processes behind it."""

    var: Path
    environment: Mapping[str, str]

    @property
    def local(self) -> dict[str, Any]:
        return dict(json.loads((self.var / "local.json").read_text()))

    def address(self, name: str) -> tuple[str, int]:
        """Host and port of a listener: "smtp", "imaps", …"""
        host, _, port = str(self.local[name]).rpartition(":")
        return host, int(port)

    def password(self, address: str) -> str:
        return next(str(one["password"]) for one in self.local["accounts"] if one["address"] == address)

    def port(self, name: str) -> int:
        """A port by its name in `deploy.local.layout.PORTS`."""
        return int(json.loads((self.var / "ports.json").read_text())[name])

    @property
    def broker_url(self) -> str:
        """As the services connect to it."""
        if self.environment["WORKSPACE_LOCAL_BROKER"] == "embedded":
            return f"spool://{self.var / 'broker'}"
        password = Keys(self.var / "secrets").word("broker")
        return f"amqp://workspace:{password}@127.0.0.1:{self.port('broker')}//"

    def documents(self) -> "MongoClient[dict[str, Any]]":
        """The document database, past all services."""
        return MongoClient(documents_url(self.port("documents")))

    def pid(self, program: str) -> int:
        """The process id of "mail-imap", "documents", …; raises LookupError while it does not run."""
        for one in self._supervisor.proxy().supervisor.getAllProcessInfo():
            if one["name"] == program and one["pid"]:
                return int(one["pid"])
        raise LookupError(program)

    def kill(self, program: str) -> None:
        """SIGKILL, as a power cut or the kernel would."""
        os.kill(self.pid(program), signal.SIGKILL)

    def hold(self, program: str) -> None:
        """Stop a program and keep it stopped."""
        self._supervisor.proxy().supervisor.stopProcess(self._full(program))

    def release(self, program: str) -> None:
        self._supervisor.proxy().supervisor.startProcess(self._full(program), False)

    def ready(self) -> bool:
        """Whether every process of ours can work."""
        return all(ready_at(one["ops"]) for one in json.loads((self.var / "processes.json").read_text()))

    def await_ready(self, seconds: float = 90) -> None:
        """Raises TimeoutError, which says what each process lacks."""
        try:
            until(self.ready, seconds)
        except TimeoutError as error:
            processes = json.loads((self.var / "processes.json").read_text())
            lacking = {one["name"]: _said(one["ops"]) for one in processes if not ready_at(one["ops"])}
            raise TimeoutError(f"not ready within {seconds} s: {lacking}") from error

    def log(self, program: str) -> str:
        return (self.var / "log" / f"{program}.log").read_text(errors="replace")

    def make(self, act: str) -> None:
        """`up` or `down`, as the Makefile does."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy.local", act],
            cwd=ROOT, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{act}: {done.stdout}\n{done.stderr}")

    def command(self, *words: str, token: str = "") -> subprocess.CompletedProcess[str]:
        """The operator's command line against this stack."""
        own = {**self.environment, **({"WORKSPACE_TOKEN": token} if token else {})}
        program = str(Path(sys.executable).parent / "workspace")
        return subprocess.run(
            [program, *words], env={**os.environ, **own}, capture_output=True, text=True, timeout=60, check=False
        )

    @property
    def _supervisor(self) -> Supervisor:
        return Supervisor(Layout(self.var, {}))

    @staticmethod
    def _full(program: str) -> str:
        return f"{'backends' if program in ('documents', 'objects', 'rabbitmq') else 'workspace'}:{program}"


def ready_at(ops: str) -> bool:
    """Whether the process whose operations endpoint that is can work."""
    try:
        with urllib.request.urlopen(f"http://{ops}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _said(ops: str) -> str:
    try:
        with urllib.request.urlopen(f"http://{ops}/readyz", timeout=3) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.read().decode()
    except OSError as error:
        return str(error)


def until(true: Callable[[], bool], seconds: float, pause: float = 0.2) -> None:
    """Wait until something is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {true}")
        time.sleep(pause)


@contextmanager
def running(broker: str = "embedded", **settings: str) -> Iterator[RunningStack]:
    """A started stack; `settings` are environment variables of it. Stopped and removed at the end."""
    # A supervisor's socket lies in it, whose path must be short.
    var = Path(tempfile.mkdtemp(prefix="ws"))
    environment = {
        "WORKSPACE_LOCAL_VAR": str(var),
        "WORKSPACE_LOCAL_PORTS": "free",
        "WORKSPACE_LOCAL_BROKER": broker,
        **settings,
    }
    stack = RunningStack(var, environment)
    try:
        stack.make("up")
        yield stack
    finally:
        stack.make("down")
        shutil.rmtree(var, ignore_errors=True)
