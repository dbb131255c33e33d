"""Take a copy of one's whole mail: every folder as a Maildir, or as an mbox file."""

import mailbox
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import asctime, gmtime
from typing import BinaryIO

from workspace.mail.v1 import mail_pb2 as pb

from cli.connection import Connection
from cli.paging import each_one
from cli.sources.files import MAILDIR_FLAGS
from cli.sources.keywords import FIELD, keywords_of, letters_for, listed

PAGE = 200
_MAILDIR_LETTERS = {flag: letter for letter, flag in MAILDIR_FLAGS.items()}
_FROM = re.compile(rb"^(>*From )", re.M)
# Levels that would lead out, or into a Maildir's own folders.
_OTHERWISE = {".": "_", "..": "_", "cur": "cur_", "new": "new_", "tmp": "tmp_"}

Watch = Callable[[str, int], None]


@dataclass
class Taken:
    """How much was taken, and how much was there from before."""

    folders: int = 0
    letters: int = 0
    there: int = 0


async def take_maildirs(mail: Connection, folder: Path, watch: Watch) -> Taken:
    """Each folder as a Maildir of its name in `folder`. What is there from before is not taken again."""
    taken = Taken()
    for box in await _boxes(mail):
        taken.folders += 1
        path = _inside(folder, box.name)
        make_folder(path.parent)
        known = set(mailbox.Maildir(path, create=True).iterkeys())
        keywords = listed(path)
        count = 0
        async for found in _messages(mail, box):
            if found.id in known:
                taken.there += 1
                continue
            await _into_maildir(mail, path, found, keywords)
            count += 1
        taken.letters += count
        watch(box.name, count)
    return taken


async def take_mboxes(mail: Connection, folder: Path, watch: Watch) -> Taken:
    """Each folder as a file `name.mbox` in `folder`; it is there when it is whole. Those from before are replaced."""
    taken = Taken()
    for box in await _boxes(mail):
        taken.folders += 1
        path = Path(f"{_inside(folder, box.name)}.mbox")
        make_folder(path.parent)
        part = path.with_name(path.name + ".part")
        count = 0
        with _opened(part) as file:
            async for found in _messages(mail, box):
                file.write(as_mbox(await _source(mail, found), found))
                count += 1
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        taken.letters += count
        watch(box.name, count)
    return taken


async def _boxes(mail: Connection) -> Sequence[pb.Mailbox]:
    answer: pb.ListMailboxesResponse = await mail.mailboxes.ListMailboxes(pb.ListMailboxesRequest())
    return answer.mailboxes


def _messages(mail: Connection, box: pb.Mailbox) -> AsyncIterator[pb.Message]:
    return each_one(mail.messages.ListMessages, pb.ListMessagesRequest(mailbox=box.id), "messages", size=PAGE)


async def _source(mail: Connection, found: pb.Message) -> bytes:
    request = pb.GetMessageSourceRequest(id=found.id)
    return b"".join([body.data async for body in mail.messages.GetMessageSource(request)])


async def _into_maildir(mail: Connection, path: Path, found: pb.Message, keywords: dict[str, str]) -> None:
    """Written aside and renamed: a reader never sees half a letter."""
    more = [each for each in keywords_of(found.flags) if each not in _MAILDIR_LETTERS]
    letters = [_MAILDIR_LETTERS[flag] for flag in found.flags if flag in _MAILDIR_LETTERS]
    flags = "".join(sorted([*letters, *letters_for(path, more, keywords)]))
    aside, there = path / "tmp" / found.id, path / "cur" / f"{found.id}:2,{flags}"
    with _opened(aside) as file:
        file.write((await _source(mail, found)).replace(b"\r\n", b"\n"))
    at = found.received_at.seconds
    os.utime(aside, (at, at))
    aside.rename(there)


def as_mbox(source: bytes, found: pb.Message) -> bytes:
    """RFC 4155, with lines that begin like a separator quoted."""
    head = f"From - {asctime(gmtime(found.received_at.seconds))}\n"
    status = "RO" if "\\Seen" in found.flags else ""
    more = "".join(
        letter for flag, letter in (("\\Answered", "A"), ("\\Flagged", "F"), ("\\Draft", "T")) if flag in found.flags
    )
    keywords = " ".join(keywords_of(found.flags))
    named = {"Status": status, "X-Status": more, FIELD: keywords}
    fields = "".join(f"{name}: {value}\n" for name, value in named.items() if value)
    body = _FROM.sub(rb">\1", source.replace(b"\r\n", b"\n"))
    return head.encode() + fields.encode() + body + (b"\n" if body.endswith(b"\n") else b"\n\n")


def _inside(folder: Path, name: str) -> Path:
    """Where a folder of this name goes; levels are folders, and none leads out."""
    levels = [_OTHERWISE.get(level, level) for level in name.split("/")]
    return folder.joinpath(*levels)


def make_folder(folder: Path) -> None:
    """A folder with those above it, for nobody but whoever takes the copy (`parents` of `mkdir` asks no mode)."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _opened(path: Path) -> BinaryIO:
    """A file to write, anew, for nobody else either."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
