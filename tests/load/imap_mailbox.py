"""Mailboxes of two sizes, ours beside Cyrus's and Dovecot's: what is to cost the same in both; a first synchronisation.

All of a server's CPU is counted: of ours the IMAP process, the document database, the object store, the worker that is
woken by changes and the directory. Clients speak in the clear: TLS costs all the same.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import psutil

from tests.load.beside import beside
from tests.load.imap_client import ImapClient
from tests.load.letters import letter
from tests.load.mailbox_filling import multiply
from tests.load.peers import Peer, tree_cpu
from tests.load.report import milliseconds, table
from tests.running import RunningStack, running

LARGE = int(os.environ.get("WORKSPACE_LOAD_MESSAGES", "50000"))
SIZES = (LARGE // 10, LARGE)
# What the mailboxes are made of: messages of their own, copied until there are enough.
DIFFERENT, OCTETS = 500, 2048
SENDER = "guichet@load.example"
# A word of one message's subject.
RARE = 987_654
PROCESSES = ("mail-imap", "documents", "objects", "mail-worker", "directory-api")
LISTING = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
PAGE = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
# As Thunderbird asks.
FIELDS = (
    "(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority"
    " References Newsgroups In-Reply-To Content-Type Reply-To)])"
)
SPEAKING = "  of it IMAP"
CHANGES = 10


@dataclass
class Measured:
    """CPU seconds by what was done and in how large a mailbox: of all processes, and of the one that speaks IMAP."""

    whole: dict[str, dict[int, float]] = field(default_factory=dict)
    speaking: dict[str, dict[int, float]] = field(default_factory=dict)


class _Mailbox:
    """One mailbox of one server, and two clients that have it open."""

    def __init__(self, peer: Peer, size: int, measured: Measured) -> None:
        self._peer, self._size, self._measured = peer, size, measured
        self._name = f"Of{size}"

    async def fill(self) -> None:
        """Copies of a few hundred messages of the INBOX, and one whose subject no other has."""
        self._one, self._other = await self._client(), await self._client()
        await self._one.command(f"CREATE {self._name}")
        await self._one.command("SELECT INBOX")
        multiply = self._peer.multiply
        for first in range(0, self._size - 1 if multiply is None else DIFFERENT, DIFFERENT):
            await self._one.command(f"COPY 1:{min(DIFFERENT, self._size - 1 - first)} {self._name}")
        if multiply is not None and self._size > DIFFERENT:
            await asyncio.to_thread(multiply, self._name, self._size - 1)
        await self._one.command(f"APPEND {self._name}", letter(RARE, SENDER, self._peer.address, OCTETS))

    async def _client(self) -> ImapClient:
        peer = self._peer
        assert peer.imap is not None
        client = await ImapClient.connect("127.0.0.1", peer.imap, peer.address, peer.password, secure=False)
        await client.command("ENABLE QRESYNC")
        return client

    async def work(self) -> None:
        """Everything, the first synchronisation of what was just filled first."""
        size, one, other = self._size, self._one, self._other
        await one.command(f"SELECT {self._name}")
        await other.command(f"SELECT {self._name}")
        await self._measure("first synchronisation, the very first", 1, lambda _: self._listed(), of=size)
        await self._measure("first synchronisation", 3, lambda _: self._listed(), of=size)
        await self._measure("the same by header fields", 3, lambda _: self._listed(FIELDS), of=size)
        await self._measure("open (SELECT)", 20, lambda _: self._opened())
        await self._measure(
            "page (FETCH of the last 50)", 30, lambda _: one.command(f"FETCH {size - 49}:{size} {PAGE}")
        )
        await self._measure("search a subject", 3, lambda _: self._found())
        await self._measure(
            "flag one message (STORE)",
            100,
            lambda turn: one.command(f"STORE {size // 2} {'-+'[turn % 2]}FLAGS (\\Flagged)"),
        )
        missed = await self._changed()
        await self._measure(f"QRESYNC of {CHANGES} changes", 50, lambda _: self._resynchronised(missed))
        one.close()
        other.close()

    async def _measure(self, name: str, times: int, act: Callable[[int], Awaitable[object]], *, of: int = 1) -> None:
        """An act so many times; what one of them cost, of each of so many messages."""
        roots = self._peer.roots
        before, spoken = tree_cpu(roots), tree_cpu(roots[:1])
        for turn in range(times):
            await act(turn)
        whole, speaking = tree_cpu(roots) - before, tree_cpu(roots[:1]) - spoken
        self._measured.whole.setdefault(name, {})[self._size] = whole / times / of
        self._measured.speaking.setdefault(name, {})[self._size] = speaking / times / of

    async def _listed(self, items: str = LISTING) -> None:
        answer = await self._one.command(f"FETCH 1:* {items}")
        assert answer.fetched == self._size, answer.fetched

    async def _opened(self) -> None:
        await self._one.command("UNSELECT")
        await self._one.command(f"SELECT {self._name}")

    async def _found(self) -> None:
        answer = await self._one.command(f"UID SEARCH SUBJECT {RARE}")
        assert re.search(rb"\* SEARCH \d+( \(MODSEQ \d+\))?\r\n", answer.tail), answer.tail

    async def _changed(self) -> str:
        """Flags of a few messages change; how a client that has missed it comes back."""
        answer = await self._one.command(f"STATUS {self._name} (UIDVALIDITY HIGHESTMODSEQ)")
        validity, modseq = (re.search(word + rb" (\d+)", answer.tail) for word in (b"UIDVALIDITY", b"HIGHESTMODSEQ"))
        assert validity is not None
        assert modseq is not None
        for place in range(self._size // CHANGES // 2, self._size, self._size // CHANGES):
            await self._other.command(f"STORE {place} +FLAGS ($Changed)")
        return f"(QRESYNC ({int(validity[1])} {int(modseq[1])}))"

    async def _resynchronised(self, missed: str) -> None:
        await self._one.command("UNSELECT")
        answer = await self._one.command(f"SELECT {self._name} {missed}")
        assert answer.fetched == CHANGES, answer.fetched


def _ours(stack: RunningStack) -> Peer:
    processes = [psutil.Process(stack.pid(name)) for name in PROCESSES]
    address = "agent2@numerique.gouv.tg"
    return Peer("ours", processes, stack.port("imap"), None, address, stack.password(address), partial(multiply, stack))


async def _worked(peer: Peer) -> Measured:
    measured = Measured()
    assert peer.imap is not None
    client = await ImapClient.connect("127.0.0.1", peer.imap, peer.address, peer.password, secure=False)
    for number in range(DIFFERENT):
        await client.command("APPEND INBOX", letter(number, SENDER, peer.address, OCTETS))
    for size in SIZES:
        mailbox = _Mailbox(peer, size, measured)
        await mailbox.fill()
        await mailbox.work()
    client.close()
    return measured


def run() -> None:
    """Print the table."""
    with running(WORKSPACE_IMAP_PLAIN_LOGIN="true") as stack:
        ours = asyncio.run(_worked(_ours(stack)))
    by_server = {"ours": ours.whole, SPEAKING: ours.speaking}
    with beside() as peers:
        for peer in (peer for peer in peers if peer.imap):
            by_server[peer.name] = asyncio.run(_worked(peer)).whole
    small, large = SIZES
    rows: list[tuple[str, ...]] = [("", "server", f"{small} messages", f"{large}", "growth", "ours beside it")]
    for name in ours.whole:
        for server, measured in by_server.items():
            few, many = measured[name][small], measured[name][large]
            growth = f"{many / few:.1f}" if few else "-"
            ratio = f"{ours.whole[name][large] / many:.1f}" if many and server not in ("ours", SPEAKING) else ""
            rows.append(
                (name if server == "ours" else "", server, milliseconds(few), milliseconds(many), growth, ratio)
            )
    table("CPU in mailboxes of two sizes; of a synchronisation, a message", rows)
