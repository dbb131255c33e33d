"""From a command's octets to its answer."""

import asyncio
from dataclasses import replace

import structlog

from chassis.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WorkspaceError,
)
from chassis.identity import acting_as
from chassis.telemetry import COMMAND, measured
from services.mail.domain.scripts import NoRoomForScript, ScriptActive, TooManyScripts
from services.mail.managesieve.codec import BadSyntax, parse, write
from services.mail.managesieve.codec.commands import Command
from services.mail.managesieve.commands import HANDLERS, Handler
from services.mail.managesieve.session import Session, State

log = structlog.get_logger(__name__)

# RFC 5804 §1.3. Which comes first is asked first.
_CODES: tuple[tuple[type[WorkspaceError], bytes], ...] = (
    (TooManyScripts, b"QUOTA/MAXSCRIPTS"),
    (NoRoomForScript, b"QUOTA/MAXSIZE"),
    (ScriptActive, b"ACTIVE"),
    (NotFound, b"NONEXISTENT"),
    (AlreadyExists, b"ALREADYEXISTS"),
    (TooManyRequests, b"TRYLATER"),
    (Conflict, b"TRYLATER"),
    (Unavailable, b"TRYLATER"),
)


async def greet(session: Session) -> None:
    session.tell_capabilities()
    session.tell(write.ok("Ready"))
    await session.wire.flush()


async def run(session: Session, octets: bytes) -> None:
    """Run one command. Whatever it is, the session goes on or ends in good order."""
    try:
        command = parse(octets)
    except BadSyntax as error:
        session.bad += 1
        await answer(session, write.no(error.detail))
        return
    handler, states = HANDLERS[type(command)]
    if session.state not in states:
        await answer(session, write.no(f"Not allowed in the {session.state.value} state"))
        return
    await answer(session, await _guarded(session, command, handler))


async def _guarded(session: Session, command: Command, handler: Handler) -> bytes:
    """The answer of a command, also when it fails."""
    name = type(command).__name__.lower()
    identity = replace(session.identity, remote=session.wire.remote) if session.identity is not None else None
    try:
        with acting_as(identity), measured(COMMAND, f"managesieve {name}"):
            return await handler(session, command)
    except BadSyntax as error:
        session.bad += 1
        return write.no(error.detail)
    except Unauthenticated:
        return write.no("Wrong address or password")
    except InvalidInput as error:
        return write.no(error.detail)
    except WorkspaceError as error:
        return write.no(error.detail, next((code for kind, code in _CODES if isinstance(error, kind)), b""))
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("managesieve_command_failed", command=name)
        return write.no("That went wrong here")


async def answer(session: Session, line: bytes) -> None:
    """Tell a command's answer; too many bad commands end the session."""
    if line:
        session.tell(line)
    if session.bad > session.options.bad_commands and session.state is not State.LEAVING:
        session.tell(write.bye("Too many bad commands"))
        session.leave()
    await session.wire.flush()
