"""Bring the letters of a source into an account; what is broken off goes on where it was."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import imports_pb2 as pb

from chassis.errors import InvalidInput, TooLarge, TooManyRequests, Unavailable
from chassis.rpc import translated
from cli.connection import Connection, connected
from cli.sources import Letter, Unreadable

PIECE = 64 * 1024
# Letters that are asked about together, and brought on one connection: a token lasts longer than that takes.
AT_ONCE, MOST_HELD = 100, 64 * 1024 * 1024
TRIES, PAUSE = 6, 2.0


@dataclass
class Progress:
    """How far an import has come. `failures` has a line for each letter that was not taken."""

    seen: int = 0
    brought: int = 0
    there: int = 0
    octets: int = 0
    folder: str = ""
    failures: list[str] = field(default_factory=list)


Watch = Callable[[Progress], None]


async def bring(letters: Iterator[Letter], address: str, source: str, watch: Watch) -> Progress:
    """Everything that is not there yet. Raises `Unreadable`, `SourceLost`, and what the service refuses it all with."""
    progress = Progress()
    async with connected("mail") as mail:
        begun = await mail.imports.BeginImport(pb.BeginImportRequest(address=address, source=source))
    while batch := await asyncio.to_thread(_some, letters):
        async with connected("mail") as mail:
            await _bring(mail, begun.id, batch, progress)
        watch(progress)
    return progress


async def count(letters: Iterator[Letter]) -> dict[str, int]:
    """How many letters each folder would get."""
    found: Counter[str] = Counter()
    while batch := await asyncio.to_thread(_some, letters):
        found.update(letter.folder for letter in batch)
    return found


def _some(letters: Iterator[Letter]) -> list[Letter]:
    found: list[Letter] = []
    held = 0
    for letter in letters:
        found.append(letter)
        held += letter.held
        if len(found) == AT_ONCE or held > MOST_HELD:
            break
    return found


async def _bring(mail: Connection, import_id: str, batch: list[Letter], progress: Progress) -> None:
    request = pb.ListMissingRequest(import_id=import_id, keys=[letter.key for letter in batch])
    missing = set((await mail.imports.ListMissing(request)).keys)
    for letter in batch:
        progress.seen += 1
        progress.folder = letter.folder
        if letter.key not in missing:
            progress.there += 1
            continue
        try:
            octets = await asyncio.to_thread(letter.read)
            await _tried(mail, import_id, letter, octets)
        except (InvalidInput, TooLarge, Unreadable) as error:
            progress.failures.append(f"{letter.folder}: {letter.key}: {error}")
            continue
        progress.brought += 1
        progress.octets += len(octets)


async def _tried(mail: Connection, import_id: str, letter: Letter, octets: bytes) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            with translated():
                await mail.imports.ImportMessage(_requests(import_id, letter, octets))
            return
        except (Unavailable, TooManyRequests):
            if attempt == TRIES:
                raise
            await asyncio.sleep(PAUSE * attempt)


async def _requests(import_id: str, letter: Letter, octets: bytes) -> AsyncIterator[pb.ImportMessageRequest]:
    first = pb.ImportMessageRequest(import_id=import_id, mailbox=letter.folder, flags=letter.flags, key=letter.key)
    if letter.received_at is not None:
        first.received_at.FromDatetime(letter.received_at)
    yield first
    for start in range(0, len(octets), PIECE):
        body = HttpBody(content_type="message/rfc822", data=octets[start : start + PIECE])
        yield pb.ImportMessageRequest(source=body)
    yield pb.ImportMessageRequest(last=True)
