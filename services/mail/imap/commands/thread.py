"""THREAD (RFC 5256)."""

from services.mail.domain.message import Message
from services.mail.domain.search import And, Uids
from services.mail.domain.thread_trees import written
from services.mail.imap.codec.commands import Thread
from services.mail.imap.commands.search import asks_modseq, criterion_of
from services.mail.imap.session import Session
from services.mail.usecases import arrange


async def thread(session: Session, command: Thread) -> bytes:
    selected = session.mailbox
    criterion = criterion_of(selected, command.key)
    session.condstore = session.condstore or asks_modseq(criterion)

    def number(message: Message) -> int:
        place = selected.place(message.uid)
        return message.uid if command.uid or place is None else place + 1

    told = b""
    if len(selected):  # what came since waits for its EXISTS
        known = And((criterion, Uids(((selected.uids[0], selected.uids[-1]),))))
        roots = await arrange(session.mail, selected.owner, selected.mailbox_id, known, command.algorithm)
        told = written(roots, number)
    session.untagged(b"THREAD " + told if told else b"THREAD")
    await session.sync(expunges=command.uid)
    return b"OK Done"
