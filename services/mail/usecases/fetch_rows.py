"""Read what IMAP says of messages without opening them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from chassis.errors import NotFound
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import FetchRows, Particulars
from services.mail.domain.uids import LAST, Range, UidSet, merged
from services.mail.store.encoding import folded
from services.mail.store.pages import COLUMNS, WINDOW, page_of, window
from services.mail.usecases.context import Mail
from services.mail.usecases.usual_fields import with_usual_fields

# Wanted pages that stand closer than this are one range query.
NEAR = 4


async def fetch_rows(
    mail: Mail,
    owner: str,
    mailbox_id: str,
    ranges: Sequence[Range],
    columns: Collection[str] = COLUMNS,
    *,
    uid_next: int | None = None,
) -> AsyncIterator[FetchRows]:
    """INTERNALDATE, RFC822.SIZE, ENVELOPE, BODYSTRUCTURE and usual header fields of the UIDs in `ranges`, ascending, a
    page at a time; of pages only the `columns` that are wanted.

    One range query over pages of 250 UIDs and at most one over the open tail; a UID that is gone is left out. Flags
    are not in it: they come with the view. Name only ranges that hold live UIDs, so that no dead page is read.
    `uid_next` of whoever knows one from before saves a question.

    Raises `NotFound` (mailbox), `Unavailable` when header fields have to be read from the object store.
    """
    if uid_next is None:
        uid_next = (await mail.store.mailboxes.get(owner, mailbox_id)).uid_next
    last = uid_next - 1
    wanted = UidSet((max(first, 1), min(end, last)) for first, end in ranges if first <= last and end >= 1)
    closed = last // WINDOW
    pages = merged(
        (page_of(first), min(page_of(end), closed - 1)) for first, end in wanted.ranges if page_of(first) < closed
    )
    needed = UidSet(pages)
    for first_page, last_page in merged(pages, NEAR):
        async for rows in _pages(mail, owner, mailbox_id, first_page, last_page, needed, columns):
            async for some in _whole(mail, owner, mailbox_id, rows.within(wanted), columns):
                yield some
    tail = [(max(first, closed * WINDOW + 1), end) for first, end in wanted.ranges if end > closed * WINDOW]
    if tail:
        rows = FetchRows.of(await mail.store.messages.rows(owner, mailbox_id, tail[0][0], tail[-1][1]))
        async for some in _whole(mail, owner, mailbox_id, rows.within(wanted), columns):
            yield some


async def _whole(
    mail: Mail, owner: str, mailbox_id: str, rows: FetchRows, columns: Collection[str]
) -> AsyncIterator[FetchRows]:
    if "usual" not in columns:
        yield rows
        return
    async for some in with_usual_fields(mail, owner, mailbox_id, rows):
        yield some


async def _pages(
    mail: Mail, owner: str, mailbox_id: str, first: int, last: int, needed: UidSet, columns: Collection[str]
) -> AsyncIterator[FetchRows]:
    """The rows of each page from `first` to `last` that is needed; one that is missing is folded and kept."""
    expected = first
    async for number, rows in mail.store.pages.within(owner, mailbox_id, first, last, columns):
        for missing in range(expected, number):
            if missing in needed:
                yield (await fold_page(mail, owner, mailbox_id, missing))[0]
        if number in needed:
            yield rows
        expected = number + 1
    for missing in range(expected, last + 1):
        if missing in needed:
            yield (await fold_page(mail, owner, mailbox_id, missing))[0]


async def fold_page(
    mail: Mail, owner: str, mailbox_id: str, page: int
) -> tuple[FetchRows, Mapping[str, Sequence[bytes]]]:
    """Read the rows of a closed window, and what a search looks in, from the documents and keep them as a page.

    An expunge drops the pages it touches after it committed; one that committed while we read would find no page to
    drop, so whoever folds looks again and drops the page itself. Raises `NotFound` (mailbox).
    """
    before = await mail.store.mailboxes.get(owner, mailbox_id)
    found, words = await mail.store.messages.page(owner, mailbox_id, *window(page))
    rows = FetchRows.of(found)
    await mail.store.pages.put(owner, mailbox_id, page, rows, words)
    try:
        after = await mail.store.mailboxes.get(owner, mailbox_id)
    except NotFound:  # deleted meanwhile, with its pages
        await mail.store.pages.drop_all(owner, mailbox_id)
        raise
    if after.modseq > before.modseq and await mail.store.tombstones.after(owner, mailbox_id, before.modseq):
        await mail.store.pages.drop(owner, mailbox_id, window(page))
    return rows, words


async def holding(mail: Mail, box: Mailbox, field: str, text: str) -> list[Range]:
    """UIDs that hold every message whose field (of `WORDS`) has a text in it, in any case.

    By the pages; what is in none yet may all have it. Whoever searches looks at these messages themselves.
    """
    closed, wanted = (box.uid_next - 1) // WINDOW, folded(text)
    found, missing = [(closed * WINDOW + 1, LAST)], set(range(closed))
    async for page, uids in mail.store.pages.holding(box.owner, box.id, 0, closed - 1, field, wanted):
        found += [(uid, uid) for uid in uids]
        missing.discard(page)
    for page in missing:
        rows, words = await fold_page(mail, box.owner, box.id, page)
        found += [(uid, uid) for uid, value in zip(rows.uids, words[field], strict=True) if wanted in value]
    return merged(found)


def fetch_particulars(mail: Mail, owner: str, mailbox_id: str, ranges: Sequence[Range]) -> AsyncIterator[Particulars]:
    """BODY, PREVIEW, SAVEDATE, EMAILID and THREADID, ascending. Rarely asked, so read from the documents."""
    return mail.store.messages.particulars(owner, mailbox_id, ranges)
