"""From a command's octets to its answer."""

import asyncio
from dataclasses import replace

import structlog

from chassis.errors import (
    AlreadyExists,
    Conflict,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WorkspaceError,
)
from chassis.identity import acting_as
from chassis.telemetry import COMMAND, measured
from services.mail.domain.scripts import ManagedScript, NoRoomForScript, ScriptActive, TooManyScripts
from services.mail.managesieve.codec import BadSyntax, parse, write
from services.mail.managesieve.codec.commands import Command
from services.mail.managesieve.commands import HANDLERS, Handler
from services.mail.managesieve.session import Session, State

log = structlog.get_logger(__name__)

# The response code of each kind of error (RFC 5804 §1.3), and what it says in French. Which comes first is asked first.
_REFUSALS: tuple[tuple[type[WorkspaceError], bytes, str], ...] = (
    (TooManyScripts, b"QUOTA/MAXSCRIPTS", "Il y a trop de scripts."),
    (NoRoomForScript, b"QUOTA/MAXSIZE", "Il n'y a pas de place pour ce script."),
    (ScriptActive, b"ACTIVE", "Un script actif ne peut pas être supprimé."),
    (ManagedScript, b"", "Ce script est fait à partir des règles : changez-les, ou copiez-le sous un autre nom."),
    (Unauthenticated, b"", "Adresse ou mot de passe incorrects."),
    (NotFound, b"NONEXISTENT", "Ce script n'existe pas."),
    (AlreadyExists, b"ALREADYEXISTS", "Un script porte déjà ce nom."),
    (TooManyRequests, b"TRYLATER", "Trop d'essais ou de connexions : réessayez plus tard."),
    (Conflict, b"TRYLATER", "Les scripts changent en ce moment : réessayez."),
    (Unavailable, b"TRYLATER", "Le service n'est pas disponible pour le moment."),
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
    except WorkspaceError as error:
        return _refusal(error)
    except (ConnectionError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("managesieve_command_failed", command=name)
        return write.no("That went wrong here")


def _refusal(error: WorkspaceError) -> bytes:
    """NO, in French and English; what is wrong with a script says so in both by itself."""
    for kind, code, french in _REFUSALS:
        if isinstance(error, kind):
            english = "Wrong address or password" if kind is Unauthenticated else error.detail
            return write.no(f"{french} / {english}", code)
    return write.no(error.detail)


async def answer(session: Session, line: bytes) -> None:
    """Tell a command's answer; too many bad commands end the session."""
    if line:
        session.tell(line)
    if session.bad > session.options.bad_commands and session.state is not State.LEAVING:
        session.tell(write.bye("Too many bad commands"))
        session.leave()
    await session.wire.flush()
