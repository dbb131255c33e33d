"""APPEND (RFC 3501 §6.3.11), of several messages (RFC 3502), and REPLACE (RFC 8508).

Both tell APPENDUID (RFC 4315 §3). Messages are streamed, never held.
"""

import dataclasses
from collections.abc import AsyncIterator

from chassis.errors import InvalidInput, NotFound, TooLarge
from services.mail.domain.flags import canonical
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Placed
from services.mail.domain.rights import EXPUNGE, INSERT, MARK_DELETED, Rights, changeable
from services.mail.domain.uids import ranges_of
from services.mail.imap.codec import Line, Literal, between_messages
from services.mail.imap.codec.commands import Append, Incoming, Replace
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.session import Session, State
from services.mail.usecases import Appended, append_all, replace_message, store_source
from services.mail.usecases.quota import want_room

# How often the largest message's octets those of one command have together.
LARGEST_TOGETHER = 10


async def append(session: Session, command: Append, literal: Literal) -> bytes:
    """The mailbox is looked up, and whether it has room for them, before the client is asked for messages; `literal` is
    the first. All come in, or none."""
    reached = await _reached(session, command.mailbox, literal)
    if reached is None:
        return b"NO [TRYCREATE] There is no such mailbox"
    mailbox, held = reached
    try:
        await want_room(session.mail, mailbox.owner, literal.size)
    except Exception:
        await skip(session, literal)
        raise
    messages = await _messages(session, command.message, literal, most=session.options.messages_at_once)
    placed = await append_all(session.mail, mailbox.owner, mailbox.id, [_allowed(held, each) for each in messages])
    if session.state is State.SELECTED:
        await session.sync(expunges=True)
    return b"OK [%b] Appended" % _appenduid(placed)


async def replace(session: Session, command: Replace, literal: Literal) -> bytes:
    """A message comes in and another goes, or neither."""
    try:
        uid = _replaced(session, command)
    except BadSyntax:
        await skip(session, literal)
        raise
    selected = session.mailbox
    if not selected.may(MARK_DELETED, EXPUNGE):
        await skip(session, literal)
        return b"NO [NOPERM] The mailbox is open for reading"
    reached = await _reached(session, command.mailbox, literal)
    if reached is None:
        return b"NO [TRYCREATE] There is no such mailbox"
    mailbox, held = reached
    if mailbox.owner != selected.owner:
        await skip(session, literal)
        return b"NO [CANNOT] Between mailboxes of two owners nothing is replaced"
    [message] = await _messages(session, command.message, literal, most=1)
    message = _allowed(held, message)
    placed = await replace_message(session.mail, selected.owner, selected.mailbox_id, uid, mailbox.id, message)
    session.untagged(b"OK [%b] Here instead" % _appenduid([placed]))
    await session.sync(expunges=True)
    return b"OK Replaced"


def _replaced(session: Session, command: Replace) -> int:
    """The UID of the message that is to go. Raises `BadSyntax` when no message has that number."""
    uids = session.mailbox.uids
    if command.number is None and len(uids):
        return uids[-1]
    if command.uid and command.number is not None:
        return command.number
    if command.number is None or command.number > len(uids):
        raise BadSyntax("No message has that number")
    return uids[command.number - 1]


def _allowed(held: Rights, message: Appended) -> Appended:
    """With those of its flags that may be set there (RFC 4314 §4)."""
    return dataclasses.replace(message, flags=changeable(held, canonical(message.flags)))


async def _reached(session: Session, name: str, literal: Literal) -> tuple[Mailbox, Rights] | None:
    """A mailbox that takes messages, and what may be done there; None when there is no such mailbox. The messages are
    skipped then, as they are when it takes none."""
    try:
        return await session.reach(name, INSERT)
    except NotFound:
        await skip(session, literal)
        return None
    except Exception:
        await skip(session, literal)
        raise


async def _messages(session: Session, incoming: Incoming, literal: Literal, *, most: int) -> list[Appended]:
    """Those of one command, in the blob store."""
    found: list[Appended] = []
    if incoming.utf8 and not session.utf8:  # RFC 6855 §4
        await skip(session, literal)
        raise BadSyntax("Enable UTF8=ACCEPT first")
    room = session.options.max_message * LARGEST_TOGETHER
    while True:
        if not literal.size:  # how a client that changed its mind ends the command
            await skip(session, literal)
            raise InvalidInput("No message is empty")
        room -= literal.size
        if literal.size > session.options.max_message or room < 0:
            await skip(session, literal)
            raise TooLarge("The message is too large, or all together are")
        found.append(await _message(session, incoming, literal))
        following = await session.wire.next()
        if incoming.utf8:
            following = following.without(b")")
        if isinstance(following, Line):
            if following.octets.strip():
                raise BadSyntax("Unexpected text after the message")
            return found
        further = between_messages(following.before)
        if further is None or len(found) == most:
            await skip(session, following)
            raise BadSyntax("Unexpected text after the message" if further is None else "Too many messages")
        incoming, literal = further, following


async def _message(session: Session, incoming: Incoming, literal: Literal) -> Appended:
    octets = await session.wire.take(literal)
    try:
        content = await store_source(session.mail, octets, binary=literal.binary)
    except Exception:
        await _drain(octets)
        following = await session.wire.next()
        if isinstance(following, Literal):
            await skip(session, following)
        raise
    return Appended(content, incoming.flags, incoming.internal_date)


async def skip(session: Session, literal: Literal) -> None:
    """Of messages that come all the same, read and drop them (RFC 7888 §4); those that wait to be asked for never are.

    Raises `ConnectionAbortedError` when a message is larger than any may be.
    """
    following: Line | Literal = literal
    while isinstance(following, Literal):
        if following.synchronizing:
            session.wire.refuse()
            return
        if following.size > session.options.max_message:
            session.untagged(b"BYE [TOOBIG] The message is too large")
            session.leave()
            session.wire.close()
            raise ConnectionAbortedError
        await _drain(await session.wire.take(following))
        following = await session.wire.next()


async def _drain(octets: AsyncIterator[bytes]) -> None:
    async for _ in octets:
        pass


def _appenduid(placed: list[Placed]) -> bytes:
    uids = written_ranges(ranges_of(each.uid for each in placed))
    return b"APPENDUID %d %b" % (placed[0].uid_validity, uids)
