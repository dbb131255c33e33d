"""Find messages of a mailbox by what they are."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import FlagRow, View
from services.mail.domain.postings import WINDOW, window_of
from services.mail.domain.search import Criterion, all_words, uid_ranges
from services.mail.domain.uids import Range, UidSet, common, from_the_end, ranges_of, without
from services.mail.usecases.candidates import Candidate, Look, cheapest_first, flagged, look, meets
from services.mail.usecases.context import Mail
from services.mail.usecases.may_meet import may_meet
from services.mail.usecases.shelve_terms import WORTH_SHELVING, Known, look_up
from services.mail.usecases.view import WORTH_KEEPING, view

T = TypeVar("T")

# Messages without terms that are told of together.
TOLD_AT_ONCE = 500
# Of so many the places of what has to be read are asked for together.
READ_AT_ONCE = 100
# UIDs that are looked at before it is asked whether that is enough: some windows.
LOOKED_AT_ONCE = 8 * WINDOW


async def search(
    mail: Mail, owner: str, mailbox_id: str, criterion: Criterion, *, newest: int = 0
) -> list[tuple[int, int]]:
    """(UID, modseq) of the messages that meet a criterion of `services.mail.domain.search`, ascending: all, or so many
    of the `newest` at least.

    Texts of stored fields are looked for in the pages of the mailbox, words on its shelves; where nothing is shelved
    yet, in the terms that are kept of each message. The octets are read of those alone that have no terms yet, and of
    those that have a field whose value is not kept. Raises `NotFound` (mailbox).
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    wanted: Sequence[Range] = common(uid_ranges(criterion), [(1, box.uid_next - 1)])
    known = None
    if wanted and (asked := all_words(criterion)):
        known = await look_up(mail, owner, mailbox_id, asked, (wanted[0][0], wanted[-1][1]))
        wanted = common(wanted, uid_ranges(criterion, known.ranges))
    if wanted and (may := await may_meet(mail, box, criterion)) is not None:
        wanted = common(wanted, may)
    found: list[tuple[int, int]] = []
    ordered, rows = cheapest_first(criterion), _Rows(mail, box)
    for some in from_the_end(wanted, LOOKED_AT_ONCE) if newest else [wanted]:
        found = await _search(mail, box, ordered, some, known, rows) + found
        if newest and len(found) >= newest:
            break
    return found


class _Rows:
    """What changes of the messages of a mailbox; many of them from the view that is kept of a large one, read once."""

    def __init__(self, mail: Mail, box: Mailbox) -> None:
        self._mail, self._box = mail, box
        self._view: View | None = None

    async def within(self, ranges: Sequence[Range]) -> AsyncIterator[FlagRow]:
        box, few = self._box, sum(last - first + 1 for first, last in ranges) < WORTH_KEEPING
        if self._view is None and (few or box.messages < WORTH_KEEPING):
            async for row in self._mail.store.messages.flags(box.owner, box.id, ranges):
                yield row
            return
        seen = self._view = self._view or await view(self._mail, box.owner, box.id)
        for first, last in ranges:
            for place in range(bisect_left(seen.uids, first), bisect_right(seen.uids, last)):
                yield FlagRow(seen.uids[place], seen.flags[place], seen.modseqs[place])


async def _search(
    mail: Mail, box: Mailbox, criterion: Criterion, ranges: Sequence[Range], known: Known | None, rows: _Rows
) -> list[tuple[int, int]]:
    if look(criterion) is Look.FLAGS:
        return [(row.uid, row.modseq) async for row in rows.within(ranges) if flagged(criterion, row)]
    found: list[tuple[int, int]] = []
    wordless: list[str] = []
    unshelved: Counter[int] = Counter()
    whole = look(criterion) is not Look.TERMS
    async for candidate in _candidates(mail, box, ranges, known, None if whole else rows):
        if await meets(criterion, candidate):
            found.append((candidate.row.uid, candidate.row.modseq))
        if candidate.wordless:
            wordless.append(candidate.message_id)
        if candidate.unshelved:
            unshelved[window_of(candidate.row.uid)] += 1
    await _ask(mail, box, wordless, unshelved)
    return sorted(found)


async def _candidates(
    mail: Mail, box: Mailbox, ranges: Sequence[Range], known: Known | None, rows: _Rows | None
) -> AsyncIterator[Candidate]:
    """In no order; of shelved windows the `rows`, where these are enough."""
    windows = known.windows if known else ()
    if known and rows:
        async for each in rows.within(common(ranges, windows)):
            yield Candidate(mail, box.owner, each, has=known.of(each.uid))
        ranges = without(ranges, windows)
    shelved = UidSet(windows)
    listed = mail.store.messages.searched(box.owner, box.id, ranges, whole=rows is None)
    async for some in _together(listed):
        unread = ranges_of(row.uid for row, _, terms in some if terms is None and row.uid not in shelved)
        read = mail.store.messages.sources(box.owner, box.id, unread if known else [])
        sources = {source.uid: source async for source in read}
        for row, message_id, terms in some:
            has = known.of(row.uid) if known and row.uid in shelved else None
            yield Candidate(mail, box.owner, row, message_id, terms, sources.get(row.uid), has=has)


async def _together(listed: AsyncIterator[T]) -> AsyncIterator[list[T]]:
    some: list[T] = []
    async for each in listed:
        some.append(each)
        if len(some) == READ_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


async def _ask(mail: Mail, box: Mailbox, wordless: Sequence[str], unshelved: Mapping[int, int]) -> None:
    """For the terms of messages that had none, and for shelves where many had to be looked at one by one."""
    for start in range(0, len(wordless), TOLD_AT_ONCE):
        await mail.store.indexing.ask(box.owner, wordless[start : start + TOLD_AT_ONCE], mail.now())
    open_window = window_of(box.uid_next)
    many = [number for number, count in unshelved.items() if count >= WORTH_SHELVING and number != open_window]
    if many:
        await mail.store.postings.ask(box.owner, box.id, many, mail.now())
