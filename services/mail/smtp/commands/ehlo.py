"""EHLO and HELO (RFC 5321 §4.1.1.1)."""

from datetime import UTC, datetime

from services.mail.domain.holding import MAX_AHEAD
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.connection import Connection


async def helo(connection: Connection, argument: str) -> None:
    await _greeted(connection, argument)
    connection.extended = False
    connection.write(f"250 {connection.options.host}\r\n".encode("ascii"))


async def ehlo(connection: Connection, argument: str) -> None:
    await _greeted(connection, argument)
    connection.extended = True
    options = connection.options
    lines = [
        options.host,
        "PIPELINING",
        f"SIZE {options.max_message}",
        "8BITMIME",
        "CHUNKING",
        "BINARYMIME",
        "ENHANCEDSTATUSCODES",
        "SMTPUTF8",
    ]
    if not options.lmtp:
        # Whoever hands over by LMTP reports by itself, to whom it knows to be the sender.
        lines.append("DSN")
    if options.holds:
        latest = datetime.now(UTC) + MAX_AHEAD
        lines.append(f"FUTURERELEASE {int(MAX_AHEAD.total_seconds())} {latest:%Y-%m-%dT%H:%M:%SZ}")
    if connection.starttls_offered:
        lines.append("STARTTLS")
    if connection.login_offered:
        lines.append("AUTH PLAIN LOGIN OAUTHBEARER")
    text = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"
    connection.write(text.encode("ascii"))


async def _greeted(connection: Connection, argument: str) -> None:
    name = argument.strip()
    if not name or len(name) > 255 or " " in name:
        raise Refused(501, "5.5.4", "Say who you are")
    await connection.reset()
    connection.helo = name
