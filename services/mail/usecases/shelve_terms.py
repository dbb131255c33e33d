"""Shelve the terms of messages by windows of UIDs, so that a search reads what has its words and not each message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from chassis.blocking import run_blocking
from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.postings import Shelf, by_shelves, shelve, window, window_of
from services.mail.domain.terms import Words, unpack
from services.mail.domain.uids import LAST, Range, ranges_of, without
from services.mail.store.postings import Asked
from services.mail.usecases.context import Mail

log = structlog.get_logger(__name__)
# Messages of a window from which on it is worth it.
WORTH_SHELVING = 64
# Mailboxes of a round, and windows of one of them before it is the others' turn.
MAILBOXES, AT_A_TURN = 10, 40


@dataclass(frozen=True, slots=True)
class Known:
    """Which messages have which words, in the windows that are shelved."""

    windows: Sequence[Range]
    found: Mapping[Words, set[int]]

    def ranges(self, words: Words) -> Sequence[Range]:
        """Messages that have them, and all of which that is not known."""
        return sorted([*ranges_of(self.found[words]), *without([(1, LAST)], self.windows)])

    def of(self, uid: int) -> frozenset[Words]:
        """What a message of a shelved window has of all that is asked for."""
        return frozenset(words for words, uids in self.found.items() if uid in uids)


async def look_up(mail: Mail, owner: str, mailbox_id: str, asked: set[Words], uids: Range) -> Known:
    """What is shelved of some words, in the windows of these UIDs: a query a shelf, a small document a window. What is
    found is kept, not what is looked through."""
    first, last = map(window_of, uids)
    found: dict[Words, set[int]] = {}
    windows: set[int] | None = None
    for shelf, parts in by_shelves(asked).items():
        there: set[int] = set()
        here: dict[Words, set[int]] = {words: set() for words in parts}
        async for shelves in mail.store.postings.shelves(owner, mailbox_id, shelf, first, last):
            there |= shelves.keys()
            await run_blocking(_look, shelves, parts, here)
        windows = there if windows is None else windows & there
        if not windows:
            return Known((), {words: set() for words in asked})
        for words, having in here.items():
            found[words] = found[words] & having if words in found else having
    return Known([window(number) for number in sorted(windows or ())], found)


def _look(shelves: Mapping[int, bytes], parts: Mapping[Words, Words], found: Mapping[Words, set[int]]) -> None:
    for number, packed in shelves.items():
        shelf = Shelf(window(number)[0], packed)
        for words, part in parts.items():
            found[words].update(shelf.having(part))


async def shelve_due(mail: Mail) -> int:
    """Shelve windows that were asked for; how many. Repeatable: what is shelved stays as it is."""
    shelved = 0
    for asked in await mail.store.postings.claim_due(mail.now(), MAILBOXES):
        try:
            shelved += await _shelve(mail, asked)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.warning("terms_not_shelved", account=asked.owner, mailbox=asked.mailbox_id, error=str(error))
    return shelved


async def _shelve(mail: Mail, asked: Asked) -> int:
    postings, owner, mailbox_id = mail.store.postings, asked.owner, asked.mailbox_id
    there = await postings.shelved(owner, mailbox_id, asked.windows)
    missing = [number for number in asked.windows if number not in there]
    done = 0
    for number in missing[:AT_A_TURN]:
        messages, wordless = await _terms(mail, owner, mailbox_id, window(number))
        if wordless:
            # Whoever searches asks again when they have their terms.
            await mail.store.indexing.ask(owner, wordless, mail.now())
        elif len(messages) >= WORTH_SHELVING:
            await postings.put(owner, mailbox_id, number, await run_blocking(shelve, messages))
            done += 1
    try:
        await mail.store.mailboxes.get(owner, mailbox_id)
    except NotFound:  # deleted meanwhile
        await postings.drop_all(owner, mailbox_id)
        return 0
    await postings.done(asked)
    if missing[AT_A_TURN:]:
        await postings.ask(owner, mailbox_id, missing[AT_A_TURN:], mail.now())
    return done


async def _terms(mail: Mail, owner: str, mailbox_id: str, uids: Range) -> tuple[dict[int, list[str]], list[str]]:
    """The terms of a window's messages by UIDs, and the ids of those that have none yet."""
    messages, wordless = {}, []
    async for row, message_id, packed in mail.store.messages.searched(owner, mailbox_id, [uids], whole=False):
        terms = unpack(packed) if packed else None
        if terms is None:
            wordless.append(message_id)
        else:
            messages[row.uid] = list(terms)
    return messages, wordless
