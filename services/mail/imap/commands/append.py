"""APPEND (RFC 3501 §6.3.11) and its APPENDUID (RFC 4315 §3). The message is streamed, never held."""

from collections.abc import AsyncIterator

from chassis.errors import NotFound
from services.mail.imap.codec.commands import Append
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.session import Session, State
from services.mail.usecases import append as put
from services.mail.usecases import store_source
from services.mail.usecases.quota import want_room


async def append(session: Session, command: Append, size: int, synchronizing: bool) -> bytes:
    """`size` octets follow, unasked unless `synchronizing`; their mailbox is looked up, and whether it has room for
    them, before they are asked for."""
    try:
        mailbox = await session.find(command.mailbox)
        await want_room(session.mail, mailbox.owner, size)
    except NotFound:
        await _refuse(session, size, synchronizing)
        return b"NO [TRYCREATE] There is no such mailbox"
    except Exception:
        await _refuse(session, size, synchronizing)
        raise
    if synchronizing:
        session.wire.write(b"+ Ready for the message\r\n")
        await session.wire.flush()
    octets = session.wire.literal(size)
    try:
        content = await store_source(session.mail, octets)
    finally:
        await _drain(octets)
        rest = await session.wire.line()
    if rest is None or rest.strip():
        raise BadSyntax("Unexpected text after the message")
    placed = await put(
        session.mail,
        session.owner,
        mailbox.id,
        content,
        flags=command.flags,
        internal_date=command.internal_date,
    )
    if session.state is State.SELECTED:
        await session.sync(expunges=True)
    return b"OK [APPENDUID %d %d] Appended" % (placed.uid_validity, placed.uid)


async def _refuse(session: Session, size: int, synchronizing: bool) -> None:
    """Of a message that comes all the same, read and drop it (RFC 7888 §4)."""
    if not synchronizing:
        await _drain(session.wire.literal(size))
        await session.wire.line()


async def _drain(octets: AsyncIterator[bytes]) -> None:
    async for _ in octets:
        pass
