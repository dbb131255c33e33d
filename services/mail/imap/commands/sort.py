"""SORT (RFC 5256)."""

from services.mail.imap.codec.commands import Sort
from services.mail.imap.commands.search import asks_modseq, criterion_of
from services.mail.imap.session import Session
from services.mail.usecases import sort as find


async def sort(session: Session, command: Sort) -> bytes:
    selected = session.mailbox
    criterion = criterion_of(selected, command.key)
    session.condstore = session.condstore or asks_modseq(criterion)
    numbers = []
    for uid, _ in await find(session.mail, selected.owner, selected.mailbox_id, criterion, command.order):
        place = selected.place(uid)
        if place is not None:  # what came since waits for its EXISTS
            numbers.append(uid if command.uid else place + 1)
    session.untagged(b"SORT" + b"".join(map(b" %d".__mod__, numbers)))
    await session.sync(expunges=command.uid)
    return b"OK Done"
