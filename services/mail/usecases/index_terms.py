"""Keep the terms of what came, so that a search opens no message."""

from datetime import timedelta

import structlog

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.postings import WINDOW, window_of
from services.mail.domain.terms import pack
from services.mail.store import pages
from services.mail.store.indexing import Wordless
from services.mail.usecases.context import Mail
from services.mail.usecases.fetch_rows import fold_page
from services.mail.usecases.read_terms import read_terms

log = structlog.get_logger(__name__)
# Messages whose terms are kept together, and those of a round: however many are due, others have their turn.
AT_ONCE, ROUND = 100, 500
# When to read again what could not be read.
LATER = timedelta(minutes=5)


async def index_due(mail: Mail) -> int:
    """Keep the terms of messages that have none; of how many. Whoever dies between begins again with the same."""
    indexed = 0
    async for due in mail.store.indexing.due(mail.now(), ROUND, AT_ONCE):
        indexed += await _index(mail, due)
    return indexed


async def _index(mail: Mail, due: list[Wordless]) -> int:
    known: dict[str, frozenset[str]] = {}
    ready, unread = [], []
    for each in due:
        try:
            ready.append((each.document_id, pack(await read_terms(mail, each.source, known))))
        except NotFound:
            # It has no octets any more, and so no words.
            log.error("message_without_octets", account=each.owner, message=each.document_id)
            ready.append((each.document_id, pack(())))
        except Exception as error:  # the store's, or our own mistake over one letter: no other waits for it
            failure = f"{type(error).__name__}: {error}"
            log.warning("message_not_read", account=each.owner, message=each.document_id, error=failure)
            unread.append(each.document_id)
    await mail.store.indexing.keep(ready)
    await _shelve(mail, due)
    await _fold(mail, due)
    if unread:
        await mail.store.indexing.put_off(unread, mail.now() + LATER)
    return len(ready)


async def _shelve(mail: Mail, indexed: list[Wordless]) -> None:
    """Ask for shelves of windows that are full."""
    for each in indexed:
        if each.uid % WINDOW == 0:
            await mail.store.postings.ask(each.owner, each.mailbox_id, [window_of(each.uid)], mail.now())


async def _fold(mail: Mail, indexed: list[Wordless]) -> None:
    """Pages that are full, so that whoever lists the mailbox for the first time finds them. Only a cache: one that
    fails is folded by them."""
    for each in indexed:
        if each.uid % pages.WINDOW == 0:
            try:
                await fold_page(mail, each.owner, each.mailbox_id, pages.page_of(each.uid))
            except WorkspaceError as error:
                log.info("page_not_folded", account=each.owner, mailbox=each.mailbox_id, error=str(error))
