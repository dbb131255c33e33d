"""A word looked for in 2,000 messages and in many more: by reading each, by kept terms, by shelves.

Mail's use cases on a document database and an object store of their own, in this process.
"""

import asyncio
import base64
import functools
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sized
from pathlib import Path

import psutil

from chassis.documents import ensure_indexes
from chassis.documents.connect import close
from deploy.local.standins import documents_url, start_documents, start_objects
from services.mail import bootstrap
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.search import And, Criterion, HasFlag, Not, Text
from services.mail.domain.uids import ALL
from services.mail.settings import Settings
from services.mail.usecases import Mail, append, copy, find_mailbox, open_source, search, sources
from services.mail.usecases.find_messages import find_messages
from services.mail.usecases.index_terms import index_due
from services.mail.usecases.shelve_terms import shelve_due
from services.mail.usecases.store_source import store_octets
from tests.load.letters import letter
from tests.load.report import cpu, milliseconds, table

MESSAGES, DOUBLINGS = 2_000, int(os.environ.get("WORKSPACE_LOAD_DOUBLINGS", "3"))
OWNER, SIZE = "01JLOAD0000000000000000001", 8 * 1024
# One letter in so many has the word.
RARE = 200
ASKED: dict[str, Criterion] = {
    "a rare word": Text("prefectoral"),
    "its beginning, and a word of all": Text("budget prefec"),
    "a rare word, unseen": And((Not(HasFlag("\\Seen")), Text("prefectoral"))),
    "a word of none": Text("introuvable"),
    "a word of all": Text("ministere"),
}


class Measured:
    """Seconds, and CPU seconds of this process and of the database."""

    def __init__(self, database: psutil.Process) -> None:
        self._database = database
        self.seconds = self.ours = self.theirs = 0.0

    async def of(self, act: Callable[[], Awaitable[object]]) -> "Measured":
        began, ours, theirs = time.perf_counter(), time.process_time(), cpu(self._database)
        await act()
        self.seconds = time.perf_counter() - began
        self.ours, self.theirs = time.process_time() - ours, cpu(self._database) - theirs
        return self

    def row(self, name: str, per: int = 1) -> tuple[object, ...]:
        return (name, *(milliseconds(each / per) for each in (self.seconds, self.ours, self.theirs)))


async def _filled(mail: Mail) -> Mailbox:
    box = await find_mailbox(mail, OWNER, "INBOX")
    for number in range(MESSAGES):
        octets = letter(number, "guichet@load.example", "agent1@load.example", SIZE)
        if number % RARE == 0:
            octets = octets.replace("réunion".encode(), "arrêté préfectoral".encode(), 1)
        await append(mail, OWNER, box.id, await store_octets(mail, octets))
    return box


async def _scanned(mail: Mail, box: Mailbox, word: bytes) -> int:
    """The least that looking for a substring costs: each message's octets."""
    found = 0
    async for source in sources(mail, OWNER, box.id, ALL):
        octets = b"".join([piece async for piece in open_source(mail, source)])
        found += word in octets
    return found


async def _all(act: Callable[[Mail], Awaitable[int]], mail: Mail) -> None:
    while await act(mail):
        pass


async def _measure(mail: Mail, database: psutil.Process) -> None:
    box = await _filled(mail)
    head = ("", "whole", "CPU here", "CPU of the database")
    bare = await Measured(database).of(lambda: _scanned(mail, box, "préfectoral".encode()))
    unindexed = await Measured(database).of(lambda: search(mail, OWNER, box.id, ASKED["a rare word"]))
    indexing = await Measured(database).of(lambda: _all(index_due, mail))
    table(
        f"{MESSAGES} messages of {SIZE // 1024} KiB",
        [
            head,
            bare.row("reading each for a substring"),
            unindexed.row("SEARCH TEXT before terms are kept"),
            indexing.row("keeping terms, a message", MESSAGES),
        ],
    )
    await _searches(mail, box, database, bare, "terms kept, nothing shelved")
    shelving = await Measured(database).of(lambda: _all(shelve_due, mail))
    table("shelving", [head, shelving.row("a message", MESSAGES)])
    await _searches(mail, box, database, bare, "shelved")
    for _ in range(DOUBLINGS):
        await copy(mail, OWNER, box.id, ALL, box.id)
    await search(mail, OWNER, box.id, ASKED["a rare word"])
    await _all(shelve_due, mail)
    await _searches(mail, box, database, bare, f"{MESSAGES * 2**DOUBLINGS} messages, shelved")


async def _searches(mail: Mail, box: Mailbox, database: psutil.Process, bare: Measured, how: str) -> None:
    rows: list[tuple[object, ...]] = [
        ("", "whole", "CPU here", "CPU of the database", "found", f"reading {MESSAGES} for a substring takes")
    ]
    boxes = await mail.store.mailboxes.of(OWNER)

    async def measured(name: str, find: Callable[[], Awaitable[Sized]]) -> None:
        found = len(await find())
        one = await Measured(database).of(find)
        rows.append((*one.row(name), found, f"{bare.seconds / one.seconds:.0f} times"))

    async def newest(criterion: Criterion) -> Sized:
        return (await find_messages(mail, boxes, criterion, count=50)).messages

    for name, criterion in ASKED.items():
        await measured(name, functools.partial(search, mail, OWNER, box.id, criterion))
    for name in ("a rare word", "a word of all"):
        await measured(f"REST, all mailboxes, newest 50: {name}", functools.partial(newest, ASKED[name]))
    table(f"SEARCH TEXT, {how}", rows)


async def _run(folder: Path) -> None:
    documents = start_documents(folder, durable=False)
    objects, store = start_objects(folder)
    try:
        settings = Settings(
            service_keys=f"k1:{base64.b64encode(os.urandom(32)).decode()}",
            mongodb_url=documents_url(documents.port),
            mongodb_database="load_searches",
            s3_endpoint=store.endpoint,
            s3_access_key=store.access_key,
            s3_secret_key=store.secret_key,
        )
        wired = bootstrap.wire(settings)
        await ensure_indexes(wired.database, bootstrap.ALL_INDEXES)
        await wired.bucket.ensure()
        await _measure(wired.mail, psutil.Process(documents.process.pid))
        await close(wired.database)
    finally:
        objects.stop()
        documents.stop()


def run() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder)))
