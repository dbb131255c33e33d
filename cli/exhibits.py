"""Take what a search for a matter finds: an mbox file, and a manifest that says of each message what it is."""

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from workspace.mail.v1 import auditing_pb2 as pb
from workspace.mail.v1 import mail_pb2

from cli.connection import Connection
from cli.failures import WrongUsage
from cli.output import plain
from cli.paging import each_one
from cli.taking import as_mbox, make_folder

PAGE = 100
MBOX, MANIFEST, PROGRESS = "messages.mbox", "manifest.json", "manifest.part"


async def source(mail: Connection, matter_id: str, message_id: str) -> bytes:
    request = pb.GetMatterMessageSourceRequest(matter_id=matter_id, id=message_id)
    return b"".join([body.data async for body in mail.audited.GetMatterMessageSource(request)])


async def export_matter(mail: Connection, request: pb.SearchMatterRequest, folder: Path) -> int:
    """How many messages the export has when it is whole. Each is in the mbox first, and then in `manifest.part`, a line
    a message after one with the question: what was written half is taken anew by the next run.

    Raises `WrongUsage` for a folder with a whole export, or with one of something else.
    """
    if (folder / MANIFEST).exists():
        raise WrongUsage(f"{folder} has a whole export already")
    make_folder(folder)
    asked = plain(request)
    with _kept(folder / MBOX) as mbox, _kept(folder / PROGRESS) as progress:
        entries = _resumed(mbox, progress, asked)
        known = {entry["id"] for entry in entries}
        async for found in each_one(mail.audited.SearchMatter, request, "messages", size=PAGE):
            if found.id in known:
                continue
            octets = await source(mail, asked["matter_id"], found.id)
            offset = mbox.tell()
            mbox.write(as_mbox(octets, mail_pb2.Message(received_at=found.received_at)))
            mbox.flush()
            os.fsync(mbox.fileno())
            place = {"offset": offset, "length": mbox.tell() - offset}
            entries.append({**plain(found), "sha256": sha256(octets).hexdigest(), "mbox": place})
            _line(progress, entries[-1])
        mbox.seek(0)
        whole = {"asked": asked, "mbox": MBOX, "mbox_sha256": _digest(mbox), "messages": entries}
    aside = folder / (MANIFEST + ".new")
    aside.unlink(missing_ok=True)
    with _kept(aside) as file:
        _line(file, whole)
    aside.rename(folder / MANIFEST)
    (folder / PROGRESS).unlink()
    return len(entries)


def _resumed(mbox: BinaryIO, progress: BinaryIO, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is whole of a run before; both files end after it."""
    lines = progress.read().split(b"\n")[:-1]
    if lines and json.loads(lines[0]) != asked:
        raise WrongUsage("the folder has a part of another export")
    size = mbox.seek(0, os.SEEK_END)
    end, kept = 0, sum(len(line) + 1 for line in lines[:1])
    whole: list[dict[str, Any]] = []
    for line in lines[1:]:
        entry = json.loads(line)
        after = entry["mbox"]["offset"] + entry["mbox"]["length"]
        if after > size:
            break
        end, kept = after, kept + len(line) + 1
        whole.append(entry)
    for file, length in ((mbox, end), (progress, kept)):
        file.truncate(length)
        file.seek(length)
    if not kept:
        _line(progress, asked)
    return whole


def _line(file: BinaryIO, value: Mapping[str, Any]) -> None:
    file.write(json.dumps(dict(value), ensure_ascii=False).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _digest(file: BinaryIO) -> str:
    found = sha256()
    while piece := file.read(1 << 20):
        found.update(piece)
    return found.hexdigest()


def _kept(path: Path) -> BinaryIO:
    """A file to read and write, for nobody else; what it has stays. A link is not followed."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
