"""The whole stack: start everything at once, wait until it is ready, seed it, say where it is; stop it in order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from deploy.local.announce import announce, declare
from deploy.local.certificates import ensure_authority
from deploy.local.keys import Keys
from deploy.local.layout import CannotStart, Layout, in_use, variable
from deploy.local.processes import PROCESSES, programs
from deploy.local.programs import REPLICA_SET, Backends, Program, backends, initiate_replica_set
from deploy.local.seed import seed
from deploy.local.supervision import Supervisor

READY_SECONDS = 150
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Ports of backends that are someone else's when they are given by URL.
_BACKEND_PORTS = {"documents": "documents", "objects": "objects", "rabbitmq": "broker"}


@dataclass(frozen=True)
class Stack:
    """A local stack, started or not."""

    layout: Layout
    keys: Keys
    supervisor: Supervisor

    @classmethod
    def of(cls, layout: Layout) -> "Stack":
        return cls(layout, Keys(layout.var / "secrets"), Supervisor(layout))

    def start(self) -> None:
        """Start everything and return when it is ready and seeded. Raises `CannotStart`."""
        self.supervisor.stop()  # what a killed supervisor left behind
        chosen = backends(self.layout, self.keys)
        authority = ensure_authority(self.layout.tls)
        ours = programs(self.layout, self.keys, authority, chosen)
        self._free(chosen.programs)
        groups: list[tuple[str, Sequence[Program]]] = [("workspace", ours)]
        if chosen.programs:
            groups.insert(0, ("backends", chosen.programs))
        self.supervisor.configure(groups)
        self.layout.local_json.unlink(missing_ok=True)
        declare(self.layout)
        supervising = self.supervisor.start()
        try:
            if f"replicaSet={REPLICA_SET}" in chosen.documents and _runs("documents", chosen):
                initiate_replica_set(self.layout)
            self._await_ready(supervising)
            asyncio.run(seed(self.keys))
        except BaseException:
            self.supervisor.stop()
            raise
        self.announce(chosen)

    def announce(self, chosen: Backends | None = None) -> None:
        announce(self.layout, self.keys, chosen or backends(self.layout, self.keys))
        print("ready", flush=True)

    def _free(self, backend_programs: Sequence[Program]) -> None:
        """Refuse to start on ports that something else has."""
        names = [_BACKEND_PORTS[program.name] for program in backend_programs]
        names += [port for process in PROCESSES for port in (process.ops, *process.listens.values())]
        taken = [name for name in names if in_use(self.layout.ports[name])]
        if taken:
            ports = ", ".join(f"{self.layout.ports[name]} ({variable(name)})" for name in taken)
            raise CannotStart(f"in use already: port {ports}; set another, or WORKSPACE_LOCAL_PORT_OFFSET for all")

    def _await_ready(self, supervising: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + READY_SECONDS
        waiting = [process.name for process in PROCESSES]
        told = time.monotonic() + 15
        while waiting:
            if supervising.poll() is not None:
                raise CannotStart(f"the supervisor ended; see {self.supervisor.logs}/supervisord.out")
            waiting = [
                process.name
                for process in PROCESSES
                if process.name in waiting and not _ready(self.layout.address(process.ops))
            ]
            if time.monotonic() > until:
                raise CannotStart(
                    f"not ready after {READY_SECONDS} s: {', '.join(waiting)}; see {self.supervisor.logs}"
                )
            if waiting and time.monotonic() > told:
                print(f"waiting for {', '.join(waiting)} …", flush=True)
                told = time.monotonic() + 15
            time.sleep(0.2 if waiting else 0)

    def stop(self) -> None:
        self.supervisor.stop()
        self.layout.local_json.unlink(missing_ok=True)

    def serve(self, asked: list[int]) -> None:
        """Stay until Ctrl-C, SIGTERM, a closed terminal or the supervisor's own end. `asked`: signals so far."""
        for sign in _ENDING:
            signal.signal(sign, lambda number, _frame: asked.append(number))
        while not asked and self.supervisor.pid() is not None:
            time.sleep(0.3)
        print("stopping …", flush=True)
        self.stop()
        if not asked:
            raise CannotStart(f"the supervisor ended; see {self.supervisor.logs}")


def _runs(name: str, chosen: Backends) -> bool:
    return any(program.name == name for program in chosen.programs)


def _ready(ops: str) -> bool:
    # An answer of 503 is an HTTPError, which is an OSError.
    with suppress(OSError), urllib.request.urlopen(f"http://{ops}/readyz", timeout=3) as answer:
        return bool(answer.status == 200)
    return False


def run(stack: Stack) -> None:
    if stack.supervisor.pid() is not None:
        raise CannotStart("the stack runs already; `make down` stops it")
    asked: list[int] = []

    def interrupted(number: int, _frame: object) -> None:
        # Kept too: what is raised while a destructor runs is lost.
        asked.append(number)
        raise KeyboardInterrupt

    for sign in _ENDING:
        signal.signal(sign, interrupted)
    try:
        stack.start()
        stack.serve(asked)
    except KeyboardInterrupt:
        stack.stop()
        raise


def up(stack: Stack) -> None:
    if stack.supervisor.pid() is not None and stack.layout.local_json.exists():
        stack.announce()
        return
    stack.start()


def down(stack: Stack) -> None:
    stack.stop()


def main(layout: Layout) -> None:
    """`python -m deploy.local run|up|down`."""
    acts = {"run": run, "up": up, "down": down}
    if len(sys.argv) != 2 or sys.argv[1] not in acts:
        raise CannotStart("usage: python -m deploy.local run|up|down")
    # The command line, through which the stack is seeded, finds it there.
    os.environ["WORKSPACE_LOCAL_VAR"] = str(layout.var)
    acts[sys.argv[1]](Stack.of(layout))
