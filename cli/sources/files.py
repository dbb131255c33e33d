"""Mailboxes in files: mbox, as Thunderbird and Takeout write it, and Maildir."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cli.sources.keywords import FIELD, keywords_in, listed
from cli.sources.labels import folder_and_flags
from cli.sources.source import Letter, Unreadable, dated

# Octets of one letter.
MOST = 1024**3
# What files of letters are called.
MBOX = (".mbox", ".mbx")
_FROM = re.compile(rb"From .*\d{2}:\d{2}.*\d{4}|From .*@|From -")
_QUOTED = re.compile(rb"^>(>*From )", re.M)
MAILDIR_FLAGS = {"S": "\\Seen", "R": "\\Answered", "F": "\\Flagged", "D": "\\Draft", "P": "$Forwarded"}
# Of mbox, in Status and X-Status.
_STATUS_FLAGS = {"R": "\\Seen", "A": "\\Answered", "F": "\\Flagged", "T": "\\Draft"}


def mbox(path: Path, folder: str) -> Iterator[Letter]:
    """The letters of a file, in their order. Raises `Unreadable` for what is no mbox."""
    with path.open("rb") as file:
        yield from mbox_of(file, folder)


def mbox_of(file: BinaryIO, folder: str) -> Iterator[Letter]:
    """The same of a file that is open; each letter holds its octets."""
    line = file.readline(MOST)
    while line in (b"\n", b"\r\n"):
        line = file.readline(MOST)
    if line and not _FROM.match(line):
        raise Unreadable("it is no mbox: it does not begin with a From line")
    while line:
        lines: list[bytes] = []
        size = 0
        after = b"\n"
        while (line := file.readline(MOST)) and not (after in (b"\n", b"\r\n") and _FROM.match(line)):
            size += len(line)
            if size > MOST:
                raise Unreadable(f"a letter has more than {MOST} octets")
            lines.append(line)
            after = line
        if lines and after in (b"\n", b"\r\n"):
            # The file's, not the letter's.
            lines.pop()
        if lines:
            yield _of_mbox(b"".join(lines), folder)


def _of_mbox(octets: bytes, folder: str) -> Letter:
    source = _QUOTED.sub(rb"\1", octets)
    header = BytesHeaderParser(policy=compat32).parsebytes(source[: 256 * 1024])
    status = str(header.get("Status", "")) + str(header.get("X-Status", ""))
    flags = {_STATUS_FLAGS[each] for each in status if each in _STATUS_FLAGS}
    flags |= keywords_in(str(header.get(FIELD, "")))
    labels = header.get("X-Gmail-Labels")
    if labels is not None:
        folder, labelled = folder_and_flags(str(labels), folder)
        flags |= labelled
    return Letter(_key(folder, source), folder, tuple(sorted(flags)), lambda: source, dated(header), len(source))


def maildir(path: Path, folder: str) -> Iterator[Letter]:
    """The letters of a Maildir and of those in it, as Maildir++ names them (".Sub.Folder"), or as folders.

    Links are passed over: whoever hands a Maildir over would have files read that are not in it, with the rights of
    whoever brings it. Raises `Unreadable` for what is none.
    """
    if not is_maildir(path):
        raise Unreadable("it is no Maildir: there is no cur in it")
    yield from _in_maildir(path, folder)
    for inner, named in _within(path):
        if inner.is_dir():
            yield from _in_maildir(inner, named if folder == "INBOX" else f"{folder}/{named}")


def folders(path: Path) -> Iterator[Letter]:
    """The letters of all Maildirs and mbox files below a folder, each in a folder of its path's name, as `workspace
    mail export` lays them out. Links are passed over. Raises `Unreadable` where there are none."""
    found = False
    for inner, named in _within(path):
        found = True
        yield from _in_maildir(inner, named) if inner.is_dir() else mbox(inner, named)
    if not found:
        raise Unreadable("there is neither a Maildir nor an mbox file in it")


def _in_maildir(path: Path, folder: str) -> Iterator[Letter]:
    flags = {**MAILDIR_FLAGS, **listed(path)}
    for part in ("cur", "new"):
        for file in sorted((path / part).iterdir()) if _is_folder(path / part) else ():
            if file.is_file() and not file.is_symlink():
                yield _of_maildir(file, folder, flags)


def _within(path: Path, above: str = "") -> Iterator[tuple[Path, str]]:
    """Maildirs and mbox files below a folder, and how they are named from there."""
    for inner in sorted(path.iterdir()):
        if _is_folder(inner) and inner.name not in ("cur", "new", "tmp"):
            named = inner.name.removeprefix(".").replace(".", "/") if inner.name.startswith(".") else inner.name
            if is_maildir(inner):
                yield inner, above + named
            yield from _within(inner, f"{above}{named}/")
        elif inner.suffix.lower() in MBOX and inner.is_file() and not inner.is_symlink():
            yield inner, above + inner.stem


def is_maildir(path: Path) -> bool:
    return _is_folder(path / "cur")


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _of_maildir(file: Path, folder: str, named: Mapping[str, str]) -> Letter:
    base, _, info = file.name.partition(":2,")
    flags = tuple(sorted(named[each] for each in info if each in named))
    at = _at(file.stat().st_mtime)
    # Names are unique within one Maildir alone: some programs just count.
    key = f"maildir {_digest(file)} {base[:100]} {folder}"[:500]
    return Letter(key, folder, flags, partial(_read, file), at)


def _at(seconds: float) -> datetime | None:
    """None of what is in no year that there is."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _digest(file: Path) -> str:
    """Empty where it cannot be read, which is told when the letter is asked for."""
    try:
        with file.open("rb") as octets:
            return hashlib.file_digest(octets, "sha256").hexdigest()
    except OSError:
        return ""


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST:
            raise Unreadable(f"{file.name} has more than {MOST} octets")
        return file.read_bytes()
    except OSError as error:
        raise Unreadable(f"{file.name} cannot be read: {error.strerror}") from error


def _key(folder: str, source: bytes) -> str:
    return f"mbox {hashlib.sha256(source).hexdigest()} {folder}"[:500]
