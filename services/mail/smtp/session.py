"""A conversation: greet, read commands, answer each, end."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import structlog

from chassis.errors import Unavailable, WorkspaceError
from chassis.telemetry import COMMAND
from services.mail.smtp.codec.reply import Refused, message_refused
from services.mail.smtp.commands import COMMANDS, LMTP_COMMANDS
from services.mail.smtp.connection import Connection
from services.mail.smtp.input import BareLineFeed, Closed, LineTooLong

log = structlog.get_logger(__name__)
# RFC 5321 §4.5.3.1.4 wants 512; parameters of extensions and a first AUTH response are longer.
MAX_LINE = 12288 + 64
# What may name addresses in UTF-8 (RFC 6531 §3.3).
_ADDRESSING = ("MAIL", "RCPT")


async def converse(connection: Connection) -> None:
    """The whole of a connection."""
    try:
        try:
            connection.gate.admit(connection)
        except Refused as refused:
            connection.write(refused.line)
            return
        protocol = "LMTP" if connection.options.lmtp else "ESMTP"
        connection.write(f"220 {connection.options.host} {protocol}\r\n".encode("ascii"))
        while not connection.closing:
            await _turn(connection)
    except Closed:
        pass
    finally:
        await connection.reset()
        await _end(connection)


async def _end(connection: Connection) -> None:
    try:
        await connection.flush()
        connection.gate.forget(connection)
        await connection.linger()
    except Closed:
        return
    finally:
        if connection.transport is not None:
            connection.transport.close()
        connection.gate.forget(connection)


async def _turn(connection: Connection) -> None:
    """Read a command and answer it."""
    known = LMTP_COMMANDS if connection.options.lmtp else COMMANDS
    try:
        line = await connection.line(MAX_LINE)
        verb, argument = _command(line, known)
    except BareLineFeed:
        refused = Refused(500, "5.5.2", "Lines end with CRLF", closing=True)
        return _refuse(connection, refused)
    except LineTooLong:
        return _refuse(connection, Refused(500, "5.5.6", "Line too long"))
    except Refused as refused:
        return _refuse(connection, refused)
    began = time.perf_counter()
    outcome = "ok"
    try:
        await known[verb](connection, argument)
    except Refused as refused:
        outcome = str(refused.code)
        _refuse(connection, refused)
    except WorkspaceError as error:
        outcome = error.reason
        _refuse(connection, message_refused(error))
    except Closed:
        outcome = "closed"
        raise
    except Exception:
        outcome = "internal"
        log.exception("smtp_command_failed", verb=verb, peer=connection.remote)
        broken = message_refused(Unavailable())
        # How many replies are due by LMTP is not known any more.
        broken.closing = connection.options.lmtp
        _refuse(connection, broken)
    finally:
        done, seconds = _metrics(verb, outcome)
        done.inc()
        seconds.observe(time.perf_counter() - began)


def _command(line: bytes, known: Mapping[str, object]) -> tuple[str, str]:
    """Verb and argument. Raises `Refused`."""
    verb, _, argument = line.partition(b" ")
    name = verb.upper().decode("ascii", "replace")
    if name not in known:
        raise Refused(500, "5.5.1", "Command not known")
    try:
        text = argument.decode("utf-8" if name in _ADDRESSING else "ascii")
    except UnicodeDecodeError:
        raise Refused(500, "5.5.2", "Commands are ASCII, and addresses UTF-8") from None
    if not text.isprintable():
        raise Refused(501, "5.5.2", "Commands have no control characters")
    return name, text


def _refuse(connection: Connection, refused: Refused) -> None:
    """Answer, and end the connection with who only makes errors."""
    connection.write(refused.line)
    if refused.closing:
        connection.closing = True
        return
    if refused.code < 500 and refused.status != "4.5.3":
        return
    connection.errors += 1
    if connection.errors >= connection.options.max_errors:
        connection.reply(421, "4.7.0", "Too many errors")
        connection.closing = True


@cache
def _metrics(verb: str, outcome: str) -> tuple[Any, Any]:
    name = f"smtp.{verb}"
    return COMMAND.done.labels(name, outcome), COMMAND.seconds.labels(name)
