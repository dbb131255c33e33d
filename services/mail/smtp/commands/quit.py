"""QUIT (RFC 5321 §4.1.1.10)."""

from services.mail.smtp.connection import Connection


async def quit_(connection: Connection, _argument: str) -> None:
    connection.reply(221, "2.0.0", "Goodbye")
    connection.closing = True
