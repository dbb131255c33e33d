"""supervisord: its configuration from our programs, and how it is started, asked and stopped."""

import getpass
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from chassis.settings import PREFIX
from deploy.local.layout import ROOT, CannotStart, Layout
from deploy.local.programs import Program

# A socket's path has at most 107 octets (unix(7)).
_LONGEST_SOCKET = 100


class Supervisor:
    """The supervisor of one stack."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._run = layout.folder("run")
        self._socket = self._run / "supervisor.sock"
        self._pid = self._run / "supervisord.pid"
        self.logs = layout.folder("log")

    def configure(self, groups: Sequence[tuple[str, Sequence[Program]]]) -> None:
        """Write the configuration; groups start in order and stop in reverse, each as one."""
        if len(os.fsencode(self._socket)) > _LONGEST_SOCKET:
            raise CannotStart(f"{self._socket} is too long for a socket; set WORKSPACE_LOCAL_VAR to a shorter folder")
        lines = [
            "[supervisord]",
            f"logfile={_shown(self.logs / 'supervisord.log')}",
            f"pidfile={_shown(self._pid)}",
            f"childlogdir={_shown(self.logs)}",
            f"directory={_shown(ROOT)}",
            *([f"user={getpass.getuser()}"] if os.getuid() == 0 else []),
            "[unix_http_server]",
            f"file={_shown(self._socket)}",
            "chmod=0600",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for priority, (group, programs) in enumerate(groups, 1):
            lines += [f"[group:{group}]", f"programs={','.join(p.name for p in programs)}", f"priority={priority}"]
            for program in programs:
                lines += self._section(program)
        path = self._configuration
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")

    def _section(self, program: Program) -> Iterator[str]:
        yield f"[program:{program.name}]"
        yield f"command={_shown(shlex.join(program.command))}"
        quoted = ",".join(f"{name}={_quoted(value)}" for name, value in program.environment.items())
        if quoted:
            yield f"environment={quoted}"
        yield from (
            "autorestart=true",
            "startsecs=1",
            # Whatever is away comes back; giving up would need a person.
            "startretries=1000000",
            "stopsignal=TERM",
            "stopwaitsecs=8",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_shown(self.logs / (program.name + '.log'))}",
            "stdout_logfile_maxbytes=20MB",
            "stdout_logfile_backups=2",
        )

    @property
    def _configuration(self) -> Path:
        return self._run / "supervisord.conf"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own: Ctrl-C is for whoever waits, and ends it in order."""
        # Our processes are told what they know; what is meant for the stack itself would stop them.
        environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with (self.logs / "supervisord.out").open("wb") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self._configuration)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=environment,
                cwd=ROOT,
            )

    def pid(self) -> int | None:
        """The running supervisor of this stack."""
        try:
            pid = int(self._pid.read_text())
        except (OSError, ValueError):
            return None
        return pid if str(self._configuration).encode() in _read(Path(f"/proc/{pid}/cmdline")) else None

    def states(self) -> dict[str, str]:
        """Each program and what the supervisor says of it: RUNNING, BACKOFF, …; empty while it does not answer."""
        try:
            found: Any = self.proxy().supervisor.getAllProcessInfo()
        except (OSError, Fault):
            return {}
        return {str(program["name"]): str(program["statename"]) for program in found}

    def proxy(self) -> Any:
        """supervisord's own interface."""
        return ServerProxy("http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{self._socket}"))

    def stop(self, seconds: float = 30) -> None:
        """End the supervisor and all it started, in reverse order; what is left after that is killed."""
        pid = self.pid()
        if pid is not None:
            _signal(pid, signal.SIGTERM)
            _await_end([pid], seconds)
        left = [*([pid] if pid is not None else []), *self.orphans()]
        for process in left:
            _signal(process, signal.SIGTERM)
        for process in _await_end(left, 5):
            _signal(process, signal.SIGKILL)
        _await_end(left, 5)

    def orphans(self) -> list[int]:
        """Processes of this stack whose supervisor was killed: supervisord names its socket in their environment."""
        mark = f"SUPERVISOR_SERVER_URL=unix://{self._socket}".encode()
        return [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and mark in _read(folder / "environ").split(b"\0")
        ]


def _shown(value: object) -> str:
    # supervisord's own %-expansions are not for our values.
    return str(value).replace("%", "%%")


def _quoted(value: str) -> str:
    # supervisord knows quotes and no escapes.
    quote = "'" if '"' in value else '"'
    return f"{quote}{_shown(value)}{quote}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _signal(pid: int, sign: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def _await_end(pids: Sequence[int], seconds: float) -> list[int]:
    """Wait until the processes have ended; those that have not."""
    until = time.monotonic() + seconds
    while left := [pid for pid in pids if _alive(pid)]:
        if time.monotonic() > until:
            return left
        time.sleep(0.05)
    return []


def _alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    # The state follows the command's name, which may hold anything (proc(5)).
    state = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return bool(state) and state[0] != b"Z"
