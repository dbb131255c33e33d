"""Whose a message is while it is handled: each connection has a claim, alive as long as its lock is held.

The kernel lets go of the lock when the process dies, however it dies, and a process id that is used again changes
nothing. Whoever then takes the lock puts back what the dead one held.
"""

import contextlib
import fcntl
import os
import shutil
import time
from pathlib import Path

from chassis.events.spool.layout import message_name, queue_name
from chassis.events.spool.shelves import put_back, remove_queue
from chassis.events.spool.topology import Topology

_DRAFT_SECONDS = 60


class Claim:
    """The claim of this connection."""

    def __init__(self, root: Path) -> None:
        self.id = message_name()
        self.folder = root / "claims" / self.id
        # Locked before it has its place, so that nobody takes it for a dead one's.
        draft = root / "claims" / f".{self.id}"
        (draft / "drafts").mkdir(mode=0o700, parents=True)
        (draft / "held").mkdir(mode=0o700)
        self._lock = os.open(draft / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(self.folder)

    @property
    def drafts(self) -> str:
        return f"{self.folder}/drafts"

    def held(self, queue_folder: str) -> str:
        """Where what is delivered from a queue is kept until it is acknowledged."""
        folder = f"{self.folder}/held/{queue_folder}"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return folder

    def close(self, root: Path, topology: Topology) -> None:
        """Give everything back, and go."""
        if self._lock >= 0:
            _give_back(root, self.folder, topology)
            os.close(self._lock)
            self._lock = -1


def reap(root: Path, topology: Topology) -> int:
    """Give back what dead connections held; how many of them were found."""
    found = 0
    for entry in os.scandir(root / "claims"):
        if entry.name.startswith(".") and _is_young(entry):
            continue
        try:
            lock = os.open(f"{entry.path}/lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _give_back(root, Path(entry.path), topology)
            found += 1
        except BlockingIOError:
            continue
        finally:
            os.close(lock)
    return found


def _is_young(draft: os.DirEntry[str]) -> bool:
    """A claim in the making may not have its lock yet."""
    try:
        return time.time() - draft.stat().st_mtime < _DRAFT_SECONDS
    except FileNotFoundError:
        return True


def _give_back(root: Path, folder: Path, topology: Topology) -> None:
    if not folder.is_dir():  # somebody else was faster
        return
    owned = [name for name, entry in topology.tables().queues.items() if entry.owner == folder.name]
    if owned:
        drop_queues(root, topology, owned)
    with contextlib.suppress(FileNotFoundError):
        for queue in os.listdir(folder / "held"):
            put_back(root, queue_name(queue), folder / "held" / queue)
    # The lock goes last: as long as it is there, somebody may still finish this.
    for part in ("drafts", "held"):
        shutil.rmtree(folder / part, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / "lock").unlink()
        folder.rmdir()


def drop_queues(root: Path, topology: Topology, names: list[str]) -> None:
    """Delete queues with their bindings and messages."""
    with topology.change() as tables:
        gone = {name for name in names if tables.queues.pop(name, None) is not None}
        tables.bindings = {binding for binding in tables.bindings if binding[2] not in gone}
    for name in names:
        remove_queue(root, name)
