"""A queue's folder: publishing renames into it, claiming renames out of it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from chassis.events.spool.layout import (
    as_redelivered,
    folder_name,
    message_name,
    segment_is_past,
    segment_of,
    sync_folder,
)
from chassis.events.spool.waking import touch

# A segment may be removed between finding it and renaming into it, by one consumer at a time.
_TRIES = 100


def queue_folder(root: Path, queue: str) -> str:
    return f"{root}/queues/{folder_name(queue)}"


def bell_of(root: Path, queue: str) -> str:
    return f"{queue_folder(root, queue)}/bell"


def make_queue(root: Path, queue: str) -> None:
    folder = queue_folder(root, queue)
    os.makedirs(f"{folder}/new", mode=0o700, exist_ok=True)
    os.close(os.open(f"{folder}/bell", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    sync_folder(folder)
    sync_folder(root / "queues")


def remove_queue(root: Path, queue: str) -> None:
    """Moved away first, so that a queue of the same name may be made at once."""
    away = f"{root}/damaged/.{message_name()}"
    with contextlib.suppress(FileNotFoundError):
        os.rename(queue_folder(root, queue), away)
        shutil.rmtree(away, ignore_errors=True)


def place(root: Path, queue: str, name: str, source: str, *, last: bool, durable: bool) -> bool:
    """Put the file `source` into a queue under `name`: the last queue gets the file itself, the others a link to it.

    False when there is no such queue. `durable` writes a segment's own name to disk when it is made.
    """
    new = f"{queue_folder(root, queue)}/new"
    target = f"{new}/{segment_of(name)}"
    move = os.rename if last else os.link
    for _ in range(_TRIES):
        try:
            move(source, f"{target}/{name}")
        except FileNotFoundError:
            try:
                os.mkdir(target, 0o700)
            except FileExistsError:
                continue
            except FileNotFoundError:
                return False
            if durable:
                sync_folder(new)
        else:
            touch(bell_of(root, queue))
            return True
    raise OSError(f"cannot place a message in {target}")


def put_back(root: Path, queue: str, held: Path) -> None:
    """Return everything in a folder of claimed messages; what belongs to a queue that is gone goes."""
    for name in sorted(os.listdir(held)):
        with contextlib.suppress(FileNotFoundError):
            return_one(root, queue, f"{held}/{name}")


def return_one(root: Path, queue: str, claimed: str) -> None:
    name = as_redelivered(os.path.basename(claimed))
    if not place(root, queue, name, claimed, last=True, durable=False):
        os.unlink(claimed)


class Shelf:
    """One consumer's view of a queue. It lists a segment once and works through it: a backlog costs nothing a get."""

    def __init__(self, root: Path, queue: str, held: str) -> None:
        self._root, self._queue, self._held = root, queue, held
        self._new = f"{queue_folder(root, queue)}/new"
        self._segment = ""
        self._names: list[str] = []

    def take(self) -> str | None:
        """Claim the oldest message: its path from now on. None when nothing waits."""
        while self._names or self._list():
            name = self._names.pop()
            claimed = f"{self._held}/{name}"
            with contextlib.suppress(FileNotFoundError):  # another consumer was faster
                os.rename(f"{self._new}/{self._segment}/{name}", claimed)
                return claimed
        return None

    def _list(self) -> bool:
        for segment in self._segments():
            with contextlib.suppress(FileNotFoundError):
                names = os.listdir(f"{self._new}/{segment}")
                if names:
                    self._segment, self._names = segment, sorted(names, reverse=True)
                    return True
            if segment_is_past(segment):
                # Removed as long as they are empty, or an old crowd's folder would stay slow to list.
                with contextlib.suppress(OSError):
                    os.rmdir(f"{self._new}/{segment}")
        return False

    def _segments(self) -> list[str]:
        try:
            return sorted(os.listdir(self._new))
        except FileNotFoundError:
            return []


def waiting(root: Path, queue: str) -> Iterator[str]:
    """Paths of all messages that nobody has claimed."""
    new = f"{queue_folder(root, queue)}/new"
    with contextlib.suppress(FileNotFoundError):
        for segment in os.listdir(new):
            with contextlib.suppress(FileNotFoundError):
                yield from (f"{new}/{segment}/{name}" for name in os.listdir(f"{new}/{segment}"))
