"""The supervisor keeps programs running, and ends all of them whatever happened to it."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from deploy.local.layout import CannotStart, Layout
from deploy.local.programs import Program
from deploy.local.supervision import Supervisor
from tests.running import until

SLEEPER = "import os, pathlib, time; pathlib.Path(os.environ['TOLD']).write_text(os.environ['SAID']); time.sleep(600)"
# Quotes, a percent sign, JSON: what settings may hold.
SAID = ['plain "quoted" [1, "b"]', "it's 100% so", "mongodb://a/?x=1&y=%2F#;"]


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    folder = Path(tempfile.mkdtemp(prefix="ws"))
    supervisor = Supervisor(Layout(folder, {}))
    yield supervisor
    supervisor.stop()
    rmtree(folder)


def sleepers(folder: Path) -> list[Program]:
    return [
        Program(f"sleeper{n}", [sys.executable, "-c", SLEEPER], {"TOLD": str(folder / str(n)), "SAID": said})
        for n, said in enumerate(SAID)
    ]


def pid_of(supervisor: Supervisor, name: str) -> int:
    return next(int(one["pid"]) for one in supervisor.proxy().supervisor.getAllProcessInfo() if one["name"] == name)


def running(supervisor: Supervisor) -> bool:
    states = supervisor.states()
    return len(states) == len(SAID) and set(states.values()) == {"RUNNING"}


def gone(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_programs_are_told_their_environment_as_it_is(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.configure([("all", sleepers(tmp_path))])
    supervisor.start()
    until(lambda: running(supervisor), 20)
    assert [(tmp_path / str(n)).read_text() for n in range(len(SAID))] == SAID


def test_a_killed_program_comes_back(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.configure([("all", sleepers(tmp_path))])
    supervisor.start()
    until(lambda: running(supervisor), 20)
    killed = pid_of(supervisor, "sleeper1")
    os.kill(killed, signal.SIGKILL)
    until(lambda: pid_of(supervisor, "sleeper1") not in (0, killed), 20)


def test_stop_ends_what_a_killed_supervisor_left(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.configure([("all", sleepers(tmp_path))])
    started = supervisor.start()
    until(lambda: running(supervisor), 20)
    pids = [pid_of(supervisor, f"sleeper{n}") for n in range(len(SAID))]
    started.kill()
    started.wait()
    assert sorted(supervisor.orphans()) == sorted(pids)
    supervisor.stop()
    assert all(gone(pid) for pid in pids)
    assert supervisor.pid() is None


def test_a_folder_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="WORKSPACE_LOCAL_VAR"):
        Supervisor(Layout(tmp_path / ("x" * 100), {})).configure([])
