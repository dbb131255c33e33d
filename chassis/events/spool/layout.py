"""The broker's folder.

    topology.json, topology.lock   exchanges, queues and bindings
    queues/<queue>/bell            touched when there is something new
    queues/<queue>/new/<segment>/  messages that wait, oldest name first; a segment is ten seconds
    claims/<claim>/lock            held for the life of the connection that owns the claim
    claims/<claim>/drafts/         messages half written
    claims/<claim>/held/<queue>/   messages delivered and not acknowledged
    damaged/                       what could not be read

Everything appears by renaming, so that nobody ever reads a half-written file.
"""

import itertools
import os
import secrets
import time
from pathlib import Path
from urllib.parse import quote, unquote

_SEGMENT_NS = 10_000_000_000
_REDELIVERED = "~r"
_token = secrets.token_hex(4)
_sequence = itertools.count()


def folder_name(name: str) -> str:
    """A queue's name as the name of a folder: no separator, never `.` or `..`."""
    quoted = quote(name, safe="")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def queue_name(folder: str) -> str:
    return unquote(folder)


def message_name() -> str:
    """Unique, and in the order of publishing. The process id sets a forked child apart."""
    return f"{time.time_ns():020d}.{os.getpid()}.{_token}.{next(_sequence):08d}"


def segment_of(message: str) -> str:
    return f"{int(message[:20]) // _SEGMENT_NS:010d}"


def segment_is_past(segment: str) -> bool:
    """Whether nobody whose clock is sane writes there any more."""
    return int(segment) < time.time_ns() // _SEGMENT_NS - 1


def redelivered(message: str) -> bool:
    return message.endswith(_REDELIVERED)


def as_redelivered(message: str) -> str:
    return message if redelivered(message) else message + _REDELIVERED


def make_folders(root: Path) -> None:
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in ("queues", "claims", "damaged"):
        (root / part).mkdir(mode=0o700, exist_ok=True)


def sync_folder(path: str | Path) -> None:
    """Have the names in a folder survive a crash of the machine."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
