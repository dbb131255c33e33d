"""What a benchmark of mail asks of a server, whosever it is: where it listens, and the CPU of all its processes."""

import grp
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.standins import port_answers
from tests.load.report import cpu
from tests.running import until


@dataclass(frozen=True)
class Peer:
    """A server on loopback, and an account of it."""

    name: str
    # Its processes; what they start counts as well.
    roots: Sequence[psutil.Process]
    # Ports; None where it is not served.
    imap: int | None
    lmtp: int | None = None
    address: str = "agent1@numerique.gouv.tg"
    # Peers take any.
    password: str = "any"
    # Makes a mailbox so large by messages that it has, without the server; None where only the server can.
    multiply: Callable[[str, int], None] | None = None

    def cpu(self) -> float:
        """CPU seconds so far of all its processes, those that have ended among them."""
        return tree_cpu(self.roots)


@contextmanager
def serving(name: str, command: Sequence[str | Path], imap: int | None, lmtp: int | None) -> Iterator[Peer]:
    """A server from when its ports answer until it has ended."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: all(port_answers(port) for port in (imap, lmtp) if port), 30)
        yield Peer(name, [psutil.Process(process.pid)], imap, lmtp)
    finally:
        process.terminate()
        process.wait(20)


def tree_cpu(roots: Sequence[psutil.Process]) -> float:
    """CPU seconds of processes, of what they started, and of what these left behind when they ended."""
    spent = 0.0
    for root in roots:
        for process in (root, *root.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:  # whoever started it has its times
                continue
            spent += cpu(process) + float(times.children_user + times.children_system)
    return spent


def runner(*names: str) -> tuple[str, str]:
    """User and group that a server is to run as: the first user of these that there is; oneself, who is nobody else."""
    for name in names if os.geteuid() == 0 else ():
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_name, grp.getgrgid(user.pw_gid).gr_name
    user = pwd.getpwuid(os.geteuid())
    return user.pw_name, grp.getgrgid(user.pw_gid).gr_name


def given_to(user: str, group: str, folder: Path) -> None:
    """A folder and all that is in it becomes theirs, where we may give it."""
    if os.geteuid() == 0:
        uid, gid = pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, gid)
