"""FETCH (RFC 3501 §6.4.5, RFC 7162 §3.1.4): what the store has ready is sent as it is read, a page at a time."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.flags import FlagAction
from services.mail.domain.message import FetchRow, FetchRows, Particulars, Source
from services.mail.domain.rights import KEEP_SEEN
from services.mail.domain.uids import ranges_of
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Asked, Binary, Fetch, Item, Section
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.commands.binary import tell_binary
from services.mail.imap.commands.resync import tell_vanished
from services.mail.imap.listing import Listing
from services.mail.imap.sections import cut, located, picked, usual
from services.mail.imap.session import FLUSH_OCTETS, Session
from services.mail.usecases import changes_since, fetch_particulars, fetch_rows, open_source, sources, store_flags
from services.mail.usecases.sources import MOST_HEADER

log = structlog.get_logger(__name__)

AHEAD = 6
# Sections of kept header fields that are told a page at a time: each may be 2 MiB of one.
MOST_KEPT = 2
# Messages whose flags are told without a pause.
AT_ONCE = 250
_PARTICULAR: dict[Item, Callable[[Particulars], bytes]] = {
    Item.BODY: lambda found: b"BODY " + found.body,
    Item.PREVIEW: lambda found: b"PREVIEW " + write.quoted(found.preview.encode("utf-8", "replace")),
    Item.EMAILID: lambda found: b"EMAILID (%b)" % found.email_id.encode("ascii"),
    Item.THREADID: lambda found: b"THREADID (%b)" % found.thread_id.encode("ascii"),
    Item.SAVEDATE: lambda found: b"SAVEDATE " + (write.date_time(found.saved_at) if found.saved_at else b"NIL"),
}


class _HasUid(Protocol):
    @property
    def uid(self) -> int: ...


R = TypeVar("R", bound=_HasUid)


async def _each(rows: AsyncIterator[FetchRows]) -> AsyncIterator[FetchRow]:
    async for some in rows:
        for row in some:
            yield row


@dataclass(frozen=True, slots=True)
class _Opened:
    """A message's source, and those of its sections that were read ahead."""

    uid: int
    source: Source
    read: dict[Section, bytes]


class _Following(Generic[R]):
    """Reads rows that ascend by UID in step with the messages that are told."""

    def __init__(self, rows: AsyncIterator[R]) -> None:
        self._rows = rows
        self._row: R | None = None

    async def at(self, uid: int) -> R | None:
        """The row of a UID; None when the message is gone."""
        row = self._row
        while row is None or row.uid < uid:
            row = await anext(self._rows, None)
            if row is None:
                return None
        self._row = row
        return row if row.uid == uid else None


async def fetch(session: Session, command: Fetch) -> bytes:
    selected = session.mailbox
    items = command.items
    if command.changed_since is not None or Item.MODSEQ in items:
        session.condstore = True
    if command.vanished:
        await _tell_vanished(session, command)
    places = [place for span in selected.spans(command.numbers, uid=command.uid) for place in span]
    if command.changed_since is not None:
        modseqs = selected.modseqs
        places = [place for place in places if modseqs[place] > command.changed_since]
        items = (*items, Item.MODSEQ)
    if command.uid:
        items = (Item.UID, *items)
    undecodable = False
    if places:
        seen = await _mark_seen(session, items, places)
        teller = _Teller(session, dict.fromkeys(items), places, seen)
        await teller.tell()
        undecodable = teller.undecodable
    await session.sync(expunges=command.uid)
    return b"NO [UNKNOWN-CTE] A part is encoded in an unknown way" if undecodable else b"OK Done"


async def _tell_vanished(session: Session, command: Fetch) -> None:
    """RFC 7162 §3.2.6: only by UID, and only once QRESYNC is enabled."""
    if not command.uid or not session.qresync or command.changed_since is None:
        raise BadSyntax("VANISHED is for UID FETCH, once QRESYNC is enabled")
    selected = session.mailbox
    changes = await changes_since(session.mail, selected.owner, selected.mailbox_id, command.changed_since)
    vanished = changes.vanished if changes.complete else None
    tell_vanished(session, vanished, command.numbers.resolved(selected.uid_next - 1))


async def _mark_seen(session: Session, items: tuple[Asked, ...], places: list[int]) -> set[int]:
    """Reading sets \\Seen (§6.4.5), in one write for all; gives the places that did not have it."""
    selected = session.mailbox
    reads = any(isinstance(item, Section | Binary) and not item.peek for item in items)
    if not reads or not selected.may(KEEP_SEEN):
        return set()
    unseen = [selected.uids[place] for place in places if "\\Seen" not in selected.flags[place]]
    if not unseen:
        return set()
    ranges = ranges_of(unseen)
    stored = await store_flags(session.mail, selected.owner, selected.mailbox_id, ranges, FlagAction.ADD, ["\\Seen"])
    return set(selected.take(stored))


class _Teller:
    """Tells the items of many messages."""

    def __init__(self, session: Session, items: "dict[Asked, None]", places: list[int], seen: set[int]) -> None:
        self._session = session
        self._selected = session.mailbox
        listed: list[Item | Section] = [item for item in items if item in Listing.items]
        self._particular = [item for item in items if item in _PARTICULAR]
        self._sections = [item for item in items if isinstance(item, Section | Binary)]
        kept = [item for item in self._sections if isinstance(item, Section) and usual(item)]
        if len(kept) == len(self._sections) <= MOST_KEPT:  # beside the messages: nobody has to open one
            listed, self._sections = [*listed, *kept], []
        self._listing = Listing(self._selected, listed)
        # Whether a part was left out since nobody here can undo its encoding.
        self.undecodable = False
        self._places = places
        self._seen = seen if Item.FLAGS not in items else set()
        mail, owner, mailbox_id = session.mail, self._selected.owner, self._selected.mailbox_id
        uids = self._selected.uids
        if places[-1] - places[0] + 1 == len(places):  # nothing else stands between neighbours
            ranges = [(uids[places[0]], uids[places[-1]])]
        else:
            ranges = ranges_of(uids[place] for place in places)
        self._rows: AsyncIterator[FetchRows] | None = None
        self._particulars: _Following[Particulars] | None = None
        self._sources: _Following[_Opened] | None = None
        if columns := self._listing.columns:
            self._rows = fetch_rows(mail, owner, mailbox_id, ranges, columns, uid_next=self._selected.uid_next)
        if self._particular:
            self._particulars = _Following(fetch_particulars(mail, owner, mailbox_id, ranges))
        if self._sections:
            self._sources = _Following(self._ahead(sources(mail, owner, mailbox_id, ranges)))

    async def tell(self) -> None:
        if self._particulars is None and self._sources is None:
            await self._tell_rows()
        else:
            await self._tell_each()

    async def _tell_rows(self) -> None:
        """All that is asked for is at hand or in pages: many messages at once."""
        wire, listing = self._session.wire, self._listing
        if self._rows is None:
            for start in range(0, len(self._places), AT_ONCE):
                wire.write(listing.lines(self._places[start : start + AT_ONCE], None))
                await wire.flush()
            return
        async for rows in self._rows:
            wire.write(listing.lines(*listing.placed(rows)))
            await wire.flush()

    async def _tell_each(self) -> None:
        wire, uids = self._session.wire, self._selected.uids
        rows = None if self._rows is None else _Following(_each(self._rows))
        for place in self._places:
            uid = uids[place]
            row = particulars = opened = None
            if rows is not None and (row := await rows.at(uid)) is None:
                continue
            if self._particulars is not None and (particulars := await self._particulars.at(uid)) is None:
                continue
            if self._sources is not None and (opened := await self._sources.at(uid)) is None:
                continue
            told = self._listing.told(place, row)
            if particulars is not None:
                told += [_PARTICULAR[item](particulars) for item in self._particular]
            if place in self._seen:
                told.append(b"FLAGS " + write.flags(self._selected.flags[place]))
            wire.write(b"* %d FETCH (%b" % (place + 1, b" ".join(told)))
            if opened is not None:
                await self._tell_sections(opened, first=not told)
            wire.write(b")\r\n")
            if wire.pending > FLUSH_OCTETS:
                await wire.flush()

    async def _ahead(self, rows: AsyncIterator[Source]) -> AsyncIterator[_Opened]:
        """Read the picked header fields of a few messages at once: many clients list a mailbox by them."""
        picks = [each for each in self._sections if isinstance(each, Section) and each.what.startswith("HEADER.")]
        waiting: deque[asyncio.Task[_Opened]] = deque()
        try:
            async for source in rows:
                waiting.append(asyncio.create_task(self._opened(source, picks)))
                if len(waiting) > (AHEAD if picks else 0):
                    yield await waiting.popleft()
            while waiting:
                yield await waiting.popleft()
        finally:
            for task in waiting:
                task.cancel()

    async def _opened(self, source: Source, picks: list[Section]) -> _Opened:
        read = {}
        for section in picks:
            place = located(source.structure, section)
            if place is not None:
                read[section] = await self._picked(source, place, section)
        return _Opened(source.uid, source, read)

    async def _tell_sections(self, opened: _Opened, *, first: bool) -> None:
        wire, source = self._session.wire, opened.source
        for section in self._sections:
            between = b"" if first else b" "
            if isinstance(section, Binary):
                told = await tell_binary(self._session, source, section, between)
                first, self.undecodable = first and not told, self.undecodable or not told
                continue
            wire.write(between)
            first = False
            label = section.label + (b"<%d>" % section.partial[0] if section.partial else b"")
            place = located(source.structure, section)
            if place is None:
                wire.write(label + b" NIL")
            elif section in opened.read:
                wire.write(label + b" " + opened.read[section])
            else:
                await self._stream(source, cut(*place, section), label)
        if first:  # something has to be told
            wire.write(b"UID %d" % opened.uid)

    async def _picked(self, source: Source, place: tuple[int, int], section: Section) -> bytes:
        offset, length = place[0], min(place[1], MOST_HEADER)
        pieces = [piece async for piece in open_source(self._session.mail, source, offset=offset, length=length)]
        fields = picked(b"".join(pieces), section)
        start, most = cut(0, len(fields), section)
        return b"{%d}\r\n%b" % (most, fields[start : start + most])

    async def _stream(self, source: Source, place: tuple[int, int], label: bytes) -> None:
        wire = self._session.wire
        offset, left = place
        wire.write(b"%b {%d}\r\n" % (label, left))
        if not left:
            return
        try:
            async for piece in open_source(self._session.mail, source, offset=offset, length=left):
                left -= len(piece)
                wire.write(piece)
                if wire.pending > FLUSH_OCTETS:
                    await wire.flush()
        except WorkspaceError as error:
            log.warning("fetch_cut_off", error=error.detail)
        if left:  # the client waits for octets that will never come: nothing else can follow
            raise ConnectionAbortedError
