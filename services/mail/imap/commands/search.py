"""SEARCH (RFC 3501 §6.4.4, RFC 7162 §3.1.5)."""

from services.mail.domain.search import And, Criterion, ModSeq, Not, Or, Uids
from services.mail.imap.codec.commands import Search
from services.mail.imap.codec.search_keys import Numbers, resolved
from services.mail.imap.session import Session
from services.mail.usecases import search as find


async def search(session: Session, command: Search) -> bytes:
    selected = session.mailbox

    def uids(numbers: Numbers) -> Uids:
        spans = selected.spans(numbers.numbers, uid=numbers.uid)
        return Uids(tuple(selected.uid_ranges(spans)))

    criterion = resolved(command.key, uids)
    by_modseq = asks_modseq(criterion)
    session.condstore = session.condstore or by_modseq
    found = await find(session.mail, session.owner, selected.mailbox_id, criterion)
    told: list[int] = []
    highest = 0
    for uid, modseq in found:
        place = selected.place(uid)
        if place is not None:  # what came since waits for its EXISTS
            told.append(uid if command.uid else place + 1)
            highest = max(highest, modseq)
    line = b"SEARCH" + b"".join(b" %d" % number for number in told)
    session.untagged(line + b" (MODSEQ %d)" % highest if by_modseq and told else line)
    await session.sync(expunges=command.uid)
    return b"OK Done"


def asks_modseq(criterion: Criterion) -> bool:
    if isinstance(criterion, And | Or):
        return any(map(asks_modseq, criterion.criteria))
    return asks_modseq(criterion.criterion) if isinstance(criterion, Not) else isinstance(criterion, ModSeq)
