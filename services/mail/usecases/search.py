"""Find messages of a mailbox by what they are."""

from collections.abc import AsyncIterator, Sequence

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.search import Criterion, uid_ranges
from services.mail.domain.uids import Range
from services.mail.usecases.candidates import Candidate, Look, flagged, look, meets
from services.mail.usecases.context import Mail

# Messages whose terms a search had to read from their octets, told together.
TOLD_AT_ONCE = 500


async def search(mail: Mail, owner: str, mailbox_id: str, criterion: Criterion) -> list[tuple[int, int]]:
    """(UID, modseq) of the messages that meet a criterion of `services.mail.domain.search`, ascending.

    Words are looked up in the terms that are kept of messages; the octets are read of those alone that have none yet,
    and of those that have a field whose value is not kept. Raises `NotFound` (mailbox).
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    ranges = [(first, min(last, box.uid_next - 1)) for first, last in uid_ranges(criterion) if first < box.uid_next]
    if look(criterion) is Look.FLAGS:
        rows = mail.store.messages.flags(owner, mailbox_id, ranges)
        return [(row.uid, row.modseq) async for row in rows if flagged(criterion, row)]
    found, wordless = [], []
    async for candidate in _candidates(mail, box, ranges, whole=look(criterion) is not Look.TERMS):
        if await meets(criterion, candidate):
            found.append((candidate.row.uid, candidate.row.modseq))
        if candidate.wordless:
            wordless.append(candidate.message_id)
    for start in range(0, len(wordless), TOLD_AT_ONCE):
        await mail.store.indexing.ask(owner, wordless[start : start + TOLD_AT_ONCE], mail.now())
    return found


async def _candidates(mail: Mail, box: Mailbox, ranges: Sequence[Range], *, whole: bool) -> AsyncIterator[Candidate]:
    async for row, message_id, terms in mail.store.messages.searched(box.owner, box.id, ranges, whole=whole):
        yield Candidate(mail, box.owner, row, message_id, terms, None)
