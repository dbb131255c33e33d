"""From a command's octets to its tagged answer."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chassis.errors import InvalidInput, WorkspaceError
from chassis.identity import acting_as
from chassis.telemetry import COMMAND, measured
from services.mail.imap.codec import BadCharset, BadSyntax, Literal, parse, write
from services.mail.imap.codec.commands import Append, Replace
from services.mail.imap.codec.search_keys import CHARSETS
from services.mail.imap.commands import HANDLERS
from services.mail.imap.commands.append import append, replace, skip
from services.mail.imap.session import Session, State

log = structlog.get_logger(__name__)


async def greet(session: Session) -> None:
    session.untagged(f"OK [CAPABILITY {session.capabilities()}] Ready".encode("ascii"))
    await session.wire.flush()


async def run(session: Session, octets: bytes) -> None:
    """Run one command. Whatever it is, the session goes on or ends in good order."""
    try:
        command = parse(octets, utf8=session.utf8)
    except BadSyntax as error:
        await _answer(session, error.tag, _wrong(session, error))
        return
    name = type(command).__name__.lower()
    handler, states = HANDLERS[type(command)]
    if session.state not in states:
        reply = f"BAD Not allowed in the {session.state.value} state".encode("ascii")
        await _answer(session, command.tag, reply)
        return
    await _answer(session, command.tag, await _guarded(session, name, lambda: handler(session, command)))


async def run_incoming(session: Session, command: Append | Replace, literal: Literal) -> None:
    """Run an APPEND or a REPLACE, whose first message is `literal`."""
    if isinstance(command, Append):
        reply = await _guarded(session, "append", lambda: append(session, command, literal))
    elif session.state is State.SELECTED:
        reply = await _guarded(session, "replace", lambda: replace(session, command, literal))
    else:
        await skip(session, literal)
        reply = f"BAD Not allowed in the {session.state.value} state".encode("ascii")
    await _answer(session, command.tag, reply)


async def _guarded(session: Session, name: str, act: Callable[[], Awaitable[bytes]]) -> bytes:
    """The reply of a command, also when it fails."""
    try:
        with acting_as(session.identity), measured(COMMAND, f"imap {name}"):
            # Somebody else's mailbox may be shared no more since the last command.
            return await act() if await session.recheck() else b"NO [NONEXISTENT] No such mailbox"
    except BadSyntax as error:
        return _wrong(session, error)
    except InvalidInput as error:
        detail = "; ".join(error.fields.values()) or error.detail
        return b"NO [%b] %b" % (error.imap_code.encode("ascii"), write.human(detail))
    except WorkspaceError as error:
        return b"NO [%b] %b" % (error.imap_code.encode("ascii"), write.human(error.detail))
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("imap_command_failed", command=name)
        return b"NO [SERVERBUG] That went wrong here"


def _wrong(session: Session, error: BadSyntax) -> bytes:
    if isinstance(error, BadCharset):
        return f"NO [BADCHARSET ({' '.join(CHARSETS)})] {error.detail}".encode("ascii", "replace")
    session.bad += 1
    return b"BAD " + write.human(error.detail)


async def _answer(session: Session, tag: str, reply: bytes) -> None:
    wire = session.wire
    if reply:
        wire.write(b"%b %b\r\n" % (tag.encode("ascii"), reply))
    if session.bad > session.options.bad_commands and session.state is not State.LEAVING:
        session.untagged(b"BYE Too many bad commands")
        session.leave()
    await wire.flush()
    if session.state is State.LEAVING:
        wire.close()
