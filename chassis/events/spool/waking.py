"""Being woken by a bell: inotify where the kernel has it, otherwise looking at the bells' times.

A bell is a file that publishers touch. Nothing is lost between looking at a queue and waiting: what rang since the last
`heard()` is still heard.
"""

import contextlib
import ctypes
import os
import posix
import select
import sys
import time

from chassis.blocking import in_worker

_IN_ATTRIB, _IN_DELETE_SELF = 0x4, 0x400
_IN_NONBLOCK, _IN_CLOEXEC = os.O_NONBLOCK, os.O_CLOEXEC
# Without inotify: how often the bells are looked at.
_GLANCE = 0.02


def touch(bell: str) -> None:
    """Ring. A bell that is gone belongs to a queue that is gone."""
    now = time.time_ns()
    with contextlib.suppress(FileNotFoundError):
        os.utime(bell, ns=(now, now))


def _inotify() -> int:
    """A descriptor, or -1 where there is none to be had (another kernel, all instances taken)."""
    if not sys.platform.startswith("linux"):
        return -1
    descriptor: int = ctypes.CDLL(None, use_errno=True).inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC)
    return descriptor


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Wait for a descriptor; in a worker only this green thread waits."""
    if in_worker():
        from eventlet.hubs import trampoline
        from eventlet.timeout import Timeout

        try:
            trampoline(descriptor, read=True, timeout=seconds, timeout_exc=Timeout)
        except Timeout:
            return False
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(max(0, seconds) * 1000))


class Ears:
    """What one connection listens to."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._bells: dict[str, int] = {}
        self._asked = False

    def fileno(self) -> int:
        """Readable when a bell rings; -1 where bells have to be looked at."""
        return self._descriptor

    def listen_to(self, bell: str) -> None:
        """Again and again does no harm, and finds a bell that was put up anew."""
        if not self._asked:  # not before it is needed: a kernel has few of them
            self._descriptor, self._asked = _inotify(), True
        self._bells.setdefault(bell, 0)
        if self._descriptor >= 0:
            ctypes.CDLL(None, use_errno=True).inotify_add_watch(
                self._descriptor, os.fsencode(bell), _IN_ATTRIB | _IN_DELETE_SELF
            )

    def forget(self, bell: str) -> None:
        self._bells.pop(bell, None)

    def listen_again(self) -> None:
        for bell in self._bells:
            self.listen_to(bell)

    def heard(self) -> bool:
        """Whether a bell rang since the last time."""
        if self._descriptor < 0:
            return self._looked()
        with contextlib.suppress(BlockingIOError):
            # In a worker `os.read` is eventlet's, which waits where there is nothing to read.
            return bool(posix.read(self._descriptor, 65536))
        return False

    def wait(self, seconds: float) -> bool:
        """Wait for a bell."""
        if self._descriptor >= 0:
            return wait_readable(self._descriptor, seconds)
        until = time.monotonic() + seconds
        while not self._looked():
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _GLANCE))
        return True

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._bells.clear()

    def _looked(self) -> bool:
        rang = False
        for bell, seen in list(self._bells.items()):
            try:
                changed = os.stat(bell).st_mtime_ns
            except FileNotFoundError:
                continue
            if changed != seen:
                self._bells[bell], rang = changed, True
        return rang
